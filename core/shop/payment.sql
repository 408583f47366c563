-- name: payment_insert
INSERT INTO payment (id, order_id, provider, state, amount, currency, next, data, check_at, created_at, changed_at, local)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)

-- name: payment_get
SELECT id, order_id, provider, state, amount, currency, authorised, captured, refunding, refunded, reference, next, data, why,
    coalesce(check_at, 0), checks, created_at FROM payment WHERE id = $1

-- name: payment_latest
SELECT id, order_id, provider, state, amount, currency, authorised, captured, refunding, refunded, reference, next, data, why,
    coalesce(check_at, 0), checks, created_at FROM payment
WHERE id IN (SELECT max(id) FROM payment WHERE order_id IN (SELECT value FROM json_each($1)) GROUP BY order_id)
ORDER BY order_id

-- name: payment_by_reference
SELECT id, order_id, provider, state, amount, currency, authorised, captured, refunding, refunded, reference, next, data, why,
    coalesce(check_at, 0), checks, created_at FROM payment WHERE provider = $1 AND reference = $2 AND reference <> ''

-- name: payment_of_order
SELECT id, order_id, provider, state, amount, currency, authorised, captured, refunding, refunded, reference, next, data, why,
    coalesce(check_at, 0), checks, created_at FROM payment WHERE order_id = $1 ORDER BY id

-- Where a capture or a void belongs: what is still open, the latest first.
-- name: payment_capturable
SELECT id FROM payment WHERE order_id = $1 AND state IN ('authorised', 'part_captured') AND authorised > captured
    ORDER BY id DESC LIMIT 1

-- name: payment_voidable
SELECT id FROM payment WHERE order_id = $1 AND captured = 0 AND state IN ('created', 'pending', 'authorised')
    ORDER BY id DESC LIMIT 1

-- name: payment_refundable
SELECT id, captured - refunded - refunding, provider, currency FROM payment WHERE order_id = $1 AND captured > refunded + refunding
    ORDER BY id DESC

-- name: payment_live
SELECT count(*) FROM payment WHERE order_id = $1 AND id <> $2 AND state IN ('created', 'pending', 'authorised')

-- name: payment_live_id
SELECT id FROM payment WHERE order_id = $1 AND state IN ('created', 'pending', 'authorised')

-- name: payment_amount
UPDATE payment SET amount = $2 WHERE id = $1 AND amount <> $2 AND $2 > captured

-- Until when the goods are kept for money that a provider without a peer waits for.
-- name: payment_hold
UPDATE shop_order SET expires_at = $2 WHERE id = $1 AND expires_at IS NULL

-- What a provider said besides money; a reference is kept once it stands.
-- name: payment_note
UPDATE payment SET reference = CASE WHEN reference = '' THEN $2 ELSE reference END,
    next = CASE WHEN $3 <> '' THEN $3 ELSE next END,
    data = CASE WHEN $4 <> '' THEN json_patch(data, $4) ELSE data END,
    changed_at = $5 WHERE id = $1

-- name: payment_begun
UPDATE payment SET state = 'pending', changed_at = $2 WHERE id = $1 AND state = 'created'

-- name: payment_fail
UPDATE payment SET state = 'failed', why = $2, next = '', check_at = NULL, changed_at = $3
    WHERE id = $1 AND state IN ('created', 'pending')

-- name: payment_check
UPDATE payment SET check_at = CASE WHEN state IN ('created', 'pending', 'authorised') THEN nullif($2, 0) END WHERE id = $1

-- name: payment_checked
UPDATE payment SET checks = checks + 1, check_at = CASE WHEN state IN ('created', 'pending', 'authorised') THEN nullif($2, 0) END
    WHERE id = $1

-- name: payment_due
SELECT id FROM payment WHERE check_at <= $1 ORDER BY check_at, id LIMIT $2

-- The sums of a payment are those of its movements, and its state follows from them: so they come to the same in whatever
-- order news arrive. CHECKs of the table refuse what cannot be.
-- name: payment_recount
UPDATE payment SET
    captured = m.captured,
    authorised = max(CASE WHEN m.voided THEN 0 ELSE m.authorised END, m.captured),
    refunding = m.refunding,
    refunded = m.refunded,
    state = CASE
        WHEN m.captures > 0 AND m.captured >= payment.amount THEN 'captured'
        WHEN m.captured > 0 THEN 'part_captured'
        WHEN m.voided THEN 'cancelled'
        WHEN m.authorised > 0 THEN 'authorised'
        ELSE payment.state END,
    why = CASE WHEN m.captured > 0 OR (m.authorised > 0 AND NOT m.voided) THEN '' ELSE payment.why END,
    next = CASE WHEN m.captured > 0 OR m.voided OR m.authorised > 0 THEN '' ELSE payment.next END,
    check_at = CASE WHEN m.captured > 0 OR m.voided THEN NULL ELSE payment.check_at END,
    changed_at = $2
