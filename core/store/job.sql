-- name: job_insert
INSERT INTO job (id, kind, key, subject, payload, outbox, state, due, attempt, attempts, fence, lease_until, why,
                 created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, 0, $8, 0, 0, '', $9, $9)

-- A lease that ran out: the job comes back, or is dead when that was its last attempt.
-- name: job_expire
UPDATE job
SET state = CASE WHEN attempt >= attempts THEN 'dead' ELSE 'waiting' END, why = 'the lease ran out', changed_at = $1
WHERE state = 'running' AND lease_until <= $1

-- The kinds with waiting jobs, by jumping from one to the next in the index.
-- name: job_kinds
WITH RECURSIVE next (kind) AS (
    SELECT min(kind) FROM job WHERE state = 'waiting'
    UNION ALL
    SELECT (SELECT min(job.kind) FROM job WHERE job.state = 'waiting' AND job.kind > next.kind)
    FROM next WHERE next.kind IS NOT NULL
)
SELECT kind FROM next WHERE kind IS NOT NULL

-- name: job_take
UPDATE job
SET state = 'running', attempt = attempt + 1, fence = fence + 1, lease_until = $3, changed_at = $2
WHERE state = 'waiting' AND id IN (
    SELECT j.id FROM job AS j
    WHERE j.state = 'waiting' AND j.kind = $1 AND j.due <= $2
      AND (j.subject = '' OR NOT EXISTS (
          SELECT 1 FROM job AS older
          WHERE older.kind = j.kind AND older.subject = j.subject AND older.subject <> ''
            AND older.state <> 'dead' AND older.id < j.id))
    ORDER BY j.due, j.id LIMIT $4)
RETURNING id, fence, due, outbox, attempt, attempts, kind, subject, payload, lease_until

-- name: job_next_of_kind
SELECT j.due FROM job AS j
WHERE j.state = 'waiting' AND j.kind = $1
  AND (j.subject = '' OR NOT EXISTS (
      SELECT 1 FROM job AS older
      WHERE older.kind = j.kind AND older.subject = j.subject AND older.subject <> ''
        AND older.state <> 'dead' AND older.id < j.id))
ORDER BY j.due, j.id LIMIT 1

-- name: job_next_lease
SELECT lease_until FROM job WHERE state = 'running' ORDER BY lease_until LIMIT 1

-- name: job_finish
DELETE FROM job WHERE id = $1 AND fence = $2 AND state = 'running' RETURNING outbox

-- name: job_fail
UPDATE job
SET state = CASE WHEN attempt >= attempts THEN 'dead' ELSE 'waiting' END, due = $3, why = $4, changed_at = $5
WHERE id = $1 AND fence = $2 AND state = 'running'

-- name: job_extend
UPDATE job SET lease_until = $3, changed_at = $4 WHERE id = $1 AND fence = $2 AND state = 'running'

-- name: job_give_back
UPDATE job SET state = 'waiting', attempt = attempt - 1, changed_at = $3
WHERE id = $1 AND fence = $2 AND state = 'running' AND attempt > 0

-- name: job_running
SELECT id, fence, attempt FROM job WHERE state = 'running' ORDER BY id LIMIT 100

-- The fence moves on, so that a worker who still thinks that he has it cannot finish.
-- name: job_again
UPDATE job SET state = 'waiting', due = $2, attempt = 0, fence = fence + 1, changed_at = $2
WHERE id = $1 AND state IN ('dead', 'waiting')

-- name: job_remove
DELETE FROM job WHERE id = $1 AND state IN ('dead', 'waiting') RETURNING outbox

-- name: job_exists
SELECT 1 FROM job WHERE id = $1

-- A fact goes when its last job has gone.
-- name: job_settle
DELETE FROM outbox WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM job WHERE job.outbox = $1)

-- name: job_select
SELECT id, kind, subject, state, attempt, attempts, due, why, created_at
FROM job WHERE $1 = '' OR state = $1 ORDER BY id LIMIT $2

-- name: job_cron_find
SELECT id, due, attempt FROM job WHERE kind = $1 AND key = 'cron' AND key <> '' AND state = 'waiting'

-- name: job_cron_live
SELECT 1 FROM job WHERE kind = $1 AND key = 'cron' AND key <> '' AND state <> 'dead'

-- name: job_cron_move
UPDATE job SET due = $2, changed_at = $3 WHERE id = $1

-- name: job_cron_all
SELECT id, kind FROM job WHERE key = 'cron' AND key <> '' AND state = 'waiting' ORDER BY id

-- name: job_cron_delete
DELETE FROM job WHERE id = $1 AND state = 'waiting'
