-- What the pages of buying ask beside the modules of core/shop.

-- name: buy_units
SELECT coalesce(sum(l.quantity), 0) FROM cart c JOIN cart_line l ON l.cart_id = c.id AND l.later = 0
WHERE c.token = $1 AND c.state = 'open' AND c.expires_at > $2;

-- name: buy_units_of_person
SELECT coalesce(sum(l.quantity), 0) FROM cart_line l
WHERE l.later = 0 AND l.cart_id = (SELECT id FROM cart WHERE person_id = $1 AND state = 'open' AND expires_at > $2
  ORDER BY changed_at DESC LIMIT 1);

-- name: buy_variant_of_sku
SELECT id FROM variant WHERE sku = $1;

-- name: buy_order_token
SELECT number, token FROM shop_order WHERE id = $1;

-- name: buy_order_lookup
SELECT token FROM shop_order WHERE number = $1 AND email = $2;

-- name: buy_order_owner
SELECT coalesce(person_id, 0) FROM shop_order WHERE id = $1;

-- name: buy_orders_of_person
WITH RECURSIVE whole (id) AS (
  SELECT $1 UNION SELECT p.id FROM person AS p JOIN whole ON p.merged_into = whole.id
)
SELECT o.number, o.token, o.placed_at, o.status, o.payment_status, o.fulfilment_status, o.total, o.currency,
  (SELECT coalesce(sum(l.quantity - l.cancelled), 0) FROM order_line l WHERE l.order_id = o.id),
  (SELECT l.name FROM order_line l WHERE l.order_id = o.id ORDER BY l.position LIMIT 1), o.id
FROM shop_order o
WHERE o.person_id IN (SELECT id FROM whole) AND o.status <> 'draft' AND (o.placed_at, o.id) < ($2, $3)
ORDER BY o.placed_at DESC, o.id DESC LIMIT $4;

-- name: buy_order_cart
SELECT c.token FROM shop_order o JOIN cart c ON c.id = o.cart_id WHERE o.id = $1;
