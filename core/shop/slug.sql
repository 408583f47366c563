-- name: slug_current
SELECT slug FROM slug WHERE kind = $1 AND target_id = $2 AND locale = $3 AND current = 1

-- A slug names one target, in whatever locale.
-- name: slug_taken
SELECT 1 FROM slug WHERE kind = $1 AND slug = $2 AND target_id <> $3 LIMIT 1

-- name: slug_retire
UPDATE slug SET current = 0 WHERE kind = $1 AND target_id = $2 AND locale = $3 AND current = 1

-- name: slug_insert
INSERT INTO slug (kind, slug, locale, target_id, current) VALUES ($1, $2, $3, $4, 1)
    ON CONFLICT (kind, slug, locale) DO UPDATE SET current = 1

-- name: slug_delete
DELETE FROM slug WHERE kind = $1 AND target_id = $2

-- The target of a slug, and its current slug in the locale asked for, else the default one, else any.
-- name: slug_find
SELECT s.target_id, coalesce(
        (SELECT c.slug FROM slug c WHERE c.target_id = s.target_id AND c.kind = s.kind AND c.locale = $3 AND c.current = 1),
        (SELECT c.slug FROM slug c WHERE c.target_id = s.target_id AND c.kind = s.kind AND c.locale = $4 AND c.current = 1),
        (SELECT c.slug FROM slug c WHERE c.target_id = s.target_id AND c.kind = s.kind AND c.current = 1
            ORDER BY c.locale LIMIT 1))
    FROM slug s WHERE s.kind = $1 AND s.slug = $2 LIMIT 1