FROM (SELECT
        count(*) FILTER (WHERE kind = 'capture' AND state = 'done') AS captures,
        coalesce(sum(amount) FILTER (WHERE kind = 'capture' AND state = 'done'), 0) AS captured,
        coalesce(max(amount) FILTER (WHERE kind = 'authorise' AND state = 'done'), 0) AS authorised,
        coalesce(sum(amount) FILTER (WHERE kind = 'refund' AND state = 'asked'), 0) AS refunding,
        coalesce(sum(amount) FILTER (WHERE kind IN ('refund', 'chargeback') AND state = 'done'), 0) AS refunded,
        count(*) FILTER (WHERE kind = 'void' AND state = 'done') > 0 AS voided
    FROM payment_move WHERE payment_id = $1) AS m
WHERE payment.id = $1

-- name: payment_recount_order
UPDATE shop_order SET authorised = p.authorised, captured = p.captured, refunded = p.refunded, surplus = p.surplus,
    expires_at = CASE WHEN p.authorised > 0 OR p.captured > 0 THEN NULL ELSE shop_order.expires_at END, changed_at = $2
FROM (SELECT coalesce(sum(authorised), 0) AS authorised, coalesce(sum(captured), 0) AS captured,
        coalesce(sum(refunded), 0) AS refunded, (SELECT coalesce(sum(m.surplus), 0) FROM payment_move m
            JOIN payment q ON q.id = m.payment_id WHERE q.order_id = $1 AND m.kind = 'refund' AND m.state = 'done') AS surplus
    FROM payment WHERE order_id = $1) AS p
WHERE shop_order.id = $1

-- name: payment_order
SELECT number, status, payment_status, currency, total - refused, authorised, captured, refunded, prices_include_tax, delivery,
    delivery_discount, delivery_tax, delivery_refunded, surplus,
    (SELECT coalesce(sum(p.refunding), 0) FROM payment p WHERE p.order_id = shop_order.id) FROM shop_order WHERE id = $1

-- Another attempt to pay may be by another method, which has its own time to wait for money.
-- name: payment_order_method
UPDATE shop_order SET payment_method = $2, payment_label = CASE WHEN $3 <> '' THEN $3 ELSE payment_label END,
    expires_at = CASE WHEN captured > 0 OR authorised > 0 THEN NULL ELSE $4 END WHERE id = $1

-- name: payment_order_by_number
SELECT id FROM shop_order WHERE number = $1

-- name: payment_move_insert
INSERT INTO payment_move (id, payment_id, kind, state, amount, provider, reference, lines, delivery, actor, reason, created_at, done_at,
        surplus)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, CASE WHEN $4 = 'done' THEN $12 END, $13)

-- name: payment_move_get
SELECT id, payment_id, amount, delivery, created_at, kind, state, reference, lines, reason, actor FROM payment_move WHERE id = $1

-- name: payment_move_known
SELECT payment_id FROM payment_move WHERE provider = $1 AND kind = $2 AND reference = $3 AND reference <> ''

-- The movement that we asked for and that a report may be the answer to.
-- name: payment_move_waiting
SELECT id FROM payment_move WHERE payment_id = $1 AND kind = $2 AND state = 'asked' AND ($3 = 0 OR amount = $3 OR $2 = 'void')
    ORDER BY id LIMIT 1

-- name: payment_move_same
SELECT count(*) FROM payment_move WHERE payment_id = $1 AND kind = $2 AND state = 'done' AND amount = $3

-- name: payment_move_sum_asked
SELECT coalesce(sum(amount), 0) FROM payment_move WHERE payment_id = $1 AND kind = $2 AND state = 'asked'

-- name: payment_move_asked_count
SELECT count(*) FROM payment_move WHERE payment_id = $1 AND kind = $2 AND state = 'asked'

-- name: payment_move_finish
UPDATE payment_move SET state = 'done', amount = $2, reference = $3, done_at = $4, surplus = min(surplus, $2) WHERE id = $1 AND state = 'asked'

-- name: payment_move_fail
UPDATE payment_move SET state = 'failed', why = $2, done_at = $3 WHERE id = $1 AND state = 'asked'

-- name: payment_moves
SELECT m.payment_id, m.id, m.kind, m.state, m.amount, m.delivery, m.reference, m.lines, m.reason, m.why, m.actor, m.created_at,
    coalesce(m.done_at, 0) FROM payment_move m JOIN payment p ON p.id = m.payment_id WHERE p.order_id = $1 ORDER BY m.payment_id, m.id

