-- The shelves: see promo_shelf.c. Lists 3 to 99 are the shelves' own.

-- name: promo_shelf_state
SELECT p.hash, p.version, p.wanted, p.walk_version, p.cursor, c.version FROM promo_shelf AS p, catalogue_state AS c
WHERE p.id = 1 AND c.id = 1

-- name: promo_shelf_state_set
UPDATE promo_shelf SET hash = $1, version = $2, wanted = $3, walk_version = $4, cursor = $5 WHERE id = 1

-- name: promo_shelf_lists
SELECT id, priority, currency, customer_group, channel, coalesce(from_at, 0), until_at FROM price_list ORDER BY id

-- name: promo_shelf_list_put
INSERT INTO price_list (id, code, name, customer_group, channel, priority) VALUES ($1, $2, 'Promotions', $3, $4, $5)
ON CONFLICT (id) DO NOTHING

-- A walk over all variants, a piece at a time; and one over those that have prices on the shelves.
-- name: promo_shelf_all
SELECT id FROM variant WHERE id > $1 ORDER BY id LIMIT $2

-- name: promo_shelf_filled
SELECT DISTINCT x.variant_id FROM price AS x
WHERE x.list_id > 2 AND x.list_id < 100 AND x.variant_id > $1 ORDER BY x.variant_id LIMIT $2

-- Products that changed since, in the order in which they did.
-- name: promo_shelf_changes
SELECT version, product_id FROM catalogue_change WHERE (version, product_id) > ($1, $2) ORDER BY version, product_id LIMIT $3

-- Versions that name no product: anything may have changed.
-- name: promo_shelf_gap
SELECT count(DISTINCT version) FROM catalogue_change WHERE version > $1 AND version <= $2

-- name: promo_shelf_of_products
SELECT DISTINCT v.id FROM json_each($1) AS j CROSS JOIN variant AS v ON v.product_id = j.value ORDER BY v.id

-- Variants as lines of a quote; categories with all above them.
-- name: promo_shelf_variants
SELECT v.id, v.product_id, v.sku, p.key, coalesce(v.cost, -1), coalesce(v.tax_class_id, p.tax_class_id, 0),
    (WITH RECURSIVE up (id, parent_id, key) AS (
            SELECT c.id, c.parent_id, c.key FROM product_category AS pc JOIN category AS c ON c.id = pc.category_id
            WHERE pc.product_id = p.id
            UNION SELECT c.id, c.parent_id, c.key FROM up AS u JOIN category AS c ON c.id = u.parent_id)
        SELECT group_concat(w.key, ',') FROM up AS w)
FROM json_each($1) AS j CROSS JOIN variant AS v ON v.id = j.value JOIN product AS p ON p.id = v.product_id

-- name: promo_shelf_prices
SELECT x.variant_id, x.id, x.list_id, x.min_quantity, x.amount, coalesce(x.compare_at, 0), coalesce(x.from_at, 0), x.until_at
FROM json_each($1) AS j CROSS JOIN price AS x ON x.variant_id = j.value

-- name: promo_shelf_put
INSERT INTO price (id, variant_id, list_id, min_quantity, amount, compare_at, from_at, until_at)
SELECT json_extract(j.value, '$[0]'), json_extract(j.value, '$[1]'), json_extract(j.value, '$[2]'), json_extract(j.value, '$[3]'),
    json_extract(j.value, '$[4]'), json_extract(j.value, '$[5]'), json_extract(j.value, '$[6]'), json_extract(j.value, '$[7]')
FROM json_each($1) AS j

-- name: promo_shelf_drop
DELETE FROM price WHERE id IN (SELECT j.value FROM json_each($1) AS j)
