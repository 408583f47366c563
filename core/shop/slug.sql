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

-- The target of a slug, and its current slugs in the locale asked for and in the default one.
-- name: slug_find
SELECT s.target_id, c.slug FROM slug s
    LEFT JOIN slug c ON c.kind = s.kind AND c.target_id = s.target_id AND c.current = 1
    WHERE s.kind = $1 AND s.slug = $2
    ORDER BY c.locale = $3 DESC, c.locale = $4 DESC, c.locale LIMIT 1

-- name: slug_of
SELECT slug FROM slug WHERE kind = $1 AND target_id = $2 AND current = 1
    ORDER BY locale = $3 DESC, locale = $4 DESC, locale LIMIT 1
