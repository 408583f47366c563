// Promotions in a real shop: a folder of rules is taken up and changed while the shop serves; carts, orders, refunds and pages show what they
// give by its name; a rule that hangs costs nobody more than its own discount.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, until } from './souk.mjs';
import { Market, Peer, goods } from './buying.mjs';
import { Browser } from './browser.mjs';

const base = `
promotion { id = "second-half", name = "Second at half price", give = { buy_get = {
  buy = { skus = { "TEA" } }, buy_quantity = 1, get = { skus = { "TEA" } }, get_quantity = 1, percent = 50 } } }
promotion { id = "free-delivery", name = "Free delivery from 30", when = { items_total_at_least = money "30.00" }, give = { delivery_percent = { percent = 100 } } }
promotion { id = "spring", name = "Spring voucher", coupon = "SPRING", give = { order_percent = { percent = 10 } } }
promotion { id = "big", name = "Big orders", coupon = "BIG", when = { items_total_at_least = money "500.00" }, give = { order_percent = { percent = 30 } } }
promotion { id = "over", coupon = { code = "OVER", to = "2020-01-01" }, give = { order_percent = { percent = 30 } } }
promotion { id = "spoon", name = "A spoon with three cups", when = { contains_product = { skus = { "CUP" }, quantity = 3 } }, give = { add_gift = { sku = "SPOON" } } }
promotion { id = "computed", name = "Odd one", when = function(cart) return cart.quantity % 2 == 1 and cart.quantity > 4, "an odd number of at least five" end,
  give = function(cart) return { order_fixed = { amount = percent_of(cart.items_total, 1) } } end }
`;

let market, peer, folder, stamp = 0;
// The new text counts when the shop's clock has seen it; every write looks like a later one.
function write(name, text) {
  const file = join(folder, name);
  writeFileSync(file, text);
  stamp += 1;
  utimesSync(file, new Date(), new Date(Date.now() + stamp * 1000));
}
const quoteOf = async (cart) => (await market.shop.get(`/api/v1/carts/${cart}`)).json.quote;
const code = (cart, text) => market.shop.post(`/api/v1/carts/${cart}/coupons`, { code: text });
const given = (quote) => Object.fromEntries(quote.discounts.map((one) => [one.promotion, one.amount + one.delivery_amount]));
const traced = (quote, id) => quote.promotions.find((one) => one.id === id);

before(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  folder = join(dir, 'scripts', 'promotions');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'base.lua'), base);
  peer = await Peer.open();
  peer.answer = (asked) => ({ state: asked.verb === 'refund' ? 'refunded' : 'captured' });
  market = await Market.open({ dir, config: peer.config, goods: [goods('TEA', 1000, 100), goods('CUP', 700, 100), goods('SPOON', 300, 2), goods('POT', 4000, null)] });
});
after(async () => { await market?.down(); await peer?.close(); });

test('an automatic promotion, by its name, on the line that it is about', async () => {
  const cart = await market.cart([['TEA', 3], ['CUP', 1]]);
  const { json } = await market.shop.get(`/api/v1/carts/${cart}`);
  assert.deepEqual(given(json.quote), { 'second-half': 500 });
  assert.deepEqual(json.quote.lines[0].discounts, [{ promotion: 'second-half', name: 'Second at half price', amount: 500 }]);
  assert.deepEqual(json.lines.map((line) => [line.sku, line.discount, line.total]), [['TEA', 500, 2500], ['CUP', 0, 700]]);
  assert.equal(json.quote.totals.total, 3200);
  assert.equal(traced(json.quote, 'second-half').applied, true);
  assert.equal(traced(json.quote, 'second-half').file, undefined); // not a shopper's business
});

