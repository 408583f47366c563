// Upsell through the real server, with real scripts: what is offered in each place, that nothing of an offer can be altered, that taking is
// once, that the price hangs on what triggered it, and that an order that stands is never at stake for one more thing.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, until } from './souk.mjs';
import { Browser, staff, unescape } from './browser.mjs';
import { Market, buyer, goods } from './buying.mjs';
import { Stripe } from './stripe.mjs';

const rules = `
upsell { id = "mug", name = "A mug for it", slot = "cart", skus = { "MUG" }, priority = 10,
  text = "Tea wants a mug", when = { contains_product = { "TEA" } }, give = { line_percent = { percent = 50 } } }
upsell { id = "spoon", slot = "bump", skus = { "SPOON" }, when = { contains_product = { "TEA" } },
  give = { unit_fixed = { amount = money "1.00" } } }
upsell { id = "lid", slot = "product", skus = { "LID" }, when = { contains_product = { "TEA" } }, give = { order_fixed_price = { amount = 150 } } }
upsell { id = "box", slot = "after", skus = { "BOX" }, priority = 9, when = { items_total_at_least = 1000 },
  give = { line_percent = { percent = 25 } } }
upsell { id = "cup", slot = "after", skus = { "CUP" }, priority = 8 }
upsell { id = "third", slot = "after", skus = { "SPOON" }, priority = 7 }
upsell { id = "chosen", slot = "thanks", choose = function(cart)
  if cart.slot ~= "thanks" or cart.lines[1].sku ~= "TEA" then return nil end
  return { sku = "JAR", quantity = 2, text = "Two jars", give = { line_percent = { percent = 10 } } }
end }
`;
const products = [goods('TEA', 1000, 100), goods('MUG', 500, 5, { variant: { cost: 100 } }), goods('SPOON', 300, 3), goods('LID', 200, 50), goods('BOX', 2000, 50), goods('CUP', 700, 50),
  goods('JAR', 400, 50), goods('LAST', 900, 1)];

function folder(text = rules) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  mkdirSync(join(dir, 'scripts', 'upsell'), { recursive: true });
  writeFileSync(join(dir, 'scripts', 'upsell', 'offers.lua'), text);
  return dir;
}
const open = (options = {}, text) => Market.open({ goods: products, ...options, dir: folder(text) });

let market, url;
before(async () => { market = await open(); url = market.shop.url; });
after(() => market?.down());

