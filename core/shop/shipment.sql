-- ---- packing ----

-- name: shipment_order
SELECT o.number, o.status, o.currency, o.delivery_method, o.payment_method, o.total, o.captured - o.surplus, o.authorised,
    o.delivery - o.delivery_discount + CASE WHEN o.prices_include_tax = 1 THEN 0 ELSE o.delivery_tax END,
    (SELECT count(*) FROM shipment s WHERE s.order_id = o.id), o.fulfilment_status, o.prices_include_tax
FROM shop_order o WHERE o.id = $1

-- name: shipment_rest
SELECT id, quantity - cancelled - packed FROM order_line
WHERE order_id = $1 AND quantity - cancelled - packed > 0 ORDER BY position, id

-- Guarded: never more than there is to pack.
-- name: shipment_take
UPDATE order_line SET packed = packed + $3 WHERE id = $1 AND order_id = $2 AND cancelled + packed + $3 <= quantity

-- name: shipment_left
SELECT quantity - cancelled - packed, sku FROM order_line WHERE id = $1 AND order_id = $2

-- name: shipment_insert
INSERT INTO shipment (id, order_id, number, method, state, state_at, tracking, created_at, changed_at)
VALUES ($1, $2, $3, $4, 'pending', $5, $6, $5, $5)

-- name: shipment_line_insert
INSERT INTO shipment_line (shipment_id, line_id, quantity) VALUES ($1, $2, $3)

-- name: shipment_collected
SELECT coalesce(sum(collect), 0), count(*),
    (SELECT coalesce(sum(quantity - cancelled - packed), 0) FROM order_line WHERE order_id = $1)
FROM shipment WHERE order_id = $1 AND id <> $2 AND unpacked_at IS NULL

-- name: shipment_fill
UPDATE shipment SET weight_g = $2, declared_value = $3, collect = $4, collect_packed = $4 WHERE id = $1

-- ---- at the carrier ----

-- name: shipment_ask
UPDATE shipment SET registering = 'asked', why = '', changed_at = $2
WHERE id = $1 AND registering IN ('', 'failed') AND unpacked_at IS NULL AND state IN ('pending', 'exception')

-- name: shipment_answer
UPDATE shipment SET registering = $2, why = $3, tracking = CASE WHEN $4 = '' THEN tracking ELSE $4 END,
    tracking_url = CASE WHEN $5 = '' THEN tracking_url ELSE $5 END, data = CASE WHEN $6 = '' THEN data ELSE $6 END,
    changed_at = $7
WHERE id = $1

-- ---- handed over, or not ----

-- name: shipment_head
SELECT s.order_id, o.number, s.number, s.state, s.sent_at, s.unpacked_at, s.tracking, s.registering, s.method
FROM shipment s JOIN shop_order o ON o.id = s.order_id WHERE s.id = $1

-- Guarded: once, and never after it was unpacked.
-- name: shipment_leave
UPDATE shipment SET sent_at = $2, tracking = CASE WHEN $3 = '' THEN tracking ELSE $3 END, changed_at = $2
WHERE id = $1 AND sent_at IS NULL AND unpacked_at IS NULL

-- name: shipment_unpack
UPDATE shipment SET unpacked_at = $2, collect = 0, changed_at = $2
WHERE id = $1 AND sent_at IS NULL AND unpacked_at IS NULL

-- name: shipment_lines_shipped
UPDATE order_line SET shipped = shipped + (SELECT sl.quantity FROM shipment_line sl
    WHERE sl.shipment_id = $1 AND sl.line_id = order_line.id)
WHERE id IN (SELECT line_id FROM shipment_line WHERE shipment_id = $1)

-- name: shipment_lines_unpacked
UPDATE order_line SET packed = packed - (SELECT sl.quantity FROM shipment_line sl
    WHERE sl.shipment_id = $1 AND sl.line_id = order_line.id)
WHERE id IN (SELECT line_id FROM shipment_line WHERE shipment_id = $1)

-- name: shipment_goods
SELECT l.variant_id, sum(sl.quantity) FROM shipment_line sl JOIN order_line l ON l.id = sl.line_id
WHERE sl.shipment_id = $1 AND l.variant_id IS NOT NULL GROUP BY l.variant_id ORDER BY l.variant_id

-- ---- what follows for the order ----

-- name: shipment_sums
SELECT coalesce(sum(quantity - cancelled), 0), coalesce(sum(packed), 0), coalesce(sum(shipped), 0),
    coalesce(sum(delivered), 0), coalesce(sum(returned), 0)