test('codes: one that counts, one that asks for more, and two of which nothing is told', async () => {
  const cart = await market.cart([['CUP', 1]]);
  for (const one of [' spring ', 'big', 'over', 'nobody']) assert.equal((await code(cart, one)).status, 200);
  const quote = await quoteOf(cart);
  assert.deepEqual(given(quote), { spring: 70 });
  const told = Object.fromEntries(quote.coupons.map((one) => [one.code, [one.accepted, one.reason_code]]));
  assert.deepEqual(told, { SPRING: [true, ''], BIG: [false, 'conditions'], OVER: [false, 'unknown'], NOBODY: [false, 'unknown'] });
  const [over, nobody] = ['OVER', 'NOBODY'].map((name) => ({ ...quote.coupons.find((one) => one.code === name), code: '' }));
  assert.deepEqual(over, nobody);
  assert.equal(traced(quote, 'over'), undefined);
  // a cart takes five
  assert.equal((await code(cart, 'five')).status, 200);
  const sixth = await code(cart, 'six');
  assert.equal(sixth.status, 400, sixth.text);
  assert.equal((await quoteOf(cart)).coupons.length, 5);
  assert.equal((await ask(`${market.shop.url}/api/v1/carts/${cart}/coupons/spring`, { method: 'DELETE' })).status, 200);
  assert.deepEqual(given(await quoteOf(cart)), {});
});

test('a threshold: what is missing is told, then delivery is free', async () => {
  const cart = await market.cart([['CUP', 2]]);
  const before = await quoteOf(cart);
  assert.deepEqual(before.nudges.filter((one) => one.promotion === 'free-delivery').map((one) => [one.promotion, one.missing_amount, one.free_delivery]), [['free-delivery', 1600, true]]);
  await market.shop.post(`/api/v1/carts/${cart}/lines`, { sku: 'POT', quantity: 1 });
  assert.deepEqual((await quoteOf(cart)).nudges.filter((one) => one.promotion === 'free-delivery'), []);
  const order = await market.checkout(cart, { accept_total: 5400 });
  assert.equal(order.status, 201, order.text);
  assert.deepEqual([order.json.totals.delivery, order.json.totals.delivery_discount, order.json.totals.total], [500, 500, 5400]);
  assert.deepEqual(order.json.discounts, [{ promotion: 'free-delivery', name: 'Free delivery from 30', amount: 0, delivery_amount: 500 }]);
});

test('a gift: a line that nobody can change, from the stock, and none when there is none', async () => {
  const cart = await market.cart([['CUP', 3]]);
  const { json } = await market.shop.get(`/api/v1/carts/${cart}`);
  const gift = json.lines.find((line) => line.gift);
  assert.deepEqual([gift.sku, gift.name, gift.quantity, gift.total, gift.available], ['SPOON', 'Thing SPOON', 1, 0, true]);
  assert.equal(json.units, 3);
  assert.deepEqual([json.quote.totals.items, json.quote.totals.discount, json.quote.totals.total], [2400, 300, 2100]);
  const answer = await ask(`${market.shop.url}/api/v1/carts/${cart}/lines/${gift.id}`, { method: 'DELETE' });
  assert.equal(answer.status, 404);
  for (const left of [1, 0]) {
    const order = await market.buy([['CUP', 3]], { accept_total: 2600 });
    assert.equal(order.status, 201, order.text);
    assert.deepEqual(order.json.lines.map((line) => [line.sku, line.gift]), [['CUP', false], ['SPOON', true]]);
    assert.ok(left >= 0);
  }
  const last = await quoteOf(await market.cart([['CUP', 3]]));
  assert.deepEqual(last.lines.map((line) => line.sku), ['CUP']);
  assert.deepEqual(await market.verify(), []);
});

test('a function says whether and how much, and what it said goes into the order', async () => {
  const cart = await market.cart([['CUP', 4], ['POT', 1]]);
  const quote = await quoteOf(cart);
  assert.equal(given(quote).computed, 68);
  const order = await market.checkout(cart, { accept_total: quote.totals.total }); // free delivery
  assert.equal(order.status, 201, order.text);
  assert.equal(order.json.discounts.find((one) => one.promotion === 'computed').amount, 68);
  const even = await quoteOf(await market.cart([['CUP', 2]]));
  assert.equal(given(even).computed, undefined);
});

