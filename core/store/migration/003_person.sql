-- People and what they did. One record a person, from the first visit on; staff who run the shop are apart.

CREATE TABLE person (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    stage TEXT NOT NULL CHECK (stage IN ('visitor', 'lead', 'subscriber', 'buyer', 'regular', 'dormant', 'lost')),
    name TEXT NOT NULL DEFAULT '',
    locale TEXT NOT NULL DEFAULT '',
    customer_group TEXT NOT NULL DEFAULT '', -- decides on price lists
    source TEXT NOT NULL DEFAULT '{}', -- JSON: first and last touch
    note TEXT NOT NULL DEFAULT '',
    merged_into INTEGER REFERENCES person (id), -- NULL: a person of their own
    erased_at INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX person_stage ON person (stage, id) WHERE merged_into IS NULL;
CREATE INDEX person_merged ON person (merged_into) WHERE merged_into IS NOT NULL;

-- How a person is reached. Only a confirmed one says who somebody is; the same address confirmed by two joins them.
CREATE TABLE contact (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('email', 'phone')),
    value TEXT NOT NULL CHECK (value <> ''), -- in the form that compares: lower-case address, +359888123456
    written TEXT NOT NULL,                   -- as it was given
    confirmed_at INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (person_id, kind, value)
) STRICT;
CREATE UNIQUE INDEX contact_confirmed ON contact (kind, value) WHERE confirmed_at IS NOT NULL;
CREATE INDEX contact_value ON contact (kind, value);

-- Every yes and no stays; the latest of a channel holds.
CREATE TABLE consent (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    channel TEXT NOT NULL CHECK (channel <> ''), -- "email" "sms" "phone" "analytics"
    granted INTEGER NOT NULL CHECK (granted IN (0, 1)),
    source TEXT NOT NULL,  -- where it was given: "register", "checkout", "unsubscribe"
    wording TEXT NOT NULL, -- the sentence that was agreed to
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_person ON consent (person_id, channel, id);

CREATE TABLE merge ( -- what a merge moved, so that it can be taken back for 30 days
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    from_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    into_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    moved TEXT NOT NULL, -- JSON: table to ids
    at INTEGER NOT NULL,
    undone_at INTEGER
) STRICT;

CREATE TABLE account (
    person_id INTEGER NOT NULL PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    email TEXT NOT NULL UNIQUE CHECK (email <> ''), -- as in contact.value
    password TEXT NOT NULL, -- libsodium's crypto_pwhash_str: Argon2id; '': sign in by a link in a mail only
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
-- Failed sign-ins and mails asked for, by address, whether an account has it or not: a lock must not tell. Swept after a day.
CREATE TABLE account_attempt (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32), -- SHA-256 of what and address: "signin:ada@example.org"
    count INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    at INTEGER NOT NULL -- the last
) STRICT, WITHOUT ROWID;
CREATE INDEX account_attempt_at ON account_attempt (at);
-- One-time links: to confirm an address, to set a new password, to sign in. The database keeps a hash only.
CREATE TABLE ticket (
    hash BLOB NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    purpose TEXT NOT NULL CHECK (purpose IN ('confirm', 'reset', 'signin')),
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    contact_id INTEGER REFERENCES contact (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_person ON ticket (person_id);

CREATE TABLE address (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    company TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    country TEXT NOT NULL CHECK (length(country) = 2),
    region TEXT NOT NULL DEFAULT '',
    city TEXT NOT NULL,
    postcode TEXT NOT NULL DEFAULT '',
    line1 TEXT NOT NULL,
    line2 TEXT NOT NULL DEFAULT '',
    chosen_at INTEGER NOT NULL -- the latest is offered first
) STRICT;
CREATE INDEX address_person ON address (person_id, chosen_at);

-- The event log: view, category view, search, cart, order, message … one row each, for every report and every plugin.
CREATE TABLE event (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind <> ''), -- "product.viewed" "category.viewed" "search.made" "page.viewed" …
    visitor INTEGER NOT NULL DEFAULT 0,    -- the anonymous id, 0: nobody may be told from anybody
    person_id INTEGER REFERENCES person (id) ON DELETE SET NULL,
    subject TEXT NOT NULL DEFAULT '',      -- "product:17"
    data TEXT NOT NULL DEFAULT '{}'        -- JSON
) STRICT;
CREATE INDEX event_person ON event (person_id, id) WHERE person_id IS NOT NULL;
CREATE INDEX event_visitor ON event (visitor, id) WHERE visitor <> 0;
CREATE INDEX event_kind ON event (kind, at);
CREATE INDEX event_subject ON event (subject, kind, at) WHERE subject <> '';

-- Letters to the shop from its contact page.
CREATE TABLE inquiry (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    person_id INTEGER REFERENCES person (id) ON DELETE SET NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    text TEXT NOT NULL CHECK (text <> ''),
    locale TEXT NOT NULL,
    path TEXT NOT NULL DEFAULT '',
    at INTEGER NOT NULL,
    done_at INTEGER
) STRICT;
CREATE INDEX inquiry_open ON inquiry (at) WHERE done_at IS NULL;

-- ---- those who run the shop ----

CREATE TABLE staff (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    email TEXT NOT NULL UNIQUE CHECK (email <> ''),
    name TEXT NOT NULL,
    password TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role <> ''), -- a name of staff_role
    totp TEXT NOT NULL DEFAULT '',         -- base32; '': not set up yet
    totp_step INTEGER NOT NULL DEFAULT 0,  -- the last that was used: a code counts once
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    failures INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE staff_role (
    name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
    rights TEXT NOT NULL -- JSON list: "product.read", "product.*", "*"
) STRICT, WITHOUT ROWID;
INSERT INTO staff_role (name, rights) VALUES ('owner', '["*"]'),
    ('editor', '["product.*","category.*","page.*","import.*","person.read","inquiry.*"]'),
    ('support', '["product.read","category.read","person.*","inquiry.*","order.*"]'),
    ('viewer', '["product.read","category.read","page.read","person.read","order.read"]');
CREATE TABLE staff_recovery ( -- one-time codes for a lost second factor
    staff_id INTEGER NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    used_at INTEGER,
    PRIMARY KEY (staff_id, hash)
) STRICT, WITHOUT ROWID;
-- Tokens of programs. The database keeps a hash only.
CREATE TABLE staff_token (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    name TEXT NOT NULL,
    scopes TEXT NOT NULL, -- JSON list of rights
    created_at INTEGER NOT NULL,
    used_at INTEGER,
    expires_at INTEGER
) STRICT;

-- The sessions that staff are signed in with, beside what the session itself holds: their list, and ending them. A session
-- that gets a new id keeps its row, one that is removed loses it.
CREATE TABLE staff_session (
    session BLOB NOT NULL PRIMARY KEY REFERENCES session (id_hash) ON UPDATE CASCADE ON DELETE CASCADE,
    staff_id INTEGER NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    origin TEXT NOT NULL -- address and browser, for people to know it again
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_session_staff ON staff_session (staff_id);
