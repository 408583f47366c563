-- People: see person.c, person_merge.c, person_data.c. $1 as a JSON list is a person with all who were joined into them.

-- name: person_insert
INSERT INTO person (id, stage, name, locale, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $5)

-- name: person_root
WITH RECURSIVE up (id, merged_into) AS (
    SELECT id, merged_into FROM person WHERE id = $1
    UNION SELECT p.id, p.merged_into FROM person AS p JOIN up ON p.id = up.merged_into
)
SELECT id FROM up WHERE merged_into IS NULL

-- name: person_known
WITH RECURSIVE up (id, merged_into, erased_at) AS (
    SELECT id, merged_into, erased_at FROM person WHERE id = $1
    UNION SELECT p.id, p.merged_into, p.erased_at FROM person AS p JOIN up ON p.id = up.merged_into
)
SELECT id FROM up WHERE merged_into IS NULL AND erased_at IS NULL

-- name: person_whole
WITH RECURSIVE whole (id) AS (
    SELECT id FROM person WHERE id = $1
    UNION SELECT p.id FROM person AS p JOIN whole ON p.merged_into = whole.id
)
SELECT json_group_array(id) FROM whole

-- name: person_get
SELECT id, stage, name, locale, customer_group, source, note, created_at, changed_at, version, erased_at
FROM person WHERE id = $1

-- name: person_stage
SELECT stage FROM person WHERE id = $1 AND erased_at IS NULL

-- name: person_set_stage
UPDATE person SET stage = $2, changed_at = $3, version = version + 1 WHERE id = $1

-- name: person_set_source
UPDATE person SET source = $2, changed_at = $3, version = version + 1 WHERE id = $1

-- name: person_set_profile
UPDATE person SET name = $2, locale = $3, changed_at = $4, version = version + 1 WHERE id = $1 AND erased_at IS NULL

-- The same address given twice, here and by somebody joined later, is one: confirmed when one of them is.
-- name: person_contacts
SELECT min(id), kind, value, max(written), max(confirmed_at), min(created_at)
FROM contact WHERE person_id IN (SELECT value FROM json_each($1)) GROUP BY kind, value ORDER BY 1

-- name: person_consents
SELECT channel, granted, source, wording, at
FROM consent WHERE person_id IN (SELECT value FROM json_each($1)) ORDER BY id

-- name: person_addresses
SELECT id, name, company, phone, country, region, city, postcode, line1, line2, chosen_at
FROM address WHERE person_id IN (SELECT value FROM json_each($1)) ORDER BY chosen_at DESC, id DESC

-- name: person_accounts
SELECT email, created_at, changed_at FROM account WHERE person_id IN (SELECT value FROM json_each($1)) ORDER BY created_at

-- name: person_events
SELECT id, at, kind, subject, data FROM event WHERE person_id IN (SELECT value FROM json_each($1)) ORDER BY id

-- name: person_clicks
SELECT at, expires_at, provider, param, value, landing FROM click
WHERE person_id IN (SELECT value FROM json_each($1)) ORDER BY id

-- name: person_inquiries
SELECT name, email, text, locale, path, at, done_at
FROM inquiry WHERE person_id IN (SELECT value FROM json_each($1)) ORDER BY id

-- ---- merging ----

-- name: person_join
UPDATE person SET merged_into = $2, changed_at = $3, version = version + 1 WHERE id = $1

-- name: person_part
UPDATE person SET merged_into = NULL, changed_at = $2, version = version + 1 WHERE id = $1

-- name: person_fill
UPDATE person SET name = $2, source = $3, stage = $4, changed_at = $5, version = version + 1 WHERE id = $1

-- name: person_rows
SELECT json_object(
    'contact', (SELECT json_group_array(c.id) FROM contact AS c WHERE c.person_id = $1 AND NOT EXISTS (
        SELECT 1 FROM contact AS o WHERE o.person_id = $2 AND o.kind = c.kind AND o.value = c.value)),
    'consent', (SELECT json_group_array(id) FROM consent WHERE person_id = $1),
    'address', (SELECT json_group_array(id) FROM address WHERE person_id = $1),
    'event', (SELECT json_group_array(id) FROM event WHERE person_id = $1),
    'inquiry', (SELECT json_group_array(id) FROM inquiry WHERE person_id = $1),
    'click', (SELECT json_group_array(id) FROM click WHERE person_id = $1),
    'account', (SELECT json_group_array(a.email) FROM account AS a WHERE a.person_id = $1 AND NOT EXISTS (
        SELECT 1 FROM account AS o WHERE o.person_id = $2)))

-- The rows of one list: only those that still are where they were.
-- name: person_move_contact
UPDATE contact SET person_id = $2 WHERE person_id = $1 AND id IN (SELECT value FROM json_each($3))
  AND NOT EXISTS (SELECT 1 FROM contact AS o WHERE o.person_id = $2 AND o.kind = contact.kind AND o.value = contact.value)

-- name: person_move_consent
UPDATE consent SET person_id = $2 WHERE person_id = $1 AND id IN (SELECT value FROM json_each($3))

-- name: person_move_address
UPDATE address SET person_id = $2 WHERE person_id = $1 AND id IN (SELECT value FROM json_each($3))

-- name: person_move_event
UPDATE event SET person_id = $2 WHERE person_id = $1 AND id IN (SELECT value FROM json_each($3))

-- name: person_move_inquiry
UPDATE inquiry SET person_id = $2 WHERE person_id = $1 AND id IN (SELECT value FROM json_each($3))

