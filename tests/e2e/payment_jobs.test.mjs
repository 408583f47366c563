// Movements of money at a provider outside: a shop that is killed between the provider's answer and its own commit, a provider that fails, is
// away, declines, or is faster than we are. At the end exactly one charge stands at the peer and in the books.
import { test, beforeEach, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { ask, until } from './souk.mjs';
import { Market, Peer, goods } from './buying.mjs';

let market, peer;
beforeEach(async () => {
  peer = await Peer.open();
  market = await Market.open({ config: peer.config, goods: [goods('TEA', 1000, 1000)] });
});
afterEach(async () => {
  await market?.down();
  await peer?.close();
});

const buy = async () => {
  const { json, status, text } = await market.buy([['TEA', 1]], { payment: { method: 'peer' } });
  assert.equal(status, 201, text);
  return json;
};
const order = (number) => until(`order ${number}`, () => market.order(number).catch(() => undefined));
const paid = (number, status, limit) => until(`${number} ${status}`, async () => (await order(number)).payment_status === status, limit);
const rows = (text) => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, text], { encoding: 'utf8' }) || '[]');
const moves = (kind) => rows(`SELECT state, amount, why FROM payment_move WHERE kind = '${kind}' ORDER BY id`);
const calls = (verb) => peer.calls.filter((call) => call.verb === verb);
// The shop process dies while the peer, which has done what was asked, is about to answer.
function killAt(verb) {
  let old;
  peer.before = async (asked) => {
    if (asked.verb !== verb || old) return;
    old = market.shop.shopPid();
    process.kill(old, 'SIGKILL');
    await market.shop.newShopPid(old);
  };
}
async function settled() {
  assert.deepEqual(await market.verify(), []);
}

test('killed while it is begun: begun again under the same key, charged once', async () => {
  killAt('begin');
  await market.buy([['TEA', 1]], { payment: { method: 'peer' } }).catch(() => {}); // the answer is lost
  const [{ number }] = await until('the order', () => { const found = rows('SELECT number FROM shop_order'); return found.length && found; });
  await paid(number, 'paid');
  assert.ok(calls('begin').length >= 2);
  assert.equal(new Set(calls('begin').map((call) => call.key)).size, 1);
  assert.equal(peer.charged().length, 1);
  assert.equal(moves('capture').length, 1);
  await settled();
});

test('killed while it is captured and refunded: the same keys, one movement each', async () => {
  peer.answer = ({ verb }) => ({ state: { begin: 'authorised', capture: 'captured', refund: 'refunded' }[verb] });
  const { number } = await buy();
  await paid(number, 'authorised');
  assert.equal((await order(number)).status, 'confirmed');
  for (const [verb, body, status] of [['capture', {}, 'paid'], ['refund', { amount: 400 }, 'part_refunded']]) {
    killAt(verb);
    const asked = await market.step(number, verb, body);
    assert.ok(asked.status < 300, asked.text);
    await paid(number, status);
    assert.ok(calls(verb).length >= 2, verb);
    assert.equal(new Set(calls(verb).map((call) => call.key)).size, 1, verb);
    assert.deepEqual(moves(verb).map((move) => move.state), ['done'], verb);
  }
  const { captured, refunded } = await order(number);
  assert.deepEqual([captured, refunded], [1500, 400]);
  await settled();
});

test('a provider that answers 500 is asked again; one that declines a refund gives everything back', async () => {
  const { number } = await buy();
  await paid(number, 'paid');
  let broken = 2;
  peer.answer = () => ({ state: 'refunded' });
  peer.before = (asked, known) => { known.status = asked.verb === 'refund' && broken-- > 0 ? 500 : 200; };
  const { lines } = await order(number);
  assert.ok((await market.step(number, 'refund', { lines: [{ line: lines[0].id, quantity: 1 }], delivery: 100 })).status < 300);
  assert.equal((await market.step(number, 'refund', { amount: 401 })).status, 409, 'what is being refunded is gone already');
  await paid(number, 'part_refunded');
  assert.equal(new Set(calls('refund').map((call) => call.key)).size, 1);
  peer.answer = () => ({ state: 'failed', message: 'the card is gone' });
  assert.ok((await market.step(number, 'refund', { amount: 400 })).status < 300);
  await until('it failed', () => moves('refund')[1]?.state === 'failed');
  assert.equal(moves('refund')[1].why, 'the card is gone');
  const answer = await market.step(number, 'refund', { amount: 401 });
  assert.equal(answer.status, 409);
  assert.match(answer.text, /pay back at most that \(€4\.00\)/);
  await settled();
});

