-- Feeds: the catalogue written down in somebody's format, as staff have set it up, and what came of it last. The files
-- themselves lie under <data>/feeds and are made anew from this at any time.

CREATE TABLE feed (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id > 0),
    name TEXT NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 60), -- of its address: /feeds/<name>.<extension>
    format TEXT NOT NULL CHECK (format <> ''),                       -- name of a provider of kind "feed"
    enabled INTEGER NOT NULL DEFAULT 1 CHECK (enabled IN (0, 1)),
    locale TEXT NOT NULL CHECK (locale <> ''),
    currency TEXT NOT NULL CHECK (length(currency) = 3),
    country TEXT NOT NULL DEFAULT '',
    categories TEXT NOT NULL DEFAULT '[]', -- JSON: keys; those below belong to them; empty: all
    excluded TEXT NOT NULL DEFAULT '[]',   -- JSON: SKUs that never occur
    only_available INTEGER NOT NULL DEFAULT 0 CHECK (only_available IN (0, 1)),
    price_from INTEGER CHECK (price_from >= 0), -- minor units of the currency
    price_to INTEGER CHECK (price_to >= 0),
    suffix TEXT NOT NULL DEFAULT '',       -- of addresses: "utm_source=market&utm_content={sku}"
    settings TEXT NOT NULL DEFAULT '{}',   -- JSON: the format's own
    every INTEGER NOT NULL DEFAULT 50 CHECK (every BETWEEN 1 AND 86400), -- seconds between two writings at least
    revision INTEGER NOT NULL DEFAULT 1,   -- grows with each change of the above
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,

    tried_at INTEGER,                          -- when the last writing began
    tried_revision INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',            -- why the last writing failed
    written_at INTEGER,                        -- the moment of what is in the file
    catalogue INTEGER NOT NULL DEFAULT 0,      -- catalogue_state.version of the file
    pictures INTEGER NOT NULL DEFAULT 0,       -- picture_state.version of the file
    until_at INTEGER,                          -- when time alone changes what belongs in it
    maker TEXT NOT NULL DEFAULT '',            -- plugin and version that made it
    extension TEXT NOT NULL DEFAULT '',
    type TEXT NOT NULL DEFAULT '',
    items INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,       -- that the format does not take
    filtered INTEGER NOT NULL DEFAULT 0,       -- that the feed does not want
    bytes INTEGER NOT NULL DEFAULT 0,
    took INTEGER NOT NULL DEFAULT 0            -- microseconds
) STRICT;

-- Grows with each picture that is there at last: long after its product was saved.
CREATE TABLE picture_state (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;
INSERT INTO picture_state (id, version) VALUES (1, 1);

-- What was left out of the file that is there, the first thousands.
CREATE TABLE feed_reject (
    feed_id INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    variant_id INTEGER NOT NULL,
    sku TEXT NOT NULL,
    words TEXT NOT NULL,
    PRIMARY KEY (feed_id, position)
) STRICT, WITHOUT ROWID;

-- Who may look at feeds, and who may make them.
UPDATE staff_role SET rights = replace(rights, ']', ',"feed.*"]') WHERE name = 'editor' AND rights <> '[]';
UPDATE staff_role SET rights = replace(rights, ']', ',"feed.read"]') WHERE name IN ('support', 'viewer') AND rights <> '[]';
