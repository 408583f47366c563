-- Rows of prices with the terms of their lists; which of them holds is decided in C.

-- name: price_rows_of_variant
SELECT v.product_id, v.id, v.availability, p.list_id, p.min_quantity, p.amount, p.compare_at, p.from_at, p.until_at,
    l.priority, l.currency, l.customer_group, l.channel, l.from_at, l.until_at, l.code
FROM variant AS v LEFT JOIN price AS p ON p.variant_id = v.id LEFT JOIN price_list AS l ON l.id = p.list_id
WHERE v.id = $1

-- name: price_rows_of_product
SELECT v.product_id, v.id, v.availability, p.list_id, p.min_quantity, p.amount, p.compare_at, p.from_at, p.until_at,
    l.priority, l.currency, l.customer_group, l.channel, l.from_at, l.until_at
FROM variant AS v LEFT JOIN price AS p ON p.variant_id = v.id LEFT JOIN price_list AS l ON l.id = p.list_id
WHERE v.product_id = $1
ORDER BY v.position, v.id

-- The enabled variants of many products.
-- name: price_rows_of_products
SELECT v.product_id, v.id, v.availability, p.list_id, p.min_quantity, p.amount, p.compare_at, p.from_at, p.until_at,
    l.priority, l.currency, l.customer_group, l.channel, l.from_at, l.until_at
FROM json_each($1) AS j CROSS JOIN variant AS v ON v.product_id = j.value AND v.enabled = 1
    LEFT JOIN price AS p ON p.variant_id = v.id LEFT JOIN price_list AS l ON l.id = p.list_id

-- name: price_history_back
SELECT at, amount FROM price_history WHERE variant_id = $1 AND currency = $2 AND at <= $3 ORDER BY at DESC

-- name: price_history_from
SELECT at, amount FROM price_history WHERE variant_id = $1 AND currency = $2 AND at > $3 ORDER BY at

-- name: price_history_forget
DELETE FROM price_history WHERE variant_id = $1 AND currency = $2 AND at > $3

-- name: price_history_put
INSERT INTO price_history (variant_id, currency, at, amount) VALUES ($1, $2, $3, $4)
ON CONFLICT (variant_id, currency, at) DO UPDATE SET amount = excluded.amount

-- name: price_history_currencies
SELECT DISTINCT currency FROM price_history WHERE variant_id = $1

-- name: price_list_by_code
SELECT id FROM price_list WHERE code = $1

-- name: price_list_put
INSERT INTO price_list (id, code, name, currency, customer_group, channel, priority, from_at, until_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, currency = excluded.currency,
    customer_group = excluded.customer_group, channel = excluded.channel, priority = excluded.priority,
    from_at = excluded.from_at, until_at = excluded.until_at
WHERE (price_list.name, price_list.currency, price_list.customer_group, price_list.channel, price_list.priority,
    price_list.from_at, price_list.until_at) IS NOT (excluded.name, excluded.currency, excluded.customer_group,
    excluded.channel, excluded.priority, excluded.from_at, excluded.until_at)

-- name: price_list_get
SELECT id, name, currency, customer_group, channel, priority, from_at, until_at FROM price_list WHERE code = $1