const sql = (text, m = market) => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 60000', `${m.shop.data}/souk.db`, text], { encoding: 'utf8' }) || '[]');
const offers = async (cart, slot = 'cart', m = market, more = '') => {
  const answer = await m.shop.get(`/api/v1/carts/${cart}/offers?slot=${slot}${more}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
const take = (cart, token, m = market) => m.shop.post(`/api/v1/carts/${cart}/offers`, { token });
const drop = (cart, token, m = market) => ask(`${m.shop.url}/api/v1/carts/${cart}/offers/${encodeURIComponent(token)}`, { method: 'DELETE' });
const load = async (cart, m = market) => (await m.shop.get(`/api/v1/carts/${cart}`)).json;
const line = (cart, sku) => cart.lines.find((one) => one.sku === sku);
const noted = (offer, state, m = market) => until(`${offer} is ${state}`, () => sql(`SELECT * FROM promo_offer WHERE offer = '${offer}' AND state = '${state}'`, m)[0]);
const change = (cart, id, body, method = 'PATCH') => ask(`${url}/api/v1/carts/${cart}/lines/${id}`, { method, body: body && JSON.stringify(body), headers: { 'content-type': 'application/json' } });

test('an offer of the cart: shown where its condition holds, taken once, gone with what triggered it', async () => {
  assert.deepEqual((await offers(await market.cart([['BOX', 1]]))).items, [], 'no tea, no mug');
  const id = await market.cart([['TEA', 1]]);
  const { items: [mug], accepted } = await offers(id);
  assert.deepEqual([mug.offer, mug.sku, mug.price, mug.price_before, mug.saving, mug.quantity, mug.text, mug.title, accepted.length], ['mug', 'MUG', 250, 500, 250, 1, 'Tea wants a mug', 'A mug for it', 0]);
  assert.equal(sql(`SELECT count(*) AS n FROM cart_line WHERE cart_id = (SELECT id FROM cart WHERE token = '${id}')`)[0].n, 1, 'an offer is not in the cart before it is taken');
  await noted('mug', 'shown');
  const answer = await take(id, mug.token);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.quote.totals.total, 1250);
  assert.equal((await take(id, mug.token)).status, 200, 'twice');
  let cart = await load(id);
  assert.deepEqual([line(cart, 'MUG').quantity, line(cart, 'MUG').discount, line(cart, 'MUG').total], [1, 250, 250], 'is once');
  assert.deepEqual((await offers(id)).items, [], 'what is in the cart is not offered');
  assert.equal((await offers(id)).accepted[0].active, true);
  // more of it cost what they usually cost
  await change(id, line(cart, 'MUG').id, { quantity: 3 });
  cart = await load(id);
  assert.equal(line(cart, 'MUG').total, 1250);
  await change(id, line(cart, 'MUG').id, { quantity: 1 });
  await change(id, line(cart, 'TEA').id, undefined, 'DELETE');
  cart = await load(id);
  assert.equal(line(cart, 'MUG').total, 500, 'the discount goes with the tea');
  assert.equal((await offers(id)).accepted[0].active, false);
  await market.shop.post(`/api/v1/carts/${id}/lines`, { sku: 'TEA', quantity: 1 });
  assert.equal(line(await load(id), 'MUG').total, 250, 'and comes back with it');
});

test('nothing of an offer can be altered, and it is good for its own cart alone', async () => {
  const id = await market.cart([['TEA', 1]]), other = await market.cart([['TEA', 1]]);
  const { token } = (await offers(id)).items[0];
  const parts = token.split('~');
  const before = await load(id);
  for (let i = 0; i < parts.length; i++) {
    const wrong = [...parts];
    wrong[i] = /^\d+$/.test(wrong[i]) ? String(BigInt(wrong[i]) + 1n) : `${wrong[i].slice(0, -2)}xx`;
    const answer = await take(id, wrong.join('~'));
    assert.equal(answer.status, 422, `part ${i} altered: ${answer.text}`);
  }
  for (const wrong of ['', 'x', '~', parts.slice(0, -1).join('~'), `${token}~`, token.slice(0, -1), 'a'.repeat(5000)]) assert.ok([400, 422].includes((await take(id, wrong)).status), wrong.slice(0, 20));
  assert.equal((await take(other, token)).status, 422);
  assert.equal((await load(id)).quote.version, before.quote.version, 'nothing has changed');
  assert.equal((await take(id, token)).status, 200);
});

test('over, sold out, in the cart, another price: said, and nothing changes', async () => {
  const dir = `upsell { id = "last", slot = "cart", skus = { "LAST" }, minutes = 1, give = { line_percent = { percent = 10 } } }`;
  const m = await open({}, dir);
  try {
    const id = await m.cart([['TEA', 1]]), late = await m.cart([['TEA', 1]]), dear = await m.cart([['TEA', 1]]);
    const [{ items: [offer] }, { items: [second] }, { items: [third] }] = [await offers(id, 'cart', m), await offers(late, 'cart', m), await offers(dear, 'cart', m)];
    assert.ok(Date.parse(offer.expires_at) - Date.now() <= 60000);
    // signed with the shop's own key, but of yesterday
    const key = sql("SELECT value FROM setting WHERE owner = 'offer' AND key = 'key'", m)[0].value;
    const { createHmac } = await import('node:crypto');
    const parts = second.token.split('~').slice(0, -1);
    parts[9] = String((Date.now() - 1000) * 1000);
    const old = `${parts.join('~')}~${createHmac('sha256', key).update(`offer:${parts.join('~')}`).digest('base64url')}`;
    const over = await take(late, old, m);
    assert.equal(over.status, 410, over.text);
    assert.match(over.json.detail, /time/);
    await m.shop.post(`/api/v1/carts/${late}/lines`, { sku: 'LAST', quantity: 1 });
    assert.equal((await take(late, second.token, m)).status, 409, 'it is in the cart already');
    const { json: product } = await m.shop.get('/api/v1/admin/products/last', m.auth);
    const put = (amount) => ask(`${m.shop.url}/api/v1/admin/products/last`, { method: 'PATCH', headers: { 'content-type': 'application/json', ...m.auth },
      body: JSON.stringify({ variants: [{ sku: 'LAST', tracked: true, stock: product.variants[0].stock, prices: [{ list: 'base', amount }] }] }) });
    const changed = await put(950);
    assert.ok(changed.status < 300, changed.text);
    const answer = await take(dear, third.token, m);
    assert.equal(answer.status, 409, answer.text);
    assert.match(answer.json.detail, /price/);
    assert.ok((await put(900)).status < 300);
    assert.equal((await m.buy([['LAST', 1]])).status, 201);
    const gone = await take(id, offer.token, m);
    assert.equal(gone.status, 409, gone.text);
    assert.match(gone.json.detail, /sold out/);
    assert.deepEqual((await offers(id, 'cart', m)).items, [], 'what is sold out is not offered');
    assert.equal((await load(id, m)).lines.length, 1);
    assert.deepEqual(await m.verify(), []);
  } finally { await m.down(); }
});

test('declined twice by the same visitor: not made again', async () => {
  const m = await open();
  try {
    const id = await m.cart([['TEA', 1]]);
    for (let i = 0; i < 2; i++) {
      const { items: [offer] } = await offers(id, 'cart', m);
      assert.ok(offer, `declined ${i} times, it is made`);
      const answer = await drop(id, offer.token, m);
      assert.equal(answer.status, 204, answer.text);
      assert.equal((await drop(id, offer.token, m)).status, 204, 'a second click is not a second no');
      assert.equal(sql("SELECT declines FROM promo_offer WHERE offer = 'mug'", m)[0].declines, i + 1);
    }
    assert.deepEqual((await offers(id, 'cart', m)).items, []);
    assert.deepEqual((await offers(await m.cart([['TEA', 1]]), 'cart', m)).items, [], 'nor in another cart of the same visitor');
  } finally { await m.down(); }
});

test('an offer in an order: priced as it was, told in the order, and in the report', async () => {
  const id = await market.cart([['TEA', 2]]);
  const { items: [mug] } = await offers(id);
  assert.equal((await take(id, mug.token)).status, 200);
  const placed = await market.checkout(id);
  assert.equal(placed.status, 201, placed.text);
  assert.equal(placed.json.lines.find(({ sku }) => sku === 'MUG').total, 250);
  const { json } = await market.shop.get('/api/v1/admin/offers', market.auth);
  const row = json.items.find(({ offer }) => offer === 'mug');
  assert.ok(row.loaded && row.on && row.accepted >= 1 && row.shown >= row.accepted);
  assert.deepEqual([row.units, row.revenue, row.margin], [1, 250, 150]);
  assert.equal(row.orders, 1);
  assert.deepEqual(await market.verify(), []);
});

test('held out: nobody sees it, and it is counted what they bought', async () => {
  const m = await open({}, `upsell { id = "never", slot = "cart", skus = { "MUG" }, holdout = 100, give = { line_percent = { percent = 50 } } }
upsell { id = "next", slot = "cart", skus = { "CUP" }, priority = -1 }`);
  try {
    const id = await m.cart([['TEA', 1]]);
    assert.deepEqual((await offers(id, 'cart', m)).items.map(({ offer }) => offer), ['next'], 'the next one is shown in its place');
    await noted('never', 'held', m);
    assert.equal((await m.checkout(id)).status, 201);
    const { json } = await m.shop.get('/api/v1/admin/offers', m.auth);
    const never = json.items.find(({ offer }) => offer === 'never');
    assert.deepEqual([never.shown, never.held, never.held_orders, never.held_revenue, never.holdout_ppm], [0, 1, 1, 1000, 1000000]);
  } finally { await m.down(); }
});

// ---- pages ----

const offered = (text) => [...text.matchAll(/name="offer" value="([^"]*)"/g)].map((m) => unescape(m[1]));
const total = (text) => /totals-all"><dt>[^<]*<\/dt><dd>([^<]*)</.exec(text)?.[1];
const value = (text, name) => unescape(new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(text)?.[1] ?? '');
const chosen = (text, name) => [...text.matchAll(new RegExp(`type="radio" name="${name}" value="([^"]*)" checked`, 'g'))].map((m) => m[1])[0] ?? '';

