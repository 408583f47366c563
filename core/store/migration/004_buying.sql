-- Buying: carts, orders, money, parcels, returns, messages and webhooks. Money is int64 in minor units of the row's
-- currency; amounts of an order never change once it is placed except through an edit, which is a new version of it.

CREATE TABLE cart (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    token TEXT NOT NULL UNIQUE CHECK (length(token) >= 20), -- unguessable: who knows it may use the cart
    state TEXT NOT NULL CHECK (state IN ('open', 'ordered', 'merged')),
    person_id INTEGER REFERENCES person (id) ON DELETE SET NULL,
    visitor INTEGER NOT NULL DEFAULT 0, -- the anonymous id, for the event log
    locale TEXT NOT NULL,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    channel TEXT NOT NULL DEFAULT 'web',
    draft TEXT NOT NULL DEFAULT '{}', -- JSON: what was typed at the checkout so far; nothing typed is ever lost
    quote TEXT NOT NULL DEFAULT '',   -- JSON as priced last; '': not yet
    version INTEGER NOT NULL DEFAULT 1, -- of lines, coupons and terms
    merged_into INTEGER REFERENCES cart (id) ON DELETE SET NULL, -- when it is merged
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX cart_merged ON cart (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX cart_person ON cart (person_id, changed_at) WHERE state = 'open' AND person_id IS NOT NULL;
CREATE INDEX cart_expires ON cart (expires_at) WHERE state <> 'ordered';
CREATE TABLE cart_line (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    cart_id INTEGER NOT NULL REFERENCES cart (id) ON DELETE CASCADE,
    variant_id INTEGER NOT NULL REFERENCES variant (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    quantity INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    later INTEGER NOT NULL DEFAULT 0 CHECK (later IN (0, 1)), -- kept for later: not priced, not ordered
    note TEXT NOT NULL DEFAULT '',
    price_seen INTEGER NOT NULL, -- unit price when last shown: a change is told
    added_at INTEGER NOT NULL,
    UNIQUE (cart_id, variant_id, later)
) STRICT;
CREATE INDEX cart_line_variant ON cart_line (variant_id);
CREATE TABLE cart_coupon (
    cart_id INTEGER NOT NULL REFERENCES cart (id) ON DELETE CASCADE,
    code TEXT NOT NULL CHECK (code <> ''), -- normalised
    position INTEGER NOT NULL,
    PRIMARY KEY (cart_id, code)
) STRICT, WITHOUT ROWID;

-- Numbers that people read, without gaps: taken in the transaction that uses them.
CREATE TABLE series (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''), -- "order" "return" "shipment"
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ORDER is a word of SQL, hence the name.
CREATE TABLE shop_order (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    number TEXT NOT NULL UNIQUE CHECK (number <> ''),
    token TEXT NOT NULL UNIQUE CHECK (length(token) >= 20), -- opens the order without signing in
    cart_id INTEGER UNIQUE REFERENCES cart (id),            -- one cart makes at most one order; NULL: made by staff
    person_id INTEGER REFERENCES person (id) ON DELETE SET NULL,
    status TEXT NOT NULL CHECK (status IN ('draft', 'placed', 'confirmed', 'closed', 'cancelled')),
    payment_status TEXT NOT NULL CHECK (payment_status IN ('none', 'pending', 'authorised', 'part_paid', 'paid',
        'part_refunded', 'refunded', 'failed', 'voided')),
    fulfilment_status TEXT NOT NULL CHECK (fulfilment_status IN ('none', 'part_packed', 'packed', 'part_shipped',
        'shipped', 'part_delivered', 'delivered', 'part_returned', 'returned')),
    email TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '{}', -- JSON: country, region, city, postcode, line1, line2, company
    billing TEXT NOT NULL DEFAULT '{}', -- the same where it differs, with vat_number
    note TEXT NOT NULL DEFAULT '',      -- of the customer
    locale TEXT NOT NULL,
    channel TEXT NOT NULL DEFAULT 'web',
    visitor INTEGER NOT NULL DEFAULT 0,
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    prices_include_tax INTEGER NOT NULL CHECK (prices_include_tax IN (0, 1)),
    items INTEGER NOT NULL CHECK (items >= 0),
    discount INTEGER NOT NULL CHECK (discount >= 0),
    delivery INTEGER NOT NULL CHECK (delivery >= 0),
    delivery_discount INTEGER NOT NULL CHECK (delivery_discount >= 0),
    tax INTEGER NOT NULL CHECK (tax >= 0),                   -- added to the prices
    tax_included INTEGER NOT NULL CHECK (tax_included >= 0), -- in the prices
    delivery_tax INTEGER NOT NULL DEFAULT 0 CHECK (delivery_tax >= 0), -- its share of either
    total INTEGER NOT NULL CHECK (total >= 0),
    authorised INTEGER NOT NULL DEFAULT 0 CHECK (authorised >= 0), -- sums over its payments
    captured INTEGER NOT NULL DEFAULT 0 CHECK (captured >= 0),
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= captured),
    delivery_refunded INTEGER NOT NULL DEFAULT 0 CHECK (delivery_refunded >= 0), -- of delivery with its tax
    refused INTEGER NOT NULL DEFAULT 0 CHECK (refused >= 0), -- worth of what was not taken at the door: not due
    surplus INTEGER NOT NULL DEFAULT 0 CHECK (surplus BETWEEN 0 AND refunded), -- of refunded: had been paid above the total
    delivery_method TEXT NOT NULL DEFAULT '', -- "courier:standard"
    delivery_label TEXT NOT NULL DEFAULT '',
    delivery_data TEXT NOT NULL DEFAULT '{}', -- JSON: the choice as the provider left it: point, slot, extras
    payment_method TEXT NOT NULL DEFAULT '',
    payment_label TEXT NOT NULL DEFAULT '',
    quote TEXT NOT NULL DEFAULT '{}', -- JSON: the quote with its trace, as it was accepted
    expires_at INTEGER, -- not paid by then: cancelled, and the goods are free again; NULL: never
    placed_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK (total = items - discount + delivery - delivery_discount + tax)
) STRICT;
CREATE INDEX shop_order_placed ON shop_order (placed_at, id);
CREATE INDEX shop_order_person ON shop_order (person_id, placed_at) WHERE person_id IS NOT NULL;
CREATE INDEX shop_order_email ON shop_order (email) WHERE email <> '';
CREATE INDEX shop_order_status ON shop_order (status, placed_at);
CREATE INDEX shop_order_payment ON shop_order (payment_status, placed_at);
CREATE INDEX shop_order_fulfilment ON shop_order (fulfilment_status, placed_at);
CREATE INDEX shop_order_expires ON shop_order (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE order_line (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    order_id INTEGER NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    variant_id INTEGER REFERENCES variant (id) ON DELETE SET NULL,
    product_id INTEGER REFERENCES product (id) ON DELETE SET NULL,
    sku TEXT NOT NULL,
    name TEXT NOT NULL,                  -- in the language of the order, as it was
    options TEXT NOT NULL DEFAULT '',    -- "Blue, M"
    note TEXT NOT NULL DEFAULT '',
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
    original_price INTEGER NOT NULL CHECK (original_price >= 0),
    cost INTEGER CHECK (cost >= 0),
    subtotal INTEGER NOT NULL CHECK (subtotal >= 0),
    discount INTEGER NOT NULL CHECK (discount >= 0 AND discount <= subtotal),
    total INTEGER NOT NULL CHECK (total = subtotal - discount), -- before added tax
    tax INTEGER NOT NULL CHECK (tax >= 0), -- added or included, as the order says
    taxes TEXT NOT NULL DEFAULT '[]',      -- JSON: [{"name", "ppm", "amount"}]
    discounts TEXT NOT NULL DEFAULT '[]',  -- JSON: [{"promotion", "amount"}]
    gift INTEGER NOT NULL DEFAULT 0 CHECK (gift IN (0, 1)),
    weight_g INTEGER,
    cancelled INTEGER NOT NULL DEFAULT 0 CHECK (cancelled >= 0), -- units; never more than what is not packed
    packed INTEGER NOT NULL DEFAULT 0 CHECK (packed >= 0),   -- in parcels, sent ones included
    shipped INTEGER NOT NULL DEFAULT 0 CHECK (shipped >= 0),
    delivered INTEGER NOT NULL DEFAULT 0 CHECK (delivered >= 0),
    returned INTEGER NOT NULL DEFAULT 0 CHECK (returned >= 0), -- come back, in whatever condition
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0), -- units paid back
    refunded_amount INTEGER NOT NULL DEFAULT 0 CHECK (refunded_amount >= 0), -- their worth, with added tax and what a fee kept
    CHECK (cancelled + packed <= quantity AND shipped <= packed AND delivered <= shipped AND returned <= shipped
        AND refunded <= quantity)
) STRICT;
CREATE INDEX order_line_order ON order_line (order_id, position);
CREATE INDEX order_line_variant ON order_line (variant_id) WHERE variant_id IS NOT NULL;

-- What is promised and still in the house. stock.reserved is the sum of these.
CREATE TABLE reservation (
    order_id INTEGER NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
    variant_id INTEGER NOT NULL REFERENCES variant (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, variant_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_variant ON reservation (variant_id);

CREATE TABLE order_note (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    order_id INTEGER NOT NULL REFERENCES shop_order (id) ON DELETE CASCADE,
    internal INTEGER NOT NULL CHECK (internal IN (0, 1)), -- 0: the customer reads it
    text TEXT NOT NULL CHECK (text <> ''),
    actor TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX order_note_order ON order_note (order_id, id);

-- ---- money ----

-- An intent to collect a sum for an order through one provider.
CREATE TABLE payment (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    order_id INTEGER NOT NULL REFERENCES shop_order (id),
    provider TEXT NOT NULL CHECK (provider <> ''), -- "stripe"
    state TEXT NOT NULL CHECK (state IN ('created', 'pending', 'authorised', 'part_captured', 'captured', 'failed',
        'cancelled')),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    authorised INTEGER NOT NULL DEFAULT 0 CHECK (authorised >= 0),
    captured INTEGER NOT NULL DEFAULT 0 CHECK (captured >= 0 AND captured <= authorised),
    refunding INTEGER NOT NULL DEFAULT 0 CHECK (refunding >= 0), -- asked for, the provider has not answered yet
    refunded INTEGER NOT NULL DEFAULT 0 CHECK (refunded >= 0),
    local INTEGER NOT NULL DEFAULT 0 CHECK (local IN (0, 1)), -- nobody outside was told its amount: it may follow an edit
    reference TEXT NOT NULL DEFAULT '', -- the provider's name for it
    next TEXT NOT NULL DEFAULT '',      -- JSON for the shopper: {"redirect"}; '': nothing to do
    data TEXT NOT NULL DEFAULT '{}',    -- JSON of the provider's own
    why TEXT NOT NULL DEFAULT '',       -- it failed, in words for the customer
    check_at INTEGER,                   -- when the provider is to be asked how it stands; NULL: not
    checks INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    CHECK (refunded + refunding <= captured)
) STRICT;
CREATE UNIQUE INDEX payment_live ON payment (order_id) WHERE state IN ('created', 'pending', 'authorised');
CREATE UNIQUE INDEX payment_reference ON payment (provider, reference) WHERE reference <> '';
CREATE INDEX payment_order ON payment (order_id, id);
CREATE INDEX payment_check ON payment (check_at) WHERE check_at IS NOT NULL;

-- Every movement of money: asked for first, then done or failed. The provider's reference counts once.
CREATE TABLE payment_move (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    payment_id INTEGER NOT NULL REFERENCES payment (id),
    kind TEXT NOT NULL CHECK (kind IN ('authorise', 'capture', 'void', 'refund', 'chargeback')),
    state TEXT NOT NULL CHECK (state IN ('asked', 'done', 'failed')),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    provider TEXT NOT NULL,
    reference TEXT NOT NULL DEFAULT '',
    lines TEXT NOT NULL DEFAULT '[]', -- JSON of a refund: [{"line", "quantity", "amount", "kept": as a fee}]
    delivery INTEGER NOT NULL DEFAULT 0 CHECK (delivery >= 0), -- the part of a refund that is for delivery
    surplus INTEGER NOT NULL DEFAULT 0 CHECK (surplus BETWEEN 0 AND amount), -- of a refund: had been paid above the total
    actor TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '', -- it failed
    created_at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;
CREATE INDEX payment_move_payment ON payment_move (payment_id, id);
CREATE UNIQUE INDEX payment_move_reference ON payment_move (provider, kind, reference) WHERE reference <> '';
CREATE INDEX payment_move_asked ON payment_move (id) WHERE state = 'asked';

-- Money that came and belongs to nothing that we know: it waits for a person or for its order.
CREATE TABLE payment_match (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    provider TEXT NOT NULL,
    reference TEXT NOT NULL CHECK (reference <> ''),
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    text TEXT NOT NULL DEFAULT '',  -- what the payer wrote
    payer TEXT NOT NULL DEFAULT '', -- name; account numbers are cut to their last four signs
    why TEXT NOT NULL,              -- it could not be matched: "no order", "order cancelled", "amount differs"
    order_id INTEGER REFERENCES shop_order (id), -- whose it seems to be, or became
    state TEXT NOT NULL CHECK (state IN ('open', 'matched', 'returned', 'ignored')),
    at INTEGER NOT NULL,
    done_at INTEGER,
    actor TEXT NOT NULL DEFAULT '',
    UNIQUE (provider, reference)
) STRICT;
CREATE INDEX payment_match_open ON payment_match (at) WHERE state = 'open';

-- ---- parcels ----

CREATE TABLE shipment (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    order_id INTEGER NOT NULL REFERENCES shop_order (id),
    number TEXT NOT NULL UNIQUE CHECK (number <> ''), -- the order's with a letter or count: "1042-1"
    method TEXT NOT NULL, -- "courier:standard"
    state TEXT NOT NULL CHECK (state IN ('pending', 'registered', 'in_transit', 'out_for_delivery',
        'available_for_pickup', 'attempt_failed', 'delivered', 'partially_delivered', 'returning', 'returned', 'exception',
        'cancelled', 'expired')),
    state_at INTEGER NOT NULL, -- of the event that the state is from
    registering TEXT NOT NULL DEFAULT '' CHECK (registering IN ('', 'asked', 'done', 'failed')), -- at the carrier
    tracking TEXT NOT NULL DEFAULT '',
    tracking_url TEXT NOT NULL DEFAULT '',
    weight_g INTEGER NOT NULL DEFAULT 0 CHECK (weight_g >= 0),
    declared_value INTEGER NOT NULL DEFAULT 0 CHECK (declared_value >= 0),
    collect INTEGER NOT NULL DEFAULT 0 CHECK (collect >= 0), -- to be taken from the receiver
    collect_packed INTEGER NOT NULL DEFAULT 0 CHECK (collect_packed >= 0), -- the same when all of it is kept
    refused INTEGER NOT NULL DEFAULT 0 CHECK (refused >= 0), -- worth of what was not taken
    data TEXT NOT NULL DEFAULT '{}', -- JSON of the provider's own
    why TEXT NOT NULL DEFAULT '',
    sent_at INTEGER, -- handed over: its goods have left stock
    tracked_at INTEGER NOT NULL DEFAULT 0, -- the carrier was asked last, or is about to be
    unpacked_at INTEGER CHECK (unpacked_at IS NULL OR sent_at IS NULL), -- given up before that: its units are free again
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX shipment_order ON shipment (order_id, id);
CREATE INDEX shipment_state ON shipment (state, id);
CREATE INDEX shipment_tracking ON shipment (tracking) WHERE tracking <> '';
CREATE TABLE shipment_line (
    shipment_id INTEGER NOT NULL REFERENCES shipment (id) ON DELETE CASCADE,
    line_id INTEGER NOT NULL REFERENCES order_line (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    accepted INTEGER CHECK (accepted BETWEEN 0 AND quantity), -- at the door; NULL: not said
    PRIMARY KEY (shipment_id, line_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX shipment_line_line ON shipment_line (line_id);
CREATE TABLE shipment_event (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    shipment_id INTEGER NOT NULL REFERENCES shipment (id) ON DELETE CASCADE,
    key TEXT NOT NULL CHECK (key <> ''), -- the carrier's id of the event, or its content: a repeat changes nothing
    state TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '', -- the carrier's own
    text TEXT NOT NULL DEFAULT '',
    at INTEGER NOT NULL, -- when it happened
    accepted TEXT NOT NULL DEFAULT '', -- JSON: line to units that were kept at the door; '': all
    UNIQUE (shipment_id, key)
) STRICT;

-- ---- returns ----

CREATE TABLE order_return (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    order_id INTEGER NOT NULL REFERENCES shop_order (id),
    shipment_id INTEGER UNIQUE REFERENCES shipment (id), -- what was refused at its door; NULL: sent back by the customer
    number TEXT NOT NULL UNIQUE CHECK (number <> ''),
    token TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('requested', 'approved', 'refused', 'received', 'closed', 'cancelled')),
    outcome TEXT NOT NULL CHECK (outcome IN ('refund', 'exchange')),
    note TEXT NOT NULL DEFAULT '',       -- of the customer
    inspection TEXT NOT NULL DEFAULT '', -- of staff
    refund_move INTEGER REFERENCES payment_move (id),
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX order_return_order ON order_return (order_id, id);
CREATE INDEX order_return_state ON order_return (state, id);
CREATE TABLE order_return_line (
    return_id INTEGER NOT NULL REFERENCES order_return (id) ON DELETE CASCADE,
    line_id INTEGER NOT NULL REFERENCES order_line (id),
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    reason TEXT NOT NULL, -- "too_small" "damaged" "other" …
    received INTEGER CHECK (received BETWEEN 0 AND quantity),
    damaged INTEGER NOT NULL DEFAULT 0 CHECK (damaged >= 0), -- of the received: not put back
    PRIMARY KEY (return_id, line_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX order_return_line_line ON order_return_line (line_id);

-- ---- messages to people ----

CREATE TABLE message (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    channel TEXT NOT NULL CHECK (channel <> ''), -- "email"
    kind TEXT NOT NULL CHECK (kind <> ''),       -- "order_placed": the name of its template
    key TEXT NOT NULL CHECK (key <> ''),         -- one message for one occasion: "order:17:placed"
    recipient TEXT NOT NULL CHECK (recipient <> ''),
    person_id INTEGER REFERENCES person (id) ON DELETE SET NULL,
    order_id INTEGER REFERENCES shop_order (id) ON DELETE SET NULL,
    locale TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '{}', -- JSON: what it tells besides, without secrets that outlive it
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'suppressed')),
    reference TEXT NOT NULL DEFAULT '', -- Message-ID
    why TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    UNIQUE (channel, key, recipient)
) STRICT;
CREATE INDEX message_order ON message (order_id, id) WHERE order_id IS NOT NULL;
CREATE INDEX message_state ON message (state, id);
CREATE INDEX message_person ON message (person_id) WHERE person_id IS NOT NULL;
-- Addresses that bounced for good or complained: nothing is sent there any more.
CREATE TABLE suppression (
    channel TEXT NOT NULL,
    value TEXT NOT NULL, -- as in contact.value
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (channel, value)
) STRICT, WITHOUT ROWID;

-- ---- webhooks out: Standard Webhooks 1.0 ----

CREATE TABLE webhook (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    url TEXT NOT NULL CHECK (url <> ''),
    topics TEXT NOT NULL, -- JSON list: "order.*", "order.placed", "*"
    secret TEXT NOT NULL, -- "whsec_" + base64
    secret_before TEXT NOT NULL DEFAULT '', -- signs too for a day after the change
    rotated_at INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'disabled')),
    why TEXT NOT NULL DEFAULT '',
    failures INTEGER NOT NULL DEFAULT 0, -- in a row
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE webhook_delivery (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    webhook_id INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    fact INTEGER NOT NULL, -- the fact's id: the same for every receiver and every attempt
    topic TEXT NOT NULL,
    subject TEXT NOT NULL, -- "order:17", whose data it is; goes when they are erased
    body TEXT NOT NULL, -- as it was when it happened
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    status INTEGER NOT NULL DEFAULT 0, -- of the last answer
    why TEXT NOT NULL DEFAULT '',
    due_at INTEGER NOT NULL DEFAULT 0, -- of the next attempt
    created_at INTEGER NOT NULL,
    done_at INTEGER,
    UNIQUE (webhook_id, fact)
) STRICT;
CREATE INDEX webhook_delivery_state ON webhook_delivery (webhook_id, state, due_at, id);
CREATE INDEX webhook_delivery_order ON webhook_delivery (webhook_id, state, id);
CREATE INDEX webhook_delivery_subject ON webhook_delivery (subject) WHERE subject <> '';

-- Who packs and hands over, and sees no more of the shop than that takes.
INSERT INTO staff_role (name, rights) VALUES ('warehouse', '["product.read","order.read","order.ship"]');
