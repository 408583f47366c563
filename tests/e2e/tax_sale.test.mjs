// Sales without tax as an auditor reads them, through the real server: what is fetched at the shop, numbers and countries that change between
// the steps, prices with and without tax, codes, edits and refunds of every split; after each the books hold.
import { test, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, until } from './souk.mjs';
import { Browser } from './browser.mjs';
import { Market, goods } from './buying.mjs';

const berlin = { country: 'DE', city: 'Berlin', postcode: '10115', line1: 'Torstraße 1' };
const sofia = { country: 'BG', city: 'София', postcode: '1000', line1: 'ул. Шипка 1' };
const firm = { vat_number: 'DE136695976', company: 'Müller GmbH' };

// Discounts of each sort: of a line, of the order by share and by sum, a gift, a free delivery, a price on the shelf.
const rules = `
promotion { id = "shelf", name = "Shelf", kind = "catalogue", give = { unit_percent = { percent = 7, filter = { skus = { "MUG" } } } } }
promotion { id = "half", name = "Half", give = { buy_get = { buy = { skus = { "TEA" } }, buy_quantity = 2, get = { skus = { "TEA" } }, get_quantity = 1, percent = 50 } } }
promotion { id = "spring", name = "Spring", coupon = "SPRING", give = { order_percent = { percent = 13 } } }
promotion { id = "two", name = "Two off", coupon = "TWO", give = { order_fixed = { amount = money "2.01" } } }
promotion { id = "gift", name = "Gift", when = { contains_product = { skus = { "PIN" }, quantity = 7 } }, give = { add_gift = { sku = "BOOK" } } }
promotion { id = "free", name = "Free delivery", coupon = "FREE", give = { delivery_percent = { percent = 100 } } }
`;

let vies, market, known;
afterEach(async () => { await market?.down(); vies?.closeAllConnections(); vies?.close(); market = vies = undefined; });

const shop = async ({ terms = '', config = '', plugins = [], options = '', promotions } = {}) => {
  const dir = promotions && mkdtempSync(join(tmpdir(), 'souk-'));
  if (dir) {
    mkdirSync(join(dir, 'scripts', 'promotions'), { recursive: true });
    writeFileSync(join(dir, 'scripts', 'promotions', 'rules.lua'), promotions);
  }
  known = { DE136695976: true, FR40303265045: true };
  vies = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { countryCode, vatNumber } = JSON.parse(body);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ valid: known[countryCode + vatNumber] ?? false, name: 'Müller GmbH', requestIdentifier: 'WAPIAAAAX1' }));
  });
  await new Promise((done) => vies.listen(0, '127.0.0.1', done));
  market = await Market.open({ ...(dir ? { dir } : {}), goods: [goods('TEA', 697, 1000), goods('MUG', 1909, 500), goods('PIN', 33, 500), goods('BOOK', 1499, 500, { tax_class: 'reduced' })], plugins: ['tax_vat', ...plugins],
    terms: `{ name = "Test shop", currency = "EUR", country = "BG", locales = { "en", "bg" }${terms} }`,
    config: `tax_vat = { url = "http://127.0.0.1:${vies.address().port}", requester = "BG123456786"${options} }\n${config}` });
  return market;
};
const bought = async (lines, body) => {
  const { status, json, text } = await market.buy(lines, body);
  assert.equal(status, 201, text);
  return json;
};
const settled = async () => assert.deepEqual(await market.verify(), []);
const patch = (number, body) => ask(`${market.shop.url}/api/v1/admin/orders/${number}`, { method: 'PATCH', headers: { ...market.auth, 'content-type': 'application/json' }, body: JSON.stringify(body) });
const sql = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, text], { encoding: 'utf8' }).trim();

