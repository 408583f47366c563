-- The document of an order: see order_load.c.

-- name: order_load_row
SELECT id, number, token, status, payment_status, fulfilment_status, email, phone, name, address, billing, note, locale,
    channel, currency, prices_include_tax, items, discount, delivery, delivery_discount, tax, tax_included, delivery_tax, total,
    authorised, captured, refunded, delivery_method, delivery_label, delivery_data, payment_method, payment_label,
    placed_at, changed_at, version, person_id, visitor, expires_at, delivery_refunded, quote,
    refused, surplus
FROM shop_order WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id

-- name: order_load_lines
SELECT id, sku, name, options, note, quantity, unit_price, original_price, subtotal, discount, total, tax, taxes, discounts,
    gift, cancelled, packed, shipped, delivered, returned, refunded, refunded_amount, variant_id, product_id, cost, weight_g,
    order_id
FROM order_line WHERE order_id IN (SELECT value FROM json_each($1)) ORDER BY order_id, position, id

-- name: order_load_notes
SELECT order_id, internal, text, actor, at FROM order_note
WHERE order_id IN (SELECT value FROM json_each($1)) AND (internal = 0 OR $2 = 1) ORDER BY order_id, id

-- name: order_load_history
SELECT at, actor, action, detail FROM audit WHERE subject = $1 AND subject <> '' ORDER BY id

-- Orders by their ids, for exports. $4: of a person with all who were joined into them; 0 and '' are "no matter".
-- name: order_load_list
WITH RECURSIVE whole (id) AS (
    SELECT id FROM person WHERE id = $4
    UNION SELECT p.id FROM person AS p JOIN whole ON p.merged_into = whole.id
)
SELECT o.id FROM shop_order o
WHERE o.id > $1 AND o.placed_at >= $2 AND o.placed_at < $3
    AND ($4 = 0 OR o.person_id IN (SELECT id FROM whole)) AND ($5 = '' OR o.status = $5)
    AND ($6 = '' OR o.payment_status = $6) AND ($7 = '' OR o.fulfilment_status = $7)
ORDER BY o.id LIMIT $8
