-- name: product_load
SELECT p.key, p.type, p.status, p.visibility, p.featured, b.name, t.code, p.publish_from, p.publish_until, p.meta, p.version
    FROM product p LEFT JOIN brand b ON b.id = p.brand_id LEFT JOIN tax_class t ON t.id = p.tax_class_id WHERE p.id = $1

-- name: product_load_categories
SELECT c.key FROM product_category pc JOIN category c ON c.id = pc.category_id
    WHERE pc.product_id = $1 AND pc.by_rule = 0 ORDER BY pc.position, c.key

-- name: product_load_tags
SELECT tag FROM product_tag WHERE product_id = $1 ORDER BY position

-- name: product_load_text
SELECT t.locale, t.name, s.slug, t.summary, t.description, t.seo_title, t.seo_description FROM product_text t
    LEFT JOIN slug s ON s.kind = 'product' AND s.target_id = t.product_id AND s.locale = t.locale AND s.current = 1
    WHERE t.product_id = $1 ORDER BY t.locale

-- Names are those of the locale $2, or codes.
-- name: product_load_attributes
SELECT a.code, coalesce(n.name, a.code), coalesce(w.name, v.code), pa.text, pa.visible FROM product_attribute pa
    JOIN attribute a ON a.id = pa.attribute_id
    LEFT JOIN attribute_text n ON n.attribute_id = a.id AND n.locale = $2
    LEFT JOIN attribute_value v ON v.id = pa.value_id
    LEFT JOIN attribute_value_text w ON w.value_id = v.id AND w.locale = $2
    WHERE pa.product_id = $1 ORDER BY pa.position

-- name: product_load_options
SELECT o.position, a.code, coalesce(n.name, a.code), coalesce(w.name, v.code) FROM product_option o
    JOIN attribute a ON a.id = o.attribute_id
    LEFT JOIN attribute_text n ON n.attribute_id = a.id AND n.locale = $2
    LEFT JOIN product_option_value ov ON ov.product_id = o.product_id AND ov.option = o.position
    LEFT JOIN attribute_value v ON v.id = ov.value_id
    LEFT JOIN attribute_value_text w ON w.value_id = v.id AND w.locale = $2
    WHERE o.product_id = $1 ORDER BY o.position, ov.position

-- name: product_load_variants
SELECT v.id, v.sku, v.barcode, v.enabled, v.weight_g, v.length_mm, v.width_mm, v.height_mm, v.cost, t.code, v.tracked,
    s.on_hand, v.backorder, v.low_stock, i.source, v.meta FROM variant v
    LEFT JOIN tax_class t ON t.id = v.tax_class_id LEFT JOIN stock s ON s.variant_id = v.id
    LEFT JOIN image i ON i.id = v.image_id
    WHERE v.product_id = $1 ORDER BY v.position, v.id

-- name: product_load_values
SELECT v.id, a.code, coalesce(w.name, x.code) FROM variant v JOIN variant_value vv ON vv.variant_id = v.id
    JOIN attribute_value x ON x.id = vv.value_id JOIN attribute a ON a.id = x.attribute_id
    LEFT JOIN attribute_value_text w ON w.value_id = x.id AND w.locale = $2
    WHERE v.product_id = $1 ORDER BY v.position, v.id, vv.option

-- name: product_load_prices
SELECT v.id, l.code, p.amount, p.compare_at, p.min_quantity, p.from_at, p.until_at FROM variant v
    JOIN price p ON p.variant_id = v.id JOIN price_list l ON l.id = p.list_id
    WHERE v.product_id = $1 AND l.id NOT BETWEEN 3 AND 99 ORDER BY v.position, v.id, l.priority, l.code, p.min_quantity, p.from_at

-- name: product_load_images
SELECT i.source, pi.alt FROM product_image pi JOIN image i ON i.id = pi.image_id WHERE pi.product_id = $1 ORDER BY pi.position

-- name: product_load_links
SELECT l.kind, p.key, v.sku, l.quantity FROM product_link l JOIN product p ON p.id = l.target_id
    LEFT JOIN variant v ON v.id = l.variant_id WHERE l.product_id = $1
    ORDER BY CASE l.kind WHEN 'related' THEN 0 WHEN 'upsell' THEN 1 WHEN 'crosssell' THEN 2 WHEN 'accessory' THEN 3 ELSE 4 END,
        l.position
