-- What shoppers see of products and categories. Texts and slugs are taken in the locale ($2 or $1), else in the
-- default one, else in any: by look-ups in their keys, without sorting.

-- name: view_slugs
SELECT locale, slug FROM slug WHERE kind = $1 AND target_id = $2 AND current = 1

-- name: view_product
SELECT p.type, p.status, p.visibility, p.publish_from, p.publish_until, p.tax_class_id, p.meta, p.changed_at,
    b.name, t.name, t.summary, t.description, t.seo_title, t.seo_description, p.key, p.version
FROM product AS p LEFT JOIN brand AS b ON b.id = p.brand_id
    LEFT JOIN product_text AS t ON t.product_id = p.id AND t.locale = coalesce(
        (SELECT x.locale FROM product_text AS x WHERE x.product_id = p.id AND x.locale = $2),
        (SELECT x.locale FROM product_text AS x WHERE x.product_id = p.id AND x.locale = $3),
        (SELECT min(x.locale) FROM product_text AS x WHERE x.product_id = p.id))
WHERE p.id = $1

-- A row for each price of each variant, one for a variant without; the columns of the price as in price.sql.
-- name: view_variants
SELECT v.id, v.sku, v.value_ids, v.availability, v.tracked, v.low_stock, i.hash, i.type, i.width, i.height, i.widths,
    v.enabled, p.list_id, p.min_quantity, p.amount, p.compare_at, p.from_at, p.until_at,
    l.priority, l.currency, l.customer_group, l.channel, l.from_at, l.until_at
FROM variant AS v LEFT JOIN image AS i ON i.id = v.image_id AND i.state = 'ready'
    LEFT JOIN price AS p ON p.variant_id = v.id LEFT JOIN price_list AS l ON l.id = p.list_id
WHERE v.product_id = $1
ORDER BY v.position, v.id

-- Only asked for products that have few left: pages without this do not rest on the counters.
-- name: view_stock
SELECT v.id, s.on_hand - s.reserved
FROM variant AS v JOIN stock AS s ON s.variant_id = v.id
WHERE v.product_id = $1 AND v.availability = 'low' AND v.tracked = 1 AND v.low_stock IS NOT NULL
ORDER BY v.position, v.id

-- name: view_options
SELECT o.position, a.code, coalesce(
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id AND x.locale = $2),
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id AND x.locale = $3),
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id LIMIT 1)),
    w.id, w.code, w.color, coalesce(
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = w.id AND x.locale = $2),
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = w.id AND x.locale = $3),
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = w.id LIMIT 1)), a.type
FROM product_option_value AS ov CROSS JOIN product_option AS o ON o.product_id = ov.product_id AND o.position = ov.option
    JOIN attribute AS a ON a.id = o.attribute_id JOIN attribute_value AS w ON w.id = ov.value_id
WHERE ov.product_id = $1
ORDER BY ov.option, ov.position

-- name: view_images
SELECT i.hash, i.type, i.width, i.height, i.widths, pi.alt
FROM product_image AS pi JOIN image AS i ON i.id = pi.image_id AND i.state = 'ready'
WHERE pi.product_id = $1
ORDER BY pi.position

-- The product's categories (depth 0) and what they stand in.
-- name: view_categories
WITH RECURSIVE up (id, parent_id, origin, depth) AS (
    SELECT c.id, c.parent_id, pc.position, 0
    FROM product_category AS pc JOIN category AS c ON c.id = pc.category_id
    WHERE pc.product_id = $1 AND c.hidden = 0
    UNION ALL
    SELECT c.id, c.parent_id, up.origin, up.depth + 1 FROM up JOIN category AS c ON c.id = up.parent_id
    WHERE up.depth < 32
)
SELECT up.id, up.origin, up.depth, coalesce(
        (SELECT x.name FROM category_text AS x WHERE x.category_id = up.id AND x.locale = $2),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = up.id AND x.locale = $3),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = up.id LIMIT 1)),
    coalesce(
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = up.id AND s.locale = $2 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = up.id AND s.locale = $3 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = up.id AND s.current = 1 LIMIT 1))
FROM up

-- name: view_attributes
SELECT a.code, coalesce(
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id AND x.locale = $2),
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id AND x.locale = $3),
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id LIMIT 1)),
    a.unit, pa.text, coalesce(
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = pa.value_id AND x.locale = $2),
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = pa.value_id AND x.locale = $3),
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = pa.value_id LIMIT 1)),
    a.type, a.comparable
