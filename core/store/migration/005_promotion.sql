-- Promotions: codes in batches, uses with their limits and budgets, switches, offers. What is declared stands in the scripts;
-- here is what happened.

-- Codes that were generated: those that scripts name themselves ("SPRING") need no row.
CREATE TABLE promo_batch (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    name TEXT NOT NULL UNIQUE CHECK (name <> ''), -- as coupon = { batch = "welcome" } names it
    prefix TEXT NOT NULL DEFAULT '',
    ends_at INTEGER,
    uses INTEGER CHECK (uses > 0),                 -- of each code; NULL: no limit
    per_customer INTEGER CHECK (per_customer > 0), -- of each code
    note TEXT NOT NULL DEFAULT '',
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE TABLE promo_code (
    code TEXT NOT NULL PRIMARY KEY CHECK (code <> ''), -- normalised
    batch_id INTEGER NOT NULL REFERENCES promo_batch (id) ON DELETE CASCADE,
    person_id INTEGER REFERENCES person (id) ON DELETE CASCADE, -- only for this person; NULL: whoever has it
    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX promo_code_batch ON promo_code (batch_id, code);
CREATE INDEX promo_code_person ON promo_code (person_id) WHERE person_id IS NOT NULL;

-- One row for what an order took of a promotion (code '') or of a code; it is the truth that counters sum up.
CREATE TABLE promo_use (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    order_id INTEGER NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
    promotion TEXT NOT NULL CHECK (promotion <> ''), -- the id in the script
    code TEXT NOT NULL DEFAULT '',                   -- normalised
    customer TEXT NOT NULL DEFAULT '',               -- "person:7" or "email:<digest>"; '': nobody known
    amount INTEGER NOT NULL CHECK (amount >= 0),     -- what it gave: items and delivery
    hash TEXT NOT NULL,                              -- of the rule as it was
    limited INTEGER NOT NULL DEFAULT 0 CHECK (limited IN (0, 1)), -- counted in promo_count
    again INTEGER NOT NULL DEFAULT 1 CHECK (again IN (0, 1)),     -- a cancelled order gives it back
    state TEXT NOT NULL CHECK (state IN ('reserved', 'confirmed', 'released')),
    at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (order_id, promotion, code)
) STRICT;
CREATE INDEX promo_use_promotion ON promo_use (promotion, at);
CREATE INDEX promo_use_code ON promo_use (code, at) WHERE code <> '';
CREATE INDEX promo_use_whose ON promo_use (customer, promotion) WHERE customer <> '';

-- Who a use counts for, under every name that the buyer has: "person:7", and digests of address and telephone ("email:9f86…"),
-- so that nobody is named here. Limits per customer count these rows.
CREATE TABLE promo_use_customer (
    customer TEXT NOT NULL CHECK (customer <> ''),
    use_id INTEGER NOT NULL REFERENCES promo_use (id) ON DELETE CASCADE,
    PRIMARY KEY (customer, use_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX promo_use_customer_use ON promo_use_customer (use_id);

-- How much of a limit is taken: one guarded statement takes, one gives back. A code counts once an order.
CREATE TABLE promo_count (
    subject TEXT NOT NULL PRIMARY KEY CHECK (subject <> ''), -- "promotion:<id>" or "code:<code>"
    used INTEGER NOT NULL DEFAULT 0 CHECK (used >= 0),
    amount INTEGER NOT NULL DEFAULT 0 CHECK (amount >= 0)
) STRICT, WITHOUT ROWID;

-- What staff switched, whatever the script says, and the strikes of scripts. On as the script has it is no row.
CREATE TABLE promo_switch (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''), -- of a promotion or "offer:<id>"
    off INTEGER NOT NULL CHECK (off IN (0, 1)),
    why TEXT NOT NULL DEFAULT '', -- "promotions/a.lua:12: took too long, three times in ten minutes"
    hash TEXT NOT NULL DEFAULT '', -- switched off for this version only: a mended one is on again; '': for all
    actor TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Wrong codes that were tried, by cart and by address of the network: ten in ten minutes are enough.
CREATE TABLE promo_attempt (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    count INTEGER NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX promo_attempt_until ON promo_attempt (until);

-- Offers of upsell rules: shown, taken, declined; the hold-out's share of those who would have seen it.
CREATE TABLE promo_offer (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    offer TEXT NOT NULL CHECK (offer <> ''), -- the id in the script
    hash TEXT NOT NULL,
    slot TEXT NOT NULL CHECK (slot IN ('product', 'cart', 'bump', 'after', 'thanks')),
    cart_id INTEGER REFERENCES cart (id) ON DELETE SET NULL, -- product, cart, bump; a cart that was swept leaves what was counted
    order_id INTEGER REFERENCES shop_order (id) ON DELETE CASCADE, -- after, thanks
    person_id INTEGER REFERENCES person (id) ON DELETE SET NULL,
    visitor INTEGER NOT NULL DEFAULT 0,
    variant_id INTEGER NOT NULL REFERENCES variant (id) ON DELETE CASCADE,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    amount INTEGER NOT NULL CHECK (amount >= 0),    -- what all of it costs
    discount INTEGER NOT NULL CHECK (discount >= 0),
    state TEXT NOT NULL CHECK (state IN ('held', 'shown', 'accepted', 'declined', 'failed')), -- held: hold-out, not shown
    declines INTEGER NOT NULL DEFAULT 0 CHECK (declines >= 0), -- how often: after two it is not made again
    line_id INTEGER REFERENCES cart_line (id) ON DELETE SET NULL, -- accepted into a cart
    payment_id INTEGER REFERENCES payment (id) ON DELETE SET NULL, -- after: the goods join the order when this is paid
    shown_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE UNIQUE INDEX promo_offer_cart ON promo_offer (cart_id, offer, slot, variant_id) WHERE cart_id IS NOT NULL AND order_id IS NULL;
CREATE UNIQUE INDEX promo_offer_order ON promo_offer (order_id, offer, slot, variant_id) WHERE order_id IS NOT NULL;
CREATE INDEX promo_offer_rule ON promo_offer (offer, shown_at);
CREATE INDEX promo_offer_line ON promo_offer (line_id) WHERE line_id IS NOT NULL;
CREATE INDEX promo_offer_payment ON promo_offer (payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX promo_offer_person ON promo_offer (person_id, offer) WHERE person_id IS NOT NULL;
CREATE INDEX promo_offer_visitor ON promo_offer (visitor, offer) WHERE visitor <> 0;

-- Catalogue promotions stand on the shelves as prices of lists that are made from the scripts: one for everybody, and one for each
-- group and channel that has prices of its own (ids 4 to 99, made when they are needed).
INSERT INTO price_list (id, code, name, priority) VALUES (3, 'promotion', 'Promotions', 1000000);
CREATE INDEX price_shelf ON price (list_id, variant_id) WHERE list_id > 2;
-- How far the shelves follow rules and catalogue.
CREATE TABLE promo_shelf (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    hash TEXT NOT NULL,       -- of the catalogue promotions and price lists that the shelves say
    version INTEGER NOT NULL, -- of the catalogue that they were made of
    wanted TEXT NOT NULL,     -- hash of a walk over all variants that is under way; '': none
    walk_version INTEGER NOT NULL, -- the catalogue's when that walk began
    cursor INTEGER NOT NULL   -- the last variant that it has done
) STRICT;
INSERT INTO promo_shelf (id, hash, version, wanted, walk_version, cursor) VALUES (1, '', 0, '', 0, 0);

-- Who may look at rules, and who may switch them.
UPDATE staff_role SET rights = replace(rights, ']', ',"promotion.*"]') WHERE name = 'editor' AND rights <> '[]';
UPDATE staff_role SET rights = replace(rights, ']', ',"promotion.read"]') WHERE name IN ('support', 'viewer') AND rights <> '[]';