test('an order keeps its discounts, and units are paid back by their exact share', async () => {
  // 1000 + 1000 + 500 less a tenth of it: three units of 2250, and 500 for delivery
  const cart = await market.cart([['TEA', 3]]);
  await code(cart, 'SPRING');
  const order = await market.checkout(cart, { accept_total: 2750, payment: { method: 'peer' } });
  assert.equal(order.status, 201, order.text);
  const { number } = order.json;
  await until('it is paid', async () => (await market.order(number)).payment_status === 'paid');
  write('base.lua', base.replace('percent = 50', 'percent = 100'));
  const fresh = await market.cart([['TEA', 2]]);
  await until('the new rule', async () => given(await quoteOf(fresh))['second-half'] === 1000);
  const kept = await market.order(number);
  assert.deepEqual(kept.lines.map((line) => [line.sku, line.discount, line.total]), [['TEA', 750, 2250]]);
  assert.deepEqual(kept.discounts.map((one) => [one.name, one.amount]), [['Second at half price', 500], ['Spring voucher', 250]]);
  assert.deepEqual(kept.quote.promotions.filter((one) => one.applied).map((one) => [one.id, one.hash.length > 0]), [['second-half', true], ['spring', true]]);
  for (let unit = 0; unit < 3; unit++) {
    const answer = await market.step(number, 'refund', { lines: [{ line: kept.lines[0].id, quantity: 1 }] });
    assert.equal(answer.status, 200, answer.text);
  }
  const end = await until('all is back', async () => { const now = await market.order(number); return now.refunded === 2250 && now; });
  const moves = end.payments.flatMap((payment) => payment.moves).filter((move) => move.kind === 'refund').map((move) => move.amount);
  assert.deepEqual(moves, [750, 750, 750]);
  write('base.lua', base);
  await until('the old rule', async () => given(await quoteOf(fresh))['second-half'] === 500);
  assert.deepEqual(await market.verify(), []);
});

test('a promotion that ends between cart and checkout: the total is told anew, nothing is ordered', async () => {
  write('short.lua', 'promotion { id = "short", name = "Short", give = { order_fixed = { amount = money "1.00" } } }');
  const cart = await market.cart([['CUP', 1]]);
  await until('the short rule', async () => given(await quoteOf(cart)).short === 100);
  rmSync(join(folder, 'short.lua'));
  await until('it is over', async () => given(await quoteOf(cart)).short === undefined);
  const late = await market.checkout(cart, { accept_total: 1100 });
  assert.equal(late.status, 409, late.text);
  assert.match(late.json.type, /price-changed/);
  assert.equal(late.json.quote.totals.total, 1200);
  assert.equal((await market.checkout(cart, { accept_total: 1200 })).status, 201);
});

test('rules change while carts are priced, and not one request fails', async () => {
  const cart = await market.cart([['TEA', 2]]);
  let on = true, asked = 0;
  const seen = new Set();
  const askers = Array.from({ length: 4 }, async () => {
    while (on) {
      const answer = await ask(`${market.shop.url}/api/v1/carts/${cart}`);
      assert.equal(answer.status, 200, answer.text);
      seen.add(answer.json.quote.totals.discount);
      asked++;
    }
  });
  for (const percent of [10, 20, 30]) {
    write('base.lua', base.replace('percent = 50', `percent = ${percent}`));
    await until(`${percent} percent`, async () => given(await quoteOf(cart))['second-half'] === percent * 10);
  }
  on = false;
  await Promise.all(askers);
  assert.ok(asked > 20, String(asked));
  for (const discount of seen) assert.ok([500, 100, 200, 300].includes(discount), String(discount));
});

