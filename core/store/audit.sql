-- name: audit_last
SELECT chain FROM audit ORDER BY id DESC LIMIT 1

-- name: audit_insert
INSERT INTO audit (id, at, actor, action, subject, detail, chain) VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: audit_all
SELECT id, at, actor, action, subject, detail, chain FROM audit ORDER BY id
