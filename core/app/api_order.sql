-- Orders for programs of the shop, newest first. '' and 0 are "no matter"; $6: what is looked for, in lower case; $7: as it was written.
-- name: api_order_list
SELECT o.id, o.number, o.status, o.payment_status, o.fulfilment_status, o.currency, o.total, o.captured, o.refunded, o.name,
    o.email, o.phone, o.delivery_method, o.payment_method, o.placed_at, o.changed_at, o.version,
    (SELECT coalesce(sum(l.quantity - l.cancelled), 0) FROM order_line l WHERE l.order_id = o.id)
FROM shop_order o
WHERE (o.placed_at < $1 OR (o.placed_at = $1 AND o.id < $2))
    AND ($3 = '' OR o.status = $3) AND ($4 = '' OR o.payment_status = $4) AND ($5 = '' OR o.fulfilment_status = $5)
    AND ($6 = '' OR lower(o.number) = $6 OR instr(o.email, $6) > 0 OR instr(o.phone, $6) > 0 OR instr(lower(o.name), $6) > 0
        OR instr(o.name, $7) > 0)
    AND o.placed_at >= $8 AND o.placed_at < $9
ORDER BY o.placed_at DESC, o.id DESC LIMIT $10

-- name: api_shipment_list
SELECT s.id, s.number, o.number, s.method, s.state, s.registering, s.tracking, o.currency, s.collect, s.created_at, s.sent_at
FROM shipment s JOIN shop_order o ON o.id = s.order_id
WHERE s.id < $1 AND ($2 = '' OR s.state = $2) AND ($3 = '' OR o.number = $3) ORDER BY s.id DESC LIMIT $4

-- name: api_return_list
SELECT r.id, r.number, o.number, r.state, r.outcome, r.shipment_id IS NOT NULL,
    (SELECT coalesce(sum(l.quantity), 0) FROM order_return_line l WHERE l.return_id = r.id), r.created_at, r.changed_at
FROM order_return r JOIN shop_order o ON o.id = r.order_id
WHERE r.id < $1 AND ($2 = '' OR r.state = $2) AND ($3 = '' OR o.number = $3) ORDER BY r.id DESC LIMIT $4

-- name: api_match_list
SELECT m.id, m.amount, m.provider, m.reference, m.currency, m.text, m.payer, m.why, m.state, m.actor, o.number, m.at, m.done_at
FROM payment_match m LEFT JOIN shop_order o ON o.id = m.order_id
WHERE m.id < $1 AND ($2 = '' OR m.state = $2) ORDER BY m.id DESC LIMIT $3

-- name: api_match_get
SELECT m.id, m.amount, m.provider, m.reference, m.currency, m.text, m.payer, m.why, m.state, m.actor, o.number, m.at, m.done_at
FROM payment_match m LEFT JOIN shop_order o ON o.id = m.order_id WHERE m.id = $1

-- What is to be asked for at a provider.
-- name: api_order_open_payments
SELECT id FROM payment WHERE order_id = $1 AND check_at IS NOT NULL ORDER BY id LIMIT $2
