-- name: product_option_load
SELECT o.position, a.id, a.code, v.id, v.code FROM product_option o JOIN attribute a ON a.id = o.attribute_id
    LEFT JOIN product_option_value ov ON ov.product_id = o.product_id AND ov.option = o.position
    LEFT JOIN attribute_value v ON v.id = ov.value_id
    WHERE o.product_id = $1 ORDER BY o.position, ov.position

-- name: product_option_clear
DELETE FROM product_option WHERE product_id = $1

-- name: product_option_put
INSERT INTO product_option (product_id, position, attribute_id) SELECT $1, j.key, j.value FROM json_each($2) j

-- name: product_option_value_put
INSERT INTO product_option_value (product_id, option, position, value_id)
    SELECT $1, json_extract(j.value, '$[0]'), json_extract(j.value, '$[1]'), json_extract(j.value, '$[2]') FROM json_each($2) j

-- name: product_attribute_load
SELECT a.id, a.code, v.id, v.code, pa.text, pa.visible FROM product_attribute pa JOIN attribute a ON a.id = pa.attribute_id
    LEFT JOIN attribute_value v ON v.id = pa.value_id WHERE pa.product_id = $1 ORDER BY pa.position

-- name: product_attribute_clear
DELETE FROM product_attribute WHERE product_id = $1

-- name: product_attribute_put
INSERT INTO product_attribute (product_id, position, attribute_id, value_id, text, visible)
    SELECT $1, j.key, json_extract(j.value, '$[0]'), json_extract(j.value, '$[1]'), json_extract(j.value, '$[2]'),
        json_extract(j.value, '$[3]') FROM json_each($2) j
