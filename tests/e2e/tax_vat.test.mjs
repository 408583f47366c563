// VAT of the Union through the real server, with a VIES that says what the test wants: rates by place and day, businesses, exports, a register
// that is away, slow or says no, orders without tax that are edited and paid back, and the shop while the plugin is away.
import { test, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, until } from './souk.mjs';
import { Browser, staff } from './browser.mjs';
import { Market, goods } from './buying.mjs';
import { Smtp } from './smtp.mjs';

const berlin = { country: 'DE', city: 'Berlin', postcode: '10115', line1: 'Torstraße 1' };
const business = 'DE136695976';

// The register: `say(number)` decides; undefined: it hangs until the shop gives up.
class Vies {
  static async open() {
    const vies = new Vies();
    Object.assign(vies, { asked: [], say: (number) => ({ valid: number === business, name: 'Müller GmbH' }) });
    vies.server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const question = JSON.parse(body);
      vies.asked.push({ path: request.url, type: request.headers['content-type'], ...question });
      const said = vies.say(question.countryCode + question.vatNumber);
      if (!said) return;
      response.writeHead(said.status ?? 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(said.body ?? { ...question, requestIdentifier: question.requesterNumber ? 'WAPIAAAAX1' : '', name: '---', address: '---', ...said }));
    });
    await new Promise((done) => vies.server.listen(0, '127.0.0.1', done));
    vies.url = `http://127.0.0.1:${vies.server.address().port}/rest-api`;
    return vies;
  }
  close() { this.server.closeAllConnections(); return new Promise((done) => this.server.close(done)); }
}

let vies, market;
afterEach(async () => { await market?.down(); await vies?.close(); market = vies = undefined; });

const shop = async ({ options = '', terms = '', plugins = [], config = '', ...more } = {}) => {
  vies ??= await Vies.open();
  market = await Market.open({ goods: [goods('TEA', 690, 100), goods('MUG', 1909, 50)], plugins: ['tax_vat', ...plugins],
    terms: `{ name = "Test shop", currency = "EUR", country = "BG", locales = { "en", "bg" }${terms} }`, ...more,
    config: `tax_vat = { url = "${vies.url}", requester = "BG123456786"${options} }\n${config}` });
  return market;
};
const to = (address, vat_number, more = {}) => ({ address, ...(vat_number ? { billing: { company: 'Müller', vat_number } } : {}), ...more });
const buy = async (lines, body) => {
  const { status, json, text } = await market.buy(lines, body);
  assert.equal(status, 201, text);
  return json;
};
const rows = (text) => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 5000', `${market.shop.data}/souk.db`, text], { encoding: 'utf8' }) || '[]');
const write = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 5000', `${market.shop.data}/souk.db`, text]);
const settled = async () => assert.deepEqual(await market.verify(), []);
const patch = (number, body) => ask(`${market.shop.url}/api/v1/admin/orders/${number}`, { method: 'PATCH', headers: { ...market.auth, 'content-type': 'application/json' }, body: JSON.stringify(body) });
const taxes = (order) => order.lines.map((line) => line.taxes.map(({ name, ppm, amount }) => [name, ppm, amount]));

test('at home, elsewhere in the Union, and out of it', async () => {
  await shop();
  const home = await buy([['TEA', 2]], {});
  assert.deepEqual(taxes(home), [[['VAT 20 %', 200000, 230]]]);
  assert.equal(home.totals.total, 1380 + home.totals.delivery);
  assert.equal(home.tax, null, 'neither number nor place made a difference');
  const germany = await buy([['TEA', 2]], to(berlin));
  assert.deepEqual(taxes(germany), [[['VAT DE 19 %', 190000, 220]]]);
  assert.equal(germany.totals.items, 1380, 'prices include the tax of the place');
  const finland = await buy([['TEA', 1]], to({ ...berlin, country: 'FI', postcode: '00100' }));
  assert.deepEqual(taxes(finland), [[['VAT FI 25.5 %', 255000, 140]]]);
  for (const [country, postcode, name] of [['PT', '9000-123', 'VAT PT-30 22 %'], ['PT', '9400-010', 'VAT PT-30 22 %'], ['AT', '6992', 'VAT AT-JM 19 %'], ['GB', 'bt1 1aa', 'VAT XI 20 %']])
    assert.equal((await buy([['TEA', 1]], to({ ...berlin, country, postcode }))).lines[0].taxes[0].name, name);
  for (const address of [{ ...berlin, country: 'US', postcode: '10001' }, { ...berlin, country: 'GB', postcode: 'SW1A 1AA' }, { ...berlin, country: 'ES', postcode: '35 001' }, { ...berlin, postcode: '78266' }]) {
    const away = await buy([['TEA', 3], ['MUG', 1]], to(address));
    assert.deepEqual(away.lines.map(({ unit_price, total, tax }) => [unit_price, total, tax]), [[575, 1725, 0], [1591, 1591, 0]], 'each unit without the 20 % of home');
    assert.equal(away.totals.tax_included + away.totals.tax, 0);
    assert.equal(away.tax.exempt, 'all');
    assert.match(away.tax.note, /^Export: .*Article 146/);
  }
  assert.equal(vies.asked.length, 0);
  await settled();
});

