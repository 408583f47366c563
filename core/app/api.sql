-- name: idempotency_get
SELECT digest, status, location, body FROM idempotency WHERE principal = $1 AND key = $2 AND at > $3

-- name: idempotency_put
INSERT INTO idempotency (principal, key, digest, status, location, body, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (principal, key) DO UPDATE SET digest = excluded.digest, status = excluded.status,
    location = excluded.location, body = excluded.body, at = excluded.at

-- Old ones go as new ones come, a few at a time.
-- name: idempotency_sweep
DELETE FROM idempotency WHERE (principal, key) IN
    (SELECT principal, key FROM idempotency WHERE at <= $1 ORDER BY at LIMIT 20)

-- name: api_products_after
SELECT p.id, p.key, p.type, p.status, p.visibility, p.version, p.changed_at, coalesce(
        (SELECT x.name FROM product_text AS x WHERE x.product_id = p.id AND x.locale = $3),
        (SELECT x.name FROM product_text AS x WHERE x.product_id = p.id LIMIT 1)),
    (SELECT count(*) FROM variant AS v WHERE v.product_id = p.id)
FROM product AS p WHERE p.id > $1 ORDER BY p.id LIMIT $2
