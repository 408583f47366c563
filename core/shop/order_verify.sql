-- The invariants of orders: each selects the numbers of those that break it.

-- name: order_verify_cart
SELECT o.number FROM shop_order o WHERE o.cart_id IN (SELECT cart_id FROM shop_order GROUP BY cart_id HAVING count(*) > 1)
UNION SELECT o.number FROM shop_order o JOIN cart c ON c.id = o.cart_id WHERE c.state <> 'ordered'
UNION SELECT 'cart ' || c.id FROM cart c WHERE c.state = 'ordered' AND NOT EXISTS (SELECT 1 FROM shop_order o WHERE o.cart_id = c.id)
    ORDER BY 1 LIMIT 100

-- name: order_verify_payment
SELECT o.number FROM shop_order o JOIN payment p ON p.order_id = o.id WHERE p.state IN ('created', 'pending', 'authorised')
    GROUP BY o.id, o.number HAVING count(*) > 1 ORDER BY o.number LIMIT 100

-- What consumers have heard leaves no row, so the trail that stays is the audit's.
-- name: order_verify_trail
SELECT o.number FROM shop_order o WHERE NOT EXISTS
    (SELECT 1 FROM audit a WHERE a.subject = 'order:' || o.id AND a.subject <> '' AND a.action = 'order.place') ORDER BY o.number LIMIT 100

-- name: order_verify_sums
SELECT o.number FROM shop_order o LEFT JOIN order_line l ON l.order_id = o.id
GROUP BY o.id, o.number
HAVING o.items <> coalesce(sum(l.subtotal), 0) OR o.discount <> coalesce(sum(l.discount), 0)
    OR o.tax + o.tax_included <> coalesce(sum(l.tax), 0) + o.delivery_tax
    OR (o.prices_include_tax = 1 AND o.tax <> 0) OR (o.prices_include_tax = 0 AND o.tax_included <> 0)
    OR o.total <> o.items - o.discount + o.delivery - o.delivery_discount + o.tax OR o.delivery_discount > o.delivery
    ORDER BY o.number LIMIT 100

-- name: order_verify_lines
SELECT o.number || ' ' || l.sku FROM order_line l JOIN shop_order o ON o.id = l.order_id
WHERE l.subtotal <> l.quantity * l.unit_price
    OR l.discount <> (SELECT coalesce(sum(json_extract(d.value, '$.amount')), 0) FROM json_each(l.discounts) AS d)
    OR l.tax <> (SELECT coalesce(sum(json_extract(t.value, '$.amount')), 0) FROM json_each(l.taxes) AS t)
    OR l.refunded_amount > l.total + CASE o.prices_include_tax WHEN 1 THEN 0 ELSE l.tax END
    ORDER BY 1 LIMIT 100

-- name: order_verify_exempt
SELECT o.number FROM shop_order o WHERE json_valid(o.quote) = 1 AND json_extract(o.quote, '$.tax_exempt') = 'all'
    AND (o.tax + o.tax_included <> 0 OR EXISTS (SELECT 1 FROM order_line l WHERE l.order_id = o.id AND (l.tax <> 0 OR l.taxes <> '[]')))
    ORDER BY o.number LIMIT 100

