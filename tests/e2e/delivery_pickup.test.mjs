// Fetching goods, through the shop: showrooms and a list of 50,000 points that is put in the place of the old one as a whole, the nearest
// first, what is too large or closed left out, and a parcel that is handed over for its code.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Shop, until } from './souk.mjs';
import { Market, buyer, goods } from './buying.mjs';
import { staff } from './browser.mjs';
import { sql } from './orders.mjs';

const config = `
payment_cod = { }
delivery_pickup = {
  showrooms = [[
    center | Center | ul. Pirotska 5 | Sofia | 1000 | mon-fri 10-19 | 42.6996,23.3206 | 5 | cash card
    sea    | By the sea | bul. Slivnitsa 1 | Varna | 9000 | mon-sat 9-18 | 43.2040,27.9100 | 3 |
  ]],
  rates = [[
    BG | 5  | 2.90
    BG | 20 | 4.90
  ]],
  free_from = "500.00 EUR", hold_days = 7,
}
`;

// 6371 km round, as the crow flies
function metres(a, b) {
  const rad = Math.PI / 180, up = Math.sin((b[0] - a[0]) * rad / 2), over = Math.sin((b[1] - a[1]) * rad / 2);
  return 2 * 6371008.8 * Math.asin(Math.sqrt(up * up + Math.cos(a[0] * rad) * Math.cos(b[0] * rad) * over * over));
}

const head = 'code,type,name,country,city,postcode,address,lat,lon,hours,cash,card,max_weight_g,max_length_mm,max_width_mm,max_height_mm,status';
const row = (p) => [p.code, p.type ?? 'point', `"${p.name ?? `Point ${p.code}`}"`, 'BG', p.city ?? 'София', p.postcode ?? '1000', p.address ?? `ul. ${p.code}`,
  p.lat ?? '', p.lon ?? '', 'mon-sun 8-20', p.cash ?? 'yes', p.card ?? 'no', p.weight ?? '', p.length ?? '', p.width ?? '', p.height ?? '', p.status ?? 'open'].join(',');
const near = [ // around the middle of 1000 Sofia, and elsewhere
  { code: 'A', lat: 42.6990, lon: 23.3220 }, { code: 'B', lat: 42.7050, lon: 23.3300, cash: 'no' }, { code: 'C', lat: 42.6900, lon: 23.3100, postcode: '1606' },
  { code: 'LOCK', type: 'locker', lat: 42.6991, lon: 23.3221, weight: 5000, length: 600, width: 400, height: 150 },
  { code: 'SHUT', lat: 42.6989, lon: 23.3219, status: 'closed' },
  { code: 'V1', city: 'Варна', postcode: '9000', lat: 43.2141, lon: 27.9147 },
  { code: 'N1', city: 'Без карта', postcode: '5350' }, { code: 'N2', city: 'Без карта', postcode: '5351' }, { code: 'N3', city: 'Другаде', postcode: '5399' },
];

let market, shop, boss;
test.before(async () => {
  const size = (weight_g, length_mm, width_mm, height_mm) => ({ variant: { weight_g, length_mm, width_mm, height_mm } });
  market = await Market.open({ plugins: ['delivery_pickup', 'payment_cod', 'document_pdf'], config, goods: [
    goods('TEA', 1000, 500, size(500, 100, 100, 50)), goods('SKI', 9000, 50, size(3000, 1700, 150, 100)), goods('BOX', 2000, 50, size(1000, 150, 600, 400)),
    goods('IRON', 1500, 500, size(5000, 200, 100, 100)), goods('GRAM', 100, 500, { variant: { weight_g: 1 } }),
  ] });
  shop = market.shop;
  boss = await staff(shop);
  const made = await load(near);
  assert.equal(made.code, 0, made.stderr);
  assert.deepEqual(made.json, { points: 9, before: 0, added: 9, vanished: 0, closed: 1, waiting: [] });
});
test.after(() => market?.down());

function load(points, ...more) {
  const file = `${shop.dir}/points.csv`;
  writeFileSync(file, `${head}\n${points.map(row).join('\n')}\n`);
  return shop.souk('delivery_pickup', 'import', file, ...more);
}

