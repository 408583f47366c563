-- What the admin pages of buying ask besides what the shop's own modules tell.

-- What a form's reader saw of an order, in three parts: the order itself, its money, its goods. A refund that was asked for and one that
-- is done are the same here: nobody is stopped by a bank's answer.
-- name: admin_order_seen
SELECT o.status || '.' || o.total,
    o.authorised || '.' || o.captured || '.' || o.total || '.' ||
        (SELECT coalesce(sum(p.refunded + p.refunding), 0) FROM payment p WHERE p.order_id = o.id) || '.' ||
        (SELECT count(*) FROM payment p JOIN payment_move m ON m.payment_id = p.id WHERE p.order_id = o.id),
    (SELECT coalesce(sum(l.quantity - l.cancelled), 0) || '.' || coalesce(sum(l.packed), 0) || '.' || coalesce(sum(l.shipped), 0) || '.' ||
        coalesce(sum(l.delivered), 0) || '.' || coalesce(sum(l.returned), 0) FROM order_line l WHERE l.order_id = o.id)
FROM shop_order o WHERE o.id = $1

-- name: admin_order_by_number
SELECT o.id FROM shop_order o WHERE o.number = $1

-- name: admin_order_of_shipment
SELECT s.order_id FROM shipment s WHERE s.id = $1

-- name: admin_order_messages
SELECT m.channel, m.kind, m.recipient, m.state, m.why, m.created_at, m.sent_at, m.attempts FROM message m
WHERE m.order_id = $1 ORDER BY m.id DESC LIMIT 50

-- name: admin_order_returns
SELECT r.id, r.number, r.state, r.created_at FROM order_return r WHERE r.order_id = $1 ORDER BY r.id

-- name: admin_order_staff
SELECT 'staff:' || s.id, s.name FROM staff s

-- The refunds that a rehearsal has made: those that were not there before it.
-- name: admin_order_refunds
SELECT m.id, m.amount, m.delivery, m.lines FROM payment p JOIN payment_move m ON m.payment_id = p.id
WHERE p.order_id = $1 AND m.kind = 'refund' AND m.id > $2 ORDER BY m.id

-- name: admin_order_last_move
SELECT coalesce(max(m.id), 0) FROM payment p JOIN payment_move m ON m.payment_id = p.id WHERE p.order_id = $1

-- name: admin_order_delivery_methods
SELECT DISTINCT s.delivery_method, s.delivery_method FROM (SELECT o.delivery_method FROM shop_order o
    WHERE o.delivery_method <> '' AND $1 <> '' ORDER BY o.placed_at DESC LIMIT 500) s ORDER BY 1

-- name: admin_order_payment_methods
SELECT DISTINCT s.payment_method, s.payment_method FROM (SELECT o.payment_method FROM shop_order o
    WHERE o.payment_method <> '' AND $1 <> '' ORDER BY o.placed_at DESC LIMIT 500) s ORDER BY 1

-- name: admin_order_slips
SELECT o.id, o.number, o.name, o.phone, o.address, o.note, o.placed_at, o.delivery_label, o.payment_label, o.currency,
    CASE WHEN o.status IN ('placed', 'confirmed') THEN o.total - o.refused - o.captured + o.surplus ELSE 0 END
FROM shop_order o WHERE o.id IN (SELECT value FROM json_each($1)) ORDER BY o.placed_at, o.id

-- name: admin_order_slip_lines
SELECT l.order_id, l.sku, l.name, l.options, l.note, l.quantity - l.cancelled FROM order_line l
WHERE l.order_id IN (SELECT value FROM json_each($1)) AND l.quantity > l.cancelled ORDER BY l.order_id, l.position, l.id

-- name: admin_match_list
SELECT m.id, m.provider, m.reference, m.amount, m.currency, m.text, m.payer, m.why, m.at, m.order_id FROM payment_match m
WHERE m.state = 'open' ORDER BY m.at, m.id LIMIT 50

-- Orders that wait for as much, or whose number the payer wrote, or that it was put to before.
-- name: admin_match_orders
SELECT m.id, o.id, o.number, o.name, o.total - o.refused - o.captured + o.surplus, o.currency, o.placed_at, o.status, o.payment_status,
    (o.total - o.refused - o.captured + o.surplus = m.amount) + 2 * (instr(m.text, o.number) > 0) + 4 * (o.id = coalesce(m.order_id, 0)) AS fit
FROM payment_match m JOIN shop_order o ON o.payment_status IN ('none', 'pending', 'authorised', 'part_paid', 'failed')
    AND o.currency = m.currency AND (o.total - o.refused - o.captured + o.surplus = m.amount OR instr(m.text, o.number) > 0 OR o.id = m.order_id)
WHERE m.state = 'open' AND m.id IN (SELECT value FROM json_each($1)) ORDER BY m.id, fit DESC, o.placed_at DESC LIMIT 500

-- name: admin_match_done
SELECT m.id, m.provider, m.reference, m.amount, m.currency, m.payer, m.state, m.done_at, coalesce(s.name, m.actor), coalesce(o.number, ''),
    coalesce(o.id, 0)
FROM payment_match m LEFT JOIN staff s ON m.actor = 'staff:' || s.id LEFT JOIN shop_order o ON o.id = m.order_id
WHERE m.state <> 'open' ORDER BY m.id DESC LIMIT 20

-- ---- the overview ----

-- name: admin_takings
SELECT o.placed_at / 86400000000, sum(o.total - o.refunded), count(*) FROM shop_order o
WHERE o.placed_at >= $1 AND o.status NOT IN ('draft', 'cancelled') AND o.currency = $2 GROUP BY 1 ORDER BY 1

-- Who bought in each of three spans, and for whom it was the first time.
-- name: admin_buyers
SELECT coalesce(sum(b.latest >= $1), 0), coalesce(sum(b.first >= $1), 0), coalesce(sum(b.latest >= $2), 0),
    coalesce(sum(b.first >= $2), 0), count(*), coalesce(sum(b.first >= $3), 0)
FROM (SELECT max(o.placed_at) AS latest, (SELECT min(e.placed_at) FROM shop_order e WHERE e.person_id = o.person_id
        AND e.status NOT IN ('draft', 'cancelled')) AS first
    FROM shop_order o WHERE o.placed_at >= $3 AND o.person_id IS NOT NULL AND o.status NOT IN ('draft', 'cancelled')
    GROUP BY o.person_id) b

-- How many looked at goods, of the latest views at most $2: what a page can afford to count.
-- name: admin_lookers
SELECT count(DISTINCT v.visitor), count(*) FROM (SELECT e.visitor FROM event e
    WHERE e.kind = 'product.viewed' AND e.at >= $1 AND e.visitor <> 0 ORDER BY e.at DESC LIMIT $2) v

-- name: admin_waiting
SELECT (SELECT count(*) FROM shop_order WHERE status = 'placed'),
    (SELECT count(*) FROM shop_order WHERE status = 'confirmed' AND fulfilment_status IN ('none', 'part_packed')),
    (SELECT count(*) FROM shipment WHERE state IN ('pending', 'registered') AND sent_at IS NULL AND unpacked_at IS NULL),
    (SELECT count(*) FROM payment_match WHERE state = 'open'),
    (SELECT count(*) FROM order_return WHERE state = 'requested'),
    (SELECT count(*) FROM order_return WHERE state IN ('approved', 'received')),
    (SELECT count(*) FROM message WHERE state = 'failed'),
    (SELECT count(*) FROM variant WHERE availability = 'low' AND enabled = 1)