-- Lines of a refund, [{"line", "quantity"}], with what they stand on.
-- name: payment_refund_lines
SELECT l.id, l.quantity, l.total, l.tax, l.refunded, l.refunded_amount, l.sku, sum(r.value ->> 'quantity')
    FROM json_each($2) r JOIN order_line l ON l.id = r.value ->> 'line' AND l.order_id = $1 GROUP BY l.id ORDER BY l.position, l.id

-- Shares of units and money that a refund takes, or gives back when it fails ($3: 1 or -1).
-- name: payment_lines_move
UPDATE order_line SET refunded = refunded + $3 * n.quantity, refunded_amount = refunded_amount + $3 * n.amount
FROM (SELECT value ->> 'line' AS line, sum(value ->> 'quantity') AS quantity,
            sum((value ->> 'amount') + coalesce(value ->> 'kept', 0)) AS amount
        FROM json_each($2) GROUP BY 1) AS n
WHERE order_line.id = n.line AND order_line.order_id = $1

-- The provider paid back another sum than the shares come to: it is a sum without lines.
-- name: payment_move_bare
UPDATE payment_move SET lines = '[]', delivery = 0 WHERE id = $1

-- name: payment_delivery_move
UPDATE shop_order SET delivery_refunded = delivery_refunded + $2 WHERE id = $1

-- name: payment_match_put
INSERT INTO payment_match (id, provider, reference, amount, currency, text, payer, why, order_id, state, at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, nullif($9, 0), 'open', $10) ON CONFLICT (provider, reference) DO NOTHING

-- name: payment_match_get
SELECT provider, reference, amount, currency, text, payer, why, coalesce(order_id, 0), state FROM payment_match WHERE id = $1

-- name: payment_match_close
UPDATE payment_match SET state = $2, order_id = coalesce(nullif($3, 0), order_id), actor = $4, done_at = $5
    WHERE id = $1 AND state = 'open'

-- Money that came for nothing has gone back by itself.
-- name: payment_match_returned
UPDATE payment_match SET state = 'returned', actor = $2, done_at = $3
    WHERE state = 'open' AND order_id = $1 AND why IN ('order cancelled', 'paid twice') AND amount = $4
        AND id = (SELECT min(id) FROM payment_match WHERE state = 'open' AND order_id = $1
            AND why IN ('order cancelled', 'paid twice') AND amount = $4)

-- name: payment_verify_sums
SELECT p.id FROM payment p WHERE p.captured > p.authorised OR p.refunded + p.refunding > p.captured
    OR p.captured <> (SELECT coalesce(sum(m.amount), 0) FROM payment_move m
        WHERE m.payment_id = p.id AND m.kind = 'capture' AND m.state = 'done')
    OR p.refunded <> (SELECT coalesce(sum(m.amount), 0) FROM payment_move m
        WHERE m.payment_id = p.id AND m.kind IN ('refund', 'chargeback') AND m.state = 'done')
    OR p.refunding <> (SELECT coalesce(sum(m.amount), 0) FROM payment_move m
        WHERE m.payment_id = p.id AND m.kind = 'refund' AND m.state = 'asked')
    ORDER BY p.id LIMIT 100

-- name: payment_verify_orders
SELECT o.number FROM shop_order o JOIN (SELECT order_id, sum(authorised) AS authorised, sum(captured) AS captured,
        sum(refunded) AS refunded FROM payment GROUP BY order_id) p ON p.order_id = o.id
    WHERE o.authorised <> p.authorised OR o.captured <> p.captured OR o.refunded <> p.refunded
        OR o.surplus <> (SELECT coalesce(sum(m.surplus), 0) FROM payment_move m JOIN payment q ON q.id = m.payment_id
            WHERE q.order_id = o.id AND m.kind = 'refund' AND m.state = 'done') ORDER BY o.id LIMIT 100

-- A report that is not finished has a job, unless that is dead and waits for a person.
-- name: payment_verify_reports
SELECT i.id FROM inbox i WHERE i.source LIKE 'payment:%' AND i.done_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM job j WHERE j.kind = 'souk:report' AND j.payload = CAST(i.id AS TEXT))
    ORDER BY i.id LIMIT 100

-- The lines and the delivery of a refund are all of it.
-- name: payment_verify_refunds
SELECT m.id FROM payment_move m WHERE m.kind = 'refund' AND (m.lines <> '[]' OR m.delivery > 0) AND m.state <> 'failed'
    AND m.amount <> m.delivery + (SELECT coalesce(sum(value ->> 'amount'), 0) FROM json_each(m.lines)) ORDER BY m.id LIMIT 100
