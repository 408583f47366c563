-- Sessions of browsers: see session.c. expires_at is the nearer of its two ends, so that one index serves finding and sweeping.

-- name: session_find
SELECT data, created_at, seen_at FROM session WHERE id_hash = $1 AND expires_at > $2

-- name: session_insert
INSERT INTO session (id_hash, data, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5)

-- name: session_update
UPDATE session SET data = $2, seen_at = $3, expires_at = $4 WHERE id_hash = $1

-- name: session_touch
UPDATE session SET seen_at = $2, expires_at = $3 WHERE id_hash = $1 AND seen_at < $4

-- name: session_rename
UPDATE session SET id_hash = $2 WHERE id_hash = $1

-- name: session_delete
DELETE FROM session WHERE id_hash = $1

-- name: session_sweep
DELETE FROM session WHERE id_hash IN (SELECT id_hash FROM session WHERE expires_at <= $1 LIMIT $2)
