-- The catalogue: what is sold, under which names, at which prices, and how much of it is there. Money is int64 in minor
-- units of the row's currency, weights are grams, lengths millimetres, rates parts per million. Text that a shopper reads
-- stands in *_text tables, one row a locale; codes and keys are for machines.

CREATE TABLE brand (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    name TEXT NOT NULL CHECK (name <> ''),
    fold TEXT NOT NULL UNIQUE, -- of the name: one brand however it is written
    slug TEXT UNIQUE -- in addresses of lists; NULL: the fold stands there
) STRICT;

CREATE TABLE tax_class (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    code TEXT NOT NULL UNIQUE CHECK (code <> ''), -- "standard", "reduced", "zero"
    name TEXT NOT NULL
) STRICT;
INSERT INTO tax_class (id, code, name) VALUES (1, 'standard', 'Standard rate'), (2, 'reduced', 'Reduced rate'),
    (3, 'zero', 'Zero rate');

-- A zone is where a rate holds; the most exact zone wins: postcode, then region, then country, then the rest of the world.
CREATE TABLE tax_zone (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    name TEXT NOT NULL,
    country TEXT NOT NULL DEFAULT '',  -- ISO 3166-1 alpha-2; '': everywhere
    region TEXT NOT NULL DEFAULT '',   -- '': the whole country
    postcode TEXT NOT NULL DEFAULT '', -- "1000", "10*" or "1000...1999"; '': all
    city TEXT NOT NULL DEFAULT '',
    UNIQUE (country, region, postcode, city)
) STRICT;
CREATE TABLE tax_rate (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    zone_id INTEGER NOT NULL REFERENCES tax_zone (id) ON DELETE CASCADE,
    class_id INTEGER NOT NULL REFERENCES tax_class (id),
    name TEXT NOT NULL,              -- "VAT"
    rate INTEGER NOT NULL CHECK (rate BETWEEN 0 AND 1000000), -- parts per million
    priority INTEGER NOT NULL DEFAULT 1, -- one rate for each priority applies
    compound INTEGER NOT NULL DEFAULT 0 CHECK (compound IN (0, 1)), -- on top of the rates before it
    delivery INTEGER NOT NULL DEFAULT 1 CHECK (delivery IN (0, 1)), -- also on delivery
    UNIQUE (zone_id, class_id, priority)
) STRICT;

CREATE TABLE category (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    parent_id INTEGER REFERENCES category (id),
    key TEXT NOT NULL UNIQUE CHECK (key <> ''), -- path of slugs in the default locale when it was made: "clothing/t-shirts"
    position INTEGER NOT NULL DEFAULT 0,
    hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden IN (0, 1)),
    image_id INTEGER,
    sort TEXT NOT NULL DEFAULT 'popular', -- what its page is sorted by at first
    rule TEXT,                            -- JSON; NULL: members are chosen by hand alone
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK (parent_id IS NULL OR parent_id <> id)
) STRICT;
CREATE INDEX category_parent ON category (parent_id, position, id);
CREATE INDEX category_rule ON category (id) WHERE rule IS NOT NULL;
CREATE TABLE category_text (
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    locale TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    fold TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '', -- Markdown or HTML
    seo_title TEXT NOT NULL DEFAULT '',
    seo_description TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (category_id, locale)
) STRICT, WITHOUT ROWID;