// What the document says adds up.
function adds(order) {
  const { totals } = order;
  const sum = (list, key) => list.reduce((all, one) => all + one[key], 0);
  assert.equal(totals.items, sum(order.lines, 'subtotal'));
  assert.equal(totals.discount, sum(order.lines, 'discount'));
  assert.equal(totals.total, totals.items - totals.discount + totals.delivery - totals.delivery_discount + totals.tax);
  assert.equal(totals.tax + totals.tax_included, sum(order.lines, 'tax') + totals.delivery_tax);
  for (const line of order.lines) {
    assert.equal(line.subtotal, line.quantity * line.unit_price);
    assert.equal(line.total, line.subtotal - line.discount);
    assert.equal(line.tax, sum(line.taxes, 'amount'));
  }
}

test('what is fetched at the shop is handed over, and taxed, there: an address abroad frees nobody', async () => {
  await shop({ plugins: ['delivery_pickup'], config: 'delivery_pickup = { showrooms = [[\n center | Center | ul. Pirotska 5 | Sofia | 1000 | mon-fri 10-19 | 42.6996,23.3206 | 5 | cash card\n]] }' });
  const fetched = { delivery: { method: 'pickup:showroom', point: 'center' } };
  const options = (await market.shop.get(`/api/v1/carts/${await market.cart([['TEA', 1]])}/delivery-options?country=BG&postcode=1000&city=Sofia`)).json.items.filter(({ method }) => method.startsWith('pickup:'));
  assert.ok(options.length, JSON.stringify(options));
  fetched.delivery = { method: options[0].method, ...(options[0].points.length ? { point: options[0].points[0].id ?? options[0].points[0].code } : {}) };
  for (const [address, billing] of [[{ country: 'US', city: 'Boston', postcode: '02101', line1: '1 A' }], [berlin, firm], [berlin]]) {
    const order = await bought([['TEA', 2]], { address, ...(billing ? { billing } : {}), ...fetched });
    assert.deepEqual(order.lines.map(({ unit_price, tax, taxes }) => [unit_price, tax, taxes[0]?.name]), [[697, 232, 'VAT 20 %']]);
    adds(order);
    const edited = await patch(order.number, { lines: [{ sku: 'MUG', quantity: 1 }] });
    assert.ok(edited.status < 300, edited.text);
    assert.equal((await market.order(order.number)).lines[1].taxes[0]?.name, 'VAT 20 %', 'what joins it is taxed there, too');
  }
  // and the page shows what is charged
  const browser = new Browser(market.shop);
  await browser.post('/cart/add', { sku: 'TEA', quantity: '2' });
  const typed = { email: 'a@example.org', phone: '+4930123456', name: 'A B', country: 'DE', postcode: '10115', city: 'Berlin', line1: 'T 1', billing_company: 'M', billing_vat_number: 'DE136695976' };
  const field = (page, name) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(page.text)?.[1] ?? '';
  let page = await browser.get('/checkout');
  await browser.post('/checkout', { cart: field(page, 'cart'), ...typed, delivery: 'flat:standard', payment: 'invoice', do: 'update' });
  page = await browser.get('/checkout');
  assert.match(page.text, /id="tax-note">Reverse charge/);
  await browser.post('/checkout', { cart: field(page, 'cart'), ...typed, delivery: fetched.delivery.method, payment: 'invoice', do: 'update' });
  page = await browser.get('/checkout');
  assert.doesNotMatch(page.text, /Reverse charge/);
  assert.equal(field(page, 'accept_total'), '1394');
  await settled();
});