test('on the page of the cart: one click takes it, one click declines it', async () => {
  const m = await open();
  try {
    const b = new Browser(m.shop);
    await b.post('/cart/add', { sku: 'TEA', quantity: '1' });
    let { text } = await b.get('/cart');
    assert.match(text, /Tea wants a mug/);
    let [token] = offered(text);
    const declined = await b.post('/offers', { offer: token, do: 'decline', next: '/cart' });
    assert.deepEqual([declined.status, declined.location], [303, '/cart']);
    [token] = offered((await b.get('/cart')).text);
    const taken = await b.post('/offers', { offer: token, do: 'accept' });
    assert.equal(taken.status, 303, taken.text);
    assert.match(taken.location, /^\/cart\?added=\d+$/);
    ({ text } = await b.get(taken.location));
    assert.equal(total(text), '€12.50');
    assert.deepEqual(offered(text), []);
    const again = await b.post('/offers', { offer: token, do: 'accept' });
    assert.equal(again.status, 303);
    assert.equal(total((await b.get('/cart')).text), '€12.50');
    const tea = sql("SELECT CAST(l.id AS TEXT) AS id FROM cart_line l JOIN variant v ON v.id = l.variant_id WHERE v.sku = 'TEA'", m)[0].id;
    await b.post('/cart', { line: String(tea), do: 'remove' });
    ({ text } = await b.get('/cart'));
    assert.match(text, /The price of the offer no longer holds/);
    assert.equal(total(text), '€5.00');
    const wrong = await b.post('/offers', { offer: `${token}x`, do: 'accept' });
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /The offer could not be taken/);
  } finally { await m.down(); }
});

