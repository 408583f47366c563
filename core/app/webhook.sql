-- Webhooks: who is told what, and what is on its way.

-- name: webhook_listeners
SELECT id, topics, state FROM webhook WHERE state <> 'disabled' ORDER BY id

-- name: webhook_put_delivery
INSERT INTO webhook_delivery (id, webhook_id, fact, topic, subject, body, state, due_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $7) ON CONFLICT (webhook_id, fact) DO NOTHING

-- The waiting job of a receiver comes earlier; one that runs looks again at its end.
-- name: webhook_hasten
UPDATE job SET due = $2, changed_at = $2 WHERE kind = $1 AND key = 'once' AND state = 'waiting' AND due > $2

-- What is due, in the order in which it happened: after an outage too.
-- name: webhook_next
SELECT d.id, d.fact, d.topic, d.body, d.attempts, w.url, w.secret, w.secret_before, w.rotated_at
FROM webhook w JOIN webhook_delivery d ON d.webhook_id = w.id AND d.state = 'waiting' AND d.due_at <= $2
WHERE w.id = $1 AND w.state = 'active' ORDER BY d.id LIMIT 1

-- name: webhook_next_due
SELECT min(d.due_at) FROM webhook w JOIN webhook_delivery d ON d.webhook_id = w.id AND d.state = 'waiting'
WHERE w.id = $1 AND w.state = 'active' HAVING count(*) > 0

-- name: webhook_delivered
UPDATE webhook_delivery SET state = 'sent', attempts = attempts + 1, status = $2, why = '', done_at = $3 WHERE id = $1

-- name: webhook_again_at
UPDATE webhook_delivery SET attempts = attempts + 1, status = $2, why = $3, due_at = $4 WHERE id = $1 AND state = 'waiting'

-- name: webhook_dead
UPDATE webhook_delivery SET state = 'dead', attempts = attempts + 1, status = $2, why = $3, done_at = $4
WHERE id = $1 AND state = 'waiting'

-- name: webhook_well
UPDATE webhook SET failures = 0 WHERE id = $1 AND failures <> 0

-- name: webhook_ill
UPDATE webhook SET failures = failures + 1 WHERE id = $1 RETURNING failures

-- name: webhook_set_state
UPDATE webhook SET state = $2, why = $3, failures = 0, changed_at = $4, version = version + 1 WHERE id = $1 AND state <> $2

-- name: webhook_drop_waiting
UPDATE webhook_delivery SET state = 'dead', why = $2, done_at = $3 WHERE webhook_id = $1 AND state = 'waiting'

-- name: webhook_insert
INSERT INTO webhook (id, url, topics, secret, state, created_at, changed_at) VALUES ($1, $2, $3, $4, 'active', $5, $5)

-- name: webhook_change
UPDATE webhook SET url = $2, topics = $3, state = $4, why = CASE WHEN $4 = 'active' THEN '' ELSE why END,
    failures = CASE WHEN $4 = 'active' THEN 0 ELSE failures END, changed_at = $5, version = version + 1 WHERE id = $1

-- name: webhook_delete
DELETE FROM webhook WHERE id = $1

-- name: webhook_rotate
UPDATE webhook SET secret_before = secret, secret = $2, rotated_at = $3, changed_at = $3, version = version + 1 WHERE id = $1

-- name: webhook_get
SELECT id, url, topics, state, why, failures, created_at, changed_at, version, secret,
    (SELECT count(*) FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'waiting'),
    (SELECT count(*) FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'dead')
FROM webhook w WHERE $1 = 0 OR id = $1 ORDER BY id

-- name: webhook_deliveries
SELECT id, fact, topic, state, attempts, status, why, due_at, created_at, done_at FROM webhook_delivery
WHERE webhook_id = $1 AND ($2 = '' OR state = $2) AND ($3 = 0 OR id < $3) ORDER BY id DESC LIMIT $4

-- name: webhook_of_delivery
SELECT webhook_id FROM webhook_delivery WHERE id = $1

-- name: webhook_replay
UPDATE webhook_delivery SET state = 'waiting', attempts = 0, why = '', due_at = $6, done_at = NULL
WHERE webhook_id = $1 AND ($2 = 0 OR id = $2) AND created_at >= $3 AND created_at <= $4 AND ($5 = '' OR state = $5)

-- What still waits after so long is for a receiver that is off.
-- name: webhook_sweep
DELETE FROM webhook_delivery WHERE id IN (SELECT o.id FROM (SELECT id, created_at FROM webhook_delivery ORDER BY id LIMIT $2) AS o
    WHERE o.created_at < $1)
