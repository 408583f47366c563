-- Variants as they are offered: first which ones come next, then what is known of them and of their products, a
-- statement each for however many there are. Texts in the locale ($2), else in the default one ($3), else in any.

-- name: item_place
SELECT product_id, position FROM variant WHERE id = $1

-- Behind the variant $3 at the place $2 of the product $1, at most $4; whether it is their time is looked at in C, which
-- tells when that changes.
-- name: item_next
SELECT v.id, v.product_id, p.publish_from, p.publish_until
FROM product AS p CROSS JOIN variant AS v ON v.product_id = p.id AND v.enabled = 1
WHERE p.status = 'active' AND p.id >= $1 AND (p.id > $1 OR (v.position, v.id) > ($2, $3)) AND p.visibility <> 'hidden'
    AND EXISTS (SELECT 1 FROM product_text AS x WHERE x.product_id = p.id)
ORDER BY p.id, v.position, v.id
LIMIT $4

-- name: item_one
SELECT v.id, v.product_id, p.publish_from, p.publish_until
FROM variant AS v JOIN product AS p ON p.id = v.product_id
WHERE v.id = $1 AND v.enabled = 1 AND p.status = 'active' AND p.visibility <> 'hidden'
    AND EXISTS (SELECT 1 FROM product_text AS x WHERE x.product_id = p.id)

-- All categories that are to be seen: parents before children, in the order of the tree.
-- name: item_categories
WITH RECURSIVE below (id, parent_id, key, parent, position, depth) AS (
    SELECT c.id, c.parent_id, c.key, '', c.position, 0 FROM category AS c WHERE c.parent_id IS NULL AND c.hidden = 0
    UNION ALL
    SELECT c.id, c.parent_id, c.key, below.key, c.position, below.depth + 1
    FROM below JOIN category AS c ON c.parent_id = below.id AND c.hidden = 0
    WHERE below.depth < 32
)
SELECT below.id, coalesce(below.parent_id, 0), below.key, below.parent, coalesce(
        (SELECT x.name FROM category_text AS x WHERE x.category_id = below.id AND x.locale = $1),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = below.id AND x.locale = $2),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = below.id LIMIT 1)),
    coalesce(
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = below.id AND s.locale = $1 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = below.id AND s.locale = $2 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'category' AND s.target_id = below.id AND s.current = 1 LIMIT 1))
FROM below
ORDER BY below.depth, below.position, below.id

-- name: item_prices
SELECT v.product_id, v.id, v.availability, p.list_id, p.min_quantity, p.amount, p.compare_at, p.from_at, p.until_at,
    l.priority, l.currency, l.customer_group, l.channel, l.from_at, l.until_at
FROM json_each($1) AS j CROSS JOIN variant AS v ON v.id = j.value
    LEFT JOIN price AS p ON p.variant_id = v.id LEFT JOIN price_list AS l ON l.id = p.list_id

-- name: item_variants
SELECT v.id, v.product_id, v.sku, v.barcode, v.value_ids, v.availability, v.weight_g, v.length_mm, v.width_mm, v.height_mm,
    v.cost, v.meta, CASE WHEN v.tracked = 1 THEN max(coalesce(s.on_hand - s.reserved, 0), 0) END,
    i.hash, i.type, i.width, i.height, i.widths
FROM json_each($1) AS j CROSS JOIN variant AS v ON v.id = j.value
    LEFT JOIN stock AS s ON s.variant_id = v.id
    LEFT JOIN image AS i ON i.id = v.image_id AND i.state = 'ready'