test('a broken file leaves the rules as they are, and says file, line and why', async () => {
  write('base.lua', base);
  const cart = await market.cart([['TEA', 2]]);
  await until('the usual rules', async () => given(await quoteOf(cart))['second-half'] === 500);
  write('broken.lua', 'promotion { id = "fine", give = { order_percent = { percent = 1 } } }\npromotion { id = "bad", prioritty = 3, give = { order_percent = { percent = 1 } } }\n');
  await until('the refusal', () => /promotion\.refused.*file=promotions\/broken\.lua.*line=2.*prioritty/.test(market.shop.stderr));
  assert.deepEqual(given(await quoteOf(cart)), { 'second-half': 500 });
  // a start with the broken file: what served last
  await market.restart();
  assert.deepEqual(given(await quoteOf(cart)), { 'second-half': 500 });
  await market.shop.says(/promotion\.recalled/);
  rmSync(join(folder, 'broken.lua'));
  await until('all is well', () => (market.shop.stderr.match(/promotion\.loaded/g) ?? []).length > 1);
});

test('a function that hangs: list prices, a trace that says why, and after three times it is off', async () => {
  write('hang.lua', 'promotion { id = "hang", name = "Hang", when = function(cart) while true do end end, give = { order_percent = { percent = 90 } } }');
  const cart = await market.cart([['CUP', 1]]);
  const quote = await until('the hanging rule', async () => {
    const now = await quoteOf(cart);
    return traced(now, 'hang') ? now : undefined;
  });
  assert.equal(quote.totals.total, 700);
  assert.equal(traced(quote, 'hang').applied, false);
  // ThreadSanitizer holds the tick of the clock back, so that each worker is busy until it is killed
  assert.match(traced(quote, 'hang').script.outcome, process.env.SANITIZE === 'thread' ? /budget|killed|busy/ : /budget|killed/);
  await until('it is switched off', async () => {
    const began = Date.now();
    assert.equal((await quoteOf(cart)).totals.total, 700);
    assert.ok(Date.now() - began < 20000);
    return /promotion\.switched_off.*promotion=hang/.test(market.shop.stderr);
  });
  await until('nobody asks it any more', async () => !traced(await quoteOf(cart), 'hang')?.script);
  // mended, it is on again: the switch was for that version
  write('hang.lua', 'promotion { id = "hang", name = "Hang", when = function(cart) return true end, give = { order_percent = { percent = 10 } } }');
  await until('the mended rule', async () => given(await quoteOf(cart)).hang === 70);
  rmSync(join(folder, 'hang.lua'));
  await until('it is gone', async () => given(await quoteOf(cart)).hang === undefined);
});

test('a catalogue promotion: lists, pages that were cached and carts show the same price, and the usual one again when it is gone', async () => {
  const { slug } = (await market.shop.get('/api/v1/products?q=POT')).json.items[0];
  const prices = async () => {
    const page = (await ask(`${market.shop.url}/p/${slug}`)).text;
    const list = (await market.shop.get('/api/v1/products?q=POT')).json.items[0];
    return [/€40\.00/.test(page), /€36\.00/.test(page), list.price.amount, list.compare_at?.amount ?? null];
  };
  assert.deepEqual(await prices(), [true, false, 4000, null]);
  assert.deepEqual(await prices(), [true, false, 4000, null]); // from the cache
  const cart = await market.cart([['POT', 1]]);
  write('shelf.lua', 'promotion { id = "pots", name = "Pots", kind = "catalogue", give = { unit_percent = { percent = 10, filter = { skus = { "POT" } } } } }');
  await until('the lower price', async () => (await prices()).join() === 'true,true,3600,4000');
  const quote = await quoteOf(cart);
  assert.deepEqual([quote.lines[0].unit_price, quote.lines[0].original_price, quote.totals.discount, quote.totals.total], [3600, 4000, 0, 3600]);
  rmSync(join(folder, 'shelf.lua'));
  await until('the usual price', async () => (await prices()).join() === 'true,false,4000,');
  assert.equal((await quoteOf(cart)).totals.total, 4000);
});

