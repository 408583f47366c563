-- name: consent_insert
INSERT INTO consent (id, person_id, channel, granted, source, wording, at) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- The latest of a channel, by the person or anybody joined into them.
-- name: consent_latest
WITH RECURSIVE whole (id) AS (
    SELECT id FROM person WHERE id = $1
    UNION SELECT p.id FROM person AS p JOIN whole ON p.merged_into = whole.id
)
SELECT c.granted FROM consent AS c WHERE c.person_id IN (SELECT id FROM whole) AND c.channel = $2
ORDER BY c.at DESC, c.id DESC LIMIT 1

-- name: consent_reachable
WITH RECURSIVE whole (id) AS (
    SELECT id FROM person WHERE id = $1
    UNION SELECT p.id FROM person AS p JOIN whole ON p.merged_into = whole.id
)
SELECT count(*) FROM contact WHERE person_id IN (SELECT id FROM whole) AND kind = $2 AND confirmed_at IS NOT NULL