test('lists of deliveries and ways to pay tell what is charged; gross for persons, without tax for a business', async () => {
  await shop({ plugins: ['payment_cod', 'delivery_courier'], config: 'payment_cod = { fee = "1.50 EUR" }' });
  const cart = await market.cart([['TEA', 1]]);
  const told = async (kind, more = '') => (await market.shop.get(`/api/v1/carts/${cart}/${kind}?country=DE&postcode=10115&city=Berlin${more}`)).json.items;
  const amount = (items, method, key) => items.find((item) => item.method === method)?.[key]?.amount;
  const body = { address: berlin, delivery: { method: 'flat:standard' }, payment: { method: 'cod' } };
  const seen = [];
  for (const billing of [undefined, firm]) {
    const { status, json, text } = await market.checkout(cart, { ...body, ...(billing ? { billing } : {}), accept_total: 1 });
    assert.equal(status, 409, text);
    const listed = [amount(await told('delivery-options'), 'flat:standard', 'amount'), amount(await told('payment-methods', '&delivery=flat:standard'), 'cod', 'fee')];
    assert.deepEqual(json.quote.delivery.map((one) => one.amount), listed.filter(Boolean));
    seen.push(listed);
  }
  assert.deepEqual(seen, [[500, 150], [417, 125]]);
  const browser = new Browser(market.shop);
  await browser.post('/cart/add', { sku: 'TEA', quantity: '1' });
  const typed = { email: 'a@example.org', phone: '+4930123456', name: 'A B', country: 'DE', postcode: '10115', city: 'Berlin', line1: 'T 1', billing_vat_number: firm.vat_number };
  let page = await browser.get('/checkout');
  const field = (name) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(page.text)?.[1] ?? '';
  await browser.post('/checkout', { cart: field('cart'), ...typed, delivery: 'flat:standard', payment: 'cod', do: 'update' });
  page = await browser.get('/checkout');
  assert.match(page.text, /€4\.17/);
  assert.doesNotMatch(page.text, /€5\.00/);
  assert.equal(field('accept_total'), String(581 + 417 + 125));
  const placed = await browser.post('/checkout', { cart: field('cart'), accept_total: field('accept_total'), ...typed, delivery: 'flat:standard', payment: 'cod', do: 'place' });
  assert.equal(placed.status, 303, 'what is shown is charged');
  await settled();
});

// Published examples of numbers whose check digits are right, and the same with a slip.
test('numbers of every member state: check digits', async () => {
  await shop();
  const right = 'ATU13585627 BE0403170701 BG175074752 BG7523169263 CY10259033P CZ25123891 DE136695976 DK13585628 EE100931558 EL094259216 ESB58378431 ES54362315K ESX2482300W FI20774740 FR40303265045 FR83404833048 '
    + 'HR33392005961 HU12892312 IE6433435F IE6433435OA IE8D79739I IT00743110157 LT119511515 LT290061371314 LU15027442 LV40003521600 MT11679112 NL004495445B01 NL000099998B57 PL8567346215 PT501964843 RO18547290 '
    + 'SE556188840401 SI50223054 SK2022749619';
  const wrong = 'ATU13585626 BE0403170702 BG175074751 CY10259033Z CZ25123890 DE136695978 DK13585627 EE100594103 EL123456781 ESB58378432 ES54362315Z FI20774741 FR84323140391 HR33392005962 HU12892313 IE6433435E IT00743110158 '
    + 'LT100001919018 LU15027443 LV40003521601 MT11679113 NL004495445B00 PL8567346216 PT501964842 RO18547291 SE556188840301 SI50223055 SK2022749618';
  const cart = await market.cart([['TEA', 1]]);
  const said = async (vat_number) => (await market.checkout(cart, { address: berlin, billing: { vat_number }, accept_total: 1 })).text;
  for (const number of right.split(' ')) { known[number] = true; assert.match(await said(number), /price-changed/, number); }
  for (const number of wrong.split(' ')) { known[number] = true; assert.match(await said(number), /looks otherwise/, number); }
});

test('a number that is taken out, changed, or of another country between the steps', async () => {
  await shop();
  const cart = await market.cart([['TEA', 3]]);
  const totals = [];
  for (const body of [{ address: berlin, billing: firm }, { address: berlin }, { address: berlin, billing: { vat_number: 'FR40303265045', country: 'FR' } }, { address: sofia, billing: firm },
    { address: { ...berlin, country: 'FR', postcode: '75001' }, billing: { ...firm, country: 'DE' } }]) {
    const { status, json } = await market.checkout(cart, { ...body, accept_total: 1 });
    assert.equal(status, 409);
    totals.push([json.quote.tax_exempt ?? 'none', json.quote.lines[0].unit_price]);
    const kept = (await market.shop.get(`/api/v1/carts/${cart}`)).json.quote;
    assert.deepEqual([kept.tax_exempt ?? 'none', kept.lines[0].unit_price], totals.at(-1), 'the cart tells the same');
  }
  assert.deepEqual(totals, [['all', 581], ['none', 697], ['all', 581], ['none', 697], ['all', 581]]);
  const stranger = await market.cart([['TEA', 1]]);
  const seen = await market.shop.get(`/api/v1/carts/${stranger}`);
  assert.ok(!seen.text.includes('136695976') && !seen.text.includes('40303265045'));
  assert.equal(seen.json.quote.tax_exempt, undefined);
  assert.doesNotMatch(market.shop.stderr, /136695976|40303265045/);
});