test('pages: discounts by name, the gift, a sentence for each code, what is missing; in another language too', async () => {
  await market.shop.post('/api/v1/admin/products', goods('FORK', 200, null), market.auth);
  write('fork.lua', 'promotion { id = "fork", name = "A fork with every pot", when = { contains_product = { "POT" } }, give = { add_gift = { sku = "FORK" } } }');
  const b = new Browser(market.shop);
  await b.post('/cart/add', { sku: 'TEA', quantity: '2' });
  await b.post('/cart', { do: 'code', text: 'over' });
  await b.post('/cart', { do: 'code', text: 'spring' });
  let page = (await b.get('/cart')).text;
  assert.match(page, /<dt>Second at half price<\/dt><dd>−€5\.00/);
  assert.match(page, /<dt>Spring voucher<\/dt><dd>−€1\.50/);
  assert.match(page, /<s>OVER<\/s> <span class="fine">This code is not valid<\/span>/);
  assert.match(page, /€16\.50 more for free delivery/);
  page = (await b.get('/bg/cart')).text;
  assert.match(page, /Този код не е валиден/);
  assert.match(page, /до безплатна доставка/);
  await b.post('/cart/add', { sku: 'POT', quantity: '1' });
  page = await until('the fork', async () => { const { text } = await b.get('/cart'); return /Thing FORK/.test(text) && text; });
  assert.match(page, /id="line-gift-1"[^]*?<strong>Gift<\/strong>/);
  assert.equal((page.match(/name="quantity"/g) ?? []).length, 2); // of three lines
  page = (await b.get('/checkout')).text;
  assert.match(page, /Discount on delivery <span class="fine">Free delivery from 30<\/span>/);
  assert.match(page, /<strong>SPRING<\/strong>/);
  const token = /name="cart" value="([^"]+)"/.exec(page)[1];
  const sent = await b.post('/checkout', { cart: token, do: 'code', code: 'big' });
  assert.equal(sent.status, 303);
  page = (await b.get('/checkout')).text;
  assert.match(page, /<s>BIG<\/s> <span class="fine">This cart does not meet what the code asks for<\/span>/);
  const total = /name="accept_total" value="(\d+)"/.exec(page)[1];
  const placed = await b.post('/checkout', { cart: token, accept_total: total, do: 'place', email: 'ana@example.org', name: 'Ana Petrova', country: 'BG',
    postcode: '1000', city: 'Sofia', line1: 'Vitosha 1', phone: '+359881234567', delivery: 'flat:standard', payment: 'invoice' });
  assert.equal(placed.status, 303, placed.text.replace(/<[^>]+>/g, ' ').slice(0, 2000));
  page = (await b.get(placed.location)).text;
  assert.match(page, /<dt>Second at half price<\/dt>/);
  assert.match(page, /Thing FORK/);
  assert.match(page, /<strong>Gift<\/strong>/);
  rmSync(join(folder, 'fork.lua'));
});

test('souk quote --scripts: on a running shop and without one; a folder that is wrong is refused with its line', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    writeFileSync(join(dir, 'own.lua'), 'promotion { id = "own", name = "Own", give = { order_percent = { percent = 25 } } }\n');
    const cart = join(dir, 'cart.json');
    writeFileSync(cart, JSON.stringify({ currency: 'EUR', at: '2026-11-27T00:00:00Z', lines: [{ sku: 'X', quantity: 2, unit_price: 1000 }] }));
    const running = await market.shop.souk('quote', '--scripts', dir, '--cart', cart, '--json');
    assert.equal(running.code, 0, running.stderr);
    assert.deepEqual(given(running.json), { own: 500 });
    assert.equal(running.json.promotions.length, 1); // those of the shop do not count
    assert.equal(running.json.promotions[0].file, 'own.lua');
    writeFileSync(join(dir, 'wrong.lua'), '\n\npromotion { id = "wrong", give = { order_percent = { percent = 25 } } \n');
    const refused = await market.shop.souk('quote', '--scripts', dir, '--cart', cart, '--json');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /wrong\.lua:\d+: /);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
