-- Placing: see order_place.c. Each runs once for an order, the lines' once for each line.

-- name: order_place_cart
SELECT c.state, c.version, c.person_id, c.visitor, s.version, o.id, o.number, o.token,
    (SELECT max(p.id) FROM payment p WHERE p.order_id = o.id)
FROM cart c JOIN catalogue_state s ON s.id = 1 LEFT JOIN shop_order o ON o.cart_id = c.id WHERE c.id = $1

-- name: order_place_insert
INSERT INTO shop_order (id, number, token, cart_id, person_id, status, payment_status, fulfilment_status, email, phone, name,
    address, billing, note, locale, channel, visitor, currency, prices_include_tax, items, discount, delivery,
    delivery_discount, tax, tax_included, delivery_tax, total, delivery_method, delivery_label, delivery_data,
    payment_method, payment_label, quote, expires_at, placed_at, changed_at)
VALUES ($1, $2, $3, $4, $5, 'placed', $6, 'none', $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
    $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $33)

-- name: order_place_line
INSERT INTO order_line (id, order_id, position, variant_id, product_id, sku, name, options, note, quantity, unit_price,
    original_price, cost, subtotal, discount, total, tax, taxes, discounts, gift, weight_g)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)

-- name: order_place_close_cart
UPDATE cart SET state = 'ordered', changed_at = $2 WHERE id = $1 AND state = 'open' AND version = $3

-- name: order_place_address
SELECT id FROM address WHERE person_id = $1 AND country = $2 AND city = $3 AND postcode = $4 AND line1 = $5 AND line2 = $6 LIMIT 1

-- The newest record that left this address without proof, and without an account: whoever bought before as a guest.
-- name: order_place_guest
SELECT c.person_id FROM contact AS c JOIN person AS p ON p.id = c.person_id
WHERE c.kind = 'email' AND c.value = $1 AND c.confirmed_at IS NULL AND p.merged_into IS NULL AND p.erased_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM account AS a WHERE a.person_id = p.id)
ORDER BY c.id DESC LIMIT 1