async function offered(lines, place = 'country=BG&postcode=1000') {
  const answer = await shop.get(`/api/v1/carts/${await market.cart(lines)}/delivery-options?${place}`);
  assert.equal(answer.status, 200, answer.text);
  return Object.fromEntries(answer.json.items.filter((o) => o.method.startsWith('pickup:')).map((o) => [o.method.slice(7), o]));
}
const codes = (option) => option?.points.map((p) => p.code) ?? [];
const fetchAt = (kind, point, more = {}) => ({ delivery: { method: `pickup:${kind}`, point }, address: { country: 'BG', city: 'София', postcode: '1000' }, ...more });

test('the nearest first, with distances, hours and ways to pay', async () => {
  const { showroom, point } = await offered([['TEA', 1]]);
  assert.deepEqual(codes(showroom), ['center', 'sea']);
  assert.equal(showroom.amount.amount, 0);
  assert.equal(point.amount.amount, 290);
  const open = near.filter((p) => p.status !== 'closed' && p.lat), here = near.filter((p) => p.lat && (p.postcode ?? '1000') === '1000');
  const middle = [0, 1].map((k) => here.reduce((sum, p) => sum + [p.lat, p.lon][k], 0) / here.length);
  const want = open.map((p) => ({ code: p.code, far: metres(middle, [p.lat, p.lon]) })).sort((a, b) => a.far - b.far).filter((p) => p.far < 150000);
  assert.deepEqual(codes(point), want.map((p) => p.code));
  point.points.forEach((p, i) => assert.ok(Math.abs(p.distance_m - want[i].far) <= 2, `${p.code}: ${p.distance_m}, ${want[i].far}`));
  assert.equal(point.points[0].hours, 'mon-sun 8-20');
  assert.equal(point.points.find((p) => p.code === 'B').takes_cash, false);
  assert.equal(point.fields[0].type, 'point');
  assert.deepEqual(codes((await offered([['TEA', 1]], 'country=BG&postcode=9000')).point), ['V1']);
  assert.deepEqual(codes((await offered([['TEA', 1]], 'country=BG&postcode=9000')).showroom), ['sea', 'center']);
  assert.deepEqual(codes((await offered([['TEA', 1]], 'country=BG&postcode=5350')).point), ['N1', 'N2', 'N3'], 'without a map: postcodes that begin alike');
  const nowhere = await offered([['TEA', 1]], '');
  assert.equal(nowhere.point, undefined);
  assert.equal(codes(nowhere.showroom).length, 2);
});

test('what is too large or too heavy is not offered, to the gram and the millimetre', async () => {
  const lockers = async (...lines) => codes((await offered(lines)).point).includes('LOCK');
  assert.ok(await lockers(['IRON', 1]), 'exactly 5 kg');
  assert.ok(!await lockers(['IRON', 1], ['GRAM', 1]), 'a gram more');
  assert.ok(await lockers(['BOX', 1]), 'turned round it fits exactly');
  assert.ok(!await lockers(['BOX', 2]), 'two do not, though each would');
  assert.ok(!await lockers(['SKI', 1]), 'too long');
  assert.ok(codes((await offered([['SKI', 1]])).point).includes('A'), 'a point without limits takes it');
  assert.equal((await offered([['IRON', 1], ['GRAM', 1]])).point.amount.amount, 490, 'the next band');
  assert.equal((await offered([['IRON', 4]])).point.amount.amount, 490);
  assert.equal((await offered([['IRON', 4], ['GRAM', 1]])).point, undefined, 'above every band');
  assert.deepEqual(codes((await offered([['IRON', 4], ['GRAM', 1]])).showroom), ['center', 'sea']);
});

test('a choice is checked: no point, an unknown one, a closed one, one that is too small, cash where none is taken', async () => {
  const wrong = async (lines, body, pattern) => {
    const answer = await market.buy(lines, body);
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.errors[0].pointer, '/delivery/point', answer.text);
    assert.match(answer.json.errors[0].detail, pattern);
  };
  await wrong([['TEA', 1]], fetchAt('point', undefined), /choose where/);
  await wrong([['TEA', 1]], fetchAt('point', 'NONE'), /not offered/);
  await wrong([['TEA', 1]], fetchAt('showroom', 'A'), /not offered/);
  await wrong([['TEA', 1]], fetchAt('point', 'SHUT'), /closed/);
  await wrong([['IRON', 2]], fetchAt('point', 'LOCK'), /too large or too heavy/);
  const cash = { payment: { method: 'cod' } };
  assert.equal((await market.buy([['TEA', 1]], fetchAt('point', 'B', cash))).status, 422, 'no cash there');
  assert.equal((await market.buy([['TEA', 1]], fetchAt('point', 'A', cash))).status, 201);
  const placed = await market.buy([['TEA', 1]], fetchAt('showroom', 'center'));
  assert.equal(placed.status, 201, placed.text);
  assert.equal(placed.json.totals.delivery, 0);
});