for (const include of [true, false]) for (const together of [false, true])
  test(`prices ${include ? 'with' : 'without'} tax, rounded ${together ? 'together' : 'by line'}: sales, edits and refunds add up to the cent`, async () => {
    await shop({ terms: `, prices_include_tax = ${include}, tax_rounding = "${together ? 'total' : 'line'}"`, promotions: rules });
    let turn = 0;
    const coupons = [['SPRING'], ['SPRING', 'FREE'], ['TWO', 'FREE'], ['TWO']];
    for (const body of [{ address: sofia }, { address: berlin }, { address: berlin, billing: firm }, { address: { ...berlin, country: 'US' } }]) {
      const cart = await market.cart([['TEA', 3 + turn], ['MUG', 2], ['PIN', 7], ['BOOK', 1]]);
      for (const code of coupons[turn]) assert.ok((await market.shop.post(`/api/v1/carts/${cart}/coupons`, { code })).status < 300);
      const { status, json: order, text } = await market.checkout(cart, body);
      assert.equal(status, 201, text);
      adds(order);
      assert.ok(order.totals.discount > 0 && order.lines.some((line) => line.gift), 'discounts and a gift');
      assert.equal(order.totals.delivery - order.totals.delivery_discount === 0, coupons[turn].includes('FREE'));
      sql(`UPDATE p_tax_vat_rate SET ppm = ppm + ${++turn * 3000}; DELETE FROM p_tax_vat_number`);
      const at = (await market.order(order.number)).lines;
      const edited = await patch(order.number, { lines: [{ line: at[0].id, quantity: at[0].quantity + 2 }, { line: at[1].id, quantity: 0 }, { line: at[2].id, quantity: 3 }], delivery_amount: 333 });
      assert.ok(edited.status < 300, edited.text);
      const again = await patch(order.number, { lines: [{ sku: 'MUG', quantity: 3 }] });
      assert.ok(again.status < 300, again.text);
      const now = await market.order(order.number);
      adds(now);
      assert.equal(now.tax?.exempt ?? 'none', order.tax?.exempt ?? 'none', 'it keeps its basis');
      assert.equal((await market.step(order.number, 'pay', { reference: `b${turn}` })).status, 200);
      const units = now.lines.flatMap((line) => Array.from({ length: line.quantity }, () => line.id)).sort((a, b) => (a * 7 + turn) % 5 - (b * 7 + turn) % 5);
      const free = new Set(now.lines.filter((line) => line.total === 0).map((line) => line.id)); // nothing is paid back for a gift alone
      const first = units.filter((id) => !free.has(id)).slice(0, 2), rest = {};
      for (const id of units) rest[id] = (rest[id] ?? 0) + 1;
      for (const id of first) if (--rest[id] === 0) delete rest[id];
      for (const id of first) {
        const one = await market.step(order.number, 'refund', { lines: [{ line: id, quantity: 1 }], reason: 'r' });
        assert.equal(one.status, 200, one.text);
      }
      const last = await market.step(order.number, 'refund', { lines: Object.entries(rest).map(([line, quantity]) => ({ line, quantity })), delivery: true, reason: 'r' });
      assert.equal(last.status, 200, last.text);
      const end = await until('all is paid back', async () => { const one = await market.order(order.number); return one.payment_status === 'refunded' && one; });
      assert.equal(end.refunded, end.captured);
      assert.equal(end.refunded, end.totals.total);
    }
    await settled();
  });
