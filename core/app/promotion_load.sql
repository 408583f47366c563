-- The rules at work: what is switched on and off, and what has to be read anew when they change.

-- name: promotion_load_switched
SELECT id, hash, off FROM promo_switch

-- Pages that show prices rest on this table: they fall out of the cache.
-- name: promotion_load_touch
UPDATE price_list SET priority = priority WHERE code = 'promotion'

-- Switched off for this version alone: a mended one is on again.
-- name: promotion_strike_put
INSERT INTO promo_switch (id, off, why, hash, actor, at) VALUES ($1, 1, $2, $3, 'souk', $4)
ON CONFLICT (id) DO UPDATE SET off = 1, why = excluded.why, hash = excluded.hash, actor = excluded.actor, at = excluded.at
WHERE promo_switch.off = 0 OR promo_switch.hash <> ''
