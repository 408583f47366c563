-- Accounts: see account.c.

-- name: account_find
SELECT person_id, password FROM account WHERE email = $1

-- name: account_of
WITH RECURSIVE whole (id) AS (
    SELECT id FROM person WHERE id = $1
    UNION SELECT p.id FROM person AS p JOIN whole ON p.merged_into = whole.id
)
SELECT a.email, a.password, a.person_id FROM account AS a WHERE a.person_id IN (SELECT id FROM whole)
ORDER BY a.person_id = $1 DESC, a.created_at LIMIT 1

-- name: account_insert
INSERT INTO account (person_id, email, password, created_at, changed_at) VALUES ($1, $2, $3, $4, $4)

-- name: account_set_password
UPDATE account SET password = $2, changed_at = $3 WHERE person_id = $1

-- name: account_set_email
UPDATE account SET email = $2, changed_at = $3
WHERE person_id = $1 AND email <> $2 AND NOT EXISTS (SELECT 1 FROM account AS o WHERE o.email = $2 AND o.person_id <> $1)

-- name: account_locked
SELECT locked_until FROM account_attempt WHERE hash = $1 AND locked_until > $2

-- A count that begins anew after a quiet day.
-- name: account_attempt
INSERT INTO account_attempt (hash, count, locked_until, at) VALUES ($1, 1, 0, $2)
ON CONFLICT (hash) DO UPDATE SET count = CASE WHEN account_attempt.at < $3 THEN 1 ELSE account_attempt.count + 1 END, at = $2

-- name: account_attempt_count
SELECT count FROM account_attempt WHERE hash = $1

-- name: account_lock
UPDATE account_attempt SET locked_until = $2 WHERE hash = $1

-- name: account_unlock
DELETE FROM account_attempt WHERE hash = $1

-- name: account_sweep_attempts
DELETE FROM account_attempt WHERE hash IN (SELECT hash FROM account_attempt WHERE at < $1 AND locked_until < $1 LIMIT $2)

-- name: account_sweep_tickets
DELETE FROM ticket WHERE hash IN (SELECT hash FROM ticket WHERE expires_at < $1 LIMIT $2)

-- ---- sessions that somebody is signed in with ----

-- name: account_session_name
UPDATE session SET principal = $2 WHERE id_hash = $1

-- name: account_sessions
SELECT count(*) FROM session WHERE principal = 'person:' || $1 AND expires_at > $2

-- name: account_sessions_end
DELETE FROM session WHERE principal IN (SELECT 'person:' || id FROM person WHERE id = $1 OR merged_into = $1) AND id_hash <> $2
