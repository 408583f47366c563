-- name: attribute_find_code
SELECT id FROM attribute WHERE code = $1

-- name: attribute_find_name
SELECT attribute_id FROM attribute_text WHERE name = $1 ORDER BY attribute_id LIMIT 1

-- name: attribute_insert
INSERT INTO attribute (id, code, type, position) VALUES ($1, $2, $3, $4)

-- name: attribute_next
SELECT coalesce(max(position), -1) + 1 FROM attribute

-- name: attribute_update
UPDATE attribute SET code = $2, type = $3, unit = $4, filterable = $5, comparable = $6, visible = $7, position = $8 WHERE id = $1

-- name: attribute_text_put
INSERT INTO attribute_text (attribute_id, locale, name) VALUES ($1, $2, $3)
    ON CONFLICT (attribute_id, locale) DO UPDATE SET name = excluded.name

-- name: attribute_text_clear
DELETE FROM attribute_text WHERE attribute_id = $1

-- name: attribute_load
SELECT code, type, unit, filterable, comparable, visible, position FROM attribute WHERE id = $1

-- name: attribute_load_text
SELECT locale, name FROM attribute_text WHERE attribute_id = $1 ORDER BY locale

-- name: attribute_load_values
SELECT v.id, v.code, v.color, v.number, v.position, t.locale, t.name FROM attribute_value v
    LEFT JOIN attribute_value_text t ON t.value_id = v.id
    WHERE v.attribute_id = $1 ORDER BY v.position, v.id, t.locale

-- name: attribute_value_find
SELECT id FROM attribute_value WHERE attribute_id = $1 AND code = $2

-- name: attribute_value_next
SELECT coalesce(max(position), -1) + 1 FROM attribute_value WHERE attribute_id = $1

-- name: attribute_value_put
INSERT INTO attribute_value (id, attribute_id, code, position, color, number) VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (attribute_id, code) DO UPDATE SET position = excluded.position, color = excluded.color,
        number = excluded.number

-- name: attribute_value_text_put
INSERT INTO attribute_value_text (value_id, locale, name) VALUES ($1, $2, $3)
    ON CONFLICT (value_id, locale) DO UPDATE SET name = excluded.name

-- name: attribute_value_text_clear
DELETE FROM attribute_value_text WHERE value_id = $1

-- Values that stand in no list any more and that no product has.
-- name: attribute_value_sweep
DELETE FROM attribute_value WHERE attribute_id = $1
    AND code NOT IN (SELECT j.value FROM json_each($2) j)
    AND NOT EXISTS (SELECT 1 FROM product_attribute p WHERE p.value_id = attribute_value.id)
    AND NOT EXISTS (SELECT 1 FROM product_option_value o WHERE o.value_id = attribute_value.id)
    AND NOT EXISTS (SELECT 1 FROM variant_value w WHERE w.value_id = attribute_value.id)

-- Names to ids: [code, name] each; a code wins over a name.
-- name: attribute_resolve
SELECT j.key, a.id, a.code FROM json_each($1) j JOIN attribute a ON a.id = coalesce(
    (SELECT c.id FROM attribute c WHERE c.code = json_extract(j.value, '$[0]')),
    (SELECT t.attribute_id FROM attribute_text t WHERE t.name = json_extract(j.value, '$[1]') LIMIT 1))

-- The same for values: [attribute id, code, name].
-- name: attribute_resolve_values
SELECT j.key, v.id, v.code FROM json_each($1) j JOIN attribute_value v ON v.id = coalesce(
    (SELECT c.id FROM attribute_value c WHERE c.attribute_id = json_extract(j.value, '$[0]')
        AND c.code = json_extract(j.value, '$[1]')),
    (SELECT t.value_id FROM attribute_value_text t JOIN attribute_value w ON w.id = t.value_id
        WHERE t.name = json_extract(j.value, '$[2]') AND w.attribute_id = json_extract(j.value, '$[0]') LIMIT 1))
