-- What an export needs to know before it begins, and beside the documents of products.

-- name: export_count
SELECT count(*) FROM product

-- Every key that is kept in meta, of products (0) and variants (1).
-- name: export_meta
SELECT DISTINCT j.key FROM product AS p, json_each(p.meta) AS j WHERE p.meta <> '{}'
UNION SELECT DISTINCT j.key FROM variant AS v, json_each(v.meta) AS j WHERE v.meta <> '{}' ORDER BY 1

-- name: export_options
SELECT coalesce(max(position) + 1, 0) FROM product_option

-- name: export_widest
SELECT coalesce(max(n), 0) FROM (SELECT count(DISTINCT attribute_id) AS n FROM (
    SELECT product_id, attribute_id FROM product_option UNION ALL SELECT product_id, attribute_id FROM product_attribute)
    GROUP BY product_id)

-- name: export_attributes
SELECT DISTINCT coalesce(t.name, a.code) FROM attribute AS a
LEFT JOIN attribute_text AS t ON t.attribute_id = a.id AND t.locale = $1
WHERE a.id IN (SELECT attribute_id FROM product_attribute) ORDER BY a.position, 1

-- name: export_locales
SELECT DISTINCT locale FROM product_text ORDER BY 1

-- name: export_lists
SELECT l.code FROM price_list AS l WHERE l.code NOT IN ('base', 'sale') AND l.id NOT BETWEEN 3 AND 99
    AND l.id IN (SELECT list_id FROM price) ORDER BY l.id

-- Categories with their parents and names.
-- name: export_categories
SELECT c.id, coalesce(c.parent_id, 0), c.key, coalesce(t.name, c.key) FROM category AS c
LEFT JOIN category_text AS t ON t.category_id = c.id AND t.locale = $1

-- Parents before children.
-- name: export_category_ids
WITH RECURSIVE tree (id, depth, position) AS (
    SELECT id, 0, position FROM category WHERE parent_id IS NULL
    UNION ALL SELECT c.id, t.depth + 1, c.position FROM tree AS t JOIN category AS c ON c.parent_id = t.id)
SELECT id FROM tree ORDER BY depth, position, id

-- name: export_attribute_ids
SELECT id FROM attribute ORDER BY position, id

-- name: export_page_ids
SELECT id FROM page ORDER BY position, id

-- name: export_price_lists
SELECT code, name, currency, customer_group, channel, priority, from_at, until_at FROM price_list
WHERE id > 99 ORDER BY id

-- name: export_taxes
SELECT z.name, z.country, z.region, z.postcode, z.city, c.code, r.name, r.rate, r.priority, r.compound, r.delivery
FROM tax_rate AS r JOIN tax_zone AS z ON z.id = r.zone_id JOIN tax_class AS c ON c.id = r.class_id
ORDER BY z.id, r.priority, r.id

-- How a file calls the targets of links: by key when they have options, else by their SKU.
-- name: export_link_names
SELECT p.key, (SELECT v.sku FROM variant AS v WHERE v.product_id = p.id ORDER BY v.position LIMIT 1)
FROM json_each($1) AS j CROSS JOIN product AS p ON p.key = j.value
WHERE NOT EXISTS (SELECT 1 FROM product_option AS o WHERE o.product_id = p.id)
