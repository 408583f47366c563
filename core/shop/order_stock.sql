-- Goods of orders. $1 of those that take a list: [[variant, quantity], …], each variant once.

-- Guarded: only where as many are free, or where the variant takes backorders or is not counted.
-- name: order_stock_reserve
UPDATE stock SET reserved = reserved + d.quantity
FROM (SELECT json_extract(value, '$[0]') AS variant_id, json_extract(value, '$[1]') AS quantity FROM json_each($1)) AS d
    JOIN variant v ON v.id = d.variant_id
WHERE stock.variant_id = d.variant_id
    AND (stock.on_hand - stock.reserved >= d.quantity OR v.backorder <> 'no' OR v.tracked = 0)
RETURNING variant_id

-- name: order_stock_begin
INSERT INTO stock (variant_id, on_hand) SELECT v.id, 0 FROM json_each($1) AS d JOIN variant v ON v.id = json_extract(d.value, '$[0]')
WHERE 1 = 1 ON CONFLICT (variant_id) DO NOTHING

-- name: order_stock_undo
UPDATE stock SET reserved = reserved - d.quantity
FROM (SELECT json_extract(value, '$[0]') AS variant_id, json_extract(value, '$[1]') AS quantity FROM json_each($1)) AS d
WHERE stock.variant_id = d.variant_id

-- name: order_stock_free
SELECT json_extract(d.value, '$[0]'), max(coalesce(s.on_hand - s.reserved, 0), 0)
FROM json_each($1) AS d LEFT JOIN stock s ON s.variant_id = json_extract(d.value, '$[0]')

-- name: order_stock_keep
INSERT INTO reservation (order_id, variant_id, quantity)
SELECT $1, json_extract(d.value, '$[0]'), json_extract(d.value, '$[1]') FROM json_each($2) AS d WHERE 1 = 1
ON CONFLICT (order_id, variant_id) DO UPDATE SET quantity = reservation.quantity + excluded.quantity

-- name: order_stock_drop
DELETE FROM reservation WHERE order_id = $1 AND variant_id = $2 AND quantity = $3

-- name: order_stock_lower
UPDATE reservation SET quantity = quantity - $3 WHERE order_id = $1 AND variant_id = $2 AND quantity > $3

-- name: order_stock_give
UPDATE stock SET reserved = reserved - $2 WHERE variant_id = $1 AND reserved >= $2

-- Goods that are not there cannot leave.
-- name: order_stock_use
UPDATE stock SET reserved = reserved - $2, on_hand = on_hand - $2 WHERE variant_id = $1 AND reserved >= $2
    AND (on_hand >= $2 OR EXISTS (SELECT 1 FROM variant v WHERE v.id = $1 AND (v.backorder <> 'no' OR v.tracked = 0)))

-- name: order_stock_note
INSERT INTO stock_move (id, variant_id, delta, reason, subject, at) VALUES ($1, $2, $3, 'order', $4, $5)

-- name: order_stock_give_all
UPDATE stock SET reserved = stock.reserved - r.quantity FROM reservation r
WHERE r.order_id = $1 AND r.variant_id = stock.variant_id

-- name: order_stock_drop_all
DELETE FROM reservation WHERE order_id = $1

-- name: order_stock_variants
SELECT coalesce(json_group_array(variant_id), '[]') FROM reservation WHERE order_id = $1
