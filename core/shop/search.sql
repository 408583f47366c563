-- name: search_shown
SELECT count(*) FROM product WHERE id = $1 AND status = 'active' AND visibility IN ('both', 'search')

-- name: search_texts
SELECT 'name', locale, name, summary, description FROM product_text WHERE product_id = $1
UNION ALL
SELECT 'plain', '', b.name, '', '' FROM product p JOIN brand b ON b.id = p.brand_id WHERE p.id = $1
UNION ALL
SELECT 'plain', '', sku, barcode, '' FROM variant WHERE product_id = $1 AND enabled = 1
UNION ALL
SELECT 'body', '', tag, '', '' FROM product_tag WHERE product_id = $1
UNION ALL
SELECT 'body', t.locale, t.name, '', '' FROM product_category pc JOIN category_text t ON t.category_id = pc.category_id
WHERE pc.product_id = $1
UNION ALL
SELECT 'body', t.locale, t.name, '', '' FROM product_attribute a JOIN attribute_value_text t ON t.value_id = a.value_id
WHERE a.product_id = $1
UNION ALL
SELECT 'body', '', a.text, '', '' FROM product_attribute a WHERE a.product_id = $1 AND a.text IS NOT NULL
UNION ALL
SELECT 'body', t.locale, t.name, '', '' FROM product_option_value o JOIN attribute_value_text t ON t.value_id = o.value_id
WHERE o.product_id = $1

-- name: search_document_get
SELECT d.position, s.name, s.body FROM search_document d JOIN search_text s ON s.rowid = d.position WHERE d.product_id = $1

-- name: search_document_next
SELECT coalesce(max(position), 0) + 1 FROM search_document

-- name: search_document_insert
INSERT INTO search_document (position, product_id) VALUES ($1, $2)

-- name: search_document_delete
DELETE FROM search_document WHERE position = $1

-- name: search_text_insert
INSERT INTO search_text (rowid, name, body) VALUES ($1, $2, $3)

-- name: search_text_delete
DELETE FROM search_text WHERE rowid = $1

-- name: search_reorder_needed
SELECT count(*) FROM (SELECT p.popularity AS now, lag(p.popularity) OVER (ORDER BY d.position) AS before
    FROM search_document d JOIN product p ON p.id = d.product_id) WHERE now > before

-- name: search_reorder_top
SELECT coalesce(max(position), 0) FROM search_document

-- name: search_reorder_next
SELECT d.position, p.id, p.popularity FROM product p JOIN search_document d ON d.product_id = p.id
WHERE p.popularity <= $2 AND NOT (p.popularity = $2 AND p.id <= $3) AND d.position <= $1
ORDER BY p.popularity DESC, p.id LIMIT $4

-- name: search_reorder_copy
INSERT INTO search_text (rowid, name, body)
SELECT m.value ->> 1, s.name, s.body FROM json_each($1) m JOIN search_text s ON s.rowid = m.value ->> 0

-- name: search_reorder_drop
DELETE FROM search_text WHERE rowid IN (SELECT m.value ->> 0 FROM json_each($1) m)

-- name: search_reorder_move
UPDATE search_document SET position = (SELECT m.value ->> 1 FROM json_each($1) m WHERE m.value ->> 0 = position)
WHERE position IN (SELECT m.value ->> 0 FROM json_each($1) m)

-- name: search_reorder_version
UPDATE catalogue_state SET version = version + 1 WHERE id = 1

-- name: search_reorder_change
INSERT INTO catalogue_change (version, product_id)
SELECT s.version, m.value ->> 2 FROM catalogue_state s, json_each($1) m WHERE s.id = 1

-- name: search_match
SELECT rowid FROM search_text WHERE search_text MATCH $1

-- name: search_match_some
SELECT rowid FROM search_text WHERE search_text MATCH $1 LIMIT $2

-- name: search_lengths
SELECT d.position, length(coalesce(t.name, f.name, '')) FROM json_each($1) m
JOIN search_document d ON d.position = m.value
LEFT JOIN product_text t ON t.product_id = d.product_id AND t.locale = $2
LEFT JOIN product_text f ON f.product_id = d.product_id AND f.locale = $3

-- name: search_exact
SELECT v.product_id, d.position FROM variant v JOIN search_document d ON d.product_id = v.product_id
WHERE v.sku IN ($1, $2, $3) AND v.enabled = 1
UNION ALL
SELECT v.product_id, d.position FROM variant v JOIN search_document d ON d.product_id = v.product_id
WHERE v.barcode = $1 AND v.barcode <> '' AND v.enabled = 1
LIMIT 1

-- name: search_terms
SELECT term, doc FROM search_term

-- name: search_version
SELECT version FROM catalogue_state WHERE id = 1

