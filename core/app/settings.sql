-- Options of plugins that were set on the admin pages: see settings.c.

-- name: settings_all
SELECT owner, key, value FROM setting WHERE owner >= 'options:' AND owner < 'options;' ORDER BY owner, key

-- name: settings_one
SELECT key, value FROM setting WHERE owner = $1 ORDER BY key
