-- name: product_variant_load
SELECT v.id, v.enabled, v.weight_g, v.length_mm, v.width_mm, v.height_mm, v.cost, v.tracked, v.low_stock,
    v.sku, v.barcode, v.backorder, t.code, i.source, v.meta, v.value_ids, v.position, s.on_hand
    FROM variant v LEFT JOIN tax_class t ON t.id = v.tax_class_id LEFT JOIN image i ON i.id = v.image_id
    LEFT JOIN stock s ON s.variant_id = v.id WHERE v.product_id = $1 ORDER BY v.position, v.id

-- name: product_variant_values
SELECT v.id, o.position, a.id, a.code, x.id, x.code FROM variant v JOIN variant_value vv ON vv.variant_id = v.id
    JOIN attribute_value x ON x.id = vv.value_id JOIN attribute a ON a.id = x.attribute_id
    LEFT JOIN product_option o ON o.product_id = v.product_id AND o.attribute_id = a.id
    WHERE v.product_id = $1 ORDER BY v.position, v.id

-- SKUs that other products have.
-- name: product_variant_clash
SELECT j.key, v.sku, p.key FROM json_each($1) j JOIN variant v ON v.sku = j.value JOIN product p ON p.id = v.product_id
    WHERE v.product_id <> $2 ORDER BY j.key LIMIT 1

-- name: product_variant_sku
SELECT 1 FROM variant WHERE sku = $1

-- name: product_variant_insert
INSERT INTO variant (id, product_id, position, value_ids, enabled, weight_g, length_mm, width_mm, height_mm, cost, tracked,
    low_stock, sku, barcode, backorder, tax_class_id, image_id, meta)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)

-- name: product_variant_update
UPDATE variant SET product_id = $2, position = $3, value_ids = $4, enabled = $5, weight_g = $6, length_mm = $7, width_mm = $8,
    height_mm = $9, cost = $10, tracked = $11, low_stock = $12, sku = $13, barcode = $14, backorder = $15,
    tax_class_id = $16, image_id = $17, meta = $18 WHERE id = $1

-- name: product_variant_delete
DELETE FROM variant WHERE id IN (SELECT j.value FROM json_each($1) j)

-- Out of the way of each other, before their own ones change.
-- name: product_variant_aside
UPDATE variant SET sku = '#' || id, value_ids = '#' || id WHERE id IN (SELECT j.value FROM json_each($1) j)

-- name: product_variant_value_clear
DELETE FROM variant_value WHERE variant_id = $1

-- name: product_variant_value_put
INSERT INTO variant_value (variant_id, option, value_id) SELECT $1, j.key, j.value FROM json_each($2) j
