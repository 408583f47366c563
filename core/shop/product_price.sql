-- Without the lists of the shelves (price.h), which are made from the scripts.
-- name: product_price_load
SELECT v.id, p.id, p.list_id, p.min_quantity, p.amount, p.compare_at, p.from_at, p.until_at FROM variant v
    JOIN price p ON p.variant_id = v.id WHERE v.product_id = $1 AND p.list_id NOT BETWEEN 3 AND 99 ORDER BY v.position, v.id

-- name: product_price_insert
INSERT INTO price (id, variant_id, list_id, min_quantity, amount, compare_at, from_at, until_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: product_price_update
UPDATE price SET amount = $2, compare_at = $3, until_at = $4 WHERE id = $1

-- name: product_price_delete
DELETE FROM price WHERE id = $1