test('a business is asked about once, and its order has no tax; proof and words stand with it', async () => {
  await shop();
  const cart = await market.cart([['TEA', 3], ['MUG', 2]]);
  const body = to(berlin, 'de 136.695.976');
  const seen = (await market.shop.get(`/api/v1/carts/${cart}`)).json.quote.totals.total;
  const changed = await market.checkout(cart, { ...body, accept_total: seen });
  assert.equal(changed.status, 409, changed.text);
  assert.equal(changed.json.type.split('/').pop(), 'price-changed');
  assert.equal(changed.json.quote.tax_exempt, 'all');
  const total = changed.json.quote.totals.total;
  const { status, json: order, text } = await market.checkout(cart, { ...body, accept_total: total });
  assert.equal(status, 201, text);
  assert.deepEqual(vies.asked, [{ path: '/rest-api/check-vat-number', type: 'application/json', countryCode: 'DE', vatNumber: '136695976',
    requesterMemberStateCode: 'BG', requesterNumber: '123456786' }], 'asked once');
  assert.deepEqual(order.lines.map(({ unit_price, total: sum, tax, taxes: parts }) => [unit_price, sum, tax, parts]), [[575, 1725, 0, []], [1591, 3182, 0, []]]);
  assert.equal(order.totals.total, total);
  assert.equal(order.billing.vat_number, business);
  assert.equal(order.billing.tax, undefined);
  assert.deepEqual({ ...order.tax, note: undefined }, { number: business, state: 'valid', company: 'Müller GmbH', exempt: 'all', note: undefined });
  assert.match(order.tax.note, /^Reverse charge: .*Article/);
  assert.equal((await market.order(order.number)).tax.proof, 'WAPIAAAAX1');
  const again = await buy([['TEA', 1]], to(berlin, business));
  assert.equal(again.tax.exempt, 'all');
  assert.equal(vies.asked.length, 1, 'remembered');
  await settled();
});

test('a business in Northern Ireland: its number begins with XI, and has the check digits of the United Kingdom', async () => {
  await shop();
  vies.say = (number) => ({ valid: number === 'XI980780684', name: 'Linen Ltd' });
  const belfast = { country: 'GB', city: 'Belfast', postcode: 'BT1 5GS', line1: 'Donegall Square 1' };
  const firm = await buy([['TEA', 1]], to(belfast, 'xi 980 7806 84'));
  assert.deepEqual([firm.lines[0].unit_price, firm.tax.number, firm.tax.exempt], [575, 'XI980780684', 'all']);
  assert.match(firm.tax.note, /^Reverse charge/);
  assert.deepEqual(vies.asked.map(({ countryCode, vatNumber }) => [countryCode, vatNumber]), [['XI', '980780684']]);
  for (const number of ['XI980780685', 'XIGD500', 'XI98078068'])
    assert.equal((await market.buy([['TEA', 1]], to(belfast, number))).status, 422, number);
  assert.equal(vies.asked.length, 1, 'those cannot be numbers');
  const british = await buy([['TEA', 1]], to(belfast, 'GB980780684'));
  assert.equal(british.lines[0].taxes[0].name, 'VAT XI 20 %', 'a number of the rest of the kingdom changes nothing');
  assert.equal(vies.asked.length, 1);
  await settled();
});

