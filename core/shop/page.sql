-- name: page_find
SELECT id FROM page WHERE key = $1

-- name: page_get
SELECT id, key, status, footer, position, changed_at, version FROM page WHERE id = $1

-- name: page_insert
INSERT INTO page (id, key, status, footer, position, changed_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: page_update
UPDATE page SET status = $2, footer = $3, position = $4 WHERE id = $1
    AND (status <> $2 OR footer <> $3 OR position <> $4)

-- name: page_touch
UPDATE page SET changed_at = $2, version = version + 1 WHERE id = $1

-- name: page_delete
DELETE FROM page WHERE id = $1

-- name: page_texts
SELECT t.locale, t.title, t.body, t.seo_description,
    (SELECT s.slug FROM slug AS s WHERE s.kind = 'page' AND s.target_id = t.page_id AND s.locale = t.locale
        AND s.current = 1)
FROM page_text AS t WHERE t.page_id = $1 ORDER BY t.locale

-- name: page_text_get
SELECT title, body, seo_description FROM page_text WHERE page_id = $1 AND locale = $2

-- name: page_text_put
INSERT INTO page_text (page_id, locale, title, body, seo_description) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (page_id, locale) DO UPDATE SET title = excluded.title, body = excluded.body,
    seo_description = excluded.seo_description
WHERE title <> excluded.title OR body <> excluded.body OR seo_description <> excluded.seo_description

-- name: page_text_delete
DELETE FROM page_text WHERE page_id = $1 AND locale = $2

-- The text in the locale, else in the default one, else in any.
-- name: page_show
SELECT p.key, p.status, t.title, t.body, t.seo_description, t.locale
FROM page AS p JOIN page_text AS t ON t.page_id = p.id AND t.locale = coalesce(
    (SELECT x.locale FROM page_text AS x WHERE x.page_id = p.id AND x.locale = $2),
    (SELECT x.locale FROM page_text AS x WHERE x.page_id = p.id AND x.locale = $3),
    (SELECT min(x.locale) FROM page_text AS x WHERE x.page_id = p.id))
WHERE p.id = $1

-- name: page_footer
SELECT p.position, p.id, p.key, coalesce(
    (SELECT x.title FROM page_text AS x WHERE x.page_id = p.id AND x.locale = $1),
    (SELECT x.title FROM page_text AS x WHERE x.page_id = p.id AND x.locale = $2),
    (SELECT x.title FROM page_text AS x WHERE x.page_id = p.id LIMIT 1)),
  coalesce(
    (SELECT s.slug FROM slug AS s WHERE s.kind = 'page' AND s.target_id = p.id AND s.locale = $1 AND s.current = 1),
    (SELECT s.slug FROM slug AS s WHERE s.kind = 'page' AND s.target_id = p.id AND s.locale = $2 AND s.current = 1),
    (SELECT s.slug FROM slug AS s WHERE s.kind = 'page' AND s.target_id = p.id AND s.current = 1 LIMIT 1))
FROM page AS p WHERE p.footer = 1 AND p.status = 'active'
ORDER BY p.position, p.id
