-- name: product_find_key
SELECT id FROM product WHERE key = $1

-- name: product_find_sku
SELECT product_id, id FROM variant WHERE sku = $1

-- name: product_walk
SELECT id FROM product WHERE id > $1 ORDER BY id LIMIT $2

-- name: product_row
SELECT p.key, p.type, p.status, p.visibility, coalesce(b.fold, ''), coalesce(t.code, ''), p.meta, p.featured, p.publish_from,
    p.publish_until, p.brand_id, p.tax_class_id, p.version FROM product p LEFT JOIN brand b ON b.id = p.brand_id
    LEFT JOIN tax_class t ON t.id = p.tax_class_id WHERE p.id = $1

-- name: product_insert
INSERT INTO product (id, key, type, status, visibility, meta, featured, publish_from, publish_until, brand_id, tax_class_id,
    created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)

-- name: product_update
UPDATE product SET key = $2, type = $3, status = $4, visibility = $5, meta = $6, featured = $7, publish_from = $8,
    publish_until = $9, brand_id = $10, tax_class_id = $11, changed_at = $12 WHERE id = $1

-- name: product_touch
UPDATE product SET changed_at = $2, version = version + 1 WHERE id = $1

-- name: product_archive
UPDATE product SET status = 'archived' WHERE id = $1 AND status <> 'archived'

-- name: product_delete
DELETE FROM product WHERE id = $1

-- name: brand_find
SELECT id FROM brand WHERE fold = $1

-- name: brand_slug
SELECT 1 FROM brand WHERE slug = $1

-- name: brand_insert
INSERT INTO brand (id, name, fold, slug) VALUES ($1, $2, $3, $4)