-- The edges of order_state.c, which a test compares with these.
-- name: order_verify_edges
WITH edge (machine, origin, target) AS (VALUES
    ('order', 'draft', 'placed'), ('order', 'placed', 'confirmed'), ('order', 'confirmed', 'closed'),
    ('order', 'closed', 'confirmed'), ('order', 'draft', 'cancelled'), ('order', 'placed', 'cancelled'),
    ('order', 'confirmed', 'cancelled'), ('payment', 'none', 'pending'), ('payment', 'failed', 'pending'),
    ('payment', 'voided', 'pending'), ('payment', 'none', 'authorised'), ('payment', 'pending', 'authorised'),
    ('payment', 'failed', 'authorised'), ('payment', 'voided', 'authorised'), ('payment', 'pending', 'failed'),
    ('payment', 'authorised', 'failed'), ('payment', 'pending', 'voided'), ('payment', 'authorised', 'voided'),
    ('payment', 'failed', 'voided'), ('payment', 'authorised', 'part_paid'), ('payment', 'authorised', 'paid'),
    ('payment', 'part_paid', 'part_paid'), ('payment', 'part_paid', 'paid'), ('payment', 'none', 'part_paid'),
    ('payment', 'none', 'paid'), ('payment', 'pending', 'part_paid'), ('payment', 'pending', 'paid'),
    ('payment', 'failed', 'part_paid'), ('payment', 'failed', 'paid'), ('payment', 'voided', 'part_paid'),
    ('payment', 'voided', 'paid'), ('payment', 'part_refunded', 'part_refunded'), ('payment', 'refunded', 'part_refunded'),
    ('payment', 'part_paid', 'part_refunded'), ('payment', 'part_paid', 'refunded'), ('payment', 'paid', 'part_refunded'),
    ('payment', 'paid', 'refunded'), ('payment', 'part_refunded', 'refunded'), ('payment', 'paid', 'part_paid'),
    ('fulfilment', 'none', 'part_packed'), ('fulfilment', 'none', 'packed'), ('fulfilment', 'part_packed', 'part_packed'),
    ('fulfilment', 'part_packed', 'packed'), ('fulfilment', 'part_shipped', 'part_shipped'),
    ('fulfilment', 'part_delivered', 'part_delivered'), ('fulfilment', 'part_returned', 'part_returned'),
    ('fulfilment', 'part_packed', 'none'), ('fulfilment', 'packed', 'none'), ('fulfilment', 'packed', 'part_packed'),
    ('fulfilment', 'none', 'part_shipped'), ('fulfilment', 'none', 'shipped'),
    ('fulfilment', 'part_packed', 'part_shipped'), ('fulfilment', 'part_packed', 'shipped'),
    ('fulfilment', 'packed', 'part_shipped'), ('fulfilment', 'packed', 'shipped'),
    ('fulfilment', 'part_shipped', 'shipped'), ('fulfilment', 'part_shipped', 'part_delivered'),
    ('fulfilment', 'shipped', 'part_delivered'), ('fulfilment', 'shipped', 'delivered'),
    ('fulfilment', 'part_delivered', 'delivered'), ('fulfilment', 'delivered', 'part_delivered'),
    ('fulfilment', 'delivered', 'shipped'), ('fulfilment', 'part_delivered', 'part_shipped'),
    ('fulfilment', 'part_delivered', 'shipped'), ('fulfilment', 'part_shipped', 'part_returned'),
    ('fulfilment', 'shipped', 'part_returned'), ('fulfilment', 'shipped', 'returned'),
    ('fulfilment', 'part_delivered', 'part_returned'), ('fulfilment', 'part_delivered', 'returned'),
    ('fulfilment', 'delivered', 'part_returned'), ('fulfilment', 'delivered', 'returned'),
    ('fulfilment', 'part_returned', 'returned'), ('fulfilment', 'shipped', 'part_shipped'),
    ('fulfilment', 'returned', 'part_returned')),
step AS (SELECT a.id, a.subject, json_extract(a.detail, '$.machine') AS machine, json_extract(a.detail, '$.from') AS origin,
    json_extract(a.detail, '$.to') AS target FROM audit a WHERE a.subject LIKE 'order:%' AND json_valid(a.detail) = 1)
SELECT s.subject || ' ' || s.machine || ' ' || s.origin || ' to ' || s.target FROM step s
WHERE s.machine IN ('order', 'payment', 'fulfilment')
    AND NOT EXISTS (SELECT 1 FROM edge e WHERE e.machine = s.machine AND e.origin = s.origin AND e.target = s.target)
    ORDER BY s.id LIMIT 100

-- Each step begins where the one before it ended.
-- name: order_verify_chain
WITH step AS (SELECT a.id, a.subject, json_extract(a.detail, '$.machine') AS machine, json_extract(a.detail, '$.from') AS origin,
    json_extract(a.detail, '$.to') AS target FROM audit a WHERE a.subject LIKE 'order:%' AND json_valid(a.detail) = 1),
line AS (SELECT id, subject, machine, origin, lag(target) OVER (PARTITION BY subject, machine ORDER BY id) AS before
    FROM step WHERE machine IN ('order', 'payment', 'fulfilment'))
SELECT subject || ' ' || machine || ' ' || origin || ' after ' || before FROM line WHERE before <> origin ORDER BY id LIMIT 100

-- The last step of each kind is found by the index of the audit's subjects: one look each, however long the audit is.
-- name: order_verify_states
SELECT o.number FROM shop_order o
WHERE o.status <> coalesce((SELECT json_extract(a.detail, '$.to') FROM audit a WHERE a.subject = 'order:' || o.id AND a.subject <> ''
        AND json_valid(a.detail) = 1 AND json_extract(a.detail, '$.machine') = 'order' ORDER BY a.id DESC LIMIT 1), '')
    OR o.payment_status <> coalesce((SELECT json_extract(a.detail, '$.to') FROM audit a WHERE a.subject = 'order:' || o.id
            AND a.subject <> '' AND json_valid(a.detail) = 1 AND json_extract(a.detail, '$.machine') = 'payment' ORDER BY a.id DESC LIMIT 1),
        (SELECT json_extract(a.detail, '$.payment') FROM audit a WHERE a.subject = 'order:' || o.id AND a.subject <> ''
            AND json_valid(a.detail) = 1 AND json_extract(a.detail, '$.machine') = 'order' AND json_extract(a.detail, '$.to') = 'placed'
            ORDER BY a.id LIMIT 1), 'none')
    OR o.fulfilment_status <> coalesce((SELECT json_extract(a.detail, '$.to') FROM audit a WHERE a.subject = 'order:' || o.id
            AND a.subject <> '' AND json_valid(a.detail) = 1 AND json_extract(a.detail, '$.machine') = 'fulfilment'
            ORDER BY a.id DESC LIMIT 1), 'none')
ORDER BY o.number LIMIT 100
