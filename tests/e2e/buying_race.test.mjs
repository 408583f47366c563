// Many who want the same thing at once: the last unit, the last place, one cart clicked twice, one key used again, one event told twenty
// times. Whatever happens, the books stay exact.
import test from 'node:test';
import assert from 'node:assert';
import { ask, until } from './souk.mjs';
import { Market, Peer, buyer, goods } from './buying.mjs';

let market, peer;
test.before(async () => {
  peer = await Peer.open();
  market = await Market.open({ config: peer.config,
    goods: [goods('LAST', 1000, 1), goods('PAIR', 1000, 3), goods('MANY', 1000, 10000), goods('ENDLESS', 1000, null)] });
});
test.after(async () => { await market?.down(); await peer?.close(); });

const statuses = (answers) => answers.map((answer) => answer.status).sort();
const count = (answers, status) => answers.filter((answer) => answer.status === status).length;

test('64 who want the last one: one has it, 63 hear that it is gone', async () => {
  const carts = await Promise.all(Array.from({ length: 64 }, () => market.cart([['LAST', 1]])));
  const answers = await Promise.all(carts.map((cart) => market.checkout(cart)));
  assert.equal(count(answers, 201), 1, JSON.stringify(statuses(answers)));
  const late = answers.filter((answer) => answer.status !== 201);
  for (const answer of late) {
    assert.equal(answer.status, 409, answer.text);
    assert.match(answer.json.type, /out-of-stock/);
    assert.deepEqual(answer.json.lines.map((line) => [line.sku, line.available]), [['LAST', 0]]);
  }
  const { json } = await market.shop.get('/api/v1/products/thing-last');
  assert.equal(json.variants[0].stock ?? 0, 0); // null: it is not shown
  assert.equal(json.available, false);
  assert.deepEqual(await market.verify(), []);
});

test('two lines of one variant never take more than there are', async () => {
  const cart = await market.cart([['PAIR', 2]]);
  const more = await market.shop.post(`/api/v1/carts/${cart}/lines`, { sku: 'PAIR', quantity: 2 });
  assert.equal(more.status, 409, more.text);
  assert.equal(more.json.available, 3);
});

test('ten places for a hundred: ten have one, and a cancelled order gives its place back once', async () => {
  const carts = await Promise.all(Array.from({ length: 100 }, () => market.cart([['ENDLESS', 1]])));
  const answers = await Promise.all(carts.map((cart) => market.checkout(cart, { delivery: { method: 'flat:few' } })));
  assert.equal(count(answers, 201), 10, JSON.stringify(statuses(answers)));
  assert.equal(count(answers, 409), 90);
  const number = answers.find((answer) => answer.status === 201).json.number;
  assert.equal((await market.step(number, 'cancel', { reason: 'test' })).status, 200);
  assert.equal((await market.step(number, 'cancel', { reason: 'test' })).status, 409);
  const again = await Promise.all([1, 2, 3].map(() => market.buy([['ENDLESS', 1]], { delivery: { method: 'flat:few' } })));
  assert.equal(count(again, 201), 1);
  assert.deepEqual(await market.verify(), []);
});

test('a double click, two tabs, a retry: one cart makes one order', async () => {
  const cart = await market.cart([['MANY', 2]]);
  const answers = await Promise.all(Array.from({ length: 16 }, () => market.checkout(cart)));
  assert.deepEqual(new Set(answers.map((answer) => answer.status)), new Set([201]));
  assert.equal(new Set(answers.map((answer) => answer.json.number)).size, 1);
  const tab = await market.checkout(cart, { email: 'other@example.org' });
  assert.equal(tab.json.number, answers[0].json.number);
  const line = await market.shop.post(`/api/v1/carts/${cart}/lines`, { sku: 'MANY', quantity: 1 });
  assert.ok(line.status === 409 || line.status === 422 || line.status === 400, line.text);
});

test('the same key and body give the same answer, byte for byte, after a restart too; another body is refused', async () => {
  const cart = await market.cart([['MANY', 1]]);
  const key = { 'idempotency-key': 'race-1' };
  const first = await market.checkout(cart, {}, key);
  assert.equal(first.status, 201, first.text);
  const again = await Promise.all(Array.from({ length: 8 }, () => market.checkout(cart, {}, key)));
  for (const answer of again) assert.equal(answer.text, first.text);
  const other = await market.checkout(cart, { email: 'eve@example.org' }, key);
  assert.equal(other.status, 422);
  await market.restart();
  const later = await market.checkout(cart, {}, key);
  assert.equal(later.text, first.text);
});