test('a list from which too much vanished is refused; orders whose point is gone are named', async () => {
  const placed = await market.buy([['TEA', 1]], fetchAt('point', 'C'));
  assert.equal(placed.status, 201, placed.text);
  const less = near.filter((p) => !['B', 'C'].includes(p.code));
  const refused = await load(less);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /2 \/ 9.*--force/);
  assert.equal(sql(shop, 'SELECT count(*) FROM p_delivery_pickup_point'), '9', 'the old list, and nothing of the new one');
  assert.ok(codes((await offered([['TEA', 1]])).point).includes('C'));
  const broken = await load([...near, { code: 'Z', lat: 'x', lon: 1 }]);
  assert.match(broken.stderr, /line 11: lat and lon/);
  assert.match((await load([...near, near[0]])).stderr, /"A" stands in two lines/);
  const forced = await load(less, '--force');
  assert.equal(forced.code, 0, forced.stderr);
  assert.deepEqual(forced.json.waiting, [{ order: placed.json.number, point: 'C', name: 'Point C' }]);
  assert.equal(forced.json.vanished, 2);
  const page = await boss.get('/admin/p/delivery_pickup');
  assert.match(page.text, new RegExp(`${placed.json.number} · C Point C`));
  const form = new FormData();
  form.set('file', new Blob([near.map((p) => JSON.stringify({ code: p.code, name: `Point ${p.code}`, country: 'BG', city: p.city ?? 'София', postcode: p.postcode ?? '1000',
    lat: p.lat, lon: p.lon, cash: p.cash !== 'no', max_weight_g: p.weight, status: p.status })).join('\n')]), 'points.jsonl');
  const read = await boss.post('/admin/p/delivery_pickup/points', form);
  assert.equal(read.status, 200, read.text);
  assert.equal(sql(shop, "SELECT count(*) || max(lat) FROM p_delivery_pickup_point"), '943214100');
  assert.doesNotMatch((await boss.get('/admin/p/delivery_pickup')).text, /· C Point C/);
});

test('50,000 points: read in seconds, looked through in milliseconds, and the nearest are the nearest', async () => {
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const many = Array.from({ length: 50000 }, (_, i) => ({ code: `P${i}`, city: 'Град', postcode: String(2000 + (i % 7000)).padStart(4, '0'),
    lat: (41.3 + random() * 2.8).toFixed(6), lon: (22.5 + random() * 6).toFixed(6) }));
  const began = shop.spent();
  const made = await load([...near, ...many], '--force');
  const took = shop.spent() - began;
  assert.equal(made.code, 0, made.stderr);
  assert.equal(made.json.points, 50009);
  assert.ok(took < 60000, `${took} ms`);
  const here = near.filter((p) => p.lat && (p.postcode ?? '1000') === '1000'), middle = [0, 1].map((k) => here.reduce((sum, p) => sum + [p.lat, p.lon][k], 0) / here.length);
  const want = [...near.filter((p) => p.lat && p.status !== 'closed'), ...many].map((p) => ({ code: p.code, far: metres(middle, [Number(p.lat), Number(p.lon)]) }))
    .sort((a, b) => a.far - b.far).slice(0, 20);
  const cart = await market.cart([['TEA', 1]]);
  const start = shop.spent();
  for (let i = 0; i < 11; i++) {
    const answer = await shop.get(`/api/v1/carts/${cart}/delivery-options?country=BG&postcode=1000`);
    assert.deepEqual(codes(answer.json.items.find((o) => o.method === 'pickup:point')), want.map((p) => p.code));
  }
  const look = (shop.spent() - start) / 11;
  assert.ok(look < 150, `${look} ms each`);
  const shrunk = await load(near, '--force');
  assert.equal(shrunk.json.vanished, 50000);
  assert.equal(sql(shop, 'SELECT count(*) FROM p_delivery_pickup_point'), '9', 'the old list is swept away');
});

