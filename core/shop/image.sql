-- name: image_find
SELECT id FROM image WHERE source = $1

-- name: image_insert
INSERT INTO image (id, source, state, created_at) VALUES ($1, $2, 'waiting', $3)

-- name: image_ready
UPDATE image SET state = 'ready', why = '', hash = $2, type = $3, width = $4, height = $5, widths = $6 WHERE id = $1

-- name: image_noted
UPDATE picture_state SET version = version + 1 WHERE id = 1

-- name: image_missing
UPDATE image SET state = 'missing', why = $2 WHERE id = $1 AND state <> 'ready'

-- name: image_next
SELECT id, source FROM image WHERE state = 'waiting' AND id > $1 ORDER BY id LIMIT 1

-- name: image_used
SELECT 1 FROM image i WHERE i.hash = $1 AND i.hash <> '' LIMIT 1
