-- I-14: each selects what breaks it.

-- name: promo_verify_counts
WITH sums (subject, used, amount) AS (
    SELECT 'promotion:' || u.promotion, count(*), sum(u.amount) FROM promo_use AS u
    WHERE u.code = '' AND u.state <> 'released' AND u.limited = 1 GROUP BY u.promotion
    UNION ALL
    SELECT 'code:' || u.code, count(DISTINCT u.order_id), sum(u.amount) FROM promo_use AS u
    WHERE u.code <> '' AND u.state <> 'released' AND u.limited = 1 GROUP BY u.code)
SELECT c.subject FROM promo_count AS c LEFT JOIN sums AS s ON s.subject = c.subject
WHERE c.used <> coalesce(s.used, 0) OR c.amount <> coalesce(s.amount, 0)
UNION SELECT s.subject FROM sums AS s WHERE NOT EXISTS (SELECT 1 FROM promo_count AS c WHERE c.subject = s.subject)
    ORDER BY 1 LIMIT 100

-- name: promo_verify_uses
SELECT o.number || ' ' || u.promotion || CASE u.code WHEN '' THEN '' ELSE ' ' || u.code END
FROM promo_use AS u JOIN shop_order AS o ON o.id = u.order_id
WHERE (o.status = 'cancelled' AND u.again = 1 AND u.state <> 'released') OR (o.status <> 'cancelled' AND u.state = 'released')
    OR (u.code <> '' AND NOT EXISTS (SELECT 1 FROM promo_use AS p
        WHERE p.order_id = u.order_id AND p.promotion = u.promotion AND p.code = ''))
    ORDER BY 1 LIMIT 100

-- Discounts of an order's lines are all noted as uses.
-- name: promo_verify_lines
SELECT o.number || ' ' || json_extract(d.value, '$.promotion') FROM order_line AS l JOIN shop_order AS o ON o.id = l.order_id
    JOIN json_each(l.discounts) AS d
WHERE l.discounts <> '[]' AND NOT EXISTS (SELECT 1 FROM promo_use AS u
    WHERE u.order_id = o.id AND u.promotion = json_extract(d.value, '$.promotion') AND u.code = '')
    ORDER BY 1 LIMIT 100