test('with a product: fetched beside the page that all see, and both come into a cart that is not there yet', async () => {
  const b = new Browser(market.shop);
  const tea = sql("SELECT CAST(id AS TEXT) AS id FROM product WHERE key = 'tea'")[0].id;
  const page = await b.get('/p/thing-tea');
  const at = unescape(/data-offers="([^"]+)"/.exec(page.text)[1]);
  assert.equal(at, `/offers?product=${tea}&sku=TEA`);
  const { text } = await b.get(at);
  assert.match(text, /data-offers-list/);
  assert.match(text, /€1\.50/);
  const taken = await b.post('/offers', { offer: offered(text)[0], do: 'accept' });
  assert.equal(taken.status, 303, taken.text);
  const cart = await b.get(taken.location);
  assert.equal(total(cart.text), '€11.50');
  const box = sql("SELECT CAST(id AS TEXT) AS id FROM product WHERE key = 'box'")[0].id;
  assert.deepEqual(offered((await new Browser(market.shop).get(`/offers?product=${box}&sku=BOX`)).text), [], 'another product triggers nothing');
});

test('the box at the checkout: never ticked by itself, the total follows it, and what nobody saw is not charged', async () => {
  const b = new Browser(market.shop);
  await b.post('/cart/add', { sku: 'TEA', quantity: '1' });
  const form = async (more) => {
    const { text } = await b.get('/checkout');
    return { cart: value(text, 'cart'), accept_total: value(text, 'accept_total'), delivery: chosen(text, 'delivery'), payment: chosen(text, 'payment'),
      email: buyer.email, name: buyer.name, country: 'BG', postcode: '1000', city: 'Sofia', line1: 'Vitosha 1', bump_shown: value(text, 'bump_shown'), ...more };
  };
  let { text } = await b.get('/checkout');
  assert.match(text, /<input type="checkbox" name="bump"/);
  assert.doesNotMatch(text, /name="bump"[^>]* checked/);
  assert.equal(total(text), '€15.00');
  const unticked = await b.post('/checkout', await form({ do: 'update' }));
  assert.equal(unticked.status, 303);
  assert.equal(total((await b.get('/checkout')).text), '€15.00', 'an update without the tick adds nothing');
  let sent = await form({ do: 'update' });
  await b.post('/checkout', { ...sent, bump: sent.bump_shown });
  ({ text } = await b.get('/checkout'));
  assert.match(text, /name="bump"[^>]* checked/);
  assert.equal(total(text), '€17.00');
  await b.post('/checkout', await form({ do: 'update' }));
  ({ text } = await b.get('/checkout'));
  assert.doesNotMatch(text, /name="bump"[^>]* checked/, 'the tick was taken off');
  assert.equal(total(text), '€15.00');
  // ticked and placed in one go, without script: the total has changed, and is asked for once more
  sent = await form({ do: 'place' });
  const placed = await b.post('/checkout', { ...sent, bump: sent.bump_shown });
  assert.equal(placed.status, 409, placed.text);
  assert.match(placed.text, /The total has changed/);
  assert.equal(total(placed.text), '€17.00');
  assert.equal(value(placed.text, 'accept_total'), '1700');
  const shown = value(placed.text, 'bump_shown');
  const done = await b.post('/checkout', { ...sent, accept_total: '1700', bump_shown: shown, bump: shown });
  assert.equal(done.status, 303, done.text);
  const order = await market.order(/\/order\/([^?]+)/.exec(done.location)[1]);
  assert.deepEqual(order.lines.map(({ sku, total: sum }) => [sku, sum]), [['TEA', 1000], ['SPOON', 200]]);
});

