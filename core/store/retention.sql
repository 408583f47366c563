-- What has served its purpose, a bite at a time: $2 rows at most.

-- name: retention_inbox
DELETE FROM inbox WHERE id IN (SELECT id FROM inbox WHERE done_at IS NOT NULL AND done_at < $1 LIMIT $2)

-- name: retention_job
DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = 'dead' AND changed_at < $1 LIMIT $2)

-- Facts whose last delivery has gone with its job.
-- name: retention_outbox
DELETE FROM outbox WHERE id IN (
    SELECT o.id FROM outbox AS o
    WHERE o.at < $1 AND NOT EXISTS (SELECT 1 FROM job WHERE job.outbox = o.id) LIMIT $2)
