-- Offers of upsell rules: what became of each.

-- Which lines of a cart came by one.
-- name: promo_offer_lines
SELECT line_id, offer, quantity, discount FROM promo_offer
WHERE cart_id = $1 AND order_id IS NULL AND state = 'accepted' AND line_id IS NOT NULL ORDER BY line_id

-- What stands of this cart or order, and what this person or visitor has declined before.
-- name: promo_offer_past
SELECT offer, slot, variant_id, state, declines, coalesce(line_id, 0), coalesce(payment_id, 0),
    coalesce(cart_id = $1 AND order_id IS NULL, 0) OR coalesce(order_id = $2, 0)
FROM promo_offer
WHERE (cart_id = $1 AND order_id IS NULL) OR order_id = $2 OR (person_id = $3 AND declines > 0)
    OR (visitor = $4 AND visitor <> 0 AND declines > 0)
ORDER BY id

-- name: promo_offer_note_cart
INSERT INTO promo_offer (id, offer, hash, slot, cart_id, person_id, visitor, variant_id, quantity, amount, discount, state, shown_at,
    expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (cart_id, offer, slot, variant_id) WHERE cart_id IS NOT NULL AND order_id IS NULL
DO UPDATE SET hash = excluded.hash, quantity = excluded.quantity, amount = excluded.amount, discount = excluded.discount,
    state = excluded.state, expires_at = excluded.expires_at, ended_at = NULL
WHERE promo_offer.state <> 'accepted' OR promo_offer.line_id IS NULL

-- name: promo_offer_note_order
INSERT INTO promo_offer (id, offer, hash, slot, order_id, person_id, visitor, variant_id, quantity, amount, discount, state, shown_at,
    expires_at)
SELECT $1, $2, $3, $4, id, person_id, visitor, $6, $7, $8, $9, $10, $11, $12 FROM shop_order WHERE id = $5
ON CONFLICT (order_id, offer, slot, variant_id) WHERE order_id IS NOT NULL
DO UPDATE SET hash = excluded.hash, quantity = excluded.quantity, amount = excluded.amount, discount = excluded.discount,
    state = excluded.state, expires_at = excluded.expires_at, ended_at = NULL
WHERE promo_offer.state NOT IN ('accepted', 'failed')

-- name: promo_offer_get_cart
SELECT id, state, coalesce(line_id, 0), coalesce(payment_id, 0), quantity, amount, discount, variant_id, offer
FROM promo_offer WHERE cart_id = $1 AND order_id IS NULL AND offer = $2 AND slot = $3 AND variant_id = $4

-- name: promo_offer_get_order
SELECT id, state, coalesce(line_id, 0), coalesce(payment_id, 0), quantity, amount, discount, variant_id, offer
FROM promo_offer WHERE order_id = $1 AND offer = $2 AND slot = $3 AND variant_id = $4

-- name: promo_offer_get_payment
SELECT id, state, coalesce(line_id, 0), coalesce(payment_id, 0), quantity, amount, discount, variant_id, offer
FROM promo_offer WHERE payment_id = $1

-- name: promo_offer_take
UPDATE promo_offer SET state = 'accepted', line_id = $2, ended_at = $3 WHERE id = $1

-- name: promo_offer_pay
UPDATE promo_offer SET payment_id = $2 WHERE id = $1

-- Somebody looked at a product without having a cart: once a day is enough.
-- name: promo_offer_note_visitor
INSERT INTO promo_offer (id, offer, hash, slot, person_id, visitor, variant_id, quantity, amount, discount, state, shown_at, expires_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
WHERE $6 <> 0 AND NOT EXISTS (SELECT 1 FROM promo_offer AS o WHERE o.visitor = $6 AND o.offer = $2 AND o.slot = $4
    AND o.variant_id = $7 AND o.shown_at > $12 - 86400000000)

-- Now there is one.
-- name: promo_offer_adopt
UPDATE OR IGNORE promo_offer SET cart_id = $1 WHERE cart_id IS NULL AND order_id IS NULL AND visitor = $2 AND visitor <> 0
    AND offer = $3 AND slot = $4 AND variant_id = $5 AND state IN ('shown', 'declined')

-- name: promo_offer_end
UPDATE promo_offer SET state = $2, declines = declines + ($2 = 'declined'), line_id = NULL, ended_at = $3
WHERE id = $1 AND state <> $2

-- A tick that was taken off: it is offered as before.
-- name: promo_offer_back
UPDATE promo_offer SET state = 'shown', line_id = NULL, ended_at = NULL WHERE id = $1 AND state = 'accepted'

-- Two carts became one: what was taken in the first stands in the other.
-- name: promo_offer_follow
UPDATE OR IGNORE promo_offer SET cart_id = $2, line_id = (
    SELECT n.id FROM cart_line AS o JOIN cart_line AS n ON n.variant_id = o.variant_id AND n.later = o.later
    WHERE o.id = promo_offer.line_id AND n.cart_id = $2)
WHERE cart_id = $1 AND order_id IS NULL

-- name: promo_offer_taken
SELECT offer, slot, line_id, quantity, amount, discount FROM promo_offer
WHERE cart_id = $1 AND order_id IS NULL AND state = 'accepted' AND line_id IS NOT NULL ORDER BY line_id

-- The kind that is chosen, or the only one.
-- name: promo_offer_looked_at
SELECT p.key, coalesce((SELECT v.id FROM variant AS v WHERE v.product_id = p.id AND v.sku = $2 AND v.enabled = 1),
    (SELECT max(v.id) FROM variant AS v WHERE v.product_id = p.id AND v.enabled = 1 AND $2 = '' HAVING count(*) = 1), 0)
FROM product AS p WHERE p.id = $1

-- ---- orders ----

-- name: promo_offer_order
SELECT number, token, status, payment_status, fulfilment_status, locale, channel, currency, coalesce(person_id, 0), visitor, email,
    address, placed_at, total, prices_include_tax, version, delivery_method,
    coalesce((SELECT p.customer_group FROM person AS p WHERE p.id = shop_order.person_id), ''), billing, quote
FROM shop_order WHERE id = $1

-- name: promo_offer_order_lines
SELECT id, coalesce(variant_id, 0), quantity - cancelled, unit_price, original_price, sku, name, gift
FROM order_line WHERE order_id = $1 AND quantity > cancelled ORDER BY position, id

-- name: promo_offer_order_payments
SELECT state, local, provider, amount, captured, id FROM payment WHERE order_id = $1 ORDER BY id

-- name: promo_offer_answered
SELECT count(*) FROM promo_offer WHERE order_id = $1 AND slot = 'after'
    AND (state IN ('accepted', 'declined', 'failed') OR payment_id IS NOT NULL)

-- name: promo_offer_seen
SELECT count(*) FROM promo_offer WHERE order_id = $1 AND slot = 'after'

-- Who looked at a product without a cart.
-- name: promo_offer_get_visitor
SELECT id, state, coalesce(line_id, 0), coalesce(payment_id, 0), quantity, amount, discount, variant_id, offer
FROM promo_offer WHERE visitor = $1 AND visitor <> 0 AND cart_id IS NULL AND order_id IS NULL AND offer = $2 AND slot = $3
    AND variant_id = $4 ORDER BY id DESC LIMIT 1

-- What it brought, a row for each rule and slot. A share of the customers is held out: what became of the carts (or orders) of
-- those is compared with what became of the others. Amounts are net of tax.
-- name: promo_offer_report
WITH told AS (SELECT * FROM promo_offer WHERE shown_at >= $1),
counted AS (
    SELECT offer, slot, count(*) FILTER (WHERE state <> 'held') AS shown, count(*) FILTER (WHERE state = 'accepted') AS accepted,
        count(*) FILTER (WHERE state = 'declined') AS declined, count(*) FILTER (WHERE state = 'failed') AS failed,
        count(*) FILTER (WHERE state = 'held') AS held
    FROM told GROUP BY offer, slot),
taken AS (
    SELECT t.offer, t.slot, t.quantity, l.quantity AS line_quantity, l.cost, l.quantity - l.cancelled AS left_over,
        l.total - CASE WHEN o.prices_include_tax = 1 THEN l.tax ELSE 0 END AS net
    FROM told AS t
        JOIN shop_order AS o ON o.id = coalesce(t.order_id, (SELECT x.id FROM shop_order AS x WHERE x.cart_id = t.cart_id))
        JOIN order_line AS l ON l.order_id = o.id AND l.variant_id = t.variant_id AND l.gift = 0
    WHERE t.state = 'accepted' AND o.status <> 'cancelled'),
brought AS (
    SELECT offer, slot, sum(min(quantity, left_over)) AS units, sum(net * min(quantity, left_over) / line_quantity) AS revenue,
        sum(CASE WHEN cost IS NULL THEN 0 ELSE net * min(quantity, left_over) / line_quantity - cost * min(quantity, left_over) END)
            AS margin
    FROM taken GROUP BY offer, slot),
places AS (
    SELECT offer, slot, state = 'held' AS held, coalesce(order_id, (SELECT x.id FROM shop_order AS x WHERE x.cart_id = told.cart_id))
        AS order_id
    FROM told GROUP BY offer, slot, state = 'held', coalesce(-order_id, cart_id, -id)),
ended AS (
    SELECT p.offer, p.slot, p.held, count(*) AS places, count(o.id) AS orders, coalesce(sum(o.items - o.discount
        - CASE WHEN o.prices_include_tax = 1 THEN o.tax_included - o.delivery_tax ELSE 0 END), 0) AS revenue
    FROM places AS p LEFT JOIN shop_order AS o ON o.id = p.order_id AND o.status <> 'cancelled'
    GROUP BY p.offer, p.slot, p.held)
SELECT c.offer, c.slot, c.shown, c.accepted, c.declined, c.failed, c.held, coalesce(b.units, 0), coalesce(b.revenue, 0),
    coalesce(b.margin, 0), coalesce(s.places, 0), coalesce(s.orders, 0), coalesce(s.revenue, 0), coalesce(h.places, 0),
    coalesce(h.orders, 0), coalesce(h.revenue, 0)
FROM counted AS c
    LEFT JOIN brought AS b ON b.offer = c.offer AND b.slot = c.slot
    LEFT JOIN ended AS s ON s.offer = c.offer AND s.slot = c.slot AND s.held = 0
    LEFT JOIN ended AS h ON h.offer = c.offer AND h.slot = c.slot AND h.held = 1
ORDER BY c.offer, c.slot
