-- Carts. Lines go in and out as JSON lists, so that a cart of 200 lines costs as many statements as one of two.

-- name: cart_get
SELECT id, coalesce(person_id, 0), visitor, version, created_at, changed_at, expires_at, token, locale, currency, channel,
    state, draft, quote, coalesce(merged_into, 0)
FROM cart WHERE token = $1

-- name: cart_get_by_id
SELECT id, coalesce(person_id, 0), visitor, version, created_at, changed_at, expires_at, token, locale, currency, channel,
    state, draft, quote, coalesce(merged_into, 0)
FROM cart WHERE id = $1

-- name: cart_get_of_person
SELECT id, coalesce(person_id, 0), visitor, version, created_at, changed_at, expires_at, token, locale, currency, channel,
    state, draft, quote, coalesce(merged_into, 0)
FROM cart WHERE person_id = $1 AND state = 'open' AND expires_at > $2
ORDER BY changed_at DESC, id DESC LIMIT 1

-- name: cart_lines
SELECT id, variant_id, quantity, price_seen, later, note FROM cart_line WHERE cart_id = $1 ORDER BY id

-- name: cart_codes
SELECT code FROM cart_coupon WHERE cart_id = $1 ORDER BY position, code

-- name: cart_insert
INSERT INTO cart (id, token, state, person_id, visitor, locale, currency, channel, created_at, changed_at, expires_at)
VALUES ($1, $2, 'open', $3, $4, $5, $6, $7, $8, $8, $9)

-- Only what was loaded is written over, and nothing that is ordered.
-- name: cart_put
UPDATE cart SET draft = $3, quote = $4, locale = $5, person_id = $6, changed_at = $7, expires_at = $8, version = version + 1
WHERE id = $1 AND version = $2 AND state = 'open'

-- name: cart_put_draft
UPDATE cart SET draft = $2, changed_at = $3, expires_at = $4 WHERE id = $1 AND state = 'open'

-- name: cart_line_drop
DELETE FROM cart_line WHERE cart_id = $1 AND id IN (SELECT j.value FROM json_each($2) AS j)

-- name: cart_line_put
INSERT INTO cart_line (id, cart_id, position, variant_id, quantity, later, note, price_seen, added_at)
SELECT json_extract(j.value, '$[0]'), $1, json_extract(j.value, '$[1]'), json_extract(j.value, '$[2]'),
    json_extract(j.value, '$[3]'), json_extract(j.value, '$[4]'), json_extract(j.value, '$[5]'),
    json_extract(j.value, '$[6]'), $3
FROM json_each($2) AS j
WHERE true
ON CONFLICT (id) DO UPDATE SET position = excluded.position, quantity = excluded.quantity, later = excluded.later,
    note = excluded.note, price_seen = excluded.price_seen

-- name: cart_code_drop
DELETE FROM cart_coupon WHERE cart_id = $1

-- name: cart_code_put
INSERT INTO cart_coupon (cart_id, code, position) SELECT $1, j.value, j.key FROM json_each($2) AS j

-- name: cart_order
SELECT id FROM shop_order WHERE cart_id = $1

-- name: cart_merge
UPDATE cart SET state = 'merged', merged_into = $2, person_id = $3, changed_at = $4
WHERE id = $1 AND version = $5 AND state = 'open'

-- name: cart_own
UPDATE cart SET person_id = $2, changed_at = $3, expires_at = $4, version = version + 1
WHERE id = $1 AND version = $5 AND state = 'open'

-- name: cart_sweep
DELETE FROM cart WHERE id IN (SELECT c.id FROM cart AS c WHERE c.expires_at <= $1 AND c.state <> 'ordered'
    AND NOT EXISTS (SELECT 1 FROM shop_order AS o WHERE o.cart_id = c.id) ORDER BY c.expires_at LIMIT 200)

-- ---- what can be bought ----

-- name: cart_variant
SELECT v.id, v.enabled, p.type, p.status, p.publish_from, p.publish_until, v.tracked, v.backorder,
    coalesce(s.on_hand - s.reserved, 0), EXISTS (SELECT 1 FROM price AS x WHERE x.variant_id = v.id), v.sku
FROM variant AS v JOIN product AS p ON p.id = v.product_id LEFT JOIN stock AS s ON s.variant_id = v.id
WHERE v.id = $1

-- name: cart_variant_by_sku
SELECT v.id, v.enabled, p.type, p.status, p.publish_from, p.publish_until, v.tracked, v.backorder,
    coalesce(s.on_hand - s.reserved, 0), EXISTS (SELECT 1 FROM price AS x WHERE x.variant_id = v.id), v.sku
FROM variant AS v JOIN product AS p ON p.id = v.product_id LEFT JOIN stock AS s ON s.variant_id = v.id
WHERE v.sku = $1

