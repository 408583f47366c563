-- name: address_insert
INSERT INTO address (id, person_id, name, company, phone, country, region, city, postcode, line1, line2, chosen_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: address_update
UPDATE address SET name = $3, company = $4, phone = $5, country = $6, region = $7, city = $8, postcode = $9, line1 = $10,
    line2 = $11
WHERE id = $1 AND person_id IN (SELECT value FROM json_each($2))

-- name: address_delete
DELETE FROM address WHERE id = $1 AND person_id IN (SELECT value FROM json_each($2))

-- name: address_choose
UPDATE address SET chosen_at = $3 WHERE id = $1 AND person_id IN (SELECT value FROM json_each($2))

-- name: address_count
SELECT count(*) FROM address WHERE person_id IN (SELECT value FROM json_each($1))