test('an order without tax keeps its basis: more of it, other goods, units paid back, what is left', async () => {
  await shop();
  const order = await buy([['TEA', 3]], to(berlin, business));
  write('DELETE FROM p_tax_vat_number'); // what the register said is forgotten; what was agreed on is not
  const edited = await patch(order.number, { lines: [{ sku: 'TEA', quantity: 5 }, { sku: 'MUG', quantity: 3 }], address: { ...berlin, country: 'BG', city: 'Sofia' } });
  assert.ok(edited.status < 300, edited.text);
  const now = await market.order(order.number);
  assert.deepEqual(now.lines.map(({ unit_price, quantity, tax }) => [unit_price, quantity, tax]), [[575, 5, 0], [1591, 3, 0]]);
  assert.equal(now.tax.exempt, 'all');
  assert.match(now.tax.note, /^Reverse charge/);
  await settled();
  assert.equal((await market.step(order.number, 'pay', { reference: 'bank 7' })).status, 200);
  const back = await market.step(order.number, 'refund', { lines: [{ line: now.lines[1].id, quantity: 2 }], reason: 'damaged' });
  assert.equal(back.status, 200, back.text);
  assert.equal((await until('paid back', async () => { const seen = await market.order(order.number); return seen.refunded > 0 && seen; })).refunded, 3182, 'two at what they cost: no tax is in it');
  await settled();
});

test('a taxed order is not freed by what is learnt later', async () => {
  await shop();
  const order = await buy([['TEA', 1]], to(berlin));
  const edit = await patch(order.number, { lines: [{ sku: 'MUG', quantity: 1 }], address: { ...berlin, country: 'US', postcode: '10001' } });
  assert.ok(edit.status < 300, edit.text);
  const now = await market.order(order.number);
  assert.deepEqual(now.lines.map(({ unit_price, taxes: parts }) => [unit_price, parts[0].ppm]), [[690, 190000], [1909, 200000]], 'new goods by the law of home');
  assert.equal(now.tax, null);
  await settled();
});

test('where prices exclude tax, nothing is added for a business', async () => {
  await shop({ terms: ', prices_include_tax = false' });
  const person = await buy([['TEA', 1]], to(berlin));
  assert.deepEqual([person.lines[0].unit_price, person.lines[0].tax, person.totals.tax_included], [690, 131, 0]);
  const firm = await buy([['TEA', 1]], to(berlin, business));
  assert.deepEqual([firm.lines[0].unit_price, firm.lines[0].tax, firm.totals.tax], [690, 0, 0]);
  await settled();
});

test('a sale at home is taxed, whoever buys', async () => {
  await shop();
  vies.say = () => ({ valid: true, name: 'Shop OOD' });
  const order = await buy([['TEA', 1]], to({ country: 'BG', city: 'Sofia', postcode: '1000', line1: 'Shipka 1' }, 'BG123456786'));
  assert.equal(order.lines[0].tax, 115);
  assert.deepEqual([order.tax.state, order.tax.exempt, order.tax.note], ['valid', 'none', '']);
  const abroad = await buy([['TEA', 1]], to(berlin, 'BG123456786', { billing: { vat_number: 'BG123456786', country: 'BG' } }));
  assert.equal(abroad.lines[0].tax, 110, 'a number of the shop\'s own country frees nobody');
  await settled();
});

test('no such number: an error of the field with words, nothing is ordered, nothing typed is lost', async () => {
  await shop();
  for (const [typed, asked, words] of [['DE123456789', 0, /looks otherwise/], ['DE811907980', 1, /knows no such/], ['?!', 1, /looks otherwise/]]) {
    const refused = await market.buy([['TEA', 1]], to(berlin, typed));
    assert.equal(refused.status, 422, refused.text);
    assert.deepEqual(refused.json.errors.map(({ pointer }) => pointer), ['/billing/vat_number']);
    assert.match(refused.json.errors[0].detail, words);
    assert.equal(vies.asked.length, asked, typed);
  }
  assert.equal(rows('SELECT count(*) AS n FROM shop_order')[0].n, 0);
  const free = await buy([['TEA', 1]], to(berlin));
  assert.equal(free.lines[0].tax, 110);
  await settled();
});

