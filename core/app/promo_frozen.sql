-- Orders as frozen inputs: see promo_frozen.c.

-- name: promo_frozen_first
SELECT placed_at, id FROM shop_order WHERE status NOT IN ('draft', 'cancelled') ORDER BY placed_at DESC, id DESC
LIMIT 1 OFFSET $1

-- name: promo_frozen_count
SELECT count(*) FROM shop_order
WHERE status NOT IN ('draft', 'cancelled') AND (placed_at, id) >= ($1, $2) AND placed_at <= $3

-- Cancelled ones too: they are not looked at, but count for their customers. What an order is worth last.
-- name: promo_frozen_orders
SELECT o.id, o.number, o.placed_at, o.status = 'cancelled', coalesce(o.person_id, 0), o.email, o.visitor, o.currency,
    o.channel, o.locale, o.prices_include_tax, o.items, o.discount, o.delivery, o.delivery_discount, o.delivery_tax,
    o.total, o.delivery_method, o.delivery_label, o.address, o.quote, coalesce(p.customer_group, ''),
    coalesce(p.stage, ''), coalesce((SELECT a.created_at FROM account AS a WHERE a.person_id = o.person_id), 0),
    CASE WHEN o.status <> 'cancelled' AND (o.captured > 0 OR o.fulfilment_status IN ('delivered', 'part_delivered',
        'part_returned')) THEN max(o.total - o.refused - (o.refunded - o.surplus), 0) ELSE 0 END
FROM shop_order AS o LEFT JOIN person AS p ON p.id = o.person_id
WHERE o.status <> 'draft' AND (o.placed_at, o.id) > ($1, $2) AND o.placed_at <= $3
ORDER BY o.placed_at, o.id LIMIT $4

-- What the customers of these orders had bought before each of them.
-- name: promo_frozen_before
SELECT o.id, count(*), coalesce(sum(e.status = 'cancelled'), 0),
    coalesce(sum(CASE WHEN e.status <> 'cancelled' AND (e.captured > 0 OR e.fulfilment_status IN ('delivered',
        'part_delivered', 'part_returned')) THEN max(e.total - e.refused - (e.refunded - e.surplus), 0) ELSE 0 END), 0),
    coalesce(min(CASE WHEN e.status <> 'cancelled' THEN e.placed_at END), 0),
    coalesce(max(CASE WHEN e.status <> 'cancelled' THEN e.placed_at END), 0)
FROM json_each($1) AS j CROSS JOIN shop_order AS o ON o.id = j.value CROSS JOIN shop_order AS e ON e.id IN (
    SELECT x.id FROM shop_order AS x WHERE x.person_id = o.person_id AND x.placed_at < o.placed_at
    UNION SELECT x.id FROM shop_order AS x WHERE x.email = o.email AND x.email <> '' AND x.placed_at < o.placed_at)
WHERE e.status <> 'draft' GROUP BY o.id

-- name: promo_frozen_lines
SELECT l.order_id, l.id, coalesce(l.variant_id, 0), coalesce(l.product_id, 0), l.sku, l.name, l.quantity, l.unit_price,
    l.original_price, l.cost, l.discount, l.total, l.gift, l.taxes, coalesce(p.key, ''), l.weight_g
FROM json_each($1) AS j CROSS JOIN order_line AS l ON l.order_id = j.value LEFT JOIN product AS p ON p.id = l.product_id
ORDER BY l.order_id, l.position, l.id

-- name: promo_frozen_categories
SELECT j.value, coalesce((WITH RECURSIVE up (id, parent_id, key) AS (
        SELECT c.id, c.parent_id, c.key FROM product_category AS pc JOIN category AS c ON c.id = pc.category_id
        WHERE pc.product_id = j.value
        UNION SELECT c.id, c.parent_id, c.key FROM up AS u JOIN category AS c ON c.id = u.parent_id)
    SELECT group_concat(w.key, ',') FROM up AS w), '')
FROM json_each($1) AS j

-- The batch that a code is of, for codes that no script names.
-- name: promo_frozen_codes
SELECT c.code, b.name, b.ends_at, b.uses, b.per_customer, c.disabled
FROM json_each($1) AS j CROSS JOIN promo_code AS c ON c.code = j.value CROSS JOIN promo_batch AS b ON b.id = c.batch_id

-- name: promo_frozen_one
SELECT id, placed_at FROM shop_order WHERE number = $1