-- name: person_move_click
UPDATE click SET person_id = $2 WHERE person_id = $1 AND id IN (SELECT value FROM json_each($3))

-- name: person_move_account
UPDATE account SET person_id = $2 WHERE person_id = $1 AND email IN (SELECT value FROM json_each($3))
  AND NOT EXISTS (SELECT 1 FROM account AS o WHERE o.person_id = $2)

-- name: merge_insert
INSERT INTO merge (id, from_id, into_id, moved, at) VALUES ($1, $2, $3, $4, $5)

-- name: merge_get
SELECT from_id, into_id, moved, at, undone_at FROM merge WHERE id = $1

-- name: merge_undo
UPDATE merge SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL

-- ---- erasing ----

-- name: person_erase_contacts
DELETE FROM contact WHERE person_id IN (SELECT value FROM json_each($1))

-- name: person_erase_consents
DELETE FROM consent WHERE person_id IN (SELECT value FROM json_each($1))

-- name: person_erase_clicks
DELETE FROM click WHERE person_id IN (SELECT value FROM json_each($1))

-- name: person_erase_addresses
DELETE FROM address WHERE person_id IN (SELECT value FROM json_each($1))

-- name: person_erase_tickets
DELETE FROM ticket WHERE person_id IN (SELECT value FROM json_each($1))

-- name: person_erase_accounts
DELETE FROM account WHERE person_id IN (SELECT value FROM json_each($1))

-- name: person_erase_merges
DELETE FROM merge WHERE from_id IN (SELECT value FROM json_each($1)) OR into_id IN (SELECT value FROM json_each($1))

-- name: person_erase_sessions
DELETE FROM session WHERE principal <> '' AND principal IN (SELECT 'person:' || value FROM json_each($1))

-- name: person_erase_moves
DELETE FROM event WHERE person_id IN (SELECT value FROM json_each($1)) AND kind LIKE 'person.%'

-- What was seen stays for the counts; who saw it, and by which link they came, does not.
-- name: person_erase_events
UPDATE event SET person_id = NULL, visitor = 0, data = '{}' WHERE person_id IN (SELECT value FROM json_each($1))

-- name: person_erase_inquiries
UPDATE inquiry SET person_id = NULL, name = '', email = '', text = '-', path = ''
WHERE person_id IN (SELECT value FROM json_each($1))

-- name: person_carts
SELECT c.state, c.created_at, c.changed_at, c.draft, coalesce((SELECT json_group_array(json_object('sku', v.sku,
        'quantity', l.quantity, 'note', l.note)) FROM cart_line AS l JOIN variant AS v ON v.id = l.variant_id
        WHERE l.cart_id = c.id), '[]')
FROM cart AS c WHERE c.person_id IN (SELECT value FROM json_each($1)) AND c.state <> 'merged' ORDER BY c.id

-- name: person_erase_carts
DELETE FROM cart WHERE person_id IN (SELECT value FROM json_each($1)) AND state <> 'ordered'

-- name: person_erase_drafts
UPDATE cart SET person_id = NULL, visitor = 0, draft = '{}', quote = ''
WHERE person_id IN (SELECT value FROM json_each($1))

-- What was told about an order that is under way may still be told; the rest goes, addresses given up too.
-- name: person_erase_messages
DELETE FROM message WHERE person_id IN (SELECT value FROM json_each($1)) AND (state <> 'waiting' OR order_id IS NULL)

-- name: person_erase_suppressions
DELETE FROM suppression WHERE value IN (SELECT value FROM contact WHERE person_id IN (SELECT value FROM json_each($1)))

-- name: person_erase_deliveries
DELETE FROM webhook_delivery WHERE state <> 'waiting' AND subject IN (SELECT 'person:' || value FROM json_each($1)
    UNION ALL SELECT 'order:' || o.id FROM shop_order AS o WHERE o.person_id IN (SELECT value FROM json_each($1)))

-- name: person_messages
SELECT channel, kind, recipient, state, created_at, sent_at FROM message
WHERE person_id IN (SELECT value FROM json_each($1)) ORDER BY id

-- name: person_erase
UPDATE person SET name = '', locale = '', customer_group = '', source = '{}', note = '', erased_at = $2, changed_at = $2,
    version = version + 1
WHERE id IN (SELECT value FROM json_each($1)) AND erased_at IS NULL

-- name: person_orders
SELECT o.number, o.status, o.placed_at, o.currency, o.total, o.name, o.email, o.phone, o.address, o.billing, o.note,
    coalesce((SELECT json_group_array(json_object('sku', l.sku, 'name', l.name, 'quantity', l.quantity, 'total', l.total))
        FROM order_line AS l WHERE l.order_id = o.id), '[]')
FROM shop_order AS o WHERE o.person_id IN (SELECT value FROM json_each($1)) ORDER BY o.id

-- name: person_erase_uses
DELETE FROM promo_use_customer WHERE use_id IN (SELECT u.id FROM promo_use AS u JOIN shop_order AS o ON o.id = u.order_id
    WHERE o.person_id IN (SELECT value FROM json_each($1)) AND o.status IN ('closed', 'cancelled'))

-- What is under way still has to arrive: it loses its names when it is closed or cancelled (order_forget).
-- name: person_erase_orders
UPDATE shop_order SET name = '', email = '', phone = '', note = '', visitor = 0, billing = '{}', delivery_data = '{}',
    address = json_object('country', json_extract(address, '$.country'))
WHERE person_id IN (SELECT value FROM json_each($1)) AND status IN ('closed', 'cancelled')
