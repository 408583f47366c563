-- What the members of a list mean: [key, sku]; an empty one is not looked for.
-- name: product_link_find
SELECT j.key, coalesce(p.id, v.product_id), CASE WHEN p.id IS NULL THEN v.id END FROM json_each($1) j
    LEFT JOIN product p ON p.key = json_extract(j.value, '$[0]')
    LEFT JOIN variant v ON v.sku = json_extract(j.value, '$[1]')
    WHERE coalesce(p.id, v.product_id) IS NOT NULL

-- name: product_link_load
SELECT target_id, variant_id, quantity FROM product_link WHERE product_id = $1 AND kind = $2 ORDER BY position

-- name: product_link_clear
DELETE FROM product_link WHERE product_id = $1 AND kind = $2

-- name: product_link_put
INSERT INTO product_link (product_id, kind, position, target_id, variant_id, quantity)
    SELECT $1, $2, j.key, json_extract(j.value, '$[0]'), json_extract(j.value, '$[1]'), json_extract(j.value, '$[2]')
    FROM json_each($3) j
