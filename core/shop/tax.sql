-- name: tax_rates_of_place
SELECT z.id, z.country, z.region, z.postcode, z.city, r.name, r.rate, r.priority, r.compound, r.delivery
FROM tax_zone AS z JOIN tax_rate AS r ON r.zone_id = z.id AND r.class_id = $1
WHERE z.country IN ('', $2)

-- name: tax_zone_find
SELECT id FROM tax_zone WHERE country = $1 AND region = $2 AND postcode = $3 AND city = $4

-- name: tax_zone_insert
INSERT INTO tax_zone (id, name, country, region, postcode, city) VALUES ($1, $2, $3, $4, $5, $6)

-- name: tax_rate_put
INSERT INTO tax_rate (id, zone_id, class_id, name, rate, priority, compound, delivery)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (zone_id, class_id, priority) DO NOTHING

-- name: tax_rate_change
UPDATE tax_rate SET name = $4, rate = $5, compound = $6, delivery = $7
WHERE zone_id = $1 AND class_id = $2 AND priority = $3
AND (name, rate, compound, delivery) IS NOT ($4, $5, $6, $7)

-- name: tax_class_by_code
SELECT id FROM tax_class WHERE code = $1

-- name: tax_class_insert
INSERT INTO tax_class (id, code, name) VALUES ($1, $2, $3)

-- name: tax_class_code
SELECT code FROM tax_class WHERE id = $1
