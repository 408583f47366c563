-- name: inbox_insert
INSERT INTO inbox (id, source, key, payload, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (source, key) DO NOTHING

-- name: inbox_find
SELECT id FROM inbox WHERE source = $1 AND key = $2

-- name: inbox_select
SELECT source, key, payload, at, done_at FROM inbox WHERE id = $1

-- name: inbox_finish
UPDATE inbox SET done_at = $2 WHERE id = $1 AND done_at IS NULL

-- name: inbox_exists
SELECT 1 FROM inbox WHERE id = $1