test('a point that closed between look and order; a parcel that is fetched for its code', async () => {
  const placed = await market.buy([['TEA', 2]], fetchAt('showroom', 'center', { payment: { method: 'cod' } }));
  assert.equal(placed.status, 201, placed.text);
  const key = sql(shop, `SELECT id FROM shop_order WHERE number = '${placed.json.number}'`), path = `/admin/orders/${key}`, number = `${placed.json.number}-1`;
  const take = async (action) => assert.equal((await boss.post(action, await boss.form(path, action))).status, 303);
  await take(`${path}/pack`);
  const parcel = sql(shop, `SELECT id FROM shipment WHERE order_id = ${key}`);
  await take(`/admin/shipments/${parcel}/register`);
  await until('it to be registered', () => sql(shop, `SELECT registering FROM shipment WHERE id = ${parcel}`) === 'done');
  const label = await fetch(`${shop.url}/admin/shipments/${parcel}/label`, { headers: { cookie: boss.cookie } });
  assert.equal(label.status, 200);
  const pdf = `${shop.dir}/label.pdf`;
  writeFileSync(pdf, Buffer.from(await label.arrayBuffer()));
  execFileSync('pdftoppm', ['-r', '200', '-png', '-singlefile', pdf, `${shop.dir}/label`]);
  assert.match(execFileSync('zbarimg', ['--quiet', '--raw', `${shop.dir}/label.png`], { encoding: 'utf8' }), new RegExp(number));
  const words = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' });
  const code = sql(shop, `SELECT pickup_code FROM p_delivery_pickup_parcel WHERE number = '${number}'`);
  assert.match(code, /^\d{6}$/);
  assert.match(words, /Pirotska 5/);
  assert.match(words, /20\.00 EUR/, 'what is to be collected');
  assert.ok(!words.includes(code), 'the code is for the receiver alone');
  await take(`/admin/shipments/${parcel}/send`);
  const step = (name, form = {}) => boss.post(`/admin/p/delivery_pickup/${name}`, { number, ...form });
  assert.equal((await step('handover', { code })).status, 409, 'it has not arrived');
  assert.equal((await step('arrived')).status, 303);
  assert.equal((await step('arrived')).status, 409, 'once');
  assert.equal(sql(shop, `SELECT state FROM shipment WHERE id = ${parcel}`), 'available_for_pickup');
  assert.match(sql(shop, `SELECT text FROM shipment_event WHERE shipment_id = ${parcel} AND state = 'available_for_pickup'`), new RegExp(code));
  assert.match((await shop.get(`/order/${placed.json.number}?token=${placed.json.token}`)).text, new RegExp(`Pickup code: ${code}; kept until \\d+ [A-Z][a-z]+ 20\\d\\d`));
  const remind = async (days, reminded) => {
    sql(shop, `UPDATE p_delivery_pickup_parcel SET arrived_at = arrived_at - ${days} * 86400000000 WHERE number = '${number}'`);
    await until('the reminder', () => // the job of the last one may not be over yet: it is called until it has come
      sql(shop, `UPDATE job SET due = 1 WHERE kind = 'delivery_pickup:remind' AND state = 'waiting' AND due > 1; SELECT reminded FROM p_delivery_pickup_parcel WHERE number = '${number}'`) === reminded);
  };
  await remind(1, '1');
  await remind(2, '3');
  await remind(1, '7');
  const page = await boss.get('/admin/p/delivery_pickup');
  assert.match(page.text, new RegExp(`${number} · Ada Lovelace`));
  assert.ok(!page.text.includes(code), 'staff ask for the code');
  const wrong = String((Number(code) + 1) % 1000000).padStart(6, '0');
  assert.equal((await step('handover', { code: wrong })).status, 400);
  const before = sql(shop, `SELECT until_at FROM p_delivery_pickup_parcel WHERE number = '${number}'`);
  assert.equal((await step('extend', { days: '2' })).status, 303);
  assert.equal(BigInt(sql(shop, `SELECT until_at FROM p_delivery_pickup_parcel WHERE number = '${number}'`)) - BigInt(before), 2n * 86400n * 1000000n);
  assert.equal((await step('handover', { code })).status, 303);
  assert.equal((await step('handover', { code })).status, 409, 'once');
  assert.equal(sql(shop, `SELECT state FROM shipment WHERE id = ${parcel}`), 'delivered');
  assert.equal(sql(shop, `SELECT state FROM p_delivery_pickup_order WHERE order_number = '${placed.json.number}'`), 'done');
  // closed after the choice: the cart keeps its goods, and the order is told so
  const cart = await market.cart([['TEA', 1]]);
  assert.equal((await load(near.map((p) => (p.code === 'A' ? { ...p, status: 'closed' } : p)))).code, 0);
  const late = await market.checkout(cart, fetchAt('point', 'A'));
  assert.equal(late.status, 422, late.text);
  assert.match(late.json.errors[0].detail, /closed/);
  // closed in the very transaction of the order, after everything was looked at
  sql(shop, "CREATE TRIGGER closing AFTER INSERT ON shop_order BEGIN UPDATE p_delivery_pickup_point SET open = 0 WHERE code = 'B'; END");
  const gone = await market.checkout(cart, fetchAt('point', 'B'));
  sql(shop, 'DROP TRIGGER closing');
  assert.equal(gone.status, 409, gone.text);
  assert.match(gone.json.detail, /closed/);
  assert.equal((await market.checkout(cart, fetchAt('point', 'B'))).status, 201, 'nothing of the refused order is left');
  assert.deepEqual(await market.verify(), []);
});

