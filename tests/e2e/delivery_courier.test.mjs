// The courier through the shop: what is offered where, places that are never sold twice however many want them at once, and a parcel
// of which something is refused at the door.
import test from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Shop, run, souk, until } from './souk.mjs';
import { staff } from './browser.mjs';
import { sql } from './orders.mjs';

const seed = [
  { key: 'tea', variants: [{ sku: 'TEA', prices: [{ list: 'base', amount: 1000 }], stock: 1000, weight_g: 1000 }] },
  { key: 'table', variants: [{ sku: 'TABLE', prices: [{ list: 'base', amount: 20000 }], stock: 50, weight_g: 20000, length_mm: 1000, width_mm: 500, height_mm: 100 }] },
  { key: 'vase', variants: [{ sku: 'GLASS-1', prices: [{ list: 'base', amount: 3000 }], stock: 50 }] },
].map((p) => JSON.stringify({ product: { key: p.key, status: 'active', text: { en: { name: p.key } }, variants: p.variants } })).join('\n');

const config = `
shop = { currency = "EUR", country = "BG", returns_days = 14 }
payment_cod = { }
delivery_courier = {
  zones = [[
    # where the courier goes
    sofia    | BG | 1000-1999
    bulgaria | BG | *
  ]],
  rates = [[
    sofia    |  5 | 4.90
    sofia    | 30 | 8.90
    bulgaria | 30 | 12.90
  ]],
  slots = [[
    mon-sun | 09:00-13:00 | 10
    mon-sun | 14:00-18:00 | 200
  ]],
  free_from = "150.00 EUR", excluded = { "GLASS-*" },
  lift_price = "3.00 EUR", floor_price = "1.50 EUR",
  assembly = { TABLE = "25.00" }, try_on = true, try_on_minutes = 20,
}
`;

async function open() {
  const shop = new Shop({ plugins: ['payment_cod', 'delivery_courier', 'document_pdf'], config });
  const file = `${shop.dir}/seed.jsonl`;
  writeFileSync(file, seed);
  const made = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', file, '--json']);
  assert.equal(made.code, 0, made.stderr + made.stdout);
  return shop.up();
}

let shop;
test.before(async () => { shop = await open(); });
test.after(() => shop?.down());

async function cart(...lines) {
  const { json } = await shop.post('/api/v1/carts', {});
  for (const [sku, quantity] of lines) {
    const put = await shop.post(`/api/v1/carts/${json.id}/lines`, { sku, quantity });
    assert.equal(put.status, 201, put.text);
  }
  return json.id;
}

