-- name: outbox_insert
INSERT INTO outbox (id, topic, subject, payload, at) VALUES ($1, $2, $3, $4, $5)

-- name: outbox_select
SELECT at, topic, subject, payload FROM outbox WHERE id = $1
