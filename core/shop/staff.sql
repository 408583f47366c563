-- Those who run the shop: see staff.c.

-- name: staff_insert
INSERT INTO staff (id, email, name, password, role, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $6)

-- name: staff_role_exists
SELECT 1 FROM staff_role WHERE name = $1

-- name: staff_by_id
SELECT s.id, s.email, s.name, s.role, s.totp, s.password, s.totp_step, r.rights, s.locked_until FROM staff s
LEFT JOIN staff_role r ON r.name = s.role WHERE s.id = $1 AND s.enabled = 1

-- name: staff_by_email
SELECT s.id, s.email, s.name, s.role, s.totp, s.password, s.totp_step, r.rights, s.locked_until FROM staff s
LEFT JOIN staff_role r ON r.name = s.role WHERE s.email = $1 AND s.enabled = 1

-- name: staff_fail
UPDATE staff SET failures = failures + 1,
    locked_until = CASE WHEN failures + 1 < $3 THEN locked_until
        ELSE $2 + min($5, $4 << min(failures + 1 - $3, 20)) END
WHERE id = $1

-- name: staff_succeed
UPDATE staff SET failures = 0, locked_until = 0 WHERE id = $1

-- name: staff_password
UPDATE staff SET password = $2, failures = 0, locked_until = 0, changed_at = $3, version = version + 1 WHERE id = $1

-- name: staff_all
SELECT count(*) FROM staff

-- name: staff_totp_store
UPDATE staff SET totp = $2, totp_step = $3, changed_at = $4, version = version + 1 WHERE id = $1 AND totp = ''

-- name: staff_totp_step
UPDATE staff SET totp_step = $2 WHERE id = $1 AND totp_step < $2

-- name: staff_totp_clear
UPDATE staff SET totp = '', totp_step = 0, failures = 0, locked_until = 0, changed_at = $2, version = version + 1
WHERE email = $1

-- name: staff_recovery_clear
DELETE FROM staff_recovery WHERE staff_id IN (SELECT id FROM staff WHERE id = $1 OR email = $2)

-- name: staff_recovery_insert
INSERT INTO staff_recovery (staff_id, hash) VALUES ($1, $2)

-- name: staff_recovery_spend
UPDATE staff_recovery SET used_at = $3 WHERE staff_id = $1 AND hash = $2 AND used_at IS NULL

-- name: staff_token_insert
INSERT INTO staff_token (id, hash, name, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: staff_token_find
SELECT id, scopes, used_at FROM staff_token WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)

-- name: staff_token_delete
DELETE FROM staff_token WHERE id = $1

-- name: staff_token_used
UPDATE staff_token SET used_at = $2 WHERE id = $1 AND coalesce(used_at, 0) < $2

-- name: staff_session_put
INSERT INTO staff_session (session, staff_id, since, origin) VALUES ($1, $2, $3, $4)
ON CONFLICT (session) DO UPDATE SET staff_id = excluded.staff_id, since = excluded.since, origin = excluded.origin

-- Sessions that are still good: signed in since $2, used since $3.
-- name: staff_session_list
SELECT lower(hex(s.session)), s.since, x.seen_at, s.origin FROM staff_session s JOIN session x ON x.id_hash = s.session
WHERE s.staff_id = $1 AND s.since >= $2 AND x.seen_at >= $3 AND x.data ->> '$.staff' = CAST($1 AS TEXT)
ORDER BY x.seen_at DESC LIMIT 50

-- What the same browser is as a shopper stays.
-- name: staff_session_close
UPDATE session SET data = json_remove(data, '$.staff', '$.staff_at')
WHERE id_hash IN (SELECT session FROM staff_session WHERE staff_id = $1 AND (session = $2) = $3)

-- name: staff_session_forget
DELETE FROM staff_session WHERE staff_id = $1 AND (session = $2) = $3

-- name: staff_id_by_email
SELECT id FROM staff WHERE email = $1