-- How many of each could be had: NULL where it does not matter.
-- name: cart_stock
SELECT v.id, CASE WHEN v.tracked = 1 AND v.backorder = 'no' THEN coalesce(s.on_hand - s.reserved, 0) END
FROM json_each($1) AS j CROSS JOIN variant AS v ON v.id = j.value LEFT JOIN stock AS s ON s.variant_id = v.id

-- name: cart_skus
SELECT j.key, v.id FROM json_each($1) AS j JOIN variant AS v ON v.sku = j.value

-- name: cart_catalogue
SELECT version FROM catalogue_state WHERE id = 1

-- The prices of many variants; columns as in price.sql.
-- name: cart_prices
SELECT v.product_id, v.id, v.availability, p.list_id, p.min_quantity, p.amount, p.compare_at, p.from_at, p.until_at,
    l.priority, l.currency, l.customer_group, l.channel, l.from_at, l.until_at
FROM json_each($1) AS j CROSS JOIN variant AS v ON v.id = j.value
    LEFT JOIN price AS p ON p.variant_id = v.id LEFT JOIN price_list AS l ON l.id = p.list_id

-- What is known of them besides; texts in $2, else in $3, else in any language; categories with all above them.
-- name: cart_goods
SELECT v.id, v.product_id, v.sku, v.enabled, p.type, p.status, p.publish_from, p.publish_until,
    coalesce(v.tax_class_id, p.tax_class_id, 0), v.cost, v.weight_g, v.length_mm, v.width_mm, v.height_mm, p.key,
    coalesce(
        (SELECT x.name FROM product_text AS x WHERE x.product_id = p.id AND x.locale = $2),
        (SELECT x.name FROM product_text AS x WHERE x.product_id = p.id AND x.locale = $3),
        (SELECT x.name FROM product_text AS x WHERE x.product_id = p.id LIMIT 1)),
    CASE WHEN v.value_ids <> '' THEN (SELECT group_concat(w.name, ' / ') FROM (
        SELECT coalesce(
            (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = vv.value_id AND x.locale = $2),
            (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = vv.value_id AND x.locale = $3),
            (SELECT x.name FROM attribute_value_text AS x WHERE x.value_id = vv.value_id LIMIT 1)) AS name
        FROM variant_value AS vv WHERE vv.variant_id = v.id ORDER BY vv.option) AS w) END,
    (WITH RECURSIVE up (id, parent_id, key) AS (
            SELECT c.id, c.parent_id, c.key FROM product_category AS pc JOIN category AS c ON c.id = pc.category_id
            WHERE pc.product_id = p.id
            UNION SELECT c.id, c.parent_id, c.key FROM up AS u JOIN category AS c ON c.id = u.parent_id)
        SELECT group_concat(w.key, ',') FROM up AS w)
FROM json_each($1) AS j CROSS JOIN variant AS v ON v.id = j.value JOIN product AS p ON p.id = v.product_id

-- What a page shows of them: address, picture and stock.
-- name: cart_views
SELECT v.id, coalesce(
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'product' AND s.target_id = p.id AND s.locale = $2 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'product' AND s.target_id = p.id AND s.locale = $3 AND s.current = 1),
        (SELECT s.slug FROM slug AS s WHERE s.kind = 'product' AND s.target_id = p.id AND s.current = 1 LIMIT 1)),
    CASE WHEN v.tracked = 1 AND v.backorder = 'no' THEN coalesce(k.on_hand - k.reserved, 0) END, v.availability,
    i.hash, i.type, i.width, i.height, i.widths, pi.alt
FROM json_each($1) AS j CROSS JOIN variant AS v ON v.id = j.value JOIN product AS p ON p.id = v.product_id
    LEFT JOIN stock AS k ON k.variant_id = v.id
    LEFT JOIN image AS vi ON vi.id = v.image_id AND vi.state = 'ready'
    LEFT JOIN product_image AS pi ON pi.product_id = p.id AND pi.position = (
        SELECT y.position FROM product_image AS y JOIN image AS z ON z.id = y.image_id AND z.state = 'ready'
        WHERE y.product_id = p.id ORDER BY y.position LIMIT 1)
    LEFT JOIN image AS i ON i.id = coalesce(vi.id, pi.image_id)

-- The price group of a cart's person, or of the record that they were joined into.
-- name: cart_group
WITH RECURSIVE up (id, merged_into, customer_group) AS (
    SELECT id, merged_into, customer_group FROM person WHERE id = $1
    UNION SELECT p.id, p.merged_into, p.customer_group FROM person AS p JOIN up ON p.id = up.merged_into
)
SELECT customer_group FROM up WHERE merged_into IS NULL