test('a client cannot say of itself that its number is valid', async () => {
  await shop();
  vies.say = () => ({ status: 503, body: {} });
  const tax = { state: 'valid', typed: business, number: business, country: 'DE', asked_at: Date.now() * 1000 };
  const order = await buy([['TEA', 1]], to(berlin, business, { tax, billing: { vat_number: business, tax } }));
  assert.equal(order.lines[0].tax, 110);
  assert.equal(order.tax.state, 'unknown');
});

test('the register away, slow, broken or busy: taxed, and the order says why', async () => {
  await shop({ options: ', timeout = "300ms"' });
  const lies = [() => undefined, () => ({ status: 500, body: 'oops' }), () => ({ body: { actionSucceed: false, errorWrappers: [{ error: 'MS_UNAVAILABLE' }] } }),
    () => ({ body: { valid: 'yes' } }), () => ({ body: [] })];
  for (const lie of lies) {
    vies.say = lie;
    const order = await buy([['TEA', 1]], to(berlin, business));
    assert.equal(order.lines[0].tax, 110);
    assert.deepEqual([order.tax.state, order.tax.exempt], ['unknown', 'none']);
    assert.match(order.tax.note, /could not be checked/);
  }
  assert.equal(rows('SELECT count(*) AS n FROM p_tax_vat_number')[0].n, 0, 'nothing is remembered of who said nothing');
  await vies.close();
  const order = await buy([['TEA', 1]], to(berlin, business));
  assert.equal(order.tax.state, 'unknown');
  assert.ok(!market.shop.stderr.includes('136695976'), 'numbers are not logged');
  vies = undefined;
  await settled();
});

test('a rate that changes between the page and the order', async () => {
  await shop({ terms: ', prices_include_tax = false' });
  const cart = await market.cart([['TEA', 10]]);
  const first = await market.checkout(cart, { ...to(berlin), accept_total: 1 });
  assert.equal(first.status, 409);
  const before = first.json.quote.totals;
  assert.equal(before.tax, 1311 + Math.round(before.delivery * 0.19));
  const moment = (Date.now() + 700) * 1000;
  write(`INSERT INTO p_tax_vat_rate (id, country, kind, ppm, valid_from) VALUES (9001, 'DE', 'standard', 160000, ${moment})`);
  await until('the day has come', () => Date.now() * 1000 > moment);
  const late = await market.checkout(cart, { ...to(berlin), accept_total: before.total });
  assert.equal(late.status, 409, 'the total is another now');
  assert.equal(late.json.quote.totals.tax, 1104 + Math.round(before.delivery * 0.16));
  const order = await market.checkout(cart, { ...to(berlin), accept_total: late.json.quote.totals.total });
  assert.equal(order.status, 201, order.text);
  assert.equal(order.json.lines[0].taxes[0].name, 'VAT DE 16 %');
  await settled();
});

test('rates from a file: whole or not at all, by the day of the country', async () => {
  await shop();
  const file = join(market.shop.dir, 'rates.csv');
  writeFileSync(file, 'country,kind,rate,from,until\nDE,standard,18,2026-01-01,\nPT-20,standard,15,,2999-01-01\nDE,nonsense,18,,\n');
  const bad = await market.shop.souk('tax_vat', 'import', file);
  assert.notEqual(bad.code, 0);
  assert.match(bad.stderr, /line 4: kind is/);
  assert.equal((await buy([['TEA', 1]], to(berlin))).lines[0].taxes[0].ppm, 190000);
  writeFileSync(file, 'country,kind,rate,from,until\nde,standard,18.25,2026-01-01,\n');
  const good = await market.shop.souk('tax_vat', 'import', file);
  assert.deepEqual(good.json, { lines: 1, changed: 1 }, good.stderr);
  assert.deepEqual((await market.shop.souk('tax_vat', 'import', file)).json, { lines: 1, changed: 0 });
  assert.equal((await buy([['TEA', 1]], to(berlin))).lines[0].taxes[0].name, 'VAT DE 18.25 %');
  assert.equal(rows('SELECT valid_from FROM p_tax_vat_rate WHERE ppm = 182500')[0].valid_from, Date.parse('2025-12-31T23:00:00Z') * 1000);
  const { stdout } = await market.shop.souk('tax_vat', 'export');
  assert.match(stdout, /^DE,standard,18\.2500,2026-01-01,$/m);
  assert.match(stdout, /^AT,super_reduced,4\.9000,2026-07-01,$/m);
  writeFileSync(file, stdout);
  assert.deepEqual((await market.shop.souk('tax_vat', 'import', file)).json, { lines: stdout.trim().split('\n').length - 1, changed: 0 }, 'what is given out can be taken in');
});

