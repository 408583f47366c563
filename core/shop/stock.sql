-- name: stock_get
SELECT on_hand, reserved FROM stock WHERE variant_id = $1

-- Guarded: more than what is free goes only where the variant takes backorders or is not counted.
-- name: stock_add
UPDATE stock SET on_hand = on_hand + $2 WHERE variant_id = $1 AND ($2 > 0 OR on_hand - reserved + $2 >= 0
    OR EXISTS (SELECT 1 FROM variant v WHERE v.id = $1 AND (v.backorder <> 'no' OR v.tracked = 0)))

-- name: stock_begin
INSERT INTO stock (variant_id, on_hand) SELECT id, 0 FROM variant WHERE id = $1 ON CONFLICT (variant_id) DO NOTHING

-- name: stock_put
INSERT INTO stock (variant_id, on_hand) VALUES ($1, $2) ON CONFLICT (variant_id) DO UPDATE SET on_hand = excluded.on_hand

-- name: stock_note
INSERT INTO stock_move (id, variant_id, delta, reason, subject, at) VALUES ($1, $2, $3, $4, $5, $6)

-- What is switched off or has no price is not to be had.
-- name: stock_refresh
UPDATE variant SET availability = n.availability FROM (
    SELECT v.id, CASE
        WHEN v.enabled = 0 OR NOT EXISTS (SELECT 1 FROM price p WHERE p.variant_id = v.id) THEN 'out'
        WHEN v.tracked = 0 THEN 'in'
        WHEN coalesce(s.on_hand - s.reserved, 0) > 0 THEN
            CASE WHEN s.on_hand - s.reserved <= v.low_stock THEN 'low' ELSE 'in' END
        WHEN v.backorder <> 'no' THEN 'backorder'
        ELSE 'out' END AS availability
    FROM variant v LEFT JOIN stock s ON s.variant_id = v.id WHERE v.id = $1) AS n
WHERE variant.id = n.id AND variant.availability <> n.availability

-- name: stock_verify_sum
SELECT s.variant_id FROM stock s
    WHERE s.on_hand <> (SELECT coalesce(sum(m.delta), 0) FROM stock_move m WHERE m.variant_id = s.variant_id)
    ORDER BY s.variant_id LIMIT 100

-- name: stock_verify_sold
SELECT s.variant_id FROM stock s JOIN variant v ON v.id = s.variant_id
    WHERE v.tracked = 1 AND v.backorder = 'no' AND s.reserved > 0 AND s.on_hand < s.reserved
    ORDER BY s.variant_id LIMIT 100

-- name: stock_product
SELECT product_id FROM variant WHERE id = $1

-- The same for a list of variants; the products of those that became another.
-- name: stock_refresh_list
UPDATE variant SET availability = n.availability FROM (
    SELECT v.id, CASE
        WHEN v.enabled = 0 OR NOT EXISTS (SELECT 1 FROM price p WHERE p.variant_id = v.id) THEN 'out'
        WHEN v.tracked = 0 THEN 'in'
        WHEN coalesce(s.on_hand - s.reserved, 0) > 0 THEN
            CASE WHEN s.on_hand - s.reserved <= v.low_stock THEN 'low' ELSE 'in' END
        WHEN v.backorder <> 'no' THEN 'backorder'
        ELSE 'out' END AS availability
    FROM json_each($1) AS j JOIN variant v ON v.id = j.value LEFT JOIN stock s ON s.variant_id = v.id) AS n
WHERE variant.id = n.id AND variant.availability <> n.availability
RETURNING product_id

-- name: stock_verify_reserved
SELECT s.variant_id FROM stock s
    WHERE s.reserved <> (SELECT coalesce(sum(r.quantity), 0) FROM reservation r WHERE r.variant_id = s.variant_id)
UNION SELECT r.variant_id FROM reservation r WHERE NOT EXISTS (SELECT 1 FROM stock s WHERE s.variant_id = r.variant_id)
    ORDER BY 1 LIMIT 100
