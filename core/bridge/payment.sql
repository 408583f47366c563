-- name: payment_view_order
SELECT number, token, email, name, coalesce(address ->> 'country', ''), locale FROM shop_order WHERE id = $1