-- The main category of a product is the first that is to be seen.
-- name: item_products
SELECT p.id, p.key, p.type, p.meta, p.changed_at, b.name, t.name, t.summary, t.description,
    coalesce(
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'product' AND s.target_id = p.id AND s.locale = $2 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'product' AND s.target_id = p.id AND s.locale = $3 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'product' AND s.target_id = p.id AND s.current = 1 LIMIT 1)),
    (SELECT count(*) FROM variant AS v WHERE v.product_id = p.id AND v.enabled = 1),
    (SELECT json_group_array(w.tag) FROM (
        SELECT y.tag FROM product_tag AS y WHERE y.product_id = p.id ORDER BY y.position) AS w),
    (SELECT json_group_array(w.key) FROM (
        SELECT c.key FROM product_category AS pc CROSS JOIN category AS c ON c.id = pc.category_id AND c.hidden = 0
        WHERE pc.product_id = p.id ORDER BY pc.position) AS w),
    (SELECT c.id FROM product_category AS pc CROSS JOIN category AS c ON c.id = pc.category_id AND c.hidden = 0
        WHERE pc.product_id = p.id ORDER BY pc.position LIMIT 1)
FROM json_each($1) AS j CROSS JOIN product AS p ON p.id = j.value
    LEFT JOIN brand AS b ON b.id = p.brand_id
    LEFT JOIN product_text AS t ON t.product_id = p.id AND t.locale = coalesce(
        (SELECT x.locale FROM product_text AS x WHERE x.product_id = p.id AND x.locale = $2),
        (SELECT x.locale FROM product_text AS x WHERE x.product_id = p.id AND x.locale = $3),
        (SELECT min(x.locale) FROM product_text AS x WHERE x.product_id = p.id))

-- Categories with all above them, the top of each first.
-- name: item_paths
WITH RECURSIVE up (origin, id, parent_id, depth) AS (
    SELECT c.id, c.id, c.parent_id, 0 FROM json_each($1) AS j CROSS JOIN category AS c ON c.id = j.value
    UNION ALL
    SELECT up.origin, c.id, c.parent_id, up.depth + 1 FROM up JOIN category AS c ON c.id = up.parent_id
    WHERE up.depth < 32
)
SELECT up.origin, coalesce(
        (SELECT x.name FROM category_text AS x WHERE x.category_id = up.id AND x.locale = $2),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = up.id AND x.locale = $3),
        (SELECT x.name FROM category_text AS x WHERE x.category_id = up.id LIMIT 1))
FROM up
ORDER BY up.origin, up.depth DESC

-- name: item_options
SELECT ov.product_id, o.position, a.code, coalesce(
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id AND x.locale = $2),
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id AND x.locale = $3),
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id LIMIT 1)),
    w.id, w.code, w.color, coalesce(
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = w.id AND x.locale = $2),
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = w.id AND x.locale = $3),
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = w.id LIMIT 1)), a.type
FROM json_each($1) AS j CROSS JOIN product_option_value AS ov ON ov.product_id = j.value
    CROSS JOIN product_option AS o ON o.product_id = ov.product_id AND o.position = ov.option
    JOIN attribute AS a ON a.id = o.attribute_id JOIN attribute_value AS w ON w.id = ov.value_id
ORDER BY ov.product_id, ov.option, ov.position

-- name: item_images
SELECT pi.product_id, i.hash, i.type, i.width, i.height, i.widths
FROM json_each($1) AS j CROSS JOIN product_image AS pi ON pi.product_id = j.value
    JOIN image AS i ON i.id = pi.image_id AND i.state = 'ready'
ORDER BY pi.product_id, pi.position

-- name: item_attributes
SELECT pa.product_id, a.code, coalesce(
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id AND x.locale = $2),
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id AND x.locale = $3),
        (SELECT x.name FROM attribute_text AS x WHERE x.attribute_id = a.id LIMIT 1)),
    a.unit, coalesce(pa.text, coalesce(
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = pa.value_id AND x.locale = $2),
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = pa.value_id AND x.locale = $3),
        (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = pa.value_id LIMIT 1)))
FROM json_each($1) AS j CROSS JOIN product_attribute AS pa ON pa.product_id = j.value AND pa.visible = 1
    JOIN attribute AS a ON a.id = pa.attribute_id AND a.visible = 1
ORDER BY pa.product_id, pa.position
