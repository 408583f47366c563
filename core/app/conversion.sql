-- Conversions: clicks that were caught, and what partners are told about orders.

-- ---- clicks ----

-- A link that is opened again makes the same click younger; what it says never changes. Who is not there (any more) has
-- no click.
-- name: conversion_click_put
INSERT INTO click (id, token, provider, param, value, landing, flags, visitor, person_id, cart_id, at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, (SELECT id FROM person WHERE id = $9), $10, $11, $12)
ON CONFLICT (token) DO UPDATE SET at = excluded.at, expires_at = excluded.expires_at,
    person_id = coalesce(excluded.person_id, person_id)
WHERE provider = excluded.provider AND param = excluded.param AND value = excluded.value

-- The last click that counts: by the cookie, by who is signed in, by what the cart (or one that went up in it) was begun with.
-- name: conversion_click_last
SELECT c.id, c.at FROM click c WHERE c.token = $1 AND c.expires_at > $4
UNION ALL SELECT * FROM (SELECT c.id, c.at FROM click c WHERE c.person_id = $2 AND c.expires_at > $4 ORDER BY c.at DESC LIMIT 1)
UNION ALL SELECT c.id, c.at FROM click c WHERE c.cart_id = $3 AND c.expires_at > $4
UNION ALL SELECT c.id, c.at FROM cart g JOIN click c ON c.cart_id = g.id WHERE g.merged_into = $3 AND c.expires_at > $4
ORDER BY 2 DESC, 1 DESC LIMIT 1

-- name: conversion_click_own
UPDATE click SET person_id = (SELECT id FROM person WHERE id = $2) WHERE token = $1

-- name: conversion_click_forget
DELETE FROM click WHERE token = $1

-- name: conversion_click_forget_person
DELETE FROM click WHERE person_id = $1

-- name: conversion_click_sweep
DELETE FROM click WHERE id IN (SELECT id FROM click WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)

-- name: conversion_any
SELECT EXISTS (SELECT 1 FROM click) OR EXISTS (SELECT 1 FROM conversion)

-- ---- conversions ----

-- One an order, whoever's click it was; a repeat changes nothing.
-- name: conversion_put
INSERT INTO conversion (id, order_id, provider, click_id, param, value, clicked_at, key, flags, again, state, amount, currency,
    telling, created_at, changed_at)
SELECT $1, o.id, c.provider, c.id, c.param, c.value, c.at, $4, c.flags,
    EXISTS (SELECT 1 FROM shop_order b WHERE b.person_id = o.person_id AND b.id <> o.id AND b.status NOT IN ('draft', 'cancelled'))
        OR EXISTS (SELECT 1 FROM shop_order b WHERE b.email <> '' AND b.email = o.email AND b.id <> o.id
            AND b.status NOT IN ('draft', 'cancelled')),
    'pending', 0, o.currency, 'told', $5, $5
FROM shop_order o, click c WHERE o.id = $2 AND c.id = $3
    AND NOT EXISTS (SELECT 1 FROM conversion x WHERE x.order_id = o.id)

-- name: conversion_of_order
SELECT id FROM conversion WHERE order_id = $1 ORDER BY id

-- name: conversion_due
SELECT id FROM conversion WHERE due_at <= $1 ORDER BY due_at LIMIT $2

-- Everything that state and amount follow from, but the lines.
-- name: conversion_head
SELECT c.order_id, c.provider, c.state, c.amount, c.flags, coalesce(c.due_at, 0), '', o.status, o.total, o.refused,
    o.captured, o.refunded, o.surplus, o.delivery_refunded, o.prices_include_tax,
    (SELECT coalesce(max(e.at), 0) FROM shipment_event e JOIN shipment s ON s.id = e.shipment_id
        WHERE s.order_id = o.id AND e.state IN ('delivered', 'partially_delivered')),
    EXISTS (SELECT 1 FROM order_return r WHERE r.order_id = o.id
        AND (r.state IN ('requested', 'approved') OR (r.state = 'received' AND r.outcome = 'refund' AND r.refund_move IS NULL)))
FROM conversion c JOIN shop_order o ON o.id = c.order_id WHERE c.id = $1