test('a kind of rate that begins on a day: before it the standard rate holds', async () => {
  await shop({ options: ', classes = { standard = "super_reduced" }' });
  const bread = await buy([['TEA', 1]], to({ ...berlin, country: 'AT', postcode: '1010' }));
  assert.deepEqual(taxes(bread)[0], [['VAT AT 4.9 %', 49000, 32]]);
  write(`UPDATE p_tax_vat_rate SET valid_from = ${(Date.now() + 86400000) * 1000} WHERE country = 'AT' AND kind = 'super_reduced'`);
  assert.equal((await buy([['TEA', 1]], to({ ...berlin, country: 'AT', postcode: '1010' }))).lines[0].taxes[0].ppm, 200000);
});

test('a shop that has the plugin gets new rates with its new version, and keeps what its staff wrote', async () => {
  await shop();
  await market.shop.stop();
  // As it was before, with a rate and two places of the staff's own.
  write(`DELETE FROM migration WHERE owner = 'tax_vat' AND number = 4; DELETE FROM p_tax_vat_rate WHERE id BETWEEN 98 AND 107;
    INSERT INTO p_tax_vat_rate (id, country, kind, ppm, valid_from) VALUES (5001, 'MT', 'parking', 110000, 0);
    UPDATE p_tax_vat_place SET postcodes = '90*, 91*, 92*, 93*' WHERE id = 9; UPDATE p_tax_vat_place SET rule = 'outside' WHERE id = 11; DELETE FROM p_tax_vat_place WHERE id = 12`);
  await market.restart();
  assert.deepEqual(rows("SELECT id, ppm FROM p_tax_vat_rate WHERE (country, kind) IN (('MT', 'parking'), ('AT', 'super_reduced'), ('XI', 'standard')) ORDER BY id"),
    [{ id: 98, ppm: 49000 }, { id: 107, ppm: 200000 }, { id: 5001, ppm: 110000 }]);
  assert.deepEqual(rows('SELECT id, postcodes, rule FROM p_tax_vat_place WHERE id IN (9, 11, 12)'),
    [{ id: 9, postcodes: '90*, 91*, 92*, 93*, 94*', rule: 'PT-30' }, { id: 11, postcodes: 'BT*', rule: 'outside' }]);
});

test('the plugin in quarantine: nothing is sold, pages go on by the shop\'s own rates; enabled again, it is', async () => {
  await shop({ goods: [goods('TEA', 690, 100)] });
  const cart = await market.cart([['TEA', 1]]);
  for (let i = 0; i < 3; i++)
    appendFileSync(join(market.shop.data, 'faults'), `at=${new Date().toISOString().replace('Z', '000Z')} plugin=tax_vat kind=crash signal=SIGSEGV where="tax rates" file="tax_vat.so+0x1"\n`);
  await market.restart();
  assert.equal((await market.shop.plugin('tax_vat')).state, 'quarantined');
  const seen = await market.shop.get(`/api/v1/carts/${cart}`);
  assert.equal(seen.status, 200);
  assert.equal(seen.json.quote.totals.items, 690);
  const slug = (await market.shop.get('/api/v1/products')).json.items[0].url;
  assert.equal((await market.shop.get(slug)).status, 200, 'the product is shown');
  const refused = await market.checkout(cart, to(berlin));
  assert.equal(refused.status, 503, refused.text);
  assert.equal(refused.json.type.split('/').pop(), 'unavailable');
  assert.match(refused.json.detail, /tax cannot be reckoned/);
  assert.equal(rows('SELECT count(*) AS n FROM shop_order')[0].n, 0);
  assert.equal((await market.shop.souk('plugin', 'enable', 'tax_vat')).code, 0);
  const order = await until('the plugin is back', async () => {
    const { status, json } = await market.checkout(cart, to(berlin));
    return status === 201 ? json : undefined;
  });
  assert.equal(order.lines[0].taxes[0].ppm, 190000);
  await settled();
});

