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
SELECT id, scopes FROM staff_token WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)

-- name: staff_token_delete
DELETE FROM staff_token WHERE id = $1
