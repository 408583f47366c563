-- name: ticket_insert
INSERT INTO ticket (hash, purpose, person_id, contact_id, expires_at) VALUES ($1, $2, $3, $4, $5)

-- name: ticket_get
SELECT person_id, contact_id FROM ticket WHERE hash = $1 AND purpose = $2 AND expires_at > $3

-- name: ticket_delete
DELETE FROM ticket WHERE hash = $1

-- name: ticket_drop
DELETE FROM ticket WHERE person_id = $1 AND purpose = $2
