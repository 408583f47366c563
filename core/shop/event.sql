-- The event log: see event.c and visit.c.

-- name: event_insert
INSERT INTO event (id, at, kind, visitor, person_id, subject, data) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: event_join
UPDATE event SET person_id = $2 WHERE visitor = $1 AND person_id IS NULL

-- name: event_list
SELECT id, at, kind, subject, data FROM event WHERE person_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3

-- name: event_recent
SELECT id, at, kind, subject, data, visitor, person_id FROM event WHERE id < $1 AND (kind = $2 OR $2 = '')
ORDER BY id DESC LIMIT $3

-- name: event_recent_of
SELECT id, at, kind, subject, data, visitor, person_id FROM event
WHERE person_id = $4 AND id < $1 AND (kind = $2 OR $2 = '') ORDER BY id DESC LIMIT $3

-- name: event_product_of_variant
SELECT product_id FROM variant WHERE id = $1

-- Ids grow with time: only the oldest are looked at.
-- name: event_sweep
DELETE FROM event WHERE id IN (SELECT o.id FROM (SELECT id, at FROM event ORDER BY id LIMIT $2) AS o WHERE o.at < $1)

-- $1: a list of [id, at, kind, visitor, person, subject, data, target]. With a target the subject is a slug of that kind; unknown
-- ones are left out. Views that were still waiting when their visitor signed in are that person's too (found by kind and time, not
-- by visitor, who may have thousands).
-- name: event_insert_views
INSERT INTO event (id, at, kind, visitor, person_id, subject, data)
SELECT v.id, v.at, v.kind, v.visitor,
    coalesce((SELECT coalesce(p.merged_into, p.id) FROM person AS p WHERE p.id = v.person AND p.erased_at IS NULL),
        (SELECT e.person_id FROM event AS e
         WHERE +e.visitor = v.visitor AND +e.visitor <> 0
           AND e.kind IN ('account.signed_in', 'account.registered') AND e.at >= v.at
         ORDER BY e.id DESC LIMIT 1)),
    CASE v.target WHEN '' THEN v.subject ELSE v.target || ':' || v.target_id END, v.data
FROM (SELECT j.value ->> 0 AS id, j.value ->> 1 AS at, j.value ->> 2 AS kind, j.value ->> 3 AS visitor, j.value ->> 4 AS person,
          j.value ->> 5 AS subject, j.value ->> 6 AS data, j.value ->> 7 AS target,
          (SELECT max(s.target_id) FROM slug AS s WHERE s.kind = j.value ->> 7 AND s.slug = j.value ->> 5) AS target_id
      FROM json_each($1) AS j) AS v
WHERE v.target = '' OR v.target_id IS NOT NULL
