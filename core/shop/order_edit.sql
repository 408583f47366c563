-- Editing an order: see order_edit.c.

-- name: order_edit_row
SELECT o.number, o.status, o.payment_status, o.version, o.currency, o.prices_include_tax, o.locale, o.address, o.email, o.phone,
    o.name, o.quote, o.total, o.captured, o.refunded, o.delivery_refunded, o.channel, coalesce(p.customer_group, ''),
    o.delivery_method, o.delivery_label, o.refused, o.surplus, o.billing
FROM shop_order o LEFT JOIN person p ON p.id = o.person_id WHERE o.id = $1

-- name: order_edit_lines
SELECT id, variant_id, product_id, sku, name, options, quantity, unit_price, original_price, cost, weight_g, gift, discounts, taxes,
    packed + cancelled, refunded, position
FROM order_line WHERE order_id = $1 ORDER BY position, id

-- name: order_edit_variant
SELECT id FROM variant WHERE sku = $1

-- name: order_edit_save
UPDATE shop_order SET email = $3, phone = $4, name = $5, address = $6, items = $7, discount = $8, delivery = $9,
    delivery_discount = $10, tax = $11, tax_included = $12, delivery_tax = $13, total = $14, quote = $15, changed_at = $16,
    version = version + 1
WHERE id = $1 AND version = $2

-- name: order_edit_line_save
UPDATE order_line SET quantity = $2, subtotal = $3, discount = $4, total = $5, tax = $6, taxes = $7, discounts = $8 WHERE id = $1

-- A parcel that was unpacked is remembered by the audit alone.
-- name: order_edit_line_loose
DELETE FROM shipment_line WHERE line_id = $1 AND shipment_id IN (SELECT id FROM shipment WHERE state = 'cancelled')

-- name: order_edit_line_drop
DELETE FROM order_line WHERE id = $1

-- What nobody outside was told asks for what is owed now. A provider that was told a sum (or is being told) keeps it.
-- name: order_edit_payment
UPDATE payment SET amount = $2, changed_at = $3 WHERE order_id = $1 AND state = 'pending' AND local = 1 AND authorised = 0