FROM order_line WHERE order_id = $1

-- ---- news ----

-- name: shipment_event_insert
INSERT INTO shipment_event (id, shipment_id, key, state, code, text, at, accepted)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (shipment_id, key) DO NOTHING

-- name: shipment_events
SELECT at, state, code, text, accepted, key FROM shipment_event WHERE shipment_id = $1 ORDER BY at, key

-- name: shipment_become
UPDATE shipment SET state = $2, state_at = $3, changed_at = $4 WHERE id = $1 AND (state <> $2 OR state_at <> $3)

-- name: shipment_doors
SELECT line_id, quantity, coalesce(accepted, -1) FROM shipment_line WHERE shipment_id = $1 ORDER BY line_id

-- Guarded by what was accepted before, so that the same news twice moves nothing; -1: not said.
-- name: shipment_accept
UPDATE shipment_line SET accepted = CASE WHEN $3 < 0 THEN NULL ELSE $3 END
WHERE shipment_id = $1 AND line_id = $2 AND coalesce(accepted, -1) = $4 AND $3 <> $4

-- name: shipment_line_delivered
UPDATE order_line SET delivered = delivered + $2 WHERE id = $1 AND delivered + $2 BETWEEN 0 AND shipped

-- What is refused is not collected: all of it (0 kept), or its worth.
-- name: shipment_uncollect
UPDATE shipment SET refused = $3, collect = CASE WHEN $2 = 0 THEN 0 ELSE max(0, collect_packed - $3) END WHERE id = $1

-- name: shipment_refused
UPDATE shop_order SET refused = (SELECT coalesce(sum(s.refused), 0) FROM shipment s WHERE s.order_id = $1) WHERE id = $1

-- name: shipment_by_tracking
SELECT id FROM shipment WHERE tracking = $1 AND tracking <> '' AND substr(method, 1, length($2) + 1) = $2 || ':' ORDER BY id DESC

-- name: shipment_by_number
SELECT id FROM shipment WHERE number = $1 AND substr(method, 1, length($2) + 1) = $2 || ':'

-- ---- reading ----

-- For carriers: what was paid since it was packed is not collected once more.
-- name: shipment_get
SELECT s.id, s.order_id, s.number, s.method, s.state, s.state_at, s.registering, s.tracking, s.tracking_url, s.weight_g,
    s.declared_value, min(s.collect, max(0, o.total - o.refused - o.captured + o.surplus)), s.data, s.why, s.sent_at, s.unpacked_at, s.created_at,
    o.number, o.currency, o.name, o.phone, o.email, o.locale, o.address, o.delivery_data, o.delivery_label
FROM shipment s JOIN shop_order o ON o.id = s.order_id WHERE s.id = $1

-- name: shipment_ids
SELECT id FROM shipment WHERE order_id IN (SELECT value FROM json_each($1)) ORDER BY id

-- name: shipment_list_heads
SELECT s.id, s.order_id, s.number, s.method, s.state, s.state_at, s.registering, s.tracking, s.tracking_url, s.weight_g,
    s.declared_value, s.collect, s.data, s.why, s.sent_at, s.unpacked_at, s.created_at, o.number, o.currency
FROM shipment s JOIN shop_order o ON o.id = s.order_id
WHERE s.id IN (SELECT value FROM json_each($1)) ORDER BY s.id

-- The worth of units is an exact share of their line, with added tax: what other parcels hold of it stands before.
-- name: shipment_list_lines
SELECT sl.shipment_id, sl.line_id, l.sku, l.name, l.options, sl.quantity, coalesce(sl.accepted, -1), l.quantity,
    l.total + CASE WHEN o.prices_include_tax = 1 THEN 0 ELSE l.tax END,
    (SELECT coalesce(sum(p.quantity), 0) FROM shipment_line p JOIN shipment ps ON ps.id = p.shipment_id
        WHERE p.line_id = sl.line_id AND p.shipment_id < sl.shipment_id AND ps.unpacked_at IS NULL),
    coalesce(l.weight_g, 0)
FROM shipment_line sl JOIN order_line l ON l.id = sl.line_id JOIN shop_order o ON o.id = l.order_id
WHERE sl.shipment_id IN (SELECT value FROM json_each($1)) ORDER BY sl.shipment_id, l.position, l.id

-- name: shipment_list_events
SELECT shipment_id, at, state, code, text FROM shipment_event
WHERE shipment_id IN (SELECT value FROM json_each($1)) ORDER BY shipment_id, at, key
