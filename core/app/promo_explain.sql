-- Who a cart is for: see promo_explain.c.

-- name: promo_explain_group
SELECT customer_group FROM person WHERE id = $1
