-- name: touch_events
SELECT at, subject, data FROM event WHERE visitor = $1 AND person_id IS NULL AND kind LIKE '%.viewed' ORDER BY id LIMIT 2000

-- name: touch_source
SELECT source FROM person WHERE id = $1
