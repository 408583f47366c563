-- Rules as people see them: see promotion_list.c. $1 is a JSON list of their ids.

-- name: promotion_list_switches
SELECT id, off, why, hash, actor, at FROM promo_switch

-- name: promotion_list_counts
SELECT j.value, c.used, c.amount FROM json_each($1) AS j CROSS JOIN promo_count AS c ON c.subject = 'promotion:' || j.value

-- What they did since a moment, and what the orders came to that they did it to.
-- name: promotion_list_lately
SELECT u.promotion, count(*), sum(u.amount), sum(o.items - o.discount)
FROM json_each($1) AS j CROSS JOIN promo_use AS u ON u.promotion = j.value AND u.at >= $2
    CROSS JOIN shop_order AS o ON o.id = u.order_id
WHERE u.code = '' AND u.state <> 'released' GROUP BY u.promotion

-- name: promotion_list_put
INSERT INTO promo_switch (id, off, why, hash, actor, at) VALUES ($1, $2, $3, '', $4, $5)
ON CONFLICT (id) DO UPDATE SET off = excluded.off, why = excluded.why, hash = '', actor = excluded.actor, at = excluded.at

-- name: promotion_list_switch
SELECT off, hash FROM promo_switch WHERE id = $1

-- name: promotion_list_drop
DELETE FROM promo_switch WHERE id = $1
