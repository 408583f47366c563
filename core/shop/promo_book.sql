-- What the database knows of promotions: see promo_book.c. Lists go in as JSON.

-- The person with everybody who was merged into them, the one who remains first.
-- name: promo_book_person
WITH RECURSIVE up (id, above) AS (
    SELECT id, merged_into FROM person WHERE id = $1
    UNION SELECT p.id, p.merged_into FROM up JOIN person AS p ON p.id = up.above),
whole (id) AS (
    SELECT id FROM up WHERE above IS NULL
    UNION SELECT p.id FROM whole JOIN person AS p ON p.merged_into = whole.id)
SELECT p.id, p.customer_group, p.stage, coalesce((SELECT a.created_at FROM account AS a WHERE a.person_id = p.id), 0),
    coalesce((SELECT min(c.created_at) FROM contact AS c WHERE c.person_id = p.id), 0),
    (SELECT json_group_array(json_array(c.kind, c.value)) FROM contact AS c
        WHERE c.person_id = p.id AND c.confirmed_at IS NOT NULL)
FROM whole CROSS JOIN person AS p ON p.id = whole.id ORDER BY p.merged_into IS NOT NULL, p.id

-- name: promo_book_lead
SELECT coalesce(min(created_at), 0) FROM contact WHERE kind = 'email' AND value = $1

-- Earlier orders of these persons, or of an address that nobody is signed in with.
-- name: promo_book_orders
SELECT count(*), coalesce(sum(o.status = 'cancelled'), 0),
    coalesce(sum(CASE WHEN o.status <> 'cancelled' AND (o.captured > 0 OR o.fulfilment_status IN ('delivered', 'part_delivered',
        'part_returned')) THEN max(o.total - o.refused - (o.refunded - o.surplus), 0) ELSE 0 END), 0),
    coalesce(min(CASE WHEN o.status <> 'cancelled' THEN o.placed_at END), 0),
    coalesce(max(CASE WHEN o.status <> 'cancelled' THEN o.placed_at END), 0)
FROM shop_order AS o WHERE o.status <> 'draft' AND o.id IN (
    SELECT x.id FROM shop_order AS x WHERE x.person_id IN (SELECT j.value FROM json_each($1) AS j)
    UNION SELECT x.id FROM shop_order AS x WHERE x.email = $2 AND x.email <> '')

-- Codes that these names have used.
-- name: promo_book_history
SELECT u.code, max(u.state = 'released' OR o.status = 'cancelled') FROM json_each($1) AS j
    CROSS JOIN promo_use_customer AS c ON c.customer = j.value
    CROSS JOIN promo_use AS u ON u.id = c.use_id AND u.code <> '' CROSS JOIN shop_order AS o ON o.id = u.order_id
GROUP BY u.order_id, u.code ORDER BY max(u.at) DESC LIMIT 500

-- name: promo_book_counts
SELECT c.subject, c.used, c.amount FROM json_each($1) AS j CROSS JOIN promo_count AS c ON c.subject = j.value

-- How often these names have used each promotion and each code.
-- name: promo_book_used_by
SELECT CASE u.code WHEN '' THEN 'promotion:' || u.promotion ELSE 'code:' || u.code END AS subject, count(DISTINCT u.order_id)
FROM json_each($1) AS j CROSS JOIN promo_use_customer AS c ON c.customer = j.value
    CROSS JOIN promo_use AS u ON u.id = c.use_id AND u.state <> 'released'
GROUP BY 1

-- name: promo_book_codes
SELECT c.code, b.name, b.ends_at, b.uses, b.per_customer, c.disabled, coalesce(c.person_id, 0)
FROM json_each($1) AS j CROSS JOIN promo_code AS c ON c.code = j.value CROSS JOIN promo_batch AS b ON b.id = c.batch_id

-- ---- taking and giving back ----

-- name: promo_book_count_open
INSERT INTO promo_count (subject) SELECT json_extract(j.value, '$[0]') FROM json_each($1) AS j
WHERE true ON CONFLICT (subject) DO NOTHING

