-- name: db_change
INSERT INTO change_log (seq, kind, id, at) VALUES ($1, $2, $3, $4)

-- name: db_change_prune
DELETE FROM change_log WHERE at < $1

-- The last id of every table whose ids are ours to give.
-- name: db_last_id
SELECT max(id) FROM (
    SELECT max(seq) AS id FROM change_log
    UNION ALL SELECT max(id) FROM outbox
    UNION ALL SELECT max(id) FROM inbox
    UNION ALL SELECT max(id) FROM job
    UNION ALL SELECT max(id) FROM audit
) AS every
