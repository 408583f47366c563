-- name: category_find_key
SELECT id FROM category WHERE key = $1

-- name: category_find_root
SELECT c.id FROM category c JOIN category_text t ON t.category_id = c.id
    WHERE c.parent_id IS NULL AND t.locale = $1 AND t.fold = $2 ORDER BY c.id LIMIT 1

-- name: category_find_child
SELECT c.id FROM category c JOIN category_text t ON t.category_id = c.id
    WHERE c.parent_id = $3 AND t.locale = $1 AND t.fold = $2 ORDER BY c.id LIMIT 1

-- name: category_key
SELECT key FROM category WHERE id = $1

-- Is $2 at or above $1?
-- name: category_is_above
WITH RECURSIVE up (id) AS (SELECT id FROM category WHERE id = $1
    UNION SELECT c.parent_id FROM category c JOIN up ON c.id = up.id WHERE c.parent_id IS NOT NULL)
SELECT 1 FROM up WHERE id = $2

-- name: category_next_root
SELECT coalesce(max(position), -1) + 1 FROM category WHERE parent_id IS NULL

-- name: category_next_child
SELECT coalesce(max(position), -1) + 1 FROM category WHERE parent_id = $1

-- name: category_insert
INSERT INTO category (id, key, parent_id, position, changed_at) VALUES ($1, $2, $3, $4, $5)

-- name: category_update
UPDATE category SET parent_id = $2, position = $3, hidden = $4, image_id = $5, sort = $6, rule = $7, changed_at = $8,
    version = version + 1 WHERE id = $1

-- name: category_text_put
INSERT INTO category_text (category_id, locale, name, fold, description, seo_title, seo_description)
    VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: category_text_clear
DELETE FROM category_text WHERE category_id = $1

-- name: category_slug_retire
UPDATE slug SET current = 0 WHERE kind = 'category' AND target_id = $1 AND current = 1
    AND locale NOT IN (SELECT t.locale FROM category_text t WHERE t.category_id = $1)

-- name: category_attribute_clear
DELETE FROM category_attribute WHERE category_id = $1

-- name: category_attribute_put
INSERT INTO category_attribute (category_id, attribute_id, position)
    SELECT $1, a.id, min(j.key) FROM json_each($2) j JOIN attribute a ON a.code = j.value GROUP BY a.id

-- name: category_attribute_unknown
SELECT j.value FROM json_each($1) j WHERE NOT EXISTS (SELECT 1 FROM attribute a WHERE a.code = j.value) LIMIT 1

-- name: category_load
SELECT c.key, p.key, c.position, c.hidden, c.sort, i.source, c.rule, c.version FROM category c
    LEFT JOIN category p ON p.id = c.parent_id LEFT JOIN image i ON i.id = c.image_id WHERE c.id = $1

-- name: category_load_text
SELECT t.locale, t.name, s.slug, t.description, t.seo_title, t.seo_description FROM category_text t
    LEFT JOIN slug s ON s.kind = 'category' AND s.target_id = t.category_id AND s.locale = t.locale AND s.current = 1
    WHERE t.category_id = $1 ORDER BY t.locale

-- name: category_load_attributes
SELECT a.code FROM category_attribute c JOIN attribute a ON a.id = c.attribute_id WHERE c.category_id = $1 ORDER BY c.position

-- name: category_products
SELECT coalesce(json_group_array(product_id), '[]') FROM product_category WHERE category_id = $1

-- name: category_lift
UPDATE category SET parent_id = (SELECT c.parent_id FROM category c WHERE c.id = $1), changed_at = $2, version = version + 1
    WHERE parent_id = $1

-- name: category_delete
DELETE FROM category WHERE id = $1

-- Which rules hold for one product, and is it in? A rule is a list of conditions that must all hold.
-- name: category_rule_product
SELECT c.id, pc.by_rule, NOT EXISTS (
        SELECT 1 FROM json_each(c.rule, '$.all') r WHERE NOT CASE
            WHEN json_extract(r.value, '$.fold') IS NOT NULL THEN EXISTS (
                SELECT 1 FROM brand b WHERE b.id = p.brand_id AND b.fold = json_extract(r.value, '$.fold'))
            WHEN json_extract(r.value, '$.tag') IS NOT NULL THEN EXISTS (
                SELECT 1 FROM product_tag t WHERE t.product_id = p.id AND t.tag = json_extract(r.value, '$.tag'))
            WHEN json_extract(r.value, '$.attribute') IS NOT NULL THEN EXISTS (
                SELECT 1 FROM attribute a JOIN attribute_value v ON v.attribute_id = a.id
                WHERE a.code = json_extract(r.value, '$.attribute') AND v.code = json_extract(r.value, '$.is')
                    AND (EXISTS (SELECT 1 FROM product_attribute x WHERE x.value_id = v.id AND x.product_id = p.id)
                        OR EXISTS (SELECT 1 FROM variant y JOIN variant_value z ON z.variant_id = y.id
                            WHERE y.product_id = p.id AND y.enabled = 1 AND z.value_id = v.id)))
            WHEN json_extract(r.value, '$.price_below') IS NOT NULL THEN EXISTS (
                SELECT 1 FROM variant y JOIN price f ON f.variant_id = y.id JOIN price_list l ON l.id = f.list_id
                WHERE y.product_id = p.id AND y.enabled = 1 AND f.amount < json_extract(r.value, '$.price_below')
                    AND l.currency = '' AND l.customer_group = '' AND l.channel = '' AND f.min_quantity = 1
                    AND coalesce(l.from_at, 0) <= $2 AND coalesce(f.from_at, 0) <= $2
                    AND coalesce(l.until_at, $2 + 1) > $2 AND coalesce(f.until_at, $2 + 1) > $2)
            WHEN json_extract(r.value, '$.newer_than_days') IS NOT NULL THEN
                p.created_at > $2 - json_extract(r.value, '$.newer_than_days') * 86400000000
            ELSE 0 END)
    FROM category c JOIN product p ON p.id = $1
    LEFT JOIN product_category pc ON pc.category_id = c.id AND pc.product_id = p.id
    WHERE c.rule IS NOT NULL