// ---- after the purchase ----

const after_ = async (order, slot = 'after', m = market) => (await m.shop.get(`/api/v1/orders/${order.number}/offers?token=${order.token}&slot=${slot}`)).json.items;
const takeAfter = (order, token, m = market) => m.shop.post(`/api/v1/orders/${order.number}/offers?token=${order.token}`, { token });

test('after the purchase, paid by invoice: the line joins, the sum grows, once; two in a row at most', async () => {
  const { json: order } = await market.buy([['TEA', 1]]);
  assert.equal(order.totals.total, 1500);
  const [box, ...others] = await after_(order);
  assert.deepEqual([box.offer, box.price, others.length], ['box', 1500, 0], 'one at a time, by priority');
  assert.equal((await market.shop.get(`/api/v1/orders/${order.number}/offers`)).status, 404, 'not without its token');
  const [first, second] = await Promise.all([takeAfter(order, box.token), takeAfter(order, box.token)]);
  assert.deepEqual([first.status, second.status], [200, 200], first.text + second.text);
  let now = await market.order(order.number);
  assert.deepEqual(now.lines.map(({ sku, total: sum }) => [sku, sum]), [['TEA', 1000], ['BOX', 1500]]);
  assert.deepEqual([now.totals.total, now.due, sql(`SELECT amount FROM payment WHERE order_id = ${now.id}`).map(({ amount }) => amount).join()], [3000, 3000, '3000']);
  assert.equal(now.history.filter(({ step }) => step === 'edit').length, 1);
  const [cup] = await after_(order);
  assert.equal(cup.offer, 'cup');
  const no = await ask(`${url}/api/v1/orders/${order.number}/offers/${encodeURIComponent(cup.token)}?token=${order.token}`, { method: 'DELETE' });
  assert.equal(no.status, 204, no.text);
  assert.deepEqual(await after_(order), [], 'two were answered');
  now = await market.order(order.number);
  assert.equal(now.totals.total, 3000);
  const stranger = await market.buy([['TEA', 1]]);
  assert.equal((await takeAfter(stranger.json, cup.token)).status, 422, 'of another order');
  assert.deepEqual(await market.verify(), []);
});

test('what was sold out in between, or an order that is packed, takes nothing more', async () => {
  const m = await open({}, 'upsell { id = "last", slot = "after", skus = { "LAST" } }\nupsell { id = "cup", slot = "after", skus = { "CUP" }, priority = -1 }');
  try {
    const { json: order } = await m.buy([['TEA', 1]]), { json: other } = await m.buy([['TEA', 1]]);
    const [last] = await after_(order, 'after', m);
    assert.equal((await m.buy([['LAST', 1]])).status, 201);
    const gone = await takeAfter(order, last.token, m);
    assert.equal(gone.status, 409, gone.text);
    assert.match(gone.json.detail, /sold out/);
    assert.equal((await m.order(order.number)).version, order.version);
    const [cup] = await after_(other, 'after', m);
    const { json: third } = await m.buy([['TEA', 1]]);
    const [packed] = await after_(third, 'after', m);
    assert.equal((await m.step(third.number, 'pack')).status, 200);
    assert.equal((await takeAfter(third, packed.token, m)).status, 409, 'it is in a box');
    assert.deepEqual(await after_(third, 'after', m), []);
    assert.equal((await m.step(other.number, 'cancel', { reason: 'no' })).status, 200);
    assert.equal((await takeAfter(other, cup.token, m)).status, 409);
    assert.deepEqual(await m.verify(), []);
  } finally { await m.down(); }
});

