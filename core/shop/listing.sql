-- Columns of all products, and the same of a few ($1: JSON array of ids).

-- name: listing_version
SELECT version FROM catalogue_state WHERE id = 1

-- name: listing_changes
SELECT DISTINCT product_id FROM catalogue_change WHERE version > $1 LIMIT $2

-- name: listing_change_versions
SELECT count(DISTINCT version) FROM catalogue_change WHERE version > $1

-- name: listing_products
SELECT p.id, p.popularity, p.created_at, p.publish_from, p.publish_until, p.visibility, p.brand_id, d.position
FROM product p NOT INDEXED LEFT JOIN search_document d ON d.product_id = p.id
WHERE p.status = 'active' AND p.visibility <> 'hidden'

-- name: listing_products_some
SELECT p.id, p.popularity, p.created_at, p.publish_from, p.publish_until, p.visibility, p.brand_id, d.position
FROM json_each($1) j CROSS JOIN product p ON p.id = j.value LEFT JOIN search_document d ON d.product_id = p.id
WHERE p.status = 'active' AND p.visibility <> 'hidden'

-- name: listing_categories
SELECT product_id, category_id FROM product_category

-- name: listing_categories_some
SELECT c.product_id, c.category_id FROM json_each($1) j CROSS JOIN product_category c ON c.product_id = j.value

-- name: listing_tree
SELECT id, coalesce(parent_id, 0) FROM category ORDER BY id

-- name: listing_values
SELECT product_id, value_id FROM product_attribute INDEXED BY product_attribute_value WHERE value_id IS NOT NULL

-- name: listing_values_some
SELECT a.product_id, a.value_id FROM json_each($1) j CROSS JOIN product_attribute a ON a.product_id = j.value
WHERE a.value_id IS NOT NULL

-- name: listing_variants
SELECT id, product_id, availability <> 'out' FROM variant WHERE enabled = 1 ORDER BY id

-- name: listing_variants_some
SELECT v.id, v.product_id, v.availability <> 'out' FROM json_each($1) j CROSS JOIN variant v ON v.product_id = j.value
WHERE v.enabled = 1 ORDER BY v.id

-- name: listing_options
SELECT variant_id, value_id FROM variant_value

-- name: listing_options_some
SELECT o.variant_id, o.value_id FROM json_each($1) j CROSS JOIN variant v ON v.product_id = j.value
CROSS JOIN variant_value o ON o.variant_id = v.id WHERE v.enabled = 1

-- name: listing_prices
SELECT p.variant_id, l.priority, p.amount, coalesce(p.from_at, 0), p.until_at, coalesce(l.from_at, 0), l.until_at
FROM price p CROSS JOIN price_list l ON l.id = p.list_id
WHERE p.min_quantity = 1 AND l.customer_group = '' AND l.currency IN ('', $1) AND l.channel IN ('', 'web')

-- name: listing_prices_some
SELECT p.variant_id, l.priority, p.amount, coalesce(p.from_at, 0), p.until_at, coalesce(l.from_at, 0), l.until_at
FROM json_each($1) j CROSS JOIN variant v ON v.product_id = j.value CROSS JOIN price p ON p.variant_id = v.id
CROSS JOIN price_list l ON l.id = p.list_id
WHERE v.enabled = 1 AND p.min_quantity = 1 AND l.customer_group = '' AND l.currency IN ('', $2) AND l.channel IN ('', 'web')

-- name: listing_names
SELECT product_id, locale = $1, name FROM product_text WHERE locale IN ($1, $2)

-- name: listing_names_some
SELECT t.product_id, t.locale = $2, t.name FROM json_each($1) j CROSS JOIN product_text t ON t.product_id = j.value
WHERE t.locale IN ($2, $3)

-- What filters mean.

-- name: listing_attribute
SELECT id FROM attribute WHERE code = $1 AND filterable = 1

-- name: listing_attribute_codes
SELECT code FROM attribute WHERE filterable = 1 AND code IN (SELECT value FROM json_each($1))

-- name: listing_attribute_values
SELECT id, code IN (SELECT value FROM json_each($2)) FROM attribute_value WHERE attribute_id = $1

-- [[as given, folded], …]: a slug wins over the fold of another brand, that over an id.
-- name: listing_brands_chosen
SELECT coalesce((SELECT s.id FROM brand s WHERE s.slug = j.value ->> 0), (SELECT f.id FROM brand f WHERE f.fold = j.value ->> 1),
    (SELECT i.id FROM brand i WHERE i.id = CAST(j.value ->> 0 AS INTEGER))) AS found
FROM json_each($1) j WHERE found IS NOT NULL

-- name: listing_category_slug
SELECT target_id FROM slug WHERE kind = 'category' AND slug = $1 ORDER BY current DESC LIMIT 1

-- Words of the facets: [[id, …]].

-- name: listing_facet_values
SELECT v.id, a.code, v.code, coalesce(ta.name, fa.name, a.code), coalesce(tv.name, fv.name, v.code), a.type, v.color
FROM json_each($1) j CROSS JOIN attribute_value v ON v.id = j.value CROSS JOIN attribute a ON a.id = v.attribute_id
LEFT JOIN category_attribute c ON c.category_id = $4 AND c.attribute_id = a.id
LEFT JOIN attribute_text ta ON ta.attribute_id = a.id AND ta.locale = $2
LEFT JOIN attribute_text fa ON fa.attribute_id = a.id AND fa.locale = $3
LEFT JOIN attribute_value_text tv ON tv.value_id = v.id AND tv.locale = $2
LEFT JOIN attribute_value_text fv ON fv.value_id = v.id AND fv.locale = $3
WHERE a.filterable = 1
ORDER BY c.position IS NULL, c.position, a.position, a.code, v.position, 5, v.id

-- name: listing_facet_brands
SELECT b.id, coalesce(b.slug, b.fold), b.name FROM json_each($1) j CROSS JOIN brand b ON b.id = j.value ORDER BY b.fold

-- name: listing_category_sort
SELECT sort FROM category WHERE id = $1