-- With the units that were not taken at the door.
-- name: conversion_lines
SELECT l.quantity, l.cancelled, l.delivered, l.returned, l.refunded, l.refunded_amount, l.total, l.tax,
    (SELECT coalesce(sum(sl.quantity - sl.accepted), 0) FROM shipment_line sl
        WHERE sl.line_id = l.id AND sl.accepted IS NOT NULL)
FROM order_line l WHERE l.order_id = $1 ORDER BY l.position, l.id

-- name: conversion_set
UPDATE conversion SET state = $2, amount = $3, due_at = $4, telling = 'waiting', attempts = 0, error = '',
    version = version + 1, changed_at = $5 WHERE id = $1

-- name: conversion_set_due
UPDATE conversion SET due_at = $2 WHERE id = $1

-- The waiting job comes now; one that runs looks again at its end.
-- name: conversion_hasten
UPDATE job SET due = $3, attempt = 0, changed_at = $3 WHERE kind = $1 AND key = $2 AND state = 'waiting'

-- ---- telling ----

-- name: conversion_load
SELECT c.order_id, c.provider, c.param, c.value, c.clicked_at, c.key, c.again, c.state, c.amount, c.currency, c.telling,
    c.sent_state, c.version, o.number, o.placed_at
FROM conversion c JOIN shop_order o ON o.id = c.order_id WHERE c.id = $1

-- name: conversion_told
UPDATE conversion SET sent_state = $3, sent_amount = $4, sent_at = $5, attempts = attempts + 1,
    reference = CASE WHEN $6 = '' THEN reference ELSE $6 END, error = CASE WHEN version = $2 THEN '' ELSE error END,
    telling = CASE WHEN version = $2 THEN 'told' ELSE telling END
WHERE id = $1

-- name: conversion_refused
UPDATE conversion SET telling = CASE WHEN version = $2 THEN $3 ELSE telling END, attempts = attempts + 1, error = $4 WHERE id = $1

-- name: conversion_later
UPDATE conversion SET attempts = attempts + 1, error = $2 WHERE id = $1

-- name: conversion_waits
SELECT provider FROM conversion WHERE id = $1 AND telling = 'waiting'

-- name: conversion_again
UPDATE conversion SET telling = 'waiting', attempts = 0, version = version + 1, changed_at = $2 WHERE id = $1
RETURNING provider

-- ---- what providers see of an order ----

-- name: conversion_order
SELECT number, currency, items, discount, delivery - delivery_discount, tax, tax_included, total, refunded, placed_at, channel,
    quote FROM shop_order WHERE id = $1

-- name: conversion_order_lines
SELECT l.sku, l.name, l.options, l.quantity, l.unit_price, l.discount, l.total, l.tax, l.refunded,
    coalesce((SELECT c.key FROM product_category p JOIN category c ON c.id = p.category_id
        WHERE p.product_id = l.product_id ORDER BY p.position, c.id LIMIT 1), '')
FROM order_line l WHERE l.order_id = $1 ORDER BY l.position, l.id

-- ---- for staff ----

-- name: conversion_list
SELECT c.id, o.number, c.order_id, c.provider, c.param, c.value, c.clicked_at, c.key, c.again, c.state, c.amount, c.currency,
    c.telling, c.attempts, c.sent_state, c.sent_amount, c.sent_at, c.reference, c.error, c.due_at, c.created_at, c.changed_at
FROM conversion c JOIN shop_order o ON o.id = c.order_id
WHERE $1 = 0 AND ($2 = '' OR c.state = $2) AND ($3 = '' OR c.telling = $3) AND ($4 = '' OR c.provider = $4)
    AND ($5 = 0 OR c.id < $5) ORDER BY c.id DESC LIMIT $6

-- The same of one order, by its index.
-- name: conversion_list_order
SELECT c.id, o.number, c.order_id, c.provider, c.param, c.value, c.clicked_at, c.key, c.again, c.state, c.amount, c.currency,
    c.telling, c.attempts, c.sent_state, c.sent_amount, c.sent_at, c.reference, c.error, c.due_at, c.created_at, c.changed_at
FROM conversion c JOIN shop_order o ON o.id = c.order_id
WHERE c.order_id = $1 AND ($2 = '' OR c.state = $2) AND ($3 = '' OR c.telling = $3) AND ($4 = '' OR c.provider = $4)
    AND ($5 = 0 OR c.id < $5) ORDER BY c.id DESC LIMIT $6