FROM product_attribute AS pa JOIN attribute AS a ON a.id = pa.attribute_id AND a.visible = 1
WHERE pa.product_id = $1 AND pa.visible = 1
ORDER BY pa.position

-- name: view_links
SELECT kind, target_id, quantity FROM product_link WHERE product_id = $1 ORDER BY kind, position

-- name: view_cards
SELECT p.id, p.publish_from, p.publish_until, b.name, coalesce(
        (SELECT x.name FROM product_text AS x WHERE x.product_id = p.id AND x.locale = $2),
        (SELECT x.name FROM product_text AS x WHERE x.product_id = p.id AND x.locale = $3),
        (SELECT x.name FROM product_text AS x WHERE x.product_id = p.id LIMIT 1)),
    coalesce(
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'product' AND s.target_id = p.id AND s.locale = $2 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'product' AND s.target_id = p.id AND s.locale = $3 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'product' AND s.target_id = p.id AND s.current = 1 LIMIT 1)),
    i.hash, i.type, i.width, i.height, i.widths, pi.alt,
    CASE WHEN p.type NOT IN ('external', 'grouped') THEN (
        SELECT CASE WHEN count(*) = 1 THEN max(v.sku) END FROM variant AS v WHERE v.product_id = p.id AND v.enabled = 1) END
FROM json_each($1) AS j CROSS JOIN product AS p ON p.id = j.value
    LEFT JOIN brand AS b ON b.id = p.brand_id
    LEFT JOIN product_image AS pi ON pi.product_id = p.id AND pi.position = (
        SELECT y.position FROM product_image AS y JOIN image AS z ON z.id = y.image_id AND z.state = 'ready'
        WHERE y.product_id = p.id ORDER BY y.position LIMIT 1)
    LEFT JOIN image AS i ON i.id = pi.image_id
WHERE p.status = 'active' AND p.visibility <> 'hidden'

-- name: view_category
SELECT c.key, c.parent_id, c.sort, c.hidden, t.name, t.description, t.seo_title, t.seo_description,
    i.hash, i.type, i.width, i.height, i.widths, c.changed_at
FROM category AS c
    LEFT JOIN category_text AS t ON t.category_id = c.id AND t.locale = coalesce(
        (SELECT x.locale FROM category_text AS x WHERE x.category_id = c.id AND x.locale = $2),
        (SELECT x.locale FROM category_text AS x WHERE x.category_id = c.id AND x.locale = $3),
        (SELECT min(x.locale) FROM category_text AS x WHERE x.category_id = c.id))
    LEFT JOIN image AS i ON i.id = c.image_id AND i.state = 'ready'
WHERE c.id = $1

-- The chain of a category up to the top, itself first.
-- name: view_category_chain
WITH RECURSIVE up (id, parent_id, depth) AS (
    SELECT id, parent_id, 0 FROM category WHERE id = $1
    UNION ALL
    SELECT c.id, c.parent_id, up.depth + 1 FROM up JOIN category AS c ON c.id = up.parent_id WHERE up.depth < 32
)
SELECT up.id, coalesce(
        (SELECT x.name FROM category_text AS x WHERE x.category_id = up.id AND x.locale = $2),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = up.id AND x.locale = $3),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = up.id LIMIT 1)),
    coalesce(
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = up.id AND s.locale = $2 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = up.id AND s.locale = $3 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = up.id AND s.current = 1 LIMIT 1))
FROM up

-- The categories below one ($1; NULL: the top), $4 levels of them.
-- name: view_tree
WITH RECURSIVE below (id, parent_id, position, image_id, depth) AS (
    SELECT id, parent_id, position, image_id, 1 FROM category WHERE parent_id IS $1 AND hidden = 0
    UNION ALL
    SELECT c.id, c.parent_id, c.position, c.image_id, below.depth + 1
    FROM below JOIN category AS c ON c.parent_id = below.id AND c.hidden = 0
    WHERE below.depth < $4
)
SELECT below.id, below.parent_id, below.position, coalesce(
        (SELECT x.name FROM category_text AS x WHERE x.category_id = below.id AND x.locale = $2),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = below.id AND x.locale = $3),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = below.id LIMIT 1)),
    coalesce(
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = below.id AND s.locale = $2 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = below.id AND s.locale = $3 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = below.id AND s.current = 1 LIMIT 1)),
    i.hash, i.type, i.width, i.height, i.widths
FROM below LEFT JOIN image AS i ON i.id = below.image_id AND i.state = 'ready'
