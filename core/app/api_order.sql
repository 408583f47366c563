-- Orders for programs of the shop, newest first. '' and 0 are "no matter"; $6: what is looked for, in lower case; $7: as it was written.
-- name: api_order_list
SELECT o.id, o.number, o.status, o.payment_status, o.fulfilment_status, o.currency, o.total, o.captured, o.refunded, o.name,
    o.email, o.phone, o.delivery_method, o.payment_method, o.placed_at, o.changed_at, o.version,
    (SELECT coalesce(sum(l.quantity - l.cancelled), 0) FROM order_line l WHERE l.order_id = o.id)
FROM shop_order o
WHERE (o.placed_at < $1 OR (o.placed_at = $1 AND o.id < $2))
    AND ($3 = '' OR o.status = $3) AND ($4 = '' OR o.payment_status = $4) AND ($5 = '' OR o.fulfilment_status = $5)
    AND ($6 = '' OR lower(o.number) = $6 OR instr(o.email, $6) > 0 OR instr(o.phone, $6) > 0 OR instr(lower(o.name), $6) > 0
        OR instr(o.name, $7) > 0)
    AND o.placed_at >= $8 AND o.placed_at < $9
ORDER BY o.placed_at DESC, o.id DESC LIMIT $10
