-- What the bridge asks of the catalogue itself; all else are functions of core/shop.

-- name: terms_group
SELECT customer_group FROM person WHERE id = $1

-- A slug of old leads to its product too.
-- name: terms_slug
SELECT target_id FROM slug WHERE slug = $1 AND kind = 'product' ORDER BY current DESC, locale LIMIT 1

-- name: terms_barcode
SELECT product_id, id FROM variant WHERE barcode = $1 AND barcode <> '' ORDER BY enabled DESC, id LIMIT 1

-- No row: no such variant; a counter that was never written is nought.
-- name: terms_stock
SELECT v.tracked, coalesce(s.on_hand, 0), coalesce(s.reserved, 0)
FROM variant AS v LEFT JOIN stock AS s ON s.variant_id = v.id
WHERE v.id = $1

-- name: terms_variant
SELECT id FROM variant WHERE id = $1

-- name: terms_key
SELECT key FROM product WHERE id = $1

-- name: terms_version
SELECT c.version + p.version FROM catalogue_state AS c CROSS JOIN picture_state AS p ON p.id = 1 WHERE c.id = 1
