-- Codes that are generated, and attempts to guess them: see promo_code.c.

-- name: promo_code_batch
SELECT id, prefix, ends_at, uses, per_customer FROM promo_batch WHERE name = $1

-- name: promo_code_batch_put
INSERT INTO promo_batch (id, name, prefix, ends_at, uses, per_customer, note, actor, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- Codes that begin so and are so long: they share one space.
-- name: promo_code_taken
SELECT count(*) FROM promo_code WHERE code >= $1 AND code < $1 || '~' AND length(code) = $2

-- name: promo_code_put
INSERT INTO promo_code (code, batch_id) VALUES ($1, $2) ON CONFLICT (code) DO NOTHING

-- name: promo_code_batches
SELECT b.name, b.prefix, (SELECT count(*) FROM promo_code AS c WHERE c.batch_id = b.id),
    (SELECT count(*) FROM promo_code AS c WHERE c.batch_id = b.id AND c.disabled = 1),
    (SELECT coalesce(sum(n.used), 0) FROM promo_code AS c JOIN promo_count AS n ON n.subject = 'code:' || c.code
        WHERE c.batch_id = b.id),
    b.uses, b.per_customer, b.ends_at, b.note, b.actor, b.created_at
FROM promo_batch AS b ORDER BY b.created_at DESC, b.id DESC LIMIT $1

-- name: promo_code_of_batch
SELECT c.code, coalesce(n.used, 0), c.disabled FROM promo_code AS c LEFT JOIN promo_count AS n ON n.subject = 'code:' || c.code
WHERE c.batch_id = $1 AND c.code > $2 ORDER BY c.code LIMIT $3

-- name: promo_code_disable
UPDATE promo_code SET disabled = $2 WHERE code = $1 AND disabled <> $2

-- name: promo_code_disable_batch
UPDATE promo_code SET disabled = $2 WHERE batch_id = $1 AND disabled <> $2

-- name: promo_code_exists
SELECT 1 FROM promo_code WHERE code = $1

-- name: promo_attempt_put
INSERT INTO promo_attempt (hash, count, until) VALUES ($1, 1, $3)
ON CONFLICT (hash) DO UPDATE SET count = CASE WHEN promo_attempt.until <= $2 THEN 1 ELSE promo_attempt.count + 1 END,
    until = CASE WHEN promo_attempt.until <= $2 THEN $3 ELSE promo_attempt.until END

-- name: promo_attempt_most
SELECT coalesce(max(count), 0), coalesce(max(until), 0) FROM promo_attempt WHERE hash IN ($1, $2) AND until > $3

-- name: promo_attempt_sweep
DELETE FROM promo_attempt WHERE hash IN (SELECT hash FROM promo_attempt WHERE until <= $1 ORDER BY until LIMIT 20)
