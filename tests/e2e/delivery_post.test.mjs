// The post through the shop: a tariff compared with a reckoning of its own to the gram, sizes at their limits, postcodes, declared value and
// cash, numbers with their check digit until they are used up, a label that scans, and the post's register.
import test from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Shop, until } from './souk.mjs';
import { Market, buyer, goods } from './buying.mjs';
import { staff } from './browser.mjs';
import { sql } from './orders.mjs';

const grams = [1, 20, 499, 500, 501, 1999, 2000, 2001, 4999, 5000, 5001, 19999, 20000, 20001];
const tariff = { // service -> zone -> [[up to grams, price]]
  letter: { sofia: [[500, 90], [2000, 180]], home: [[500, 120], [2000, 240]], near: [[500, 350], [2000, 720]] },
  parcel: { sofia: [[5000, 390], [20000, 690]], home: [[5000, 490], [20000, 890]], near: [[5000, 1900]] },
  express: { sofia: [[2000, 790]], home: [[2000, 990]] },
};
const places = { sofia: 'country=BG&postcode=1407', home: 'country=BG&postcode=4000', near: 'country=RO&postcode=010011' };
const rates = Object.entries(tariff).flatMap(([service, zones]) => Object.entries(zones).flatMap(([zone, bands]) =>
  bands.map(([most, price]) => `${service} | ${zone} | ${most / 1000} | ${(price / 100).toFixed(2)}`)));

const config = `
payment_cod = { }
delivery_post = {
  services = [[
    letter  | Letter | 600 | 900 |
    parcel  | Parcel | 1500 | 3000 | tracked cash declared | CP
    express | Express | 1500 | 3000 | tracked | EE
  ]],
  zones = [[
    sofia | BG | 1000-1999
    home  | BG | *
    near  | RO, GR, HU | *
  ]],
  rates = [[
    ${rates.join('\n    ')}
  ]],
  times = [[
    parcel | sofia | 1 | 3
  ]],
  declared_rate = "1%", declared_min = "0.50 EUR", cash_fee = "0.80 EUR", cash_declared = true,
  numbers = [[
    CP | 47312482 | 47312484 | GB
    CP | 1 | 1 | BG
    EE | 100 | 999 | BG
  ]],
  numbers_warn = 2,
}
`;

let market, shop, boss;
test.before(async () => {
  const size = (length_mm, width_mm, height_mm) => ({ variant: { weight_g: 100, length_mm, width_mm, height_mm } });
  market = await Market.open({ plugins: ['delivery_post', 'payment_cod', 'document_pdf'], config, goods: [
    ...grams.map((weight_g) => goods(`W${weight_g}`, 1000 + weight_g, 100, { variant: { weight_g } })),
    goods('LONG-600', 1000, 10, size(600, 100, 50)), goods('LONG-601', 1000, 10, size(601, 10, 10)),
    goods('ROUND-900', 1000, 10, size(500, 100, 100)), goods('ROUND-902', 1000, 10, size(500, 101, 100)), goods('FLAT', 1000, 50, size(100, 300, 20)),
    goods('DICE', 100, 500, { variant: { weight_g: 1, length_mm: 5, width_mm: 5, height_mm: 5 } }),
  ] });
  shop = market.shop;
  boss = await staff(shop);
});
test.after(() => market?.down());

async function offered(lines, place) {
  const answer = await shop.get(`/api/v1/carts/${await market.cart(lines)}/delivery-options?${place}`);
  assert.equal(answer.status, 200, answer.text);
  return Object.fromEntries(answer.json.items.filter((o) => o.method.startsWith('post:')).map((o) => [o.method.slice(5), o]));
}

// The last character before the country of a number, by the rule of the Universal Postal Union.
const digit = (serial) => {
  const rest = 11 - [8, 6, 4, 2, 3, 5, 9, 7].reduce((sum, weight, i) => sum + weight * Number(serial[i]), 0) % 11;
  return rest === 10 ? 0 : rest === 11 ? 5 : rest;
};

const draft = (delivery, more = {}) => ({ delivery: { method: 'post:parcel', ...delivery }, ...more });

async function parcelOf(number) {
  const key = sql(shop, `SELECT id FROM shop_order WHERE number = '${number}'`), path = `/admin/orders/${key}`;
  const take = async (action) => {
    const answer = await boss.post(action, await boss.form(path, action));
    assert.equal(answer.status, 303, answer.text);
  };
  await take(`${path}/pack`);
  const parcel = sql(shop, `SELECT id FROM shipment WHERE order_id = ${key}`);
  await take(`/admin/shipments/${parcel}/register`);
  await until('the post to have it', () => sql(shop, `SELECT registering FROM shipment WHERE id = ${parcel}`) !== 'asked');
  const [registering, tracking, why] = sql(shop, `SELECT registering, tracking, why FROM shipment WHERE id = ${parcel}`).split('|');
  return { id: parcel, registering, tracking, why, take };
}

