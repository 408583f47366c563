-- What plugins may read of the shop's own tables (sdk/include/souk/db.h says the same): a part of the ABI. Columns are only
-- added. Nobody's name, address or contact, no cost, no token that opens a cart or an order, nothing that a provider keeps.
-- Views are plain selections, so that a condition on a column finds the index below it.

CREATE VIEW v1_product (id, key, type, status, visibility, brand, tax_class, created_at, changed_at) AS
SELECT p.id, p.key, p.type, p.status, p.visibility, b.name, c.code, p.created_at, p.changed_at
FROM product AS p LEFT JOIN brand AS b ON b.id = p.brand_id LEFT JOIN tax_class AS c ON c.id = p.tax_class_id;

CREATE VIEW v1_variant (id, product_id, sku, barcode, enabled, weight_g, availability, tracked, on_hand, reserved) AS
SELECT v.id, v.product_id, v.sku, v.barcode, v.enabled, v.weight_g, v.availability, v.tracked, s.on_hand, s.reserved
FROM variant AS v LEFT JOIN stock AS s ON s.variant_id = v.id;

CREATE VIEW v1_category (id, key, parent_id, position, hidden) AS
SELECT id, key, parent_id, position, hidden FROM category;

CREATE VIEW v1_product_category (product_id, category_id, main) AS
SELECT product_id, category_id, position = 0 FROM product_category;

-- The address is JSON as we print it, where a quote inside of a text has a backslash before it: what stands behind these
-- signs is the member's value. (JSON functions are not for views: SQLite takes them for unsafe there.)
CREATE VIEW v1_order (id, number, state, payment_state, fulfilment_state, person_id, currency, total, items, discount,
    delivery, tax, country, delivery_method, payment_method, placed_at, changed_at) AS
SELECT id, number, status, payment_status, fulfilment_status, person_id, currency, total, items, discount,
    delivery, tax,
    CASE WHEN address GLOB '*"country":"[A-Z][A-Z]"*' THEN substr(address, instr(address, '"country":"') + 11, 2) END,
    delivery_method, payment_method, placed_at, changed_at
FROM shop_order;

CREATE VIEW v1_order_line (id, order_id, product_id, variant_id, sku, name, quantity, unit_price, discount, total, tax) AS
SELECT id, order_id, product_id, variant_id, sku, name, quantity, unit_price, discount, total, tax FROM order_line;

CREATE VIEW v1_payment (id, order_id, provider, reference, amount, authorised, captured, refunded, state, created_at) AS
SELECT id, order_id, provider, reference, amount, authorised, captured, refunded, state, created_at FROM payment;

CREATE VIEW v1_shipment (id, order_id, number, method, tracking, state, sent_at, delivered_at) AS
SELECT id, order_id, number, method, tracking, state, sent_at,
    CASE WHEN state IN ('delivered', 'partially_delivered') THEN state_at END
FROM shipment;

-- Those that were merged into another or erased are nobody any more.
CREATE VIEW v1_person (id, stage, locale, customer_group, created_at) AS
SELECT id, stage, locale, customer_group, created_at FROM person WHERE merged_into IS NULL AND erased_at IS NULL;

CREATE VIEW v1_event (id, at, kind, visitor, person_id, subject, data) AS
SELECT id, at, kind, visitor, person_id, subject, data FROM event;