-- The same for all products of one rule.
-- name: category_rule_members
SELECT json_group_array(p.id) FROM category c JOIN product p ON 1 = 1
    WHERE c.id = $1 AND c.rule IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM json_each(c.rule, '$.all') r WHERE NOT CASE
            WHEN json_extract(r.value, '$.fold') IS NOT NULL THEN EXISTS (
                SELECT 1 FROM brand b WHERE b.id = p.brand_id AND b.fold = json_extract(r.value, '$.fold'))
            WHEN json_extract(r.value, '$.tag') IS NOT NULL THEN EXISTS (
                SELECT 1 FROM product_tag t WHERE t.product_id = p.id AND t.tag = json_extract(r.value, '$.tag'))
            WHEN json_extract(r.value, '$.attribute') IS NOT NULL THEN EXISTS (
                SELECT 1 FROM attribute a JOIN attribute_value v ON v.attribute_id = a.id
                WHERE a.code = json_extract(r.value, '$.attribute') AND v.code = json_extract(r.value, '$.is')
                    AND (EXISTS (SELECT 1 FROM product_attribute x WHERE x.value_id = v.id AND x.product_id = p.id)
                        OR EXISTS (SELECT 1 FROM variant y JOIN variant_value z ON z.variant_id = y.id
                            WHERE y.product_id = p.id AND y.enabled = 1 AND z.value_id = v.id)))
            WHEN json_extract(r.value, '$.price_below') IS NOT NULL THEN EXISTS (
                SELECT 1 FROM variant y JOIN price f ON f.variant_id = y.id JOIN price_list l ON l.id = f.list_id
                WHERE y.product_id = p.id AND y.enabled = 1 AND f.amount < json_extract(r.value, '$.price_below')
                    AND l.currency = '' AND l.customer_group = '' AND l.channel = '' AND f.min_quantity = 1
                    AND coalesce(l.from_at, 0) <= $2 AND coalesce(f.from_at, 0) <= $2
                    AND coalesce(l.until_at, $2 + 1) > $2 AND coalesce(f.until_at, $2 + 1) > $2)
            WHEN json_extract(r.value, '$.newer_than_days') IS NOT NULL THEN
                p.created_at > $2 - json_extract(r.value, '$.newer_than_days') * 86400000000
            ELSE 0 END)

-- name: category_rule_add
INSERT INTO product_category (product_id, category_id, position, by_rule) VALUES ($1, $2, 1000, 1)
    ON CONFLICT (product_id, category_id) DO NOTHING

-- name: category_rule_drop
DELETE FROM product_category WHERE product_id = $1 AND category_id = $2 AND by_rule = 1

-- Who comes and who goes when a rule has been worked out: $2 is the list of members.
-- name: category_rule_changes
SELECT json_group_array(id) FROM (
    SELECT j.value AS id FROM json_each($2) j
        WHERE NOT EXISTS (SELECT 1 FROM product_category c WHERE c.category_id = $1 AND c.product_id = j.value)
    UNION SELECT c.product_id FROM product_category c
        WHERE c.category_id = $1 AND c.by_rule = 1 AND c.product_id NOT IN (SELECT j.value FROM json_each($2) j)) AS n

-- name: category_rule_leave
DELETE FROM product_category WHERE category_id = $1 AND by_rule = 1
    AND product_id NOT IN (SELECT j.value FROM json_each($2) j)

-- name: category_rule_enter
INSERT INTO product_category (product_id, category_id, position, by_rule)
    SELECT j.value, $1, 1000, 1 FROM json_each($2) j WHERE 1 = 1
    ON CONFLICT (product_id, category_id) DO NOTHING

-- name: category_rule_next
SELECT id FROM category WHERE rule IS NOT NULL AND id > $1 ORDER BY id LIMIT 1