test('the tariff to the gram: 42 carts and three services', async () => {
  let carts = 0;
  for (const weight of grams)
    for (const [zone, place] of Object.entries(places)) {
      const got = await offered([[`W${weight}`, 1]], place);
      const want = {};
      for (const service of Object.keys(tariff)) {
        const band = (tariff[service][zone] ?? []).find(([most]) => weight <= most);
        if (band) want[service] = band[1];
      }
      assert.deepEqual(Object.fromEntries(Object.entries(got).map(([k, o]) => [k, o.amount.amount])), want, `${weight} g to ${zone}`);
      carts++;
    }
  assert.equal(carts, 42);
  assert.deepEqual(await offered([['W20', 1]], 'country=FR&postcode=75001'), {}, 'no zone');
  assert.ok('letter' in await offered([['W500', 4]], places.home), 'four of 500 g are 2 kg');
  assert.ok(!('letter' in await offered([['W500', 4], ['W1', 1]], places.home)), 'and a gram more is not');
});

test('sizes at their limits', async () => {
  const has = async (...lines) => 'letter' in await offered(lines, places.sofia);
  assert.ok(await has(['LONG-600', 1]));
  assert.ok(!await has(['LONG-601', 1]));
  assert.ok(await has(['ROUND-900', 1]));
  assert.ok(!await has(['ROUND-902', 1]));
  assert.ok(await has(['FLAT', 10]), '300 + 2 × (200 + 100) = 900');
  assert.ok(!await has(['FLAT', 11]), '300 + 2 × (220 + 100) = 940');
  assert.ok(await has(['DICE', 120]), 'a column of 120 dice is 600 long');
  assert.ok(!await has(['DICE', 121]));
  assert.ok('parcel' in await offered([['LONG-601', 1]], places.sofia));
});

test('days, a postcode that is none, declared value and cash', async () => {
  const { parcel } = await offered([['W500', 2]], places.sofia);
  assert.match(parcel.eta_from, /^\d{4}-\d\d-\d\d$/);
  assert.ok(parcel.eta_from < parcel.eta_until);
  for (const date of [parcel.eta_from, parcel.eta_until]) assert.ok(![0, 6].includes(new Date(`${date}T12:00Z`).getUTCDay()), `${date} is a working day`);
  const amounts = Object.fromEntries(parcel.fields.map((f) => [f.key, f.choices[0].amount.amount]));
  assert.deepEqual(amounts, { declared: 50, cash: 80 }, '1 % of 30.00 is less than the least');
  assert.equal((await offered([['W5000', 2]], places.sofia)).parcel.fields[0].choices[0].amount.amount, 120);
  const at = (postcode, country = 'BG') => ({ address: { ...buyer.address, country, postcode } });
  for (const [postcode, country] of [['12', 'BG'], ['10000', 'BG'], ['10O0', 'BG'], ['1000', 'RO'], ['', 'HU']]) {
    const answer = await market.buy([['W500', 1]], draft({}, at(postcode, country)));
    assert.equal(answer.status, 422, `${country} ${postcode}: ${answer.text}`);
    assert.match(answer.json.errors[0].pointer, /postcode$/, answer.text);
  }
  const cod = { payment: { method: 'cod' } };
  const plain = await market.buy([['W500', 1]], draft({}, cod));
  assert.equal(plain.status, 422, 'cash on delivery was not chosen');
  const half = await market.buy([['W500', 1]], draft({ cash: 'yes' }, cod));
  assert.equal(half.json.errors[0].pointer, '/delivery/declared', half.text);
  const whole = await market.buy([['W500', 1]], draft({ cash: 'yes', declared: 'yes' }, cod));
  assert.equal(whole.status, 201, whole.text);
  assert.equal(whole.json.totals.delivery, 390 + 80 + 50);
});

test('numbers have their check digit, are never given twice, and end with words; the label scans', async () => {
  const labels = [];
  for (const want of ['CP473124829GB', 'CP473124832GB', 'CP473124846GB', 'CP000000014BG']) {
    const placed = await market.buy([['W500', 1]], draft({ declared: 'yes' }));
    assert.equal(placed.status, 201, placed.text);
    const parcel = await parcelOf(placed.json.number);
    assert.equal(parcel.registering, 'done', parcel.why);
    assert.equal(parcel.tracking, want);
    assert.equal(Number(parcel.tracking[10]), digit(parcel.tracking.slice(2, 10)));
    labels.push(parcel);
  }
  const file = await fetch(`${shop.url}/admin/shipments/${labels[0].id}/label`, { headers: { cookie: boss.cookie } });
  assert.equal(file.status, 200);
  const pdf = `${shop.dir}/label.pdf`, image = `${shop.dir}/label`;
  writeFileSync(pdf, Buffer.from(await file.arrayBuffer()));
  execFileSync('pdftoppm', ['-r', '200', '-png', '-singlefile', pdf, image]);
  const seen = execFileSync('zbarimg', ['--quiet', '--raw', `${image}.png`], { encoding: 'utf8' });
  assert.match(seen, /CP473124829GB/);
  const words = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' });
  assert.match(words, /15\.00 EUR/, 'the declared value');
  const last = await market.buy([['W500', 1]], draft({}));
  const refused = await parcelOf(last.json.number);
  assert.equal(refused.registering, 'failed');
  assert.match(refused.why, /CP.*used up/);
  assert.equal(sql(shop, 'SELECT count(*), count(DISTINCT tracking) FROM p_delivery_post_parcel'), '4|4');
  await shop.says(/2 tracking numbers CP are left/);
  assert.match((await boss.get('/admin/p/delivery_post')).text, /47312482–47312484 GB<\/td><td class="number">0</);
});

