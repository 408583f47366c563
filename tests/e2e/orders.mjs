// Orders for tests of the admin pages, put into the database of a shop that is not running yet: as a checkout leaves them (rows, reserved
// goods, the first row of their history), in the states that a test wants to begin from and without any plugin for payment or delivery.
import { execFileSync } from 'node:child_process';

// The part of an accepted quote that changing an order begins from.
const quote = JSON.stringify({ basis: { delivery: [{ method: 'courier:standard', label: 'Courier, 1–2 days', amount: 500, discount: 0, rates: [] }] } });

export function sql(shop, text) {
  return execFileSync('sqlite3', [`${shop.data}/souk.db`], { input: `.timeout 60000\n${text}`, encoding: 'utf8' }).trim();
}

const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;

// wanted: [{number, status, payment_status, provider, captured, authorised, name, email, units}] over the first two variants with goods;
// gives [{id, number, lines: [id, id], skus}].
export function putOrders(shop, wanted) {
  const variants = sql(shop, 'SELECT v.id, v.product_id, v.sku FROM variant v JOIN stock s ON s.variant_id = v.id WHERE s.on_hand > 5 ORDER BY v.id LIMIT 2')
    .split('\n').map((row) => row.split('|'));
  const made = [];
  let text = 'BEGIN;\n';
  wanted.forEach((w, i) => {
    const id = 5000 + i, now = Date.now() * 1000 - i * 3600e6, number = w.number ?? String(1001 + i);
    const total = 3500, lines = [id * 10, id * 10 + 1];
    text += `INSERT INTO shop_order (id, number, token, status, payment_status, fulfilment_status, email, phone, name, address, note, locale, currency, prices_include_tax,
      items, discount, delivery, delivery_discount, tax, tax_included, delivery_tax, total, authorised, captured, delivery_method, delivery_label, payment_method, payment_label, quote,
      placed_at, changed_at) VALUES (${id}, ${quoted(number)}, 'a-token-that-nobody-guesses-${i}', ${quoted(w.status ?? 'placed')}, ${quoted(w.payment_status ?? 'none')}, 'none',
      ${quoted(w.email ?? 'anna@people.example')}, '+359888123456', ${quoted(w.name ?? 'Anna Petrova')},
      '{"country":"BG","city":"Sofia","postcode":"1000","line1":"ul. Shipka 1","line2":"","company":"","region":""}', ${quoted(w.note ?? '')}, 'en', 'EUR', 1,
      3000, 0, 500, 0, 0, 583, 83, ${total}, ${w.authorised ?? w.captured ?? 0}, ${w.captured ?? 0}, 'courier:standard', 'Courier, 1–2 days',
      ${quoted(w.provider ?? '')}, 'Cash', ${quoted(quote)}, ${now}, ${now});
    INSERT INTO order_line (id, order_id, position, variant_id, product_id, sku, name, options, quantity, unit_price, original_price, subtotal, discount, total, tax) VALUES
      (${lines[0]}, ${id}, 0, ${variants[0][0]}, ${variants[0][1]}, ${quoted(variants[0][2])}, 'Green <tea>', '100 g', 2, 1000, 1000, 2000, 0, 2000, 333),
      (${lines[1]}, ${id}, 1, ${variants[1][0]}, ${variants[1][1]}, ${quoted(variants[1][2])}, 'A cup', '', 1, 1000, 1000, 1000, 0, 1000, 167);
    INSERT INTO reservation (order_id, variant_id, quantity) VALUES (${id}, ${variants[0][0]}, 2), (${id}, ${variants[1][0]}, 1);\n`;
    if (w.payment) text += `INSERT INTO payment (id, order_id, provider, state, amount, currency, authorised, captured, reference, created_at, changed_at) VALUES
      (${7000 + i}, ${id}, ${quoted(w.provider ?? 'hand')}, ${quoted(w.payment)}, ${total}, 'EUR', ${w.authorised ?? w.captured ?? 0}, ${w.captured ?? 0}, 'ref-${i}', ${now}, ${now});\n`;
    if (w.captured) text += `INSERT INTO payment_move (id, payment_id, kind, state, amount, provider, reference, actor, created_at, done_at) VALUES
      (${8000 + i}, ${7000 + i}, 'capture', 'done', ${w.captured}, ${quoted(w.provider ?? 'hand')}, 'ref-${i}:c', 'souk', ${now}, ${now});\n`;
    made.push({ id, number, lines, skus: variants.map((v) => v[2]), path: `/admin/orders/${id}` });
  });
  text += `UPDATE stock SET on_hand = on_hand + 100, reserved = (SELECT coalesce(sum(quantity), 0) FROM reservation r WHERE r.variant_id = stock.variant_id)
    WHERE variant_id IN (${variants.map((v) => v[0]).join(', ')});\nCOMMIT;`;
  sql(shop, text);
  return made;
}