test('a function chooses for the thanks page', async () => {
  const { json: order } = await market.buy([['TEA', 1]]);
  const [jars] = await after_(order, 'thanks');
  assert.deepEqual([jars.offer, jars.sku, jars.quantity, jars.price, jars.text], ['chosen', 'JAR', 2, 720, 'Two jars']);
  assert.equal((await takeAfter(order, jars.token)).status, 200);
  assert.deepEqual((await market.order(order.number)).lines.map(({ sku, total: sum }) => [sku, sum]), [['TEA', 1000], ['JAR', 720]]);
  const { json: plain } = await market.buy([['BOX', 1]]);
  assert.deepEqual(await after_(plain, 'thanks'), []);
});

test('the pages: order, offer, offer, thanks', async () => {
  const b = new Browser(market.shop);
  const { json: order } = await market.buy([['TEA', 1]]);
  const home = `/order/${order.number}?token=${order.token}`;
  let answer = await b.get(`${home}&thanks=1`);
  assert.deepEqual([answer.status, answer.location], [303, `/order/${order.number}/offer?token=${order.token}`]);
  let { text } = await b.get(answer.location);
  assert.match(text, /stands, whatever you choose here/);
  assert.match(text, /€15\.00/);
  answer = await b.post(`/order/${order.number}/offer`, { token: order.token, offer: offered(text)[0], do: 'decline' });
  assert.equal(answer.status, 303, answer.text);
  ({ text } = await b.get(answer.location));
  answer = await b.post(`/order/${order.number}/offer`, { token: order.token, offer: offered(text)[0], do: 'accept' });
  assert.equal(answer.status, 303, answer.text);
  answer = await b.get(answer.location);
  assert.deepEqual([answer.status, answer.location], [303, `${home}&thanks=1`]);
  ({ text } = await b.get(answer.location));
  assert.match(text, /Thank you for your order/);
  assert.equal(total(text), '€22.00');
  assert.match(text, /Two jars/, 'and one more thing below');
  assert.deepEqual((await market.order(order.number)).lines.map(({ sku }) => sku), ['TEA', 'CUP']);
});

// ---- paid by card ----