test("the post's register moves parcels, keeps codes that nobody knows, and twice is once", async () => {
  const [[, a], [, b]] = sql(shop, "SELECT number, tracking FROM p_delivery_post_parcel WHERE tracking LIKE 'CP47%' ORDER BY at LIMIT 2").split('\n').map((l) => l.split('|'));
  for (const tracking of [a, b]) {
    const [parcel, key] = sql(shop, `SELECT id, order_id FROM shipment WHERE tracking = '${tracking}'`).split('|');
    const action = `/admin/shipments/${parcel}/send`;
    assert.equal((await boss.post(action, await boss.form(`/admin/orders/${key}`, action))).status, 303);
  }
  const day = (hours) => new Date(Date.now() + hours * 3600e3).toISOString();
  const file = `${shop.dir}/register.csv`;
  writeFileSync(file, `\ufefftracking;state;date;text\r\n${a};EMI;${day(3)};"handed ""over"""\r\n${a};EMD;${day(1)};\r\n${a};X99;${day(2)};odd\r\n${b};EMC;${day(1)};\r\nCP999999999BG;EMI;${day(1)};\r\n`);
  const first = await shop.souk('delivery_post', 'import', file);
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual(first.json, { lines: 5, told: 4, known: 0, not_ours: 1, not_coded: 1 });
  assert.equal(sql(shop, `SELECT state FROM shipment WHERE tracking = '${a}'`), 'delivered');
  assert.equal(sql(shop, `SELECT state FROM shipment WHERE tracking = '${b}'`), 'in_transit');
  assert.equal(sql(shop, "SELECT count(*) FROM shipment_event WHERE code = 'X99'"), '1');
  const again = await shop.souk('delivery_post', 'import', file);
  assert.deepEqual(again.json, { lines: 5, told: 0, known: 4, not_ours: 1, not_coded: 1 });
  writeFileSync(file, `tracking,state,date\n${b},EMI,${day(4)}\n${b},EMI,31.02.2026\n`);
  const wrong = await shop.souk('delivery_post', 'import', file);
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stderr, /line 3: "31\.02\.2026" is no date/);
  assert.equal(sql(shop, `SELECT state FROM shipment WHERE tracking = '${b}'`), 'in_transit', 'nothing of a wrong file is taken');
  const key = sql(shop, `SELECT key FROM p_delivery_post_parcel WHERE tracking = '${b}'`);
  assert.equal((await boss.post('/admin/p/delivery_post/state', { key, state: 'lost' })).status, 400);
  const told = await boss.post('/admin/p/delivery_post/state', { key, state: 'attempt_failed', note: 'nobody there' });
  assert.equal(told.status, 303, told.text);
  await until('the row to follow', () => sql(shop, `SELECT state FROM p_delivery_post_parcel WHERE tracking = '${b}'`) === 'attempt_failed');
  const form = new FormData();
  form.set('file', new Blob([`tracking,state,date\n${b},EMI,${day(5)}\n`]), 'r.csv');
  const page = await boss.post('/admin/p/delivery_post/register', form);
  assert.equal(page.status, 200, page.text);
  assert.equal(sql(shop, `SELECT state FROM shipment WHERE tracking = '${b}'`), 'delivered');
  assert.deepEqual(await market.verify(), []);
});

test('tables that cannot be read refuse the plugin with their line', async () => {
  for (const [options, words] of [
    ['rates = "parcel | all | 5 | 4.90\\nparcel | moon | 5 | 4.90"', /rates, line 2 .*this zone does not stand in zones/],
    ['services = "letter | Letter | 600 | 900 | fast"', /services, line 1 .*abilities are/],
    ['services = "parcel | Parcel | 600 | 900 | tracked | CP"', /numbers: the service .*parcel.* is tracked/],
    ['numbers = "RR | 1 | 5 | BG\\nRR | 5 | 9 | BG"', /numbers, line 2 .*another line has some of these numbers/],
    ['states = "EMI | arrived"', /states, line 1 .*a state is/],
  ]) {
    const other = new Shop({ plugins: ['delivery_post'], config: `delivery_post = { ${options} }` });
    try { await other.up(); } catch (error) { assert.match(String(error), /ended before it was ready/); } finally { await other.down(); }
    assert.match(other.stderr, words);
  }
});
