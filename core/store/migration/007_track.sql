-- Tracking: clicks that partners sent here, and what became of the orders that came of them.

-- Somebody has landed on the shop with a partner's parameter, and did not refuse to be told apart. Kept for its window.
CREATE TABLE click (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    token TEXT NOT NULL UNIQUE CHECK (length(token) BETWEEN 16 AND 64), -- unguessable: what the cookie carries
    provider TEXT NOT NULL CHECK (provider <> ''),
    param TEXT NOT NULL CHECK (param <> ''),
    value TEXT NOT NULL CHECK (value <> '' AND length(CAST(value AS BLOB)) <= 200), -- as it came: text of strangers
    landing TEXT NOT NULL DEFAULT '', -- path, without the query
    flags INTEGER NOT NULL DEFAULT 0, -- SOUK_TRACK_… of the provider then
    visitor INTEGER NOT NULL DEFAULT 0,
    person_id INTEGER REFERENCES person (id) ON DELETE CASCADE, -- signed in: found again without the cookie
    cart_id INTEGER REFERENCES cart (id) ON DELETE CASCADE,     -- named by a front end with its cart
    at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL CHECK (expires_at > at)
) STRICT;
CREATE INDEX click_person ON click (person_id, at) WHERE person_id IS NOT NULL;
CREATE INDEX click_cart ON click (cart_id) WHERE cart_id IS NOT NULL;
CREATE INDEX click_expires ON click (expires_at);

-- What a partner is told about one order. What it ought to know (state, amount) and what it knows (sent_…) stand side
-- by side; while they differ a job is alive, or `telling` says why not.
CREATE TABLE conversion (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    order_id INTEGER NOT NULL REFERENCES shop_order (id),
    provider TEXT NOT NULL CHECK (provider <> ''),
    click_id INTEGER REFERENCES click (id) ON DELETE SET NULL,
    param TEXT NOT NULL,
    value TEXT NOT NULL CHECK (value <> '' AND length(CAST(value AS BLOB)) <= 200),
    clicked_at INTEGER NOT NULL,
    key TEXT NOT NULL UNIQUE CHECK (key <> ''), -- the same at every attempt and in every state
    flags INTEGER NOT NULL DEFAULT 0,
    again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1)), -- the customer had bought before
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'rejected')),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    due_at INTEGER, -- the time for returns is over then; NULL: nothing comes by itself
    telling TEXT NOT NULL CHECK (telling IN ('waiting', 'told', 'refused', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0, -- of what is told now
    sent_state TEXT NOT NULL DEFAULT '' CHECK (sent_state IN ('', 'pending', 'approved', 'rejected')),
    sent_amount INTEGER NOT NULL DEFAULT 0,
    sent_at INTEGER,
    reference TEXT NOT NULL DEFAULT '', -- the partner's own name for it
    error TEXT NOT NULL DEFAULT '',     -- of the last attempt, for staff
    version INTEGER NOT NULL DEFAULT 1, -- of state and amount
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (order_id, provider)
) STRICT;
CREATE INDEX conversion_due ON conversion (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX conversion_telling ON conversion (telling, id);
CREATE INDEX conversion_state ON conversion (state, id);
CREATE INDEX conversion_click ON conversion (click_id) WHERE click_id IS NOT NULL;