-- name: search_synonyms
SELECT a.fold, b.fold FROM search_synonym a JOIN search_synonym b ON b.locale = a.locale AND b.group_id = a.group_id
WHERE a.locale = $1 AND a.fold IN (SELECT value FROM json_each($2)) AND b.fold <> a.fold

-- name: search_categories_top
SELECT t.name, count(*) AS products FROM product_category pc JOIN category c ON c.id = pc.category_id
JOIN category_text t ON t.category_id = c.id AND t.locale = $1
WHERE c.hidden = 0 GROUP BY c.id ORDER BY products DESC, t.name LIMIT $2

-- name: search_suggest_products
SELECT d.product_id, coalesce(t.name, f.name, ''), coalesce(ts.slug, fs.slug, '')
FROM json_each($1) m
JOIN search_document d ON d.position = m.value
JOIN product p ON p.id = d.product_id AND coalesce(p.publish_from, 0) <= $4 AND coalesce(p.publish_until, $4 + 1) > $4
LEFT JOIN product_text t ON t.product_id = d.product_id AND t.locale = $2
LEFT JOIN product_text f ON f.product_id = d.product_id AND f.locale = $3
LEFT JOIN slug ts ON ts.kind = 'product' AND ts.target_id = d.product_id AND ts.locale = $2 AND ts.current = 1
LEFT JOIN slug fs ON fs.kind = 'product' AND fs.target_id = d.product_id AND fs.locale = $3 AND fs.current = 1
ORDER BY m.key

-- name: search_suggest_categories
SELECT t.name, coalesce(ts.slug, fs.slug) AS slug
FROM category_text t JOIN category c ON c.id = t.category_id
LEFT JOIN slug ts ON ts.kind = 'category' AND ts.target_id = c.id AND ts.locale = $2 AND ts.current = 1
LEFT JOIN slug fs ON fs.kind = 'category' AND fs.target_id = c.id AND fs.locale = $3 AND fs.current = 1
WHERE t.locale = $2 AND c.hidden = 0 AND instr(' ' || t.fold, ' ' || $1) > 0
AND coalesce(ts.slug, fs.slug) IS NOT NULL
ORDER BY length(t.name), t.name LIMIT $4

-- $1: [[fold, locale, query, found, at]].
-- name: search_query_note
INSERT INTO search_query (fold, locale, query, count, found, at)
SELECT json_extract(v.value, '$[0]'), json_extract(v.value, '$[1]'), json_extract(v.value, '$[2]'), 1,
    json_extract(v.value, '$[3]'), json_extract(v.value, '$[4]')
FROM json_each($1) AS v WHERE true
ON CONFLICT (fold, locale) DO UPDATE SET query = excluded.query, count = count + 1, found = excluded.found, at = excluded.at

-- name: search_query_list
SELECT query, locale, count, found, at FROM search_query WHERE $1 = 0 OR found = 0
ORDER BY count DESC, at DESC, fold, locale LIMIT $2 OFFSET $3

-- name: search_query_sweep
DELETE FROM search_query WHERE (fold, locale) IN (SELECT o.fold, o.locale FROM search_query AS o WHERE o.at < $1 LIMIT $2)

-- What documents hold of others: names, and whose documents they are in.

-- name: search_category_names
SELECT coalesce(json_group_array(n), '') FROM
    (SELECT locale || ':' || name AS n FROM category_text WHERE category_id = $1 ORDER BY locale)

-- name: search_attribute_names
SELECT coalesce(json_group_array(n), '') FROM
    (SELECT v.code || ':' || t.locale || ':' || t.name AS n FROM attribute_value v JOIN attribute_value_text t ON t.value_id = v.id
    WHERE v.attribute_id = $1 ORDER BY v.code, t.locale)

-- name: search_category_products
SELECT product_id FROM product_category WHERE category_id = $1 LIMIT $2

-- name: search_attribute_products
SELECT a.product_id FROM attribute_value v CROSS JOIN product_attribute a ON a.value_id = v.id WHERE v.attribute_id = $1
UNION SELECT o.product_id FROM attribute_value v JOIN product_option_value o ON o.value_id = v.id WHERE v.attribute_id = $1
LIMIT $2

-- name: search_list_products
SELECT DISTINCT value FROM json_each($1) LIMIT $2

-- name: search_waiting_add
INSERT INTO search_waiting (product_id) SELECT j.value FROM json_each($1) j JOIN product p ON p.id = j.value WHERE 1 = 1
ON CONFLICT (product_id) DO NOTHING

-- name: search_waiting_next
SELECT product_id FROM search_waiting ORDER BY product_id LIMIT $1

-- name: search_waiting_drop
DELETE FROM search_waiting WHERE product_id IN (SELECT value FROM json_each($1))