async function options(id, place = 'country=BG&postcode=1000') {
  const answer = await shop.get(`/api/v1/carts/${id}/delivery-options?${place}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json.items.filter((item) => item.method.startsWith('courier:'));
}

let buyer = 0;
const draft = (delivery, more = {}) => ({ email: `buyer${++buyer}@people.example`, phone: '+359 888 123 456', name: 'Anna Petrova',
  address: { country: 'BG', city: 'Sofia', postcode: '1000', line1: 'ul. Shipka 1' }, delivery: { method: 'courier:standard', ...delivery }, payment: { method: 'cod' }, ...more });
const order = (id, body) => shop.post(`/api/v1/carts/${id}/checkout`, body, { 'idempotency-key': `key-${id}-${buyer}` });

test('what is offered follows from the place, the goods and their weight', async () => {
  const tea = await cart(['TEA', 2]);
  const [near] = await options(tea);
  assert.equal(near.amount.amount, 490);
  assert.equal((await options(tea, 'country=BG&postcode=4000'))[0].amount.amount, 1290);
  assert.deepEqual(await options(tea, 'country=FR&postcode=75001'), []);
  const slot = near.fields.find((field) => field.key === 'slot');
  assert.equal(slot.type, 'slot');
  assert.ok(slot.required);
  assert.match(slot.choices[0].value, /^\d{4}-\d\d-\d\d_(09|14):00$/);
  assert.match(near.eta, /^\d{4}-\d\d-\d\d/);
  // the border of a band, to the gram: 5 kg are in it
  assert.equal((await options(await cart(['TEA', 5])))[0].amount.amount, 490);
  assert.equal((await options(await cart(['TEA', 6])))[0].amount.amount, 890);
  assert.deepEqual(await options(await cart(['TEA', 31])), [], 'too heavy is not offered');
  assert.deepEqual(await options(await cart(['GLASS-1', 1])), [], 'goods that the courier does not take');
  assert.equal((await options(await cart(['TEA', 15])))[0].amount.amount, 0, 'free from 150.00');
});

test('extras have their price, and a wrong choice is told at its field', async () => {
  const id = await cart(['TABLE', 1]);
  const [option] = await options(id);
  const field = (key) => option.fields.find((f) => f.key === key);
  assert.equal(field('assembly').choices[0].amount.amount, 2500);
  assert.equal(field('lift').choices.find((c) => c.value === 'stairs3').amount.amount, 300 + 3 * 150);
  const slot = field('slot').choices[1].value;
  for (const [wrong, pointer] of [[{}, '/delivery/slot'], [{ slot: '2020-01-01_09:00' }, '/delivery/slot'], [{ slot, lift: 'stairs99' }, '/delivery/lift']]) {
    const answer = await order(id, draft(wrong));
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.errors[0].pointer, pointer, answer.text);
  }
  const placed = await order(id, draft({ slot, lift: 'stairs3', assembly: 'yes', try_on: 'yes' }));
  assert.equal(placed.status, 201, placed.text);
  assert.equal(placed.json.totals.delivery, 0 + 2500 + 750); // the table itself is brought for nothing
  assert.equal(placed.json.totals.total, 20000 + 3250);
});

test('a hundred at once want ten places: ten get one, and one that is given back is sold again', async () => {
  const first = await cart(['TEA', 1]);
  const [option] = await options(first);
  const slot = option.fields.find((f) => f.key === 'slot').choices.filter((c) => c.value.endsWith('09:00'))[1].value;
  const carts = await Promise.all(Array.from({ length: 100 }, () => cart(['TEA', 1])));
  const answers = await Promise.all(carts.map((id) => order(id, draft({ slot }))));
  const placed = answers.filter((a) => a.status === 201);
  assert.equal(placed.length, 10, JSON.stringify(answers.map((a) => a.status)));
  for (const refused of answers.filter((a) => a.status !== 201)) {
    assert.equal(refused.status, 409, refused.text);
    assert.match(refused.json.type, /unavailable$/);
    assert.match(refused.json.detail, /last place/);
  }
  const day = slot.slice(0, 10);
  assert.equal(sql(shop, `SELECT booked FROM p_delivery_courier_slot WHERE name = '*/${day}/09:00'`), '10');
  assert.equal(sql(shop, `SELECT count(*) FROM p_delivery_courier_booking WHERE slot = '*/${day}/09:00'`), '10');
  const [full] = await options(first);
  assert.ok(!full.fields.find((f) => f.key === 'slot').choices.some((c) => c.value === slot), 'a full window is not offered');
  const boss = await staff(shop, 'ann@shop.example');
  const { number } = placed[0].json;
  const id = sql(shop, `SELECT id FROM shop_order WHERE number = '${number}'`);
  const form = await boss.form(`/admin/orders/${id}`, `/admin/orders/${id}/cancel`);
  assert.equal((await boss.post(`/admin/orders/${id}/cancel`, form)).status, 303);
  assert.equal(sql(shop, `SELECT booked FROM p_delivery_courier_slot WHERE name = '*/${day}/09:00'`), '9');
  assert.equal((await order(first, draft({ slot }))).status, 201);
  assert.equal((await shop.souk('verify', '--json')).json.ok, true);
});

test('something is refused at the door: it is not collected, it comes back, and it is sold again', async () => {
  const boss = await staff(shop, 'bob@shop.example');
  const id = await cart(['TEA', 3]);
  const [option] = await options(id);
  const slot = option.fields.find((f) => f.key === 'slot').choices.filter((c) => c.value.endsWith('14:00'))[1].value; // today's may close meanwhile
  const placed = await order(id, draft({ slot }));
  assert.equal(placed.status, 201, placed.text);
  const number = placed.json.number, key = sql(shop, `SELECT id FROM shop_order WHERE number = '${number}'`), path = `/admin/orders/${key}`;
  const before = Number(sql(shop, "SELECT on_hand FROM stock s JOIN variant v ON v.id = s.variant_id WHERE v.sku = 'TEA'"));
  const take = async (action) => {
    const form = await boss.form(path, action);
    const answer = await boss.post(action, form);
    assert.equal(answer.status, 303, answer.text);
  };
  await take(`${path}/pack`);
  const parcel = sql(shop, `SELECT id FROM shipment WHERE order_id = ${key}`);
  assert.equal(sql(shop, `SELECT collect FROM shipment WHERE id = ${parcel}`), '3490');
  await take(`/admin/shipments/${parcel}/register`);
  await until('the courier to have it', () => sql(shop, `SELECT registering FROM shipment WHERE id = ${parcel}`) === 'done');
  assert.equal(sql(shop, `SELECT tracking || state FROM shipment WHERE id = ${parcel}`), `${number}-1registered`);
  for (const paper of [`/admin/shipments/${parcel}/label`, `${path}/slip`]) {
    const file = await fetch(shop.url + paper, { headers: { cookie: boss.cookie } });
    assert.equal(file.status, 200, await file.clone().text());
    assert.equal(file.headers.get('content-type'), 'application/pdf');
    assert.equal(Buffer.from(await file.arrayBuffer()).subarray(0, 5).toString(), '%PDF-');
  }
  await take(`/admin/shipments/${parcel}/send`);
  const page = await boss.get('/admin/p/delivery_courier');
  assert.equal(page.status, 200, page.text);
  assert.match(page.text, new RegExp(`${number}-1 · Anna Petrova`));
  assert.match(page.text, /€34\.90/);
  const kept = /name="(kept-\d+)"/.exec(page.text)[1];
  const tooMany = await boss.post('/admin/p/delivery_courier/result', { number: `${number}-1`, outcome: 'delivered', [kept]: '4' });
  assert.equal(tooMany.status, 400, tooMany.text);
  const absent = await boss.post('/admin/p/delivery_courier/result', { number: `${number}-1`, outcome: 'failed' });
  assert.equal(absent.status, 303, absent.text);
  assert.equal(sql(shop, `SELECT state FROM shipment WHERE id = ${parcel}`), 'attempt_failed');
  const told = await boss.post('/admin/p/delivery_courier/result', { number: `${number}-1`, outcome: 'delivered', [kept]: '2', note: 'one did not fit' });
  assert.equal(told.status, 303, told.text);
  assert.equal(sql(shop, `SELECT state || collect FROM shipment WHERE id = ${parcel}`), 'partially_delivered2490');
  assert.equal((await boss.post('/admin/p/delivery_courier/result', { number: `${number}-1`, outcome: 'delivered' })).status, 409, 'once');
  assert.equal(sql(shop, `SELECT fulfilment_status FROM shop_order WHERE id = ${key}`), 'part_delivered');
  const back = sql(shop, `SELECT id FROM order_return WHERE order_id = ${key} AND state = 'approved'`);
  assert.ok(back);
  const form = await boss.form(`/admin/returns/${back}`, `/admin/returns/${back}/receive`);
  assert.equal((await boss.post(`/admin/returns/${back}/receive`, form)).status, 303);
  assert.equal(Number(sql(shop, "SELECT on_hand FROM stock s JOIN variant v ON v.id = s.variant_id WHERE v.sku = 'TEA'")), before - 2);
  assert.equal(sql(shop, `SELECT count(*) FROM payment_move WHERE kind = 'refund'`), '0', 'nothing was paid, nothing is paid back');
  assert.equal((await shop.souk('verify', '--json')).json.ok, true);
});

test('a table that cannot be read is refused with its line', async () => {
  const other = new Shop({ plugins: ['delivery_courier'], config: 'delivery_courier = { zones = "sofia | BG | *", rates = "sofia | 5 | 4.90\\nvarna | 5 | 4.90" }' });
  try {
    await other.up();
    const plugin = await other.plugin('delivery_courier');
    assert.notEqual(plugin?.state, 'active');
  } catch (error) {
    assert.match(String(error), /ended before it was ready/);
  } finally {
    await other.down();
  }
  assert.match(other.stderr, /rates, line 2 .?"varna \| 5 \| 4\.90.?": this zone does not stand in zones/);
});
