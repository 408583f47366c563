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

-- Ids grow with time: only the oldest are looked at.
-- name: event_sweep
DELETE FROM event WHERE id IN (SELECT o.id FROM (SELECT id, at FROM event ORDER BY id LIMIT $2) AS o WHERE o.at < $1)

-- $1: a list of [id, at, kind, visitor, person, subject, data]. Views that were still waiting when their visitor signed in are
-- that person's too (found by kind and time, not by visitor, who may have thousands).
-- name: event_insert_views
INSERT INTO event (id, at, kind, visitor, person_id, subject, data)
SELECT json_extract(v.value, '$[0]'), json_extract(v.value, '$[1]'), json_extract(v.value, '$[2]'),
    json_extract(v.value, '$[3]'),
    coalesce((SELECT coalesce(p.merged_into, p.id) FROM person AS p
              WHERE p.id = json_extract(v.value, '$[4]') AND p.erased_at IS NULL),
        (SELECT e.person_id FROM event AS e
         WHERE +e.visitor = json_extract(v.value, '$[3]') AND +e.visitor <> 0
           AND e.kind IN ('account.signed_in', 'account.registered') AND e.at >= json_extract(v.value, '$[1]')
         ORDER BY e.id DESC LIMIT 1)),
    json_extract(v.value, '$[5]'), json_extract(v.value, '$[6]')
FROM json_each($1) AS v

-- The same where the subject is a slug of a kind; unknown ones are left out.
-- name: event_insert_targets
INSERT INTO event (id, at, kind, visitor, person_id, subject, data)
SELECT json_extract(v.value, '$[0]'), json_extract(v.value, '$[1]'), json_extract(v.value, '$[2]'),
    json_extract(v.value, '$[3]'),
    coalesce((SELECT coalesce(p.merged_into, p.id) FROM person AS p
              WHERE p.id = json_extract(v.value, '$[4]') AND p.erased_at IS NULL),
        (SELECT e.person_id FROM event AS e
         WHERE +e.visitor = json_extract(v.value, '$[3]') AND +e.visitor <> 0
           AND e.kind IN ('account.signed_in', 'account.registered') AND e.at >= json_extract(v.value, '$[1]')
         ORDER BY e.id DESC LIMIT 1)),
    $2 || ':' || (SELECT max(s.target_id) FROM slug AS s WHERE s.kind = $2 AND s.slug = json_extract(v.value, '$[5]')),
    json_extract(v.value, '$[6]')
FROM json_each($1) AS v
WHERE EXISTS (SELECT 1 FROM slug AS s WHERE s.kind = $2 AND s.slug = json_extract(v.value, '$[5]'))