CREATE TABLE product (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    key TEXT NOT NULL UNIQUE CHECK (key <> ''), -- what it is called in files and by other systems; stays
    type TEXT NOT NULL CHECK (type IN ('simple', 'variable', 'bundle', 'digital', 'service', 'gift_card', 'subscription',
        'external')),
    status TEXT NOT NULL CHECK (status IN ('draft', 'active', 'archived')),
    visibility TEXT NOT NULL CHECK (visibility IN ('both', 'catalog', 'search', 'hidden')),
    featured INTEGER NOT NULL DEFAULT 0 CHECK (featured IN (0, 1)),
    brand_id INTEGER REFERENCES brand (id),
    tax_class_id INTEGER REFERENCES tax_class (id), -- NULL: not taxed
    publish_from INTEGER,
    publish_until INTEGER,
    popularity INTEGER NOT NULL DEFAULT 0, -- what sorting by "popular" goes by; written by a nightly job
    meta TEXT NOT NULL DEFAULT '{}', -- JSON: what other systems' files carry and the shop does not use, kept for export
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK (publish_until IS NULL OR publish_from IS NULL OR publish_until > publish_from)
) STRICT;
CREATE INDEX product_changed ON product (changed_at);
CREATE INDEX product_status ON product (status, id);
CREATE INDEX product_featured ON product (status, popularity DESC, id DESC) WHERE featured = 1; -- the home page
CREATE INDEX product_popularity ON product (popularity DESC, id); -- lists and the order of the full-text index
CREATE TABLE product_text (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    locale TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    summary TEXT NOT NULL DEFAULT '',     -- Markdown or HTML, shown near the price
    description TEXT NOT NULL DEFAULT '', -- Markdown or HTML
    seo_title TEXT NOT NULL DEFAULT '',
    seo_description TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (product_id, locale)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_text_name ON product_text (locale, name, product_id); -- lists of staff sorted by name

-- Addresses of pages. The current one of a target in a locale answers, older ones lead there with 301. A slug names one
-- page of a kind, in whatever locale it stands.
CREATE TABLE slug (
    kind TEXT NOT NULL CHECK (kind IN ('product', 'category', 'page')),
    slug TEXT NOT NULL CHECK (slug <> ''),
    locale TEXT NOT NULL,
    target_id INTEGER NOT NULL,
    current INTEGER NOT NULL CHECK (current IN (0, 1)),
    PRIMARY KEY (slug, kind, locale) -- slug first: a look-up by kind and target must not walk a whole kind
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX slug_current ON slug (target_id, kind, locale) WHERE current = 1;
CREATE INDEX slug_target ON slug (target_id, kind);

CREATE TABLE product_category (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, -- of the category in the product; 0 is the main one
    by_rule INTEGER NOT NULL DEFAULT 0 CHECK (by_rule IN (0, 1)),
    PRIMARY KEY (product_id, category_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_category_category ON product_category (category_id, product_id);

CREATE TABLE product_tag (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    tag TEXT NOT NULL CHECK (tag <> ''),
    PRIMARY KEY (product_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_tag_tag ON product_tag (tag, product_id);

-- Attributes are shared by all products ("color"); options of a product are attributes that its variants differ in.
CREATE TABLE attribute (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    code TEXT NOT NULL UNIQUE CHECK (code <> ''), -- as in URLs: "color"
    type TEXT NOT NULL CHECK (type IN ('choice', 'number', 'bool', 'color', 'date', 'text', 'file', 'reference')),
    unit TEXT NOT NULL DEFAULT '', -- of a number
    filterable INTEGER NOT NULL DEFAULT 1 CHECK (filterable IN (0, 1)),
    comparable INTEGER NOT NULL DEFAULT 1 CHECK (comparable IN (0, 1)),
    visible INTEGER NOT NULL DEFAULT 1 CHECK (visible IN (0, 1)),
    position INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE attribute_text (
    attribute_id INTEGER NOT NULL REFERENCES attribute (id) ON DELETE CASCADE,
    locale TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    PRIMARY KEY (attribute_id, locale)
) STRICT, WITHOUT ROWID;
CREATE INDEX attribute_text_name ON attribute_text (name);
CREATE TABLE attribute_value (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    attribute_id INTEGER NOT NULL REFERENCES attribute (id) ON DELETE CASCADE,
    code TEXT NOT NULL CHECK (code <> ''), -- as in URLs: "dark-blue"
    position INTEGER NOT NULL DEFAULT 0,
    color TEXT NOT NULL DEFAULT '', -- "#1f2328" of a color
    number INTEGER,                 -- of a number, in thousandths
    UNIQUE (attribute_id, code)
) STRICT;
CREATE INDEX attribute_value_position ON attribute_value (attribute_id, position);
CREATE TABLE attribute_value_text (
    value_id INTEGER NOT NULL REFERENCES attribute_value (id) ON DELETE CASCADE,
    locale TEXT NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    PRIMARY KEY (value_id, locale)
) STRICT, WITHOUT ROWID;
CREATE INDEX attribute_value_text_name ON attribute_value_text (name, value_id);
-- Which attributes the products of a category (and below) are expected to have, in which order.
CREATE TABLE category_attribute (
    category_id INTEGER NOT NULL REFERENCES category (id) ON DELETE CASCADE,
    attribute_id INTEGER NOT NULL REFERENCES attribute (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (category_id, attribute_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE product_attribute (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    attribute_id INTEGER NOT NULL REFERENCES attribute (id),
    value_id INTEGER REFERENCES attribute_value (id),
    text TEXT, -- of a text attribute
    visible INTEGER NOT NULL DEFAULT 1 CHECK (visible IN (0, 1)),
    PRIMARY KEY (product_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_attribute_value ON product_attribute (value_id, product_id) WHERE value_id IS NOT NULL;

CREATE TABLE product_option (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 7),
    attribute_id INTEGER NOT NULL REFERENCES attribute (id),
    PRIMARY KEY (product_id, position),
    UNIQUE (product_id, attribute_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE product_option_value (
    product_id INTEGER NOT NULL,
    option INTEGER NOT NULL, -- product_option.position
    position INTEGER NOT NULL,
    value_id INTEGER NOT NULL REFERENCES attribute_value (id),
    PRIMARY KEY (product_id, option, position),
    UNIQUE (product_id, option, value_id),
    FOREIGN KEY (product_id, option) REFERENCES product_option (product_id, position) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX product_option_value_value ON product_option_value (value_id);

CREATE TABLE variant (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    sku TEXT NOT NULL UNIQUE CHECK (sku <> ''),
    barcode TEXT NOT NULL DEFAULT '',
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    value_ids TEXT NOT NULL, -- of its options, in their order: "12,40"; '' for a product without options
    weight_g INTEGER CHECK (weight_g >= 0),
    length_mm INTEGER CHECK (length_mm >= 0),
    width_mm INTEGER CHECK (width_mm >= 0),
    height_mm INTEGER CHECK (height_mm >= 0),
    cost INTEGER CHECK (cost >= 0), -- what the shop paid, minor units of its currency
    tax_class_id INTEGER REFERENCES tax_class (id), -- NULL: the product's
    tracked INTEGER NOT NULL DEFAULT 1 CHECK (tracked IN (0, 1)), -- is its stock counted?
    backorder TEXT NOT NULL DEFAULT 'no' CHECK (backorder IN ('no', 'notify', 'yes')),
    low_stock INTEGER, -- "few left" from here down
    availability TEXT NOT NULL DEFAULT 'out' CHECK (availability IN ('in', 'low', 'backorder', 'out')),
        -- kept by stock.c when it crosses a border, so that pages need not watch every change of stock
    image_id INTEGER,
    meta TEXT NOT NULL DEFAULT '{}',
    UNIQUE (product_id, value_ids)
) STRICT;
CREATE INDEX variant_product ON variant (product_id, position);
CREATE INDEX variant_availability ON variant (availability, product_id);
CREATE INDEX variant_barcode ON variant (barcode) WHERE barcode <> '';
CREATE TABLE variant_value (
    variant_id INTEGER NOT NULL REFERENCES variant (id) ON DELETE CASCADE,
    option INTEGER NOT NULL,
    value_id INTEGER NOT NULL REFERENCES attribute_value (id),
    PRIMARY KEY (variant_id, option)
) STRICT, WITHOUT ROWID;
CREATE INDEX variant_value_value ON variant_value (value_id, variant_id);

CREATE TABLE stock (
    variant_id INTEGER NOT NULL PRIMARY KEY REFERENCES variant (id) ON DELETE CASCADE,
    on_hand INTEGER NOT NULL DEFAULT 0,
    reserved INTEGER NOT NULL DEFAULT 0 CHECK (reserved >= 0)
) STRICT;
-- The ledger: the counter above is its sum.
CREATE TABLE stock_move (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    variant_id INTEGER NOT NULL REFERENCES variant (id) ON DELETE CASCADE,
    delta INTEGER NOT NULL CHECK (delta <> 0),
    reason TEXT NOT NULL CHECK (reason <> ''), -- "import" "count" "order" "return" "edit"
    subject TEXT NOT NULL DEFAULT '',          -- "order:1042"
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX stock_move_variant ON stock_move (variant_id, id);

CREATE TABLE price_list (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    code TEXT NOT NULL UNIQUE CHECK (code <> ''), -- "base", "sale", "wholesale-eur"
    name TEXT NOT NULL,
    currency TEXT NOT NULL DEFAULT '' CHECK (length(currency) IN (0, 3)), -- '': the shop's
    customer_group TEXT NOT NULL DEFAULT '', -- '': everybody
    channel TEXT NOT NULL DEFAULT '',        -- '': all
    priority INTEGER NOT NULL DEFAULT 0,     -- the highest that has a price for the variant decides
    from_at INTEGER,
    until_at INTEGER
) STRICT;
INSERT INTO price_list (id, code, name, priority) VALUES (1, 'base', 'Base prices', 0), (2, 'sale', 'Sale', 100);
CREATE TABLE price (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    variant_id INTEGER NOT NULL REFERENCES variant (id) ON DELETE CASCADE,
    list_id INTEGER NOT NULL REFERENCES price_list (id),
    min_quantity INTEGER NOT NULL DEFAULT 1 CHECK (min_quantity >= 1),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    compare_at INTEGER CHECK (compare_at >= 0),
    from_at INTEGER,
    until_at INTEGER
) STRICT;
CREATE UNIQUE INDEX price_key ON price (variant_id, list_id, min_quantity, coalesce(from_at, 0));
-- What the base or a sale price was from when on: the lowest of the last 30 days is shown beside a reduction.
CREATE TABLE price_history (
    variant_id INTEGER NOT NULL REFERENCES variant (id) ON DELETE CASCADE,
    currency TEXT NOT NULL,
    at INTEGER NOT NULL,
    amount INTEGER, -- NULL: not sold
    PRIMARY KEY (variant_id, currency, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE product_link (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('related', 'upsell', 'crosssell', 'accessory', 'bundle')),
    position INTEGER NOT NULL,
    target_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    variant_id INTEGER REFERENCES variant (id) ON DELETE CASCADE, -- a bundle's member may be one variant
    quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0),
    PRIMARY KEY (product_id, kind, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_link_target ON product_link (target_id);
CREATE INDEX product_link_variant ON product_link (variant_id) WHERE variant_id IS NOT NULL;

-- Pictures. Files lie in the data directory under media/, named by the hash of their content.
CREATE TABLE image (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    source TEXT NOT NULL UNIQUE CHECK (source <> ''), -- the URL it came from, or "upload:<sha256>"
    state TEXT NOT NULL CHECK (state IN ('waiting', 'ready', 'missing')),
    why TEXT NOT NULL DEFAULT '', -- it is missing
    hash TEXT NOT NULL DEFAULT '', -- of the original, 32 hex digits
    type TEXT NOT NULL DEFAULT '', -- by content: "image/jpeg"
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    widths TEXT NOT NULL DEFAULT '', -- made: "200,400,800"
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX image_state ON image (state, id);
CREATE INDEX image_hash ON image (hash) WHERE hash <> '';
CREATE TABLE product_image (
    product_id INTEGER NOT NULL REFERENCES product (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    image_id INTEGER NOT NULL REFERENCES image (id),
    alt TEXT NOT NULL DEFAULT '{}', -- JSON: locale to text
    PRIMARY KEY (product_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX product_image_image ON product_image (image_id);

-- One row: goes up with every change of the catalogue. What is kept in memory of it (listing.h) rests on this number.
CREATE TABLE catalogue_state (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO catalogue_state (id, version) VALUES (1, 1);
-- Which products changed at which version; older rows are swept.
CREATE TABLE catalogue_change (
    version INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    PRIMARY KEY (version, product_id)
) STRICT, WITHOUT ROWID;

-- Full-text index. Every token begins with its locale's code, so that one index serves all languages; text is folded and
-- stemmed in C before. Rowids follow popularity.
CREATE TABLE search_document (
    position INTEGER NOT NULL PRIMARY KEY CHECK (position > 0), -- the rowid in search_text
    product_id INTEGER NOT NULL UNIQUE REFERENCES product (id) ON DELETE CASCADE
) STRICT;
CREATE VIRTUAL TABLE search_text USING fts5 (name, body, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc'",
    prefix = '4 5');
-- Products whose document is to be written anew: something that many share was renamed.
CREATE TABLE search_waiting (
    product_id INTEGER NOT NULL PRIMARY KEY REFERENCES product (id) ON DELETE CASCADE
) STRICT;
CREATE VIRTUAL TABLE search_term USING fts5vocab (search_text, 'row');
-- Searches that people made, for the report of what was not found.
CREATE TABLE search_query (
    fold TEXT NOT NULL,
    locale TEXT NOT NULL,
    query TEXT NOT NULL,
    count INTEGER NOT NULL,
    found INTEGER NOT NULL, -- hits of the latest
    at INTEGER NOT NULL,
    PRIMARY KEY (fold, locale)
) STRICT, WITHOUT ROWID;
-- "sofa" finds "couch": words of one group mean the same.
CREATE TABLE search_synonym (
    locale TEXT NOT NULL,
    fold TEXT NOT NULL,
    word TEXT NOT NULL,
    group_id INTEGER NOT NULL,
    PRIMARY KEY (locale, fold)
) STRICT, WITHOUT ROWID;

-- Content pages in Markdown.
CREATE TABLE page (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    key TEXT NOT NULL UNIQUE CHECK (key <> ''), -- "terms"
    status TEXT NOT NULL CHECK (status IN ('draft', 'active')),
    footer INTEGER NOT NULL DEFAULT 0 CHECK (footer IN (0, 1)), -- linked at the bottom of every page
    position INTEGER NOT NULL DEFAULT 0,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX page_footer ON page (position, id) WHERE footer = 1;
CREATE TABLE page_text (
    page_id INTEGER NOT NULL REFERENCES page (id) ON DELETE CASCADE,
    locale TEXT NOT NULL,
    title TEXT NOT NULL CHECK (title <> ''),
    body TEXT NOT NULL DEFAULT '', -- Markdown
    seo_description TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (page_id, locale)
) STRICT, WITHOUT ROWID;

-- Imports: a file is read into rows, the rows of one product are put together, and worked off in order. A run that was
-- cut goes on where it stood.
CREATE TABLE import (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    format TEXT NOT NULL,
    file TEXT NOT NULL,
    digest TEXT NOT NULL, -- of the file and its map: the same again goes on, or is seen to be done
    dry_run INTEGER NOT NULL CHECK (dry_run IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('reading', 'working', 'done', 'failed', 'cancelled')),
    place INTEGER NOT NULL DEFAULT 0, -- groups worked off
    total INTEGER NOT NULL DEFAULT 0,
    report TEXT NOT NULL DEFAULT '{}', -- JSON: the counts so far; what was refused or is doubtful stands in import_note
    header TEXT NOT NULL DEFAULT '', -- the names of the columns, written like the cells of a row
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX import_digest ON import (digest);
CREATE TABLE import_row (
    import_id INTEGER NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    row INTEGER NOT NULL,    -- line of the file, header is 1
    place INTEGER NOT NULL,  -- of its group
    clash INTEGER NOT NULL DEFAULT 0, -- the row that had its SKU before
    cells TEXT NOT NULL,     -- each with its length before it: "3:red0:"
    PRIMARY KEY (import_id, row)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_row_place ON import_row (import_id, place, row);
CREATE TABLE import_key ( -- keys of groups and SKUs seen in the file: to put rows together and to find clashes
    import_id INTEGER NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    place INTEGER NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (import_id, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX import_key_place ON import_key (import_id, place);
CREATE TABLE import_note ( -- rows that were refused, and warnings
    import_id INTEGER NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('reject', 'warning')),
    row INTEGER NOT NULL,
    column TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (import_id, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE import_link ( -- links between products, to be set when all are there
    import_id INTEGER NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    product_id INTEGER NOT NULL, -- 0: made by a trial, so not there
    row INTEGER NOT NULL,
    change INTEGER NOT NULL, -- what has been counted for the product: enum product_change
    links TEXT NOT NULL, -- JSON
    PRIMARY KEY (import_id, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE import_map ( -- saved column maps for csv
    name TEXT NOT NULL PRIMARY KEY,
    map TEXT NOT NULL, -- JSON
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Answers to requests that make something, kept for a day: who sends the same again (Idempotency-Key) gets the same.
CREATE TABLE idempotency (
    principal TEXT NOT NULL, -- whose key: "staff:7", "token:3", "cart:…"
    key TEXT NOT NULL CHECK (key <> ''),
    digest BLOB NOT NULL, -- of method, path and body
    status INTEGER NOT NULL,
    location TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);