test('two lists at once: one of them is the list, whole', async () => {
  const made = await Promise.all([load(near, '--force'), load(near, '--force')]);
  assert.ok(made.some((m) => m.code === 0), made[0].stderr);
  for (const m of made) if (m.code) assert.match(m.stderr, /another list is being read/);
  assert.equal(sql(shop, 'SELECT count(*) FROM p_delivery_pickup_point p JOIN p_delivery_pickup_list l ON l.generation = p.generation'), '9');
  assert.equal(sql(shop, 'SELECT loading FROM p_delivery_pickup_list'), '0');
});

test('tables that cannot be read refuse the plugin with their line', async () => {
  for (const [options, words] of [
    ['showrooms = "center | Center | a | Sofia | 1000 | | 142.1,23.1"', /showrooms, line 1 .*lat,lon/],
    ['showrooms = "a | A | a | b | 1\\nb | B | a | b | 1 | | | 0"', /showrooms, line 2 .*hold days/],
    ['rates = "BG | 5 | 2.90\\nBG | heavy | 2.90"', /rates, line 2 .*no number of kilograms/],
  ]) {
    const other = new Shop({ plugins: ['delivery_pickup'], config: `delivery_pickup = { ${options} }` });
    try { await other.up(); } catch (error) { assert.match(String(error), /ended before it was ready/); } finally { await other.down(); }
    assert.match(other.stderr, words);
  }
});

test('what the counter writes to the customer is in the language of the order, not in that of the staff', async () => {
  const cart = await market.cart([['TEA', 1]]);
  const placed = await shop.post(`/api/v1/carts/${cart}/checkout?locale=bg`, { ...buyer, ...fetchAt('showroom', 'center', { payment: { method: 'cod' } }) });
  assert.equal(placed.status, 201, placed.text);
  const { number, token } = placed.json;
  assert.equal((await market.step(number, 'pack')).status, 200);
  const parcel = sql(shop, `SELECT id FROM shipment WHERE number = '${number}-1'`);
  assert.equal((await shop.post(`/api/v1/admin/shipments/${parcel}/register`, {}, market.auth)).status < 300, true);
  await until('it to be registered', () => sql(shop, `SELECT registering FROM shipment WHERE id = ${parcel}`) === 'done');
  assert.equal((await market.step(number, 'ship')).status, 200);
  const answer = await boss.post('/admin/p/delivery_pickup/arrived', { number: `${number}-1` }, { 'accept-language': 'en' });
  assert.equal(answer.status, 303, answer.text);
  const code = sql(shop, `SELECT pickup_code FROM p_delivery_pickup_parcel WHERE number = '${number}-1'`);
  const { json } = await shop.get(`/api/v1/orders/${number}?token=${token}`);
  assert.match(json.notes.at(-1).text, new RegExp(`^Код за получаване: ${code}; пази се до \\d+ [а-я]+ 20\\d\\d`));
  assert.equal(json.shipments[0].events.at(-1).text, json.notes.at(-1).text);
});
