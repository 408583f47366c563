-- The tables of the frame: what a shop needs before it sells anything. Times are microseconds since 1970 in UTC, ids are
-- made by id_next().

CREATE TABLE setting (
    owner TEXT NOT NULL,
    key TEXT NOT NULL CHECK (key <> ''),
    value TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

-- Facts that somebody still has to hear of.
CREATE TABLE outbox (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    topic TEXT NOT NULL CHECK (topic <> ''),
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- What came in from outside; the unique key makes repeats harmless.
CREATE TABLE inbox (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    source TEXT NOT NULL CHECK (source <> ''),
    key TEXT NOT NULL CHECK (key <> ''),
    payload TEXT NOT NULL,
    at INTEGER NOT NULL,
    done_at INTEGER,
    UNIQUE (source, key)
) STRICT;
CREATE INDEX inbox_open ON inbox (at) WHERE done_at IS NULL;

-- Work for later. A finished job leaves no row.
CREATE TABLE job (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    kind TEXT NOT NULL CHECK (kind <> ''),
    key TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    outbox INTEGER REFERENCES outbox (id),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'dead')),
    due INTEGER NOT NULL,
    attempt INTEGER NOT NULL CHECK (attempt >= 0),
    attempts INTEGER NOT NULL CHECK (attempts > 0),
    fence INTEGER NOT NULL CHECK (fence >= 0),
    lease_until INTEGER NOT NULL,
    why TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX job_key ON job (kind, key) WHERE key <> '' AND state <> 'dead';
CREATE INDEX job_ready ON job (kind, due, id) WHERE state = 'waiting';
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_order ON job (kind, subject, id) WHERE subject <> '' AND state <> 'dead';
CREATE INDEX job_outbox ON job (outbox) WHERE outbox IS NOT NULL;

-- What caches of other processes watch.
CREATE TABLE change_log (
    seq INTEGER NOT NULL PRIMARY KEY CHECK (seq > 0),
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;

-- A session is found by the hash of its token: who reads this table cannot use what he finds.
CREATE TABLE session (
    id_hash BLOB NOT NULL PRIMARY KEY CHECK (length(id_hash) BETWEEN 16 AND 64),
    principal TEXT NOT NULL DEFAULT '',
    data TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_expires ON session (expires_at);
CREATE INDEX session_principal ON session (principal) WHERE principal <> '';

-- Who did what; each row carries the hash over itself and the one before.
CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action <> ''),
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    chain BLOB NOT NULL CHECK (length(chain) = 32)
) STRICT;
CREATE INDEX audit_subject ON audit (subject, id) WHERE subject <> '';