test('by card: the line joins when it is paid; a payment that fails or is left alone leaves the order as it was', async () => {
  const stripe = await Stripe.open();
  const m = await stripe.market('', { goods: products, dir: folder() });
  const tell = async (type, object) => { const answer = await stripe.tell(m, type, object); assert.equal(answer.status, 200, answer.text); };
  const worked = () => until('all reports are worked on', () => sql('SELECT 1 FROM inbox WHERE done_at IS NULL', m).length === 0);
  const bought = async () => {
    const { json } = await m.buy([['TEA', 1]], { payment: { method: 'stripe' } });
    assert.deepEqual(await after_(json, 'after', m), [], 'nothing is offered before the order is paid');
    const session = [...stripe.sessions.values()].at(-1);
    stripe.pay(session.id);
    await tell('checkout.session.completed', session);
    await until('it is paid', async () => (await m.order(json.number)).payment_status === 'paid');
    return json;
  };
  try {
    // paid
    const order = await bought();
    const before = await m.order(order.number);
    const [box] = await after_(order, 'after', m);
    const answer = await takeAfter(order, box.token, m);
    assert.equal(answer.status, 202, answer.text);
    let session = [...stripe.sessions.values()].at(-1);
    assert.equal(answer.json.redirect, session.url);
    assert.equal(session.amount_total, 1500);
    assert.equal((await takeAfter(order, box.token, m)).json.redirect, session.url, 'a second click leads to the same page');
    assert.equal(stripe.sessions.size, 2);
    let now = await m.order(order.number);
    assert.deepEqual([now.lines.length, now.totals.total, now.payment_status, now.version, now.due], [1, 1500, 'paid', before.version, 0], 'not paid yet: nothing has changed');
    assert.equal((await m.shop.get(`/api/v1/orders/${order.number}?token=${order.token}`)).json.payment.next, null);
    stripe.pay(session.id);
    await tell('checkout.session.completed', session);
    await until('the box has joined', async () => (await m.order(order.number)).lines.length === 2);
    await worked();
    now = await m.order(order.number);
    assert.deepEqual([now.totals.total, now.captured, now.payment_status, now.due], [3000, 3000, 'paid', 0]);
    await tell('payment_intent.succeeded', [...stripe.intents.values()].at(-1));
    await worked();
    assert.equal((await m.order(order.number)).lines.length, 2, 'told twice, joined once');

    // left alone: Stripe closes the page
    const left = await bought();
    const [one] = await after_(left, 'after', m);
    assert.equal((await takeAfter(left, one.token, m)).status, 202);
    session = [...stripe.sessions.values()].at(-1);
    session.status = 'expired';
    await tell('checkout.session.expired', session);
    await worked();
    await until('it has failed', () => sql("SELECT 1 FROM promo_offer WHERE state = 'failed'", m).length === 1);
    now = await m.order(left.number);
    assert.deepEqual([now.lines.length, now.totals.total, now.payment_status, now.due], [1, 1500, 'paid', 0]);
    assert.equal(sql("SELECT count(*) AS n FROM message WHERE kind = 'payment_failed'", m)[0].n, 0, 'nobody is told that their order failed');

    // the provider is away
    const third = await bought();
    const [two] = await after_(third, 'after', m);
    stripe.fail = ({ path }) => (path === '/v1/checkout/sessions' ? { status: 500, body: { error: { type: 'api_error' } } } : undefined);
    const away = await takeAfter(third, two.token, m);
    stripe.fail = () => undefined;
    assert.equal(away.status, 503, away.text);
    now = await m.order(third.number);
    assert.deepEqual([now.lines.length, now.totals.total, now.payment_status], [1, 1500, 'paid']);

    // paid, but sold out meanwhile: the money goes back by itself
    const fourth = await bought();
    const [three] = await after_(fourth, 'after', m);
    assert.equal((await takeAfter(fourth, three.token, m)).status, 202);
    session = [...stripe.sessions.values()].at(-1);
    assert.equal((await m.buy([['BOX', 49]])).status, 201);
    stripe.pay(session.id);
    await tell('checkout.session.completed', session);
    await until('the money is back', () => stripe.refunds.size === 1);
    await worked();
    await until('nothing is under way', () => sql("SELECT 1 FROM payment_move WHERE state = 'asked'", m).length === 0);
    assert.equal([...stripe.refunds.values()][0].amount, 1500);
    now = await m.order(fourth.number);
    assert.deepEqual([now.lines.length, now.totals.total, now.due], [1, 1500, 0]);
    assert.deepEqual(await m.verify(), []);
    assert.equal(stripe.problem, undefined);
  } finally {
    await m.down();
    await stripe.close();
  }
});

test('switched off: not made any more, not taken any more, and what was taken loses its price', async () => {
  const m = await open();
  try {
    const [taken, asked] = [await m.cart([['TEA', 1]]), await m.cart([['TEA', 1]])];
    assert.equal((await take(taken, (await offers(taken, 'cart', m)).items[0].token, m)).status, 200);
    const { token } = (await offers(asked, 'cart', m)).items[0];
    const off = await m.shop.post('/api/v1/admin/promotions/offer:mug/switch', { off: true, why: 'enough' }, m.auth);
    assert.ok(off.status < 300, off.text);
    await until('it is off', async () => (await offers(asked, 'cart', m)).items.length === 0);
    const answer = await take(asked, token, m);
    assert.equal(answer.status, 409, answer.text);
    assert.match(answer.json.detail, /ended/);
    assert.equal(line(await load(taken, m), 'MUG').total, 500);
    assert.equal((await offers(taken, 'cart', m)).accepted[0].active, false);
    assert.equal((await m.shop.get('/api/v1/admin/offers', m.auth)).json.items.find(({ offer }) => offer === 'mug').on, false);
  } finally { await m.down(); }
});

