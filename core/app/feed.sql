-- Feeds: how they are set up, what became of them, and which one is due.

-- name: feed_get
SELECT id, name, format, enabled, locale, currency, country, categories, excluded, only_available, price_from, price_to,
    suffix, settings, every, revision, created_at, changed_at, tried_at, error, written_at, catalogue, until_at, maker,
    extension, type, items, rejected, filtered, bytes, took
FROM feed WHERE $1 = 0 OR id = $1 ORDER BY name

-- name: feed_by_name
SELECT id FROM feed WHERE name = $1

-- name: feed_file
SELECT id, extension, type FROM feed WHERE name = $1 AND enabled = 1 AND written_at IS NOT NULL

-- name: feed_insert
INSERT INTO feed (id, name, format, enabled, locale, currency, country, categories, excluded, only_available, price_from,
    price_to, suffix, settings, every, created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)

-- name: feed_update
UPDATE feed SET name = $2, format = $3, enabled = $4, locale = $5, currency = $6, country = $7, categories = $8,
    excluded = $9, only_available = $10, price_from = $11, price_to = $12, suffix = $13, settings = $14, every = $15,
    changed_at = $16, revision = revision + 1
WHERE id = $1 AND (name, format, enabled, locale, currency, country, categories, excluded, only_available, price_from,
    price_to, suffix, settings, every) IS NOT ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: feed_delete
DELETE FROM feed WHERE id = $1

-- What was changed by people is written at once; what the catalogue, time or a failure brings about keeps the distance.
-- A clock that went back starts anew. One a turn and two at once: many large feeds leave the threads of jobs to letters and
-- payments. $2: who makes each format now, by its name: a new version of the plugin writes anew.
-- name: feed_due
SELECT f.id FROM feed AS f CROSS JOIN catalogue_state AS c ON c.id = 1 CROSS JOIN picture_state AS p ON p.id = 1
WHERE f.enabled = 1 AND (f.tried_revision <> f.revision
    OR ((f.tried_at + f.every * 1000000 <= $1 OR f.tried_at > $1)
        AND (f.catalogue <> c.version OR f.pictures <> p.version OR f.until_at <= $1 OR f.error <> ''
            OR f.maker <> coalesce($2 ->> f.format, f.maker))))
    AND NOT EXISTS (SELECT 1 FROM job AS j
        WHERE j.kind = 'souk:feed' AND j.key = CAST(f.id AS TEXT) AND j.state IN ('waiting', 'running'))
    AND (SELECT count(*) FROM job AS j WHERE j.kind = 'souk:feed' AND j.state IN ('waiting', 'running')) < 2
ORDER BY f.tried_at LIMIT 1

-- name: feed_catalogue
SELECT c.version, p.version FROM catalogue_state AS c CROSS JOIN picture_state AS p ON p.id = 1 WHERE c.id = 1

-- Whether anything can have a price in this currency; $2 is that of the shop, which lists without one are in.
-- name: feed_priced
SELECT $1 = $2 OR EXISTS (SELECT 1 FROM price_list WHERE currency = $1)

-- name: feed_tried
UPDATE feed SET tried_at = $2, tried_revision = revision WHERE id = $1

-- name: feed_failed
UPDATE feed SET error = $2 WHERE id = $1

-- name: feed_written
UPDATE feed SET error = '', written_at = $2, catalogue = $3, until_at = $4, maker = $5, extension = $6, type = $7,
    items = $8, rejected = $9, filtered = $10, bytes = $11, took = $12, pictures = $13
WHERE id = $1

-- name: feed_reject_clear
DELETE FROM feed_reject WHERE feed_id = $1

-- A list of [variant, SKU, words].
-- name: feed_reject_put
INSERT INTO feed_reject (feed_id, position, variant_id, sku, words)
SELECT $1, j.key, j.value ->> 0, j.value ->> 1, j.value ->> 2 FROM json_each($2) AS j

-- name: feed_reject_list
SELECT position, variant_id, sku, words FROM feed_reject WHERE feed_id = $1 AND position > $2 ORDER BY position LIMIT $3

-- name: feed_reject_groups
SELECT words, count(*), min(sku) FROM feed_reject WHERE feed_id = $1 GROUP BY words ORDER BY count(*) DESC, words LIMIT $2
