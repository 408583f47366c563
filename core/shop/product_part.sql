-- name: product_text_load
SELECT t.locale, t.name, s.slug, t.summary, t.description, t.seo_title, t.seo_description FROM product_text t
    LEFT JOIN slug s ON s.kind = 'product' AND s.target_id = t.product_id AND s.locale = t.locale AND s.current = 1
    WHERE t.product_id = $1

-- name: product_text_put
INSERT INTO product_text (product_id, locale, name, summary, description, seo_title, seo_description)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (product_id, locale) DO UPDATE SET name = excluded.name, summary = excluded.summary,
        description = excluded.description, seo_title = excluded.seo_title, seo_description = excluded.seo_description

-- name: product_text_drop
DELETE FROM product_text WHERE product_id = $1 AND locale = $2

-- name: product_slug_retire
UPDATE slug SET current = 0 WHERE kind = 'product' AND target_id = $1 AND locale = $2 AND current = 1

-- name: product_category_known
SELECT j.key, c.id FROM json_each($1) j JOIN category c ON c.key = j.value

-- name: product_category_load
SELECT category_id FROM product_category WHERE product_id = $1 AND by_rule = 0 ORDER BY position, category_id

-- name: product_category_clear
DELETE FROM product_category WHERE product_id = $1 AND by_rule = 0

-- name: product_category_put
INSERT INTO product_category (product_id, category_id, position, by_rule) SELECT $1, j.value, j.key, 0 FROM json_each($2) j WHERE 1 = 1
    ON CONFLICT (product_id, category_id) DO UPDATE SET position = excluded.position, by_rule = 0

-- name: product_tag_load
SELECT tag FROM product_tag WHERE product_id = $1 ORDER BY position

-- name: product_tag_clear
DELETE FROM product_tag WHERE product_id = $1

-- name: product_tag_put
INSERT INTO product_tag (product_id, position, tag) SELECT $1, j.key, j.value FROM json_each($2) j

-- name: product_image_load
SELECT i.source, pi.alt FROM product_image pi JOIN image i ON i.id = pi.image_id WHERE pi.product_id = $1 ORDER BY pi.position

-- name: product_image_clear
DELETE FROM product_image WHERE product_id = $1

-- name: product_image_put
INSERT INTO product_image (product_id, position, image_id, alt) VALUES ($1, $2, $3, $4)
