-- name: contact_find
SELECT id FROM contact WHERE person_id = $1 AND kind = $2 AND value = $3

-- name: contact_insert
INSERT INTO contact (id, person_id, kind, value, written, created_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: contact_get
SELECT person_id, kind, value, confirmed_at FROM contact WHERE id = $1

-- name: contact_owner
SELECT person_id FROM contact WHERE kind = $1 AND value = $2 AND confirmed_at IS NOT NULL

-- name: contact_confirm
UPDATE contact SET confirmed_at = $2 WHERE id = $1 AND confirmed_at IS NULL

-- The newest record without proof and without an account that left this address: a second letter belongs to it.
-- name: contact_lead
SELECT c.person_id FROM contact AS c JOIN person AS p ON p.id = c.person_id
WHERE c.kind = $1 AND c.value = $2 AND c.confirmed_at IS NULL AND p.stage IN ('visitor', 'lead') AND p.merged_into IS NULL
  AND NOT EXISTS (SELECT 1 FROM account AS a WHERE a.person_id = p.id)
ORDER BY c.id DESC LIMIT 1

-- Where a person, or anybody joined into them, is reached: what is proven first, then the latest.
-- name: contact_reach
WITH RECURSIVE whole (id) AS (
    SELECT id FROM person WHERE id = $1
    UNION SELECT p.id FROM person AS p JOIN whole ON p.merged_into = whole.id
)
SELECT value FROM contact WHERE person_id IN (SELECT id FROM whole) AND kind = $2
ORDER BY confirmed_at IS NULL, coalesce(confirmed_at, created_at) DESC, id DESC LIMIT 1

-- name: contact_source
UPDATE person SET source = $2 WHERE id = $1

-- name: contact_inquiry
INSERT INTO inquiry (id, person_id, name, email, text, locale, path, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
