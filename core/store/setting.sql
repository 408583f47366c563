-- name: setting_select
SELECT value FROM setting WHERE owner = $1 AND key = $2

-- name: setting_upsert
INSERT INTO setting (owner, key, value, changed_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (owner, key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at

-- name: setting_remove
DELETE FROM setting WHERE owner = $1 AND key = $2

-- name: setting_forget
DELETE FROM setting WHERE owner = $1
