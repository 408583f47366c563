-- Orders: finding, steps, notes. Placing is in order_place.sql, the document in order_load.sql.

-- name: order_find
SELECT id, token FROM shop_order WHERE number = $1

-- name: order_states
SELECT status, payment_status, fulfilment_status, number FROM shop_order WHERE id = $1

-- Guarded by the state that the edge was found from. Money that is there, or an end, stops the clock of
-- what is to be paid first.
-- name: order_set_status
UPDATE shop_order SET status = $3, changed_at = $4, version = version + 1,
    expires_at = CASE WHEN $3 IN ('closed', 'cancelled') THEN NULL ELSE expires_at END
WHERE id = $1 AND status = $2

-- name: order_set_payment
UPDATE shop_order SET payment_status = $3, changed_at = $4, version = version + 1,
    expires_at = CASE WHEN $3 IN ('authorised', 'part_paid', 'paid', 'part_refunded', 'refunded') THEN NULL ELSE expires_at END
WHERE id = $1 AND payment_status = $2

-- name: order_set_fulfilment
UPDATE shop_order SET fulfilment_status = $3, changed_at = $4, version = version + 1 WHERE id = $1 AND fulfilment_status = $2

-- name: order_note_insert
INSERT INTO order_note (id, order_id, internal, text, actor, at) SELECT $1, id, $3, $4, $5, $6 FROM shop_order WHERE id = $2

-- name: order_touch
UPDATE shop_order SET changed_at = $2, version = version + 1 WHERE id = $1

-- name: order_series_next
UPDATE series SET last = last + 1 WHERE name = $1 RETURNING last

-- name: order_series_begin
INSERT INTO series (name, last) VALUES ($1, $2)

-- name: order_due
SELECT id FROM shop_order WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2

-- name: order_keep_longer
UPDATE shop_order SET expires_at = $2 WHERE id = $1

-- What is there to be given back or let go.
-- name: order_money
SELECT o.payment_status, o.captured, o.refunded, o.total,
    (SELECT coalesce(sum(p.refunding), 0) FROM payment p WHERE p.order_id = o.id),
    (SELECT count(*) FROM payment p WHERE p.order_id = o.id AND p.state IN ('created', 'pending', 'authorised', 'part_captured'))
FROM shop_order o WHERE o.id = $1

-- name: order_parcels
SELECT id, state, sent_at IS NOT NULL FROM shipment WHERE order_id = $1 AND state NOT IN ('cancelled', 'expired') ORDER BY id

-- name: order_person_of
SELECT coalesce(person_id, 0) FROM shop_order WHERE id = $1

-- name: order_version
SELECT version FROM shop_order WHERE id = $1

-- Whose names were to be erased while it was under way.
-- name: order_forget
UPDATE shop_order SET name = '', email = '', phone = '', note = '', visitor = 0, billing = '{}', delivery_data = '{}',
    address = json_object('country', json_extract(address, '$.country'))
WHERE id = $1 AND EXISTS (SELECT 1 FROM person p WHERE p.id = shop_order.person_id AND p.erased_at IS NOT NULL)

-- name: order_forget_messages
DELETE FROM message WHERE order_id = $1 AND state <> 'waiting'
    AND EXISTS (SELECT 1 FROM shop_order o JOIN person p ON p.id = o.person_id WHERE o.id = $1 AND p.erased_at IS NOT NULL)

-- name: order_forget_uses
DELETE FROM promo_use_customer WHERE use_id IN (SELECT id FROM promo_use WHERE order_id = $1)
    AND EXISTS (SELECT 1 FROM shop_order o JOIN person p ON p.id = o.person_id WHERE o.id = $1 AND p.erased_at IS NOT NULL)

-- name: order_forget_deliveries
DELETE FROM webhook_delivery WHERE subject = 'order:' || $1 AND state <> 'waiting'
    AND EXISTS (SELECT 1 FROM shop_order o JOIN person p ON p.id = o.person_id WHERE o.id = $1 AND p.erased_at IS NOT NULL)