test('what changed is said before it is paid: the total, the price, the goods', async () => {
  const cart = await market.cart([['MANY', 1]]);
  const wrong = await market.checkout(cart, { accept_total: 1 });
  assert.equal(wrong.status, 409, wrong.text);
  assert.match(wrong.json.type, /price-changed/);
  assert.equal(wrong.json.quote.totals.total, 1500);
  const right = await market.checkout(cart, { accept_total: 1500 });
  assert.equal(right.status, 201, right.text);
  assert.equal(right.json.totals.total, 1500);
});

test('a plugin may refuse with a reason for the customer, and nothing is written', async () => {
  const before = (await ask(`${market.shop.url}/api/v1/admin/orders`, { headers: market.auth })).json.items[0].number;
  const answer = await market.buy([['MANY', 1]], { email: 'refused@example.org' });
  assert.equal(answer.status, 422, answer.text);
  assert.match(answer.json.detail, /cannot deliver to you/);
  assert.equal((await ask(`${market.shop.url}/api/v1/admin/orders`, { headers: market.auth })).json.items[0].number, before);
});

test('numbers of orders have no gaps, whatever was refused between them', async () => {
  const made = await Promise.all(Array.from({ length: 20 }, (_, i) => market.buy([['MANY', 1]], i % 3 ? {} : { accept_total: 7 })));
  const numbers = made.filter((answer) => answer.status === 201).map((answer) => Number(answer.json.number)).sort((a, b) => a - b);
  assert.equal(numbers.length, 13);
  assert.equal(numbers.at(-1) - numbers[0], 12);
});

test('the same event twenty times at once: one movement', async () => {
  peer.answer = () => ({ state: 'pending' });
  const order = (await market.buy([['MANY', 1]], { payment: { method: 'peer' } })).json;
  assert.equal(order.payment_status, 'pending');
  const event = { event: 'evt-1', state: 'captured', amount: 1500, currency: 'EUR', number: order.number, reference: 'ch_1' };
  const answers = await Promise.all(Array.from({ length: 20 }, () => market.shop.post('/hooks/probe_sell/event', event)));
  assert.ok(answers.every((answer) => answer.status === 200));
  assert.equal(answers.reduce((sum, answer) => sum + answer.json.fresh, 0), 1);
  const paid = await until('the payment', async () => { const now = await market.order(order.number); return now.payment_status === 'paid' && now; });
  assert.equal(paid.payments[0].captured, 1500);
  assert.equal(paid.payments[0].moves.filter((move) => move.kind === 'capture').length, 1);
  assert.deepEqual(await market.verify(), []);
});

test('refunds of any split sum to the charge, and not a cent more goes back', async () => {
  peer.answer = (asked) => ({ state: asked.verb === 'refund' ? 'refunded' : 'captured' });
  const order = (await market.buy([['MANY', 3]], { payment: { method: 'peer' } })).json;
  await until('the payment', async () => (await market.order(order.number)).payment_status === 'paid');
  const line = (await market.order(order.number)).lines[0];
  const total = order.totals.total;
  for (const body of [{ lines: [{ line: line.id, quantity: 1 }] }, { lines: [{ line: line.id, quantity: 1 }] }, { amount: 7 }]) {
    const answer = await market.step(order.number, 'refund', body);
    assert.equal(answer.status, 200, answer.text);
  }
  const rest = await until('the refunds', async () => { const now = await market.order(order.number); return now.payments[0].refunded === 2007 && now; });
  assert.equal(rest.payment_status, 'part_refunded');
  const race = await Promise.all(Array.from({ length: 8 }, () => market.step(order.number, 'refund', { amount: total - 2007 })));
  assert.equal(count(race, 200), 1, JSON.stringify(race.map((answer) => answer.text)));
  const end = await until('the last refund', async () => { const now = await market.order(order.number); return now.payment_status === 'refunded' && now; });
  assert.equal(end.payments[0].refunded, total);
  const more = await market.step(order.number, 'refund', { amount: 1 });
  assert.equal(more.status, 409, more.text);
  assert.equal(peer.done('refund').reduce((sum, call) => sum + call.amount, 0), total);
  assert.deepEqual(await market.verify(), []);
});
