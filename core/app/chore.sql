-- What the nightly chores do by themselves.

-- name: chore_forget_changes
DELETE FROM catalogue_change WHERE version < (SELECT version - 20000 FROM catalogue_state WHERE id = 1)

-- name: chore_order_expired
SELECT id FROM shop_order WHERE expires_at <= $1 ORDER BY expires_at LIMIT 1
