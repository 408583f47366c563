-- Messages to people: one row for one occasion.

-- name: message_insert
INSERT INTO message (id, channel, kind, key, recipient, person_id, order_id, locale, data, state, created_at)
VALUES ($1, $2, $3, $4, $5, (SELECT id FROM person WHERE id = $6), (SELECT id FROM shop_order WHERE id = $7), $8, $9,
    'waiting', $10)
ON CONFLICT (channel, key, recipient) DO NOTHING

-- name: message_get
SELECT m.channel, m.kind, m.key, m.recipient, coalesce(m.person_id, 0), coalesce(m.order_id, 0), m.locale, m.data, m.state,
    m.attempts, m.created_at, coalesce(o.name, p.name, ''), m.why,
    EXISTS (SELECT 1 FROM suppression s WHERE s.channel = m.channel AND s.value = m.recipient)
FROM message m LEFT JOIN shop_order o ON o.id = m.order_id LEFT JOIN person p ON p.id = m.person_id WHERE m.id = $1

-- What a message told besides may be a key to an account: it goes when the message went.
-- name: message_settle
UPDATE message SET state = $2, why = $3, reference = $4, sent_at = $5, attempts = attempts + 1,
    data = CASE WHEN order_id IS NULL AND $2 <> 'waiting' THEN '{}' ELSE data END
WHERE id = $1 AND state = 'waiting'

-- name: message_note
UPDATE message SET why = $2, attempts = attempts + 1 WHERE id = $1 AND state = 'waiting'

-- name: message_again
UPDATE message SET state = 'waiting', why = '', reference = '', sent_at = NULL, recipient = $2, created_at = $3
WHERE id = $1 AND state <> 'waiting' AND (order_id IS NOT NULL OR data <> '{}')

-- name: message_suppress
INSERT INTO suppression (channel, value, why, at) VALUES ($1, $2, $3, $4)
ON CONFLICT (channel, value) DO UPDATE SET why = excluded.why, at = excluded.at

-- name: message_unsuppress
DELETE FROM suppression WHERE channel = $1 AND value = $2

-- name: message_suppressed
SELECT 1 FROM suppression WHERE channel = $1 AND value = $2

-- name: message_of_key
SELECT id FROM message WHERE channel = $1 AND key = $2 LIMIT 1

-- name: message_order
SELECT email, locale, coalesce(person_id, 0), status, captured, total, number, token, currency FROM shop_order WHERE id = $1

-- name: message_quote
SELECT quote FROM shop_order WHERE id = $1

-- name: message_waiting
SELECT count(*) FROM message WHERE state = 'waiting'

-- An order to show how its messages look: the latest.
-- name: message_latest_order
SELECT id FROM shop_order ORDER BY placed_at DESC, id DESC LIMIT 1

-- name: message_move
SELECT m.amount, m.reason, p.currency FROM payment_move m JOIN payment p ON p.id = m.payment_id WHERE m.id = $1

-- Old messages go: what they said stands with their orders. Before $2 one that waits is no use to anybody.
-- name: message_sweep
DELETE FROM message WHERE id IN (SELECT o.id FROM (SELECT id, created_at FROM message ORDER BY id LIMIT $2) AS o WHERE o.created_at < $1)

-- name: message_sweep_waiting
DELETE FROM message WHERE id IN (SELECT o.id FROM (SELECT id, created_at FROM message WHERE state = 'waiting' ORDER BY id LIMIT $2) AS o
    WHERE o.created_at < $1)

