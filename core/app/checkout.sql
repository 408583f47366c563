-- name: checkout_catalogue_version
SELECT version FROM catalogue_state WHERE id = 1

-- name: checkout_orders_before
SELECT count(*) FROM shop_order WHERE person_id = $1 AND payment_status IN ('paid', 'part_refunded')

-- name: checkout_booking
SELECT number, delivery_method, delivery_data FROM shop_order WHERE id = $1