test('the page of the checkout: number, reason and what is wrong; the order\'s page, its mail and the admin say why there is no tax', async () => {
  const smtp = await Smtp.start();
  await shop({ plugins: ['notify_mail'], config: `notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", sender = "shop@souk.example" }` });
  const typed = { email: 'anna@example.org', phone: '+4930123456', name: 'Anna Müller', country: 'DE', postcode: '10115', city: 'Berlin', line1: 'Torstraße 1', billing_company: 'Müller GmbH' };
  const browser = new Browser(market.shop);
  assert.equal((await browser.post('/cart/add', { sku: 'TEA', quantity: '3' })).status, 303);
  const send = async (more) => {
    const page = await browser.get('/checkout');
    const field = (name) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(page.text)?.[1] ?? '';
    return browser.post('/checkout', { cart: field('cart'), accept_total: field('accept_total'), delivery: 'flat:standard', payment: 'invoice', ...typed, ...more });
  };
  const note = (text) => /id="tax-note">([^<]*)</.exec(text)?.[1];
  const total = (text) => /totals-all"><dt>[^<]*<\/dt><dd>([^<]*)</.exec(text)?.[1];
  assert.equal((await send({ do: 'update' })).status, 303);
  assert.equal(note((await browser.get('/checkout')).text), undefined);
  await send({ do: 'update', billing_vat_number: 'DE811907980' });
  let page = (await browser.get('/checkout')).text;
  assert.match(page, /id="billing_vat_number-error">The register knows no such VAT number</);
  assert.equal(total(page), '€25.70');
  vies.say = () => ({ status: 503, body: {} });
  await send({ do: 'update', billing_vat_number: 'FR40303265045' });
  page = (await browser.get('/checkout')).text;
  assert.match(note(page), /could not be checked/);
  assert.equal(total(page), '€25.70');
  vies.say = (number) => ({ valid: number === business, name: 'Müller GmbH' });
  await send({ do: 'update', billing_vat_number: business });
  page = (await browser.get('/checkout')).text;
  assert.match(note(page), /^Reverse charge/);
  assert.equal(total(page), '€21.42', '3 × 5.75 and a delivery of 4.17');
  assert.ok(!page.includes('billing_vat_number-error'));
  const before = vies.asked.length;
  const placed = await send({ do: 'place', billing_vat_number: business });
  assert.equal(placed.status, 303, placed.text);
  assert.equal(vies.asked.length, before, 'not asked again');
  assert.match(note((await browser.get(placed.location)).text), /^Reverse charge/);
  const mail = await until('the mail', () => smtp.mails.find((one) => one.to.includes('anna@example.org')));
  assert.match(mail.text, /Reverse charge: the recipient/);
  assert.match(mail.html, /Reverse charge: the recipient/);
  const owner = await staff(market.shop);
  const number = placed.location.match(/order\/(\d+)/)[1];
  const seen = await owner.get(`/admin/orders/${(await market.order(number)).id}`);
  assert.match(seen.text, /The register knows this number: Müller GmbH[^]*WAPIAAAAX1[^]*Reverse charge/);
  await settled();
  await smtp.stop();
});

test('a page that is kept goes when rates do, and knows nothing of anybody\'s number', async () => {
  await shop();
  await buy([['TEA', 1]], to(berlin, business));
  const slug = (await market.shop.get('/api/v1/products')).json.items.find((item) => item.name.includes('TEA')).url;
  const one = await market.shop.get(slug), two = await market.shop.get(slug);
  assert.match(one.text, /Price includes tax/);
  assert.equal(one.text, two.text);
  assert.ok(!one.text.includes('136695976') && !one.text.includes('10115'));
  const file = join(market.shop.dir, 'rates.csv');
  writeFileSync(file, 'country,kind,rate,from,until\nBG,standard,0,2020-01-01,\n');
  assert.equal((await market.shop.souk('tax_vat', 'import', file)).code, 0);
  await until('the page follows the table', async () => !(await market.shop.get(slug)).text.includes('Price includes tax'));
});
