-- name: parcel_head
SELECT method, registering, state, unpacked_at FROM shipment WHERE id = $1

-- On their way, and not asked after for as long as $1 says; parcels of long ago are not asked after any more.
-- name: parcel_due
SELECT id FROM shipment
WHERE state IN ('registered', 'in_transit', 'out_for_delivery', 'available_for_pickup', 'attempt_failed', 'exception', 'returning')
    AND registering = 'done' AND unpacked_at IS NULL AND tracked_at < $1 AND created_at > $2
ORDER BY tracked_at, id LIMIT 100

-- What stands between the shop and the carrier, in the carrier's own words; empty: nothing any more.
-- name: parcel_note
UPDATE shipment SET why = $2 WHERE id = $1 AND why <> $2

-- name: parcel_tracked
UPDATE shipment SET tracked_at = $2 WHERE id = $1

-- name: parcel_order
SELECT number, locale, placed_at, delivery_label, payment_label, note, name, phone, address, currency FROM shop_order WHERE id = $1

-- name: parcel_order_lines
SELECT sku, name, options, quantity - cancelled, note FROM order_line
WHERE order_id = $1 AND quantity > cancelled ORDER BY position, id
