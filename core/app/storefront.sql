-- What pages ask beside the views of core/shop: states, the choice of the home page, and the lists of the sitemap.

-- name: storefront_product_status
SELECT status FROM product WHERE id = $1;

-- name: storefront_featured
SELECT id FROM product
WHERE featured = 1 AND status = 'active' AND visibility IN ('both', 'catalog')
  AND (publish_from IS NULL OR publish_from <= $1) AND (publish_until IS NULL OR publish_until > $1)
ORDER BY popularity DESC, id DESC LIMIT $2;

-- name: storefront_barcode
SELECT barcode FROM variant WHERE sku = $1;

-- name: storefront_page_by_key
SELECT id FROM page WHERE key = $1 AND status = 'active';

-- name: storefront_group_of_person
SELECT customer_group FROM person WHERE id = $1;

-- The sitemap: every page in the order of its kind and id, with its slugs as {"en": "hoodie"} and its first pictures.

-- name: storefront_map_count
SELECT
  (SELECT count(*) FROM product WHERE status = 'active' AND visibility <> 'hidden'
     AND (publish_from IS NULL OR publish_from <= $1) AND (publish_until IS NULL OR publish_until > $1)),
  (SELECT count(*) FROM category WHERE hidden = 0),
  (SELECT count(*) FROM page WHERE status = 'active'),
  (SELECT coalesce(max(changed_at), 0) FROM product),
  (SELECT coalesce(max(changed_at), 0) FROM category),
  (SELECT coalesce(max(changed_at), 0) FROM page);

-- name: storefront_map_products
SELECT p.changed_at,
  (SELECT json_group_object(s.locale, s.slug) FROM slug s
   WHERE s.kind = 'product' AND s.target_id = p.id AND s.current = 1),
  (SELECT json_group_array('/media/' || i.hash || CASE i.type WHEN 'image/png' THEN '.png'
     WHEN 'image/webp' THEN '.webp' WHEN 'image/svg+xml' THEN '.svg' ELSE '.jpg' END)
   FROM product_image pi JOIN image i ON i.id = pi.image_id
   WHERE pi.product_id = p.id AND i.state = 'ready' AND pi.position < 10)
FROM (SELECT id, changed_at FROM product WHERE status = 'active' AND visibility <> 'hidden'
    AND (publish_from IS NULL OR publish_from <= $1) AND (publish_until IS NULL OR publish_until > $1)
  ORDER BY id LIMIT $2 OFFSET $3) p
ORDER BY p.id;

-- name: storefront_map_categories
SELECT c.changed_at,
  (SELECT json_group_object(s.locale, s.slug) FROM slug s
   WHERE s.kind = 'category' AND s.target_id = c.id AND s.current = 1), '[]'
FROM category c WHERE c.hidden = 0 ORDER BY c.id LIMIT $2 OFFSET $3 + $1 * 0;

-- name: storefront_map_pages
SELECT p.changed_at,
  (SELECT json_group_object(s.locale, s.slug) FROM slug s
   WHERE s.kind = 'page' AND s.target_id = p.id AND s.current = 1), '[]'
FROM page p WHERE p.status = 'active' ORDER BY p.id LIMIT $2 OFFSET $3 + $1 * 0;