test('what a guest took stays taken when their cart goes into that of their account', async () => {
  const m = await open({ plugins: ['probe_account'] });
  try {
    const id = await m.cart([['TEA', 1]]);
    assert.equal((await take(id, (await offers(id, 'cart', m)).items[0].token, m)).status, 200);
    const b = new Browser(m.shop);
    await b.post('/cart/add', { sku: 'CUP', quantity: '1' });
    const joined = await b.post('/cart', { resume: id });
    assert.equal(joined.status, 303, joined.text);
    const { text } = await b.get('/cart');
    assert.match(text, /€2\.50/);
    assert.equal(total(text), '€19.50');
  } finally { await m.down(); }
});

test('a page that is kept for everybody learns of a new rule', async () => {
  const m = await open({}, '');
  try {
    const b = new Browser(m.shop);
    for (let i = 0; i < 2; i++) assert.doesNotMatch((await b.get('/p/thing-tea')).text, /data-offers/);
    writeFileSync(join(m.shop.dir, 'scripts', 'upsell', 'offers.lua'), rules);
    await until('the page names its offers', async () => /data-offers/.test((await b.get('/p/thing-tea')).text));
    writeFileSync(join(m.shop.dir, 'scripts', 'upsell', 'offers.lua'), 'upsell { id = "broken"');
    await until('the mistake is told', async () => /unexpected|expected/.test((await ask(`${m.shop.url}/api/v1/admin/promotions`, { headers: m.auth })).text));
    assert.match((await b.get('/p/thing-tea')).text, /data-offers/, 'a broken file leaves what stood');
  } finally { await m.down(); }
});

test('the page of staff: each rule with its numbers', async () => {
  const ann = await staff(market.shop);
  const { text, status } = await ann.get('/admin/offers?days=7');
  assert.equal(status, 200, text);
  assert.match(text, /A mug for it/);
  assert.match(text, /after the purchase/);
  const rule = /<a href="(\/admin\/promotions\/offer[^"]+)">A mug for it</.exec(text)[1];
  assert.equal((await ann.get(rule)).status, 200, 'and the way to its switch');
  const { status: hidden } = await new Browser(market.shop).get('/admin/offers');
  assert.ok([303, 401, 403].includes(hidden), `${hidden}`);
});

// ---- a personal timer ----

test('a tripwire: for the holder alone, with the time left, and over when it is over', async () => {
  const m = await open({ plugins: ['probe_account'] }, `upsell { id = "wire", slot = "cart", skus = { "MUG" }, when = { since = { event = "registered", hours = 48 } }, give = { line_percent = { percent = 80 } } }`);
  try {
    const stranger = await m.cart([['TEA', 1]]);
    assert.deepEqual((await offers(stranger, 'cart', m)).items, []);
    const b = new Browser(m.shop);
    await b.post('/cart/add', { sku: 'TEA', quantity: '1' });
    // somebody who registered an hour ago owns the cart
    const at = (Date.now() - 3600e3) * 1000;
    execFileSync('sqlite3', ['-cmd', '.timeout 60000', `${m.shop.data}/souk.db`,
      `INSERT INTO person (id, stage, created_at, changed_at) VALUES (77, 'lead', ${at}, ${at}); INSERT INTO account (person_id, email, password, created_at, changed_at) VALUES (77, 'ann@example.org', 'x', ${at}, ${at}); UPDATE cart SET person_id = 77`]);
    let { text } = await b.get('/cart');
    assert.match(text, /Yours at this price for 47 h 0 min more|Yours at this price for 46 h 59 min more/);
    const taken = await b.post('/offers', { offer: offered(text)[0], do: 'accept' });
    assert.equal(taken.status, 303, taken.text);
    ({ text } = await b.get('/cart'));
    assert.equal(total(text), '€11.00');
    execFileSync('sqlite3', ['-cmd', '.timeout 60000', `${m.shop.data}/souk.db`, `UPDATE account SET created_at = ${at - 48 * 3600e6}`]);
    ({ text } = await b.get('/cart'));
    assert.match(text, /The price of the offer no longer holds/);
    assert.equal(total(text), '€15.00');
  } finally { await m.down(); }
});
