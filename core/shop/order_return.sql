-- What is left to be sent back of each line, and when it was delivered last. What was refused at the door does not
-- count here: it was never delivered.
-- name: return_open
SELECT l.id, l.sku, l.name, l.options, l.delivered - (SELECT coalesce(sum(coalesce(rl.received, rl.quantity)), 0)
        FROM order_return_line rl JOIN order_return r ON r.id = rl.return_id
        WHERE rl.line_id = l.id AND r.shipment_id IS NULL AND r.state NOT IN ('refused', 'cancelled')),
    (SELECT coalesce(max(e.at), 0) FROM shipment_event e JOIN shipment_line sl ON sl.shipment_id = e.shipment_id
        WHERE sl.line_id = l.id AND sl.accepted > 0 AND e.state IN ('delivered', 'partially_delivered'))
FROM order_line l WHERE l.order_id = $1 AND l.delivered > 0 ORDER BY l.position, l.id

-- name: return_order
SELECT number, status, currency, captured, refunded, total,
    delivery - delivery_discount + CASE WHEN prices_include_tax = 1 THEN 0 ELSE delivery_tax END - delivery_refunded,
    (SELECT coalesce(sum(p.refunding), 0) FROM payment p WHERE p.order_id = shop_order.id)
FROM shop_order WHERE id = $1

-- name: return_insert
INSERT INTO order_return (id, order_id, shipment_id, number, token, state, outcome, note, created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)

-- Guarded: no more than was delivered and is not on its way back already, and in time ($6: delivered since). Staff ($6
-- is 0) also take back what left the house and never arrived.
-- name: return_line_take
INSERT INTO order_return_line (return_id, line_id, quantity, reason)
SELECT $1, l.id, $3, $4 FROM order_line l WHERE l.id = $2 AND l.order_id = $5
    AND (CASE WHEN $6 = 0 THEN l.shipped ELSE l.delivered END)
        - (SELECT coalesce(sum(coalesce(rl.received, rl.quantity)), 0)
        FROM order_return_line rl JOIN order_return r ON r.id = rl.return_id
        WHERE rl.line_id = l.id AND (r.shipment_id IS NULL OR $6 = 0) AND r.state NOT IN ('refused', 'cancelled')) >= $3
    AND ($6 = 0 OR EXISTS (SELECT 1 FROM shipment_event e JOIN shipment_line sl ON sl.shipment_id = e.shipment_id
        WHERE sl.line_id = l.id AND sl.accepted > 0 AND e.state IN ('delivered', 'partially_delivered') AND e.at >= $6))

-- ---- refused at the door ----

-- name: return_door
SELECT id, state FROM order_return WHERE shipment_id = $1

-- name: return_door_clear
DELETE FROM order_return_line WHERE return_id = $1

-- name: return_door_state
UPDATE order_return SET state = $2, changed_at = $3 WHERE id = $1 AND state IN ('approved', 'cancelled')

-- name: return_line_insert
INSERT INTO order_return_line (return_id, line_id, quantity, reason) VALUES ($1, $2, $3, $4)

-- ---- steps ----

-- name: return_head
SELECT r.order_id, r.number, r.state, r.outcome, coalesce(r.shipment_id, 0), o.number, coalesce(r.refund_move, 0),
    coalesce((SELECT m.state FROM payment_move m WHERE m.id = r.refund_move), '')
FROM order_return r JOIN shop_order o ON o.id = r.order_id WHERE r.id = $1

-- name: return_move
UPDATE order_return SET state = $3, changed_at = $4 WHERE id = $1 AND state = $2

-- name: return_inspect
UPDATE order_return SET inspection = $2 WHERE id = $1

-- name: return_paid
UPDATE order_return SET refund_move = $2 WHERE id = $1

-- name: return_lines
SELECT rl.line_id, rl.quantity, coalesce(rl.received, -1), rl.damaged, coalesce(l.variant_id, 0), l.quantity, l.refunded,
    l.total + CASE WHEN o.prices_include_tax = 1 THEN 0 ELSE l.tax END, l.sku, l.name, l.options, rl.reason,
    l.refunded_amount, rl.return_id
FROM order_return_line rl JOIN order_line l ON l.id = rl.line_id JOIN shop_order o ON o.id = l.order_id
WHERE rl.return_id IN (SELECT value FROM json_each($1)) ORDER BY rl.return_id, l.position, l.id

-- Guarded: counted once.
-- name: return_line_receive
UPDATE order_return_line SET received = $3, damaged = $4
WHERE return_id = $1 AND line_id = $2 AND received IS NULL AND $3 <= quantity AND $4 <= $3

-- name: return_line_back
UPDATE order_line SET returned = returned + $2 WHERE id = $1 AND returned + $2 <= shipped

-- ---- reading ----

-- name: return_by_number
SELECT id, token FROM order_return WHERE number = $1

-- name: return_get
SELECT r.id, r.order_id, r.number, r.token, r.state, r.outcome, r.note, r.inspection, coalesce(r.shipment_id, 0), r.created_at,
    r.changed_at, o.number, coalesce(m.amount, -1), coalesce(m.state, '')
FROM order_return r JOIN shop_order o ON o.id = r.order_id LEFT JOIN payment_move m ON m.id = r.refund_move
WHERE r.id IN (SELECT value FROM json_each($1)) ORDER BY r.id

-- name: return_ids
SELECT id FROM order_return WHERE order_id IN (SELECT value FROM json_each($1)) ORDER BY id
