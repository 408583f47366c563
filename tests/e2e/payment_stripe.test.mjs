// Cards through Stripe, with a peer that behaves like it: a payment from the first request to the last refund, events in every order and every
// forgery, a peer that fails in each way there is. At the end the books of the shop and of the peer say the same.
import { test, beforeEach, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { until } from './souk.mjs';
import { Browser, staff } from './browser.mjs';
import { goods } from './buying.mjs';
import { openapi } from './openapi.mjs';
import { Smtp } from './smtp.mjs';
import { Stripe, hookSecret, publicKey, secretKey } from './stripe.mjs';

let stripe, market;
beforeEach(async () => { stripe = await Stripe.open(); });
afterEach(async () => {
  const problem = stripe?.problem;
  await market?.down();
  await stripe?.close();
  market = undefined;
  assert.equal(problem, undefined);
});

const shop = async (options, more = {}) => { market = await stripe.market(options, { goods: [goods('TEA', 1000, 100)], ...more }); };
const buy = async (lines = [['TEA', 1]]) => {
  const { json, status, text } = await market.buy(lines, { payment: { method: 'stripe' } });
  assert.equal(status, 201, text);
  return json;
};
const rows = (text) => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, text], { encoding: 'utf8' }) || '[]');
const order = (number) => until(`order ${number}`, () => market.order(number).catch(() => undefined));
const paid = (number, status, limit) => until(`${number} ${status}`, async () => (await order(number)).payment_status === status, limit);
// The shop asks now how payments stand; `seen` says that what it was told has come of it. What it asked before may still be on its way, and puts
// the next time to ask off when it comes: so it is said again.
const due = (what, seen) => until(what, async () => {
  if (await seen()) return true;
  execFileSync('sqlite3', ['-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, "UPDATE payment SET check_at = 1 WHERE state IN ('pending', 'authorised') AND check_at IS NOT 1"]);
  return false;
});
const asked = (number, status) => due(`${number} ${status}`, async () => (await order(number)).payment_status === status);
const moves = (kind) => rows(`SELECT state, amount, reference, why FROM payment_move WHERE kind = '${kind}' ORDER BY id`);
const worked = () => until('all reports are worked on', () => rows('SELECT 1 FROM inbox WHERE done_at IS NULL').length === 0);
// How often the shop has told others of this.
const facts = async (topic) => {
  await worked();
  await until('all facts are told', () => rows('SELECT 1 FROM outbox').length === 0);
  return rows(`SELECT count(*) AS n FROM webhook_delivery WHERE topic = '${topic}'`)[0].n;
};
const listen = async () => {
  const answer = await market.shop.post('/api/v1/admin/webhooks', { url: `${stripe.url}/facts`, topics: ['payment.*'] }, market.auth);
  assert.equal(answer.status, 201, answer.text);
};
const only = () => { assert.equal(stripe.sessions.size, 1); return [...stripe.sessions.values()][0]; };
const settled = async () => {
  assert.deepEqual(await market.verify(), []);
  for (const word of [secretKey, hookSecret, 'CANARY']) assert.ok(!market.shop.stderr.includes(word), `${word} stands in the log`);
  assert.ok(!execFileSync('sqlite3', [`${market.shop.data}/souk.db`, '.timeout 60000', '.dump'], { encoding: 'utf8', maxBuffer: 1 << 28 }).includes('CANARY'), 'a secret is stored');
};
// What Stripe tells of a session that was paid.
const told = (session, intent) => [['payment_intent.succeeded', intent], ['charge.succeeded', stripe.charge(intent)], ['checkout.session.completed', session]];
const tell = async (type, object, more) => {
  const answer = await stripe.tell(market, type, object, more);
  assert.equal(answer.status, 200, `${type}: ${answer.text}`);
};

test('paid on the page of Stripe: one session of the whole sum, and the order is paid', async () => {
  await shop();
  const { number, payment_status, payment } = await buy([['TEA', 2]]);
  const session = only(), [{ form, key, headers }] = stripe.of('/v1/checkout/sessions');
  assert.equal(payment_status, 'pending');
  assert.equal(payment?.next?.redirect ?? (await order(number)).payment?.next?.redirect, session.url, 'the shopper is sent to the page');
  assert.equal(form['line_items[0][price_data][unit_amount]'], '2500');
  assert.equal(form['line_items[0][price_data][currency]'], 'eur');
  assert.equal(form.customer_email, 'ada@example.org');
  assert.match(form.success_url, new RegExp(`^https://shop.example/order/${number}\\?token=`));
  assert.equal(session.metadata.souk_order, number);
  assert.equal(session.metadata.souk_payment, form.client_reference_id);
  assert.ok(key && headers['stripe-version'] === '2026-09-30.endive');
  const hold = Date.parse(rows('SELECT datetime(expires_at / 1000000, \'unixepoch\') AS at FROM shop_order')[0].at + 'Z') / 1000;
  assert.ok(session.expires_at >= hold && session.expires_at <= hold + 600, 'the page is open as long as the goods are kept');
  const intent = stripe.pay(session.id);
  for (const [type, object] of told(session, intent)) await tell(type, object);
  await paid(number, 'paid');
  await worked();
  assert.deepEqual(moves('capture').map(({ state, amount, reference }) => [state, amount, reference]), [['done', 2500, intent.id]]);
  await settled();
});

test('not told of anything, the shop asks', async () => {
  await shop();
  const { number } = await buy();
  stripe.pay(only().id);
  await asked(number, 'paid');
  await tell('payment_intent.succeeded', [...stripe.intents.values()][0]);
  await worked();
  assert.equal(moves('capture').length, 1, 'what is told after that is known');
  await settled();
});

test('asked first and told afterwards that the money is held: it is held once', async () => {
  await shop(', capture = "manual"');
  await listen();
  const { number } = await buy();
  const intent = stripe.pay(only().id);
  await asked(number, 'authorised');
  await tell('payment_intent.amount_capturable_updated', intent);
  await worked();
  assert.equal(await facts('payment.authorised'), 1);
  assert.equal(moves('authorise').length, 1);
  await settled();
});

test('held and taken later: 60 of 100; refunds of 25 and 35, and one cent more is refused before anybody is asked', async () => {
  await shop(', capture = "manual"', { goods: [goods('TEA', 9500, 100)] });
  const { number } = await buy();
  const session = only(), intent = stripe.pay(session.id);
  await tell('payment_intent.amount_capturable_updated', intent);
  await tell('checkout.session.completed', session);
  await paid(number, 'authorised');
  assert.ok((await market.step(number, 'capture', { amount: 6000 })).status < 300);
  await paid(number, 'part_paid');
  assert.equal(intent.amount_received, 6000);
  assert.deepEqual(stripe.of('/capture').map(({ form }) => form.amount_to_capture), ['6000']);
  await tell('payment_intent.succeeded', intent);
  for (const [amount, status] of [[2500, 'part_refunded'], [3500, 'refunded']]) {
    assert.ok((await market.step(number, 'refund', { amount })).status < 300);
    await until('it is paid back', async () => (await order(number)).payment_status === status && !rows("SELECT 1 FROM payment_move WHERE state = 'asked'").length);
  }
  const before = stripe.requests.length;
  assert.equal((await market.step(number, 'refund', { amount: 1 })).status, 409);
  assert.equal(stripe.requests.length, before, 'nobody was asked');
  for (const refund of stripe.refunds.values()) await tell('refund.created', refund);
  await tell('charge.refunded', stripe.charge(intent));
  await worked();
  assert.deepEqual(moves('refund').map(({ amount }) => amount), [2500, 3500]);
  assert.equal(new Set([...stripe.refunds.values()].map(({ key }) => key)).size, 2);
  await settled();
});

test('the same event twenty times at once: one capture', async () => {
  await shop();
  await listen();
  const { number } = await buy();
  const session = only();
  stripe.pay(session.id);
  const body = stripe.event('checkout.session.completed', session);
  const answers = await Promise.all(Array.from({ length: 20 }, () => stripe.send(market, body)));
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
  await paid(number, 'paid');
  await worked();
  assert.equal(rows("SELECT count(*) AS n FROM inbox WHERE source = 'payment:stripe'")[0].n, 1);
  assert.equal(moves('capture').length, 1);
  assert.equal(await facts('payment.captured'), 1);
  await settled();
});

const orders = (list) => (list.length < 2 ? [list] : list.flatMap((item, i) => orders([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [item, ...rest])));

test('events in any order end the same', async () => {
  await shop('', { goods: [goods('TEA', 1000, 1000)] });
  const ends = new Set();
  for (const sequence of orders([0, 1, 2, 3])) {
    const { number } = await buy();
    const session = [...stripe.sessions.values()].at(-1), intent = stripe.pay(session.id);
    const refund = stripe.makeRefund({ payment_intent: intent.id, amount: '400' }).body; // by hand, at Stripe
    const events = [['payment_intent.succeeded', intent], ['checkout.session.completed', session], ['refund.updated', refund], ['charge.refunded', stripe.charge(intent)]];
    for (const at of sequence) await tell(...events[at]);
    await paid(number, 'part_refunded');
    const { captured, refunded, payment_status } = await order(number);
    ends.add(JSON.stringify([captured, refunded, payment_status]));
  }
  await worked();
  assert.deepEqual([...ends], [JSON.stringify([1500, 400, 'part_refunded'])]);
  assert.equal(moves('refund').length, 24);
  await settled();
});

test('what Stripe did not sign just now is refused, and leaves no row', async () => {
  await shop(', webhook_secret_before = env "STRIPE_OLD"');
  const { number } = await buy();
  const session = only();
  stripe.pay(session.id);
  const body = stripe.event('checkout.session.completed', session), now = Math.floor(Date.now() / 1000);
  const good = Stripe.sign(body), [stamp, v1] = good.split(',');
  const forged = {
    'no header': [body, null],
    'an empty header': [body, ''],
    'another body by one byte': [body.replace('"paid"', '"pair"'), good],
    'a byte more': [`${body} `, good],
    'an old time': [body, Stripe.sign(body, { at: now - 301 })],
    'a future time': [body, Stripe.sign(body, { at: now + 330 })],
    'another secret': [body, Stripe.sign(body, { secret: 'whsec_another' })],
    'the secret without its prefix': [body, Stripe.sign(body, { secret: hookSecret.slice(6) })],
    'only v0': [body, good.replace('v1=', 'v0=')],
    'no time': [body, v1],
    'two times': [body, `t=${now - 1},${good}`],
    'another time than was signed': [body, `t=${now - 1},${v1}`],
    'a shorter signature': [body, good.slice(0, -2)],
    'a signature in capitals': [body, `${stamp},v1=${v1.slice(3).toUpperCase()}`],
    'no JSON': ['[1', Stripe.sign('[1')],
    'no event': ['{}', Stripe.sign('{}')],
  };
  for (const [what, [sent, header]] of Object.entries(forged)) assert.equal((await stripe.send(market, sent, header)).status, 400, what);
  assert.equal(rows('SELECT count(*) AS n FROM inbox')[0].n, 0);
  assert.equal(rows('SELECT count(*) AS n FROM p_payment_stripe_odd')[0].n, 0);
  assert.equal((await order(number)).payment_status, 'pending');
  const wrong = 'f'.repeat(64);
  for (const header of [`${stamp},v1=${wrong},${v1},v0=${wrong}`, Stripe.sign(body, { secret: 'whsec_before' }), Stripe.sign(body, { at: now - 290 })])
    assert.equal((await stripe.send(market, body, header)).status, 200, header);
  await paid(number, 'paid');
  assert.equal(moves('capture').length, 1);
  await settled();
});

test('events of others are left alone, strange ones are kept for people', async () => {
  await shop(', shop = "tea"');
  const { number } = await buy();
  const session = only(), intent = stripe.pay(session.id);
  assert.equal(session.metadata.souk_shop, 'tea');
  await tell('customer.created', { id: 'cus_1', object: 'customer' });
  await tell('checkout.session.completed', { ...session, metadata: {}, client_reference_id: 'of another program' });
  await tell('payment_intent.succeeded', { ...intent, metadata: { ...intent.metadata, souk_shop: 'coffee' } });
  await tell('refund.created', { id: 're_other', object: 'refund', status: 'succeeded', amount: 5, currency: 'eur', payment_intent: 'pi_unknown', metadata: {} });
  await tell('payment_intent.payment_failed', { ...intent, status: 'requires_payment_method' });
  assert.equal(rows('SELECT count(*) AS n FROM inbox')[0].n, 0);
  assert.equal(rows('SELECT count(*) AS n FROM p_payment_stripe_odd')[0].n, 0);
  const body = stripe.event('payment_intent.succeeded', intent, { api_version: '2027-03-31.fennel' });
  assert.equal((await stripe.send(market, body)).status, 200);
  assert.equal((await stripe.send(market, body)).status, 200);
  await tell('payment_intent.succeeded', intent, { livemode: true });
  assert.equal(rows('SELECT count(*) AS n FROM inbox')[0].n, 0);
  assert.deepEqual(rows('SELECT why FROM p_payment_stripe_odd ORDER BY id').map(({ why }) => why.split(':')[0]),
    ['another major version of the API', 'a live event at a shop in test mode']);
  await tell('payment_intent.succeeded', intent, { api_version: '2026-11-25.endive' });
  await paid(number, 'paid');
  await settled();
});

test('another sum or currency is not applied: a person has to look', async () => {
  await shop();
  const { number } = await buy();
  const session = only(), intent = stripe.pay(session.id);
  await tell('checkout.session.completed', { ...session, amount_total: 1600 });
  await tell('payment_intent.succeeded', { ...intent, id: 'pi_other', currency: 'usd' });
  await until('both are set aside', () => rows('SELECT 1 FROM payment_match').length === 2);
  assert.deepEqual(rows('SELECT amount, currency, why FROM payment_match ORDER BY amount DESC').map(({ amount, currency, why }) => [amount, currency, why]),
    [[1600, 'EUR', 'amount differs'], [1500, 'USD', 'currency differs']]);
  assert.equal((await order(number)).payment_status, 'pending');
  await settled();
});

test('nobody pays: the order is cancelled, its page is closed and the goods are free', async () => {
  await shop();
  const { number } = await buy([['TEA', 7]]);
  const reserved = () => rows('SELECT sum(reserved) AS n FROM stock')[0].n;
  assert.equal(reserved(), 7);
  execFileSync('sqlite3', ['-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, 'UPDATE shop_order SET expires_at = 1']);
  await until('it is cancelled', async () => (await order(number)).status === 'cancelled');
  await until('its page is closed', () => only().status === 'expired');
  assert.equal(reserved(), 0);
  await tell('checkout.session.expired', only());
  await worked();
  assert.equal((await order(number)).payment_status, 'voided');
  await settled();
});

test('the page ran out at Stripe first: the payment is over, and another one can be begun', async () => {
  await shop();
  const { number, token } = await buy();
  stripe.expire(only().id);
  await tell('checkout.session.expired', only());
  await paid(number, 'voided');
  assert.ok(token);
  await settled();
});

test('cancelled while it is held: the money is let go', async () => {
  await shop(', capture = "manual"');
  const { number } = await buy();
  const intent = stripe.pay(only().id);
  await tell('payment_intent.amount_capturable_updated', intent);
  await paid(number, 'authorised');
  assert.ok((await market.step(number, 'cancel', { reason: 'no' })).status < 300);
  await paid(number, 'voided');
  assert.equal(intent.status, 'canceled');
  await tell('payment_intent.canceled', intent);
  await worked();
  assert.equal((await order(number)).payment_status, 'voided');
  await settled();
});

test('declined: words for the customer in their language, nothing is repeated', async () => {
  await shop();
  stripe.fail = ({ path }) => path === '/v1/checkout/sessions' && { status: 402, body: { error: { type: 'card_error', code: 'card_declined', decline_code: 'insufficient_funds', message: 'x' } } };
  const { number, payment_status } = await buy();
  assert.equal(payment_status, 'failed');
  assert.equal(stripe.requests.length, 1);
  assert.equal((await order(number)).status, 'placed');
  const { json: cart } = await market.shop.post('/api/v1/carts', { locale: 'bg', lines: [{ sku: 'TEA', quantity: 1 }] });
  const { json } = await market.checkout(cart.id, { payment: { method: 'stripe' } });
  assert.equal(json.payment_status, 'failed');
  assert.deepEqual(rows('SELECT why FROM payment ORDER BY id').map(({ why }) => why), ['There is not enough money on this card.', 'В тази карта няма достатъчно пари.']);
  await settled();
});

test('a wrong key: the log says so without it, and with the right one the payment goes on', async () => {
  await shop('', { env: { STRIPE_KEY: 'sk_test_wrongCANARY' } });
  const { number } = await buy();
  await until('the log', () => market.shop.stderr.includes('refuses the secret key'));
  assert.equal((await order(number)).payment_status, 'pending');
  assert.equal(stripe.sessions.size, 0);
  market.shop.options.env.STRIPE_KEY = secretKey;
  await market.restart();
  await until('a session', () => stripe.sessions.size === 1);
  await settled();
});

test('a slow way to pay fails in the end: the payment does, by the event or asked', async () => {
  await shop(', methods = { "card", "sepa_debit" }');
  const paying = async () => {
    const { number } = await buy();
    const session = [...stripe.sessions.values()].at(-1), intent = stripe.pay(session.id);
    Object.assign(session, { payment_status: 'unpaid' });
    Object.assign(intent, { status: 'processing', amount_received: 0 });
    await tell('checkout.session.completed', session);
    await worked();
    assert.equal((await order(number)).payment_status, 'pending');
    Object.assign(intent, { status: 'requires_payment_method', last_payment_error: { code: 'payment_method_provider_decline' } });
    return { number, session };
  };
  assert.equal((await paying().then(async ({ number, session }) => { await tell('checkout.session.async_payment_failed', session); await paid(number, 'failed'); return session.status; })), 'complete');
  const { number } = await paying();
  await asked(number, 'failed');
  assert.deepEqual(stripe.of('/v1/checkout/sessions').map(({ form }) => [form['allowed_payment_method_types[0]'], form['allowed_payment_method_types[1]']]), [['card', 'sepa_debit'], ['card', 'sepa_debit']]);
  await settled();
});

// What goes wrong with the first requests, and then not any more.
const troubles = {
  'answers 500': { status: 500, body: 'oops' },
  'answers 429': { status: 429, headers: { 'retry-after': '1' }, body: { error: { type: 'invalid_request_error', code: 'rate_limit', message: 'slow down' } } },
  'answers 409': { status: 409, body: { error: { type: 'idempotency_error', message: 'in use' } } },
  'acts, but its answer is lost': { after: true, cut: true },
  'acts, but is too slow': { after: true, silent: 12000 },
};
test(`a peer that ${Object.keys(troubles).join(', or ')}: the same key again, and one of each`, async () => {
  await shop(', capture = "manual"');
  const names = Object.keys(troubles), kind = new Map(), met = new Set();
  stripe.fail = ({ method, path, form }) => {
    const verb = path.split('/').pop(), number = form['metadata[souk_order]'] ?? stripe.intents.get(path.split('/')[3])?.metadata.souk_order;
    if (method !== 'POST' || met.has(`${verb} ${number}`)) return undefined;
    met.add(`${verb} ${number}`);
    if (!kind.has(number)) kind.set(number, names[kind.size]);
    return troubles[kind.get(number)];
  };
  await Promise.all(names.map(async () => {
    const { number } = await buy();
    const mine = () => [...stripe.sessions.values()].find((one) => one.metadata.souk_order === number);
    const begun = () => rows(`SELECT 1 FROM payment JOIN shop_order o ON o.id = order_id WHERE number = '${number}' AND state = 'pending'`).length;
    const session = await until('a session', () => begun() && mine());
    await tell('payment_intent.amount_capturable_updated', stripe.pay(session.id));
    await paid(number, 'authorised');
    assert.ok((await market.step(number, 'capture', {})).status < 300);
    await paid(number, 'paid');
    assert.ok((await market.step(number, 'refund', { amount: 500 })).status < 300);
    await paid(number, 'part_refunded');
    for (const verb of ['/v1/checkout/sessions', '/capture', '/v1/refunds']) {
      const asked = stripe.of(verb, session), what = `${kind.get(number)}: ${verb}`;
      assert.ok(asked.length >= 2, what);
      assert.equal(new Set(asked.map(({ key }) => key)).size, 1, what);
      assert.equal(new Set(asked.map(({ body }) => body)).size, 1, what);
    }
  }));
  assert.equal(met.size, 15);
  assert.deepEqual([stripe.sessions.size, stripe.taken(), stripe.refunds.size], [5, 7500, 5]);
  await settled();
});

test('a 500 that Stripe keeps under the key: what really happened is looked up', async () => {
  await shop(', capture = "manual"');
  const { number } = await buy();
  await tell('payment_intent.amount_capturable_updated', stripe.pay(only().id));
  await paid(number, 'authorised');
  stripe.fail = ({ method, path, key }) => (method === 'POST' && /capture|refunds/.test(path) && !stripe.keys.has(key)
    ? { status: 500, body: { error: { type: 'api_error' } }, after: true, kept: true } : undefined);
  assert.ok((await market.step(number, 'capture', {})).status < 300);
  await paid(number, 'paid');
  assert.ok((await market.step(number, 'refund', { amount: 700 })).status < 300);
  await paid(number, 'part_refunded');
  assert.deepEqual([stripe.taken(), stripe.refunds.size], [1500, 1]);
  await settled();
});

test('killed between the answer and the commit of each request: one of each, the same key', async () => {
  await shop(', capture = "manual"');
  const killed = new Set();
  stripe.fail = async ({ method, path }) => {
    const verb = path.split('/').pop();
    if (method !== 'POST' || killed.has(verb)) return undefined;
    killed.add(verb);
    const old = market.shop.shopPid();
    process.kill(old, 'SIGKILL');
    await market.shop.newShopPid(old);
    return { after: true, cut: true };
  };
  await market.buy([['TEA', 1]], { payment: { method: 'stripe' } }).catch(() => {});
  const [{ number }] = await until('the order is begun', () => { const found = rows("SELECT number FROM shop_order JOIN payment ON order_id = shop_order.id WHERE state = 'pending'"); return found.length && found; });
  const session = only(), intent = stripe.pay(session.id);
  await tell('payment_intent.amount_capturable_updated', intent);
  await paid(number, 'authorised');
  for (const [verb, body, status] of [['capture', {}, 'paid'], ['refund', { amount: 400 }, 'part_refunded']]) {
    assert.ok((await market.step(number, verb, body)).status < 300);
    await paid(number, status);
  }
  assert.deepEqual([...killed], ['sessions', 'capture', 'refunds']);
  for (const verb of ['/v1/checkout/sessions', '/capture', '/v1/refunds']) {
    assert.ok(stripe.of(verb).length >= 2, verb);
    assert.equal(new Set(stripe.of(verb).map(({ key }) => key)).size, 1, verb);
  }
  for (const refund of stripe.refunds.values()) await tell('refund.created', refund);
  for (const [type, object] of told(session, intent)) await tell(type, object);
  await worked();
  assert.deepEqual([stripe.sessions.size, stripe.taken(), stripe.refunds.size], [1, 1500, 1]);
  assert.deepEqual([moves('capture').length, moves('refund').length], [1, 1]);
  await settled();
});

test('a refund that the bank thinks about is not done before it is; one that comes back is noted on the order', async () => {
  await shop();
  const { number } = await buy();
  const intent = stripe.pay(only().id);
  await tell('payment_intent.succeeded', intent);
  await paid(number, 'paid');
  stripe.refundState = 'pending';
  assert.ok((await market.step(number, 'refund', { amount: 300 })).status < 300);
  const refund = await until('the refund', () => [...stripe.refunds.values()][0]);
  await tell('refund.created', refund);
  await worked();
  assert.deepEqual(moves('refund').map(({ state }) => state), ['asked']);
  refund.status = 'succeeded';
  await tell('refund.updated', refund);
  await until('it is done', () => moves('refund')[0].state === 'done');
  refund.status = 'failed';
  await tell('refund.failed', refund);
  await tell('refund.updated', refund);
  assert.deepEqual(rows('SELECT why FROM p_payment_stripe_odd'), [{ why: 'a refund failed: the money is back at Stripe' }]);
  assert.equal(rows("SELECT count(*) AS n FROM order_note WHERE text LIKE '%' || '" + refund.id + "' || '%'")[0].n, 1);
  await settled();
});

test('a dispute takes the money back; an inquiry does not', async () => {
  await shop();
  const { number } = await buy();
  const intent = stripe.pay(only().id);
  await tell('payment_intent.succeeded', intent);
  await paid(number, 'paid');
  const dispute = { id: 'dp_1', object: 'dispute', amount: 1500, currency: 'eur', charge: intent.latest_charge, payment_intent: intent.id, status: 'warning_needs_response', metadata: {} };
  await tell('charge.dispute.created', dispute);
  await worked();
  assert.equal((await order(number)).payment_status, 'paid');
  await tell('charge.dispute.created', { ...dispute, id: 'dp_2', status: 'needs_response' });
  await paid(number, 'refunded');
  assert.deepEqual(rows("SELECT kind, reference FROM payment_move WHERE kind = 'chargeback'"), [{ kind: 'chargeback', reference: 'dp_2' }]);
  await settled();
});

test('it is offered only for sums that Stripe takes', async () => {
  const offered = async () => (await market.buy([['TEA', 1]], { delivery: { method: 'flat:fetch' }, payment: { method: 'stripe' } })).status;
  await shop('', { goods: [goods('TEA', 49, 100)] });
  assert.equal(await offered(), 422);
  await market.down();
  await shop('', { goods: [goods('TEA', 50, 100)] });
  assert.equal(await offered(), 201);
  await market.down();
  await shop('', { currency: 'KWD', goods: [goods('TEA', 12345, 100)] });
  assert.equal(await offered(), 422, 'the third decimal has to be 0');
  await market.down();
  await shop('', { currency: 'JPY', goods: [goods('TEA', 1234, 100)] });
  assert.equal(await offered(), 201);
  assert.equal([...stripe.sessions.values()].at(-1).amount_total, 1234);
});

// ---- front ends of the merchant's own: the payment is finished in their page ----

const pageShop = (options = '', more) => shop(`, publishable_key = "${publicKey}"${options}`, more);
const inPage = { payment: { method: 'stripe', in_page: true } };
const buyInPage = async (lines = [['TEA', 1]], headers) => {
  const { json, status, text } = await market.buy(lines, inPage, headers);
  assert.equal(status, 201, text);
  return json;
};
const mine = async ({ number, token }) => {
  const answer = await market.shop.get(`/api/v1/orders/${number}?token=${token}`);
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers.get('cache-control'), /no-store/);
  return answer.json;
};

test('in the page: the front end gets a secret and the key, and the order is paid', async () => {
  await pageShop();
  const api = await openapi(market.shop);
  const cart = await market.cart([['TEA', 2]]);
  const methods = await market.shop.get(`/api/v1/carts/${cart}/payment-methods?delivery=flat:standard&country=BG`);
  api.check('GET', `/api/v1/carts/${cart}/payment-methods`, methods);
  assert.deepEqual(methods.json.items.map(({ method, in_page }) => [method, in_page ?? false]).sort(), [['invoice', false], ['peer', false], ['stripe', true]]);
  const placed = await market.checkout(cart, inPage);
  api.check('POST', `/api/v1/carts/${cart}/checkout`, placed);
  const { number, token, payment_status, payment } = placed.json;
  const [intent] = [...stripe.intents.values()], [{ form, key }] = stripe.of('/v1/payment_intents');
  assert.equal(payment_status, 'pending');
  assert.deepEqual(payment.next, { client: { provider: 'stripe', secret: intent.client_secret, key: publicKey } });
  assert.ok(key);
  assert.deepEqual({ ...form, 'metadata[souk_payment]': 0 }, { amount: '2500', currency: 'eur', 'allowed_payment_method_types[0]': 'card', description: `Order ${number}`,
    'metadata[souk_payment]': 0, 'metadata[souk_order]': number });
  assert.equal(stripe.sessions.size, 0);
  const seen = await market.shop.get(`/api/v1/orders/${number}?token=${token}`);
  api.check('GET', `/api/v1/orders/${number}`, seen);
  assert.deepEqual(seen.json.payment.next, payment.next, 'it can be read once more');
  await tell('payment_intent.succeeded', stripe.confirm(payment.next.client.secret));
  await paid(number, 'paid');
  assert.equal((await mine(placed.json)).payment.next, null, 'nothing is to be done any more');
  assert.deepEqual(moves('capture').map(({ state, amount, reference }) => [state, amount, reference]), [['done', 2500, intent.id]]);
  await settled();
});

test('in the page, told of nothing: the shop asks, and what is told after that is known', async () => {
  await pageShop(', methods = {}');
  const bought = await buyInPage();
  assert.equal(stripe.of('/v1/payment_intents')[0].form['automatic_payment_methods[enabled]'], 'true');
  await due('it was asked for', () => stripe.requests.some(({ method, path }) => method === 'GET' && path.startsWith('/v1/payment_intents/')));
  assert.equal((await mine(bought)).payment_status, 'pending');
  const intent = stripe.confirm(bought.payment.next.client.secret);
  await asked(bought.number, 'paid');
  await tell('payment_intent.succeeded', intent);
  await worked();
  assert.equal(moves('capture').length, 1);
  await settled();
});

test('in the page a card is declined and the next one is not: the same secret, one payment', async () => {
  await pageShop();
  const bought = await buyInPage(), { secret } = bought.payment.next.client;
  await tell('payment_intent.payment_failed', stripe.confirm(secret, 'insufficient_funds'));
  await due('it was asked for', () => stripe.requests.some(({ method }) => method === 'GET'));
  await worked();
  const after = await mine(bought);
  assert.deepEqual([after.payment_status, after.payment.next.client.secret], ['pending', secret]);
  await tell('payment_intent.succeeded', stripe.confirm(secret));
  await paid(bought.number, 'paid');
  assert.deepEqual([stripe.intents.size, rows('SELECT 1 FROM payment').length, moves('failed').length], [1, 1, 0]);
  await settled();
});

test('in the page, held and taken later: a part, refunds to the cent and no more', async () => {
  await pageShop(', capture = "manual"', { goods: [goods('TEA', 9500, 100)] });
  const bought = await buyInPage(), { number } = bought;
  assert.equal(stripe.of('/v1/payment_intents')[0].form.capture_method, 'manual');
  const intent = stripe.confirm(bought.payment.next.client.secret);
  await tell('payment_intent.amount_capturable_updated', intent);
  await paid(number, 'authorised');
  assert.equal((await mine(bought)).payment.next, null);
  assert.ok((await market.step(number, 'capture', { amount: 6000 })).status < 300);
  await paid(number, 'part_paid');
  await tell('payment_intent.succeeded', intent);
  for (const [amount, status] of [[2500, 'part_refunded'], [3500, 'refunded']]) {
    assert.ok((await market.step(number, 'refund', { amount })).status < 300);
    await until('it is paid back', async () => (await order(number)).payment_status === status && !rows("SELECT 1 FROM payment_move WHERE state = 'asked'").length);
  }
  assert.equal((await market.step(number, 'refund', { amount: 1 })).status, 409);
  for (const refund of stripe.refunds.values()) await tell('refund.created', refund);
  await worked();
  assert.deepEqual([intent.amount_received, ...moves('refund').map(({ amount }) => amount)], [6000, 2500, 3500]);
  assert.equal(stripe.sessions.size, 0);
  await settled();
});

test('in the page, cancelled: an intent that nobody paid, and one that is held', async () => {
  await pageShop(', capture = "manual"');
  const [open, held] = [await buyInPage(), await buyInPage()];
  const intentOf = ({ payment }) => [...stripe.intents.values()].find((one) => one.client_secret === payment.next.client.secret);
  await tell('payment_intent.amount_capturable_updated', stripe.confirm(held.payment.next.client.secret));
  await paid(held.number, 'authorised');
  for (const one of [open, held]) {
    assert.ok((await market.step(one.number, 'cancel', { reason: 'no' })).status < 300);
    assert.equal((await mine(one)).payment.next, null, 'the secret goes with the order');
    await paid(one.number, 'voided');
    assert.equal(intentOf(one).status, 'canceled');
    await tell('payment_intent.canceled', intentOf(one));
  }
  await worked();
  assert.equal(moves('void').length, 2);
  await settled();
});

test('in the page, paid while the order is being cancelled: the money goes back', async () => {
  await pageShop();
  const bought = await buyInPage(), { secret } = bought.payment.next.client;
  const intent = stripe.confirm(secret);
  assert.ok((await market.step(bought.number, 'cancel', { reason: 'no' })).status < 300);
  await tell('payment_intent.succeeded', intent);
  await until('it went back', () => [...stripe.refunds.values()].reduce((sum, { amount }) => sum + amount, 0) === 1500);
  await worked();
  await until('all is done', () => !rows("SELECT 1 FROM payment_move WHERE state = 'asked'").length);
  await settled();
});

test('in the page, again after it was let go at Stripe: a new intent, or the page of Stripe', async () => {
  await pageShop();
  const bought = await buyInPage(), first = [...stripe.intents.values()][0];
  stripe.cancel(first.id);
  await tell('payment_intent.canceled', first);
  await paid(bought.number, 'voided');
  const again = (payment) => market.shop.post(`/api/v1/orders/${bought.number}/pay?token=${bought.token}`, { payment });
  assert.equal((await again({ method: 'stripe', in_page: 'yes' })).status, 422);
  assert.equal((await again({ method: 'invoice', in_page: true })).status, 422);
  const { json, status, text } = await again({ method: 'stripe', in_page: true });
  assert.equal(status, 201, text);
  const second = [...stripe.intents.values()][1];
  assert.deepEqual(json.payment.next, { client: { provider: 'stripe', secret: second.client_secret, key: publicKey } });
  assert.notEqual(stripe.of('/v1/payment_intents')[0].key, stripe.of('/v1/payment_intents')[1].key);
  stripe.cancel(second.id);
  await tell('payment_intent.canceled', second);
  await paid(bought.number, 'voided');
  const { json: third } = await again({ method: 'stripe' });
  assert.deepEqual(third.payment.next, { redirect: only().url });
  const intent = stripe.pay(only().id);
  for (const [type, object] of told(only(), intent)) await tell(type, object);
  await paid(bought.number, 'paid');
  await settled();
});

test('in the page, the same key twice, and an answer of Stripe that is lost: one intent, one secret', async () => {
  await pageShop();
  const cart = await market.cart([['TEA', 1]]), headers = { 'idempotency-key': 'one-of-a-kind' };
  const first = await market.checkout(cart, inPage, headers), second = await market.checkout(cart, inPage, headers);
  assert.deepEqual([first.status, second.status, second.text], [201, 201, first.text]);
  const third = await market.checkout(cart, inPage); // by the cart alone
  assert.deepEqual(third.json.payment.next, first.json.payment.next);
  assert.equal(stripe.intents.size, 1);
  let lost = 0;
  stripe.fail = ({ method, path }) => (method === 'POST' && path === '/v1/payment_intents' && !lost++ ? { after: true, cut: true } : undefined);
  const late = await buyInPage();
  const client = await until('the secret', async () => (await mine(late)).payment.next?.client);
  assert.equal(stripe.of('/v1/payment_intents').length >= 3, true, 'it was asked again');
  assert.equal(stripe.intents.size, 2);
  assert.equal(client.secret, [...stripe.intents.values()][1].client_secret);
  assert.equal(new Set(stripe.of('/v1/payment_intents').slice(1).map(({ key, body }) => `${key} ${body}`)).size, 1);
  await tell('payment_intent.succeeded', stripe.confirm(client.secret));
  await paid(late.number, 'paid');
  assert.deepEqual(await market.verify(), []);
});

test('the secret is for the buyer alone: not for staff, receivers of webhooks, mails and logs', async () => {
  const smtp = await Smtp.start();
  try {
    await pageShop('', { plugins: ['notify_mail'], config: `notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", sender = "shop@shop.example", name = "Shop" }` });
    const hook = await market.shop.post('/api/v1/admin/webhooks', { url: `${stripe.url}/facts`, topics: ['*'] }, market.auth);
    assert.equal(hook.status, 201, hook.text);
    const heard = [];
    const { serve } = stripe;
    stripe.serve = async function hear(request, response) {
      if (request.url !== '/facts') return serve.call(this, request, response);
      let body = '';
      for await (const part of request) body += part;
      heard.push(body);
      return response.end();
    };
    const bought = await buyInPage(), { number, token } = bought;
    const id = rows(`SELECT CAST(id AS TEXT) AS id FROM shop_order WHERE number = '${number}'`)[0].id;
    await until('a mail', () => smtp.mails.length > 0);
    await until('a fact', () => heard.some((body) => body.includes('order.placed')));
    const boss = await staff(market.shop);
    const pages = {
      'the order over REST for staff': (await market.shop.get(`/api/v1/admin/orders/${number}`, market.auth)).text,
      'the list over REST': (await market.shop.get('/api/v1/admin/orders', market.auth)).text,
      'the admin page': (await boss.get(`/admin/orders/${id}`)).text,
      'the admin list': (await boss.get('/admin/orders')).text,
      'the page of the shop': (await new Browser(market.shop).get(`/order/${number}?token=${token}`)).text,
      'the mails': JSON.stringify(smtp.mails),
      'the facts': heard.join('\n'),
      'the log': market.shop.stderr,
    };
    for (const [what, text] of Object.entries(pages)) {
      assert.ok(what === 'the log' || text.includes(number), `${what} is about the order`);
      assert.ok(!text.includes('_secret_'), `the secret stands in ${what}`);
    }
    await tell('payment_intent.succeeded', stripe.confirm((await mine(bought)).payment.next.client.secret));
    await paid(number, 'paid');
    await settled();
  } finally {
    await smtp.stop();
  }
});

test('the pages of the shop itself go on with the page of Stripe', async () => {
  await pageShop();
  const buyer = new Browser(market.shop);
  assert.equal((await buyer.post('/cart/add', { sku: 'TEA', quantity: '1' })).status, 303);
  const { text } = await buyer.get('/checkout');
  const value = (name) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(text)?.[1] ?? '';
  const sent = await buyer.post('/checkout', { cart: value('cart'), accept_total: value('accept_total'), delivery: 'flat:standard', payment: 'stripe', do: 'place', email: 'ana@example.org',
    phone: '+359 88 123 4567', name: 'Ana Petrova', country: 'BG', postcode: '1000', city: 'Sofia', line1: 'Vitosha 1' });
  assert.equal(sent.status, 303, sent.text);
  assert.equal(stripe.intents.size, 0);
  const page = await buyer.get(sent.location);
  assert.ok(page.text.includes(only().url), 'it leads to the page');
});

test('without a publishable key, or with a wrong one: said at once, and nothing is placed', async () => {
  await shop();
  const cart = await market.cart([['TEA', 1]]);
  const methods = await market.shop.get(`/api/v1/carts/${cart}/payment-methods?delivery=flat:standard&country=BG`);
  assert.equal(methods.json.items.find(({ method }) => method === 'stripe').in_page, false);
  for (const in_page of [true, 'true', 1]) {
    const { status, json } = await market.checkout(cart, { payment: { method: 'stripe', in_page } });
    assert.deepEqual([status, json.errors[0].pointer], [422, '/payment/in_page']);
  }
  assert.equal((await market.checkout(cart, { payment: { method: 'invoice', in_page: true } })).status, 422);
  assert.equal(rows('SELECT 1 FROM shop_order').length + stripe.requests.length, 0);
  assert.equal((await market.checkout(cart, { payment: { method: 'stripe', in_page: false } })).json.payment.next.redirect, only().url);
  await market.down();
  for (const [key, words] of [[secretKey, /begins with pk_/], ['pk_live_51HqLyjWDarjtT1z', /of one mode/]]) {
    await shop(`, publishable_key = "${key}"`);
    await market.shop.says(words);
    assert.equal((await market.buy([['TEA', 1]], { payment: { method: 'stripe' } })).status, 422, 'the shop goes on without it');
    await market.down();
  }
});