-- [subject, amount, uses or null, budget or null]: all that still fit.
-- name: promo_book_count_take
UPDATE promo_count SET used = used + 1, amount = promo_count.amount + w.amount
FROM (SELECT json_extract(j.value, '$[0]') AS subject, json_extract(j.value, '$[1]') AS amount,
    json_extract(j.value, '$[2]') AS uses, json_extract(j.value, '$[3]') AS budget FROM json_each($1) AS j) AS w
WHERE promo_count.subject = w.subject AND (w.uses IS NULL OR promo_count.used < w.uses)
    AND (w.budget IS NULL OR promo_count.amount + w.amount <= w.budget)

-- The first that does not, while nothing is taken.
-- name: promo_book_count_full
SELECT j.key FROM json_each($1) AS j LEFT JOIN promo_count AS c ON c.subject = json_extract(j.value, '$[0]')
WHERE coalesce(c.used, 0) >= coalesce(json_extract(j.value, '$[2]'), 9223372036854775807)
    OR coalesce(c.amount, 0) + json_extract(j.value, '$[1]') > coalesce(json_extract(j.value, '$[3]'), 9223372036854775807)
ORDER BY j.key LIMIT 1

-- [id, promotion, code, customer, amount, hash, again]
-- name: promo_book_use_put
INSERT INTO promo_use (id, order_id, promotion, code, customer, amount, hash, limited, again, state, at, changed_at)
SELECT json_extract(j.value, '$[0]'), $2, json_extract(j.value, '$[1]'), json_extract(j.value, '$[2]'),
    json_extract(j.value, '$[3]'), json_extract(j.value, '$[4]'), json_extract(j.value, '$[5]'), 1,
    json_extract(j.value, '$[6]'), 'reserved', $3, $3
FROM json_each($1) AS j

-- name: promo_book_use_name
INSERT INTO promo_use_customer (customer, use_id)
SELECT n.value, u.id FROM promo_use AS u CROSS JOIN json_each($2) AS n WHERE u.order_id = $1

-- name: promo_book_confirm
UPDATE promo_use SET state = 'confirmed', changed_at = $2 WHERE order_id = $1 AND state = 'reserved'

-- What the uses of an order that are given back had taken: a promotion its amount, a code one use.
-- name: promo_book_count_give
UPDATE promo_count SET used = promo_count.used - 1, amount = promo_count.amount - w.amount
FROM (SELECT CASE u.code WHEN '' THEN 'promotion:' || u.promotion ELSE 'code:' || u.code END AS subject,
    sum(u.amount) AS amount FROM promo_use AS u
    WHERE u.order_id = $1 AND u.state <> 'released' AND u.again = 1 AND u.limited = 1 GROUP BY 1) AS w
WHERE promo_count.subject = w.subject

-- name: promo_book_release
UPDATE promo_use SET state = 'released', changed_at = $2 WHERE order_id = $1 AND state <> 'released' AND again = 1

-- name: promo_book_uses
SELECT promotion FROM promo_use WHERE order_id = $1 AND code = ''

-- [promotion, amount]
-- name: promo_book_count_follow
UPDATE promo_count SET amount = promo_count.amount + w.amount
FROM (SELECT CASE u.code WHEN '' THEN 'promotion:' || u.promotion ELSE 'code:' || u.code END AS subject,
    sum(json_extract(j.value, '$[1]') - u.amount) AS amount
    FROM json_each($2) AS j CROSS JOIN promo_use AS u ON u.order_id = $1 AND u.promotion = json_extract(j.value, '$[0]')
        AND u.state <> 'released' AND u.limited = 1 GROUP BY 1) AS w
WHERE promo_count.subject = w.subject

-- name: promo_book_use_follow
UPDATE promo_use SET amount = w.amount, changed_at = $3
FROM (SELECT json_extract(j.value, '$[0]') AS promotion, json_extract(j.value, '$[1]') AS amount FROM json_each($2) AS j) AS w
WHERE promo_use.order_id = $1 AND promo_use.promotion = w.promotion AND promo_use.state <> 'released'
    AND promo_use.amount <> w.amount