test('declined: the order says so, and nothing is repeated', async () => {
  peer.answer = () => ({ state: 'failed', message: 'Your card was declined.' });
  const { number, payment_status } = await buy();
  assert.equal(payment_status, 'failed');
  assert.equal(calls('begin').length, 1, 'a refusal is not repeated');
  assert.equal((await order(number)).status, 'placed');
  await settled();
});

test('cancelled: what is held is let go at the provider, what was captured is paid back', async () => {
  peer.answer = ({ verb }) => ({ state: { begin: 'authorised', cancel: 'cancelled' }[verb] });
  const held = await buy();
  await paid(held.number, 'authorised');
  assert.ok((await market.step(held.number, 'cancel', { reason: 'no' })).status < 300);
  await paid(held.number, 'voided');
  assert.equal(calls('cancel').length, 1);
  peer.answer = ({ verb }) => ({ state: { begin: 'captured', refund: 'refunded' }[verb] });
  const taken = await buy();
  await paid(taken.number, 'paid');
  assert.ok((await market.step(taken.number, 'cancel', { reason: 'no' })).status < 300);
  await paid(taken.number, 'refunded');
  assert.deepEqual(peer.done('refund').map((call) => call.amount), [1500]);
  await settled();
});

test('a provider that is switched off: what was asked for waits for it', async () => {
  const { number } = await buy();
  await paid(number, 'paid');
  peer.answer = () => ({ state: 'refunded' });
  assert.equal((await market.shop.souk('plugin', 'disable', 'probe_sell')).code, 0);
  assert.ok((await market.step(number, 'refund', { amount: 100 })).status < 300);
  await until('a try without it', () => rows("SELECT why FROM job WHERE kind = 'souk:payment' AND attempt > 0 AND state = 'waiting'").length === 1);
  assert.equal(moves('refund')[0].state, 'asked');
  assert.equal((await market.shop.souk('plugin', 'enable', 'probe_sell')).code, 0);
  await paid(number, 'part_refunded');
  await settled();
});

test('one event twenty times at once, before and after others: one movement', async () => {
  peer.answer = () => ({ state: 'pending' });
  const { number } = await buy();
  const send = (event, state, amount = 1500, more = {}) => market.shop.post('/hooks/probe_sell/event', { event, state, amount, currency: 'EUR', number, ...more });
  const answers = await Promise.all(Array.from({ length: 20 }, () => send('evt_1', 'captured')));
  assert.deepEqual([...new Set(answers.map((answer) => answer.status))], [200]);
  await paid(number, 'paid');
  await Promise.all([send('evt_2', 'failed', 0), send('evt_3', 'pending', 0), send('evt_4', 'captured', 1600), send('evt_5', 'captured', 1500, { currency: 'USD' })]);
  await until('the money that does not fit', () => rows('SELECT 1 FROM payment_match').length === 2);
  assert.equal((await order(number)).captured, 1500);
  assert.equal((await order(number)).payment_status, 'paid');
  assert.equal(moves('capture').length, 1);
  await settled();
});

test('a carrier that is asked within a checkout leaves no old snapshot behind', async () => {
  const own = await Market.open({ config: `${peer.config}\nhttp = { task_threads = 1 }`, goods: [goods('MUG', 1000, 10)] });
  try {
    const cart = await own.cart([['MUG', 1]]);
    const checkout = (payment) => own.checkout(cart, { delivery: { method: 'flat:asked' }, payment: { method: payment } });
    assert.equal((await checkout('nobody')).status, 422, 'the delivery is taken, the payment is not');
    assert.equal(calls('quote').length, 1);
    const { json } = await own.shop.get('/api/v1/admin/products/mug', own.auth);
    json.variants[0].prices = [{ list: 'base', amount: 1500 }];
    const changed = await ask(`${own.shop.url}/api/v1/admin/products/mug`, { method: 'PUT', body: JSON.stringify(json), headers: { ...own.auth, 'content-type': 'application/json' } });
    assert.equal(changed.status, 200, changed.text);
    assert.equal((await own.shop.get(`/api/v1/carts/${cart}`)).json.quote.totals.items, 1500, 'the one task thread sees what was written');
    const placed = await checkout('invoice');
    assert.deepEqual([placed.status, placed.json.totals?.total], [201, 2400], placed.text);
  } finally {
    await own.down();
  }
});
