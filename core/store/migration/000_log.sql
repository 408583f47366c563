-- The list of what has been applied. Run before every look at it, so it may only ever say IF NOT EXISTS.
CREATE TABLE IF NOT EXISTS migration (
    owner TEXT NOT NULL CHECK (owner <> ''),
    number INTEGER NOT NULL CHECK (number > 0),
    name TEXT NOT NULL,
    checksum BLOB NOT NULL CHECK (length(checksum) = 32),
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (owner, number)
) STRICT, WITHOUT ROWID;
