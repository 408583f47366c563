-- Pictures for the admin: see api/image.c.

-- name: media_list
SELECT id, source, state, why, type, width, height FROM image WHERE ($1 = '' OR state = $1) AND id > $2 ORDER BY id LIMIT $3

-- name: media_upload_waits
SELECT 1 FROM image WHERE source = 'upload:' || $1 AND state = 'waiting'

-- name: media_look_again
UPDATE image SET state = 'waiting', why = '' WHERE state = 'missing' AND source LIKE 'demo:%'
