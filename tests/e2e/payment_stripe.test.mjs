// Cards through Stripe, with a peer that behaves like it: a payment from the first request to the last refund, events in every order and every
// forgery, a peer that fails in each way there is. At the end the books of the shop and of the peer say the same.
import { test, beforeEach, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { until } from './souk.mjs';
import { goods } from './buying.mjs';
import { Stripe, hookSecret, secretKey } from './stripe.mjs';

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
const rows = (text) => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 5000', `${market.shop.data}/souk.db`, text], { encoding: 'utf8' }) || '[]');
const order = (number) => until(`order ${number}`, () => market.order(number).catch(() => undefined));
const paid = (number, status, limit = 30000) => until(`${number} ${status}`, async () => (await order(number)).payment_status === status, limit);
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
  assert.ok(!execFileSync('sqlite3', [`${market.shop.data}/souk.db`, '.dump'], { encoding: 'utf8', maxBuffer: 1 << 28 }).includes('CANARY'), 'a secret is stored');
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
  execFileSync('sqlite3', ['-cmd', '.timeout 5000', `${market.shop.data}/souk.db`, 'UPDATE payment SET check_at = 1']);
  await paid(number, 'paid');
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
  execFileSync('sqlite3', ['-cmd', '.timeout 5000', `${market.shop.data}/souk.db`, 'UPDATE payment SET check_at = 1']);
  await paid(number, 'authorised');
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
    await until('it is paid back', async () => (await order(number)).payment_status === status && !rows("SELECT 1 FROM payment_move WHERE state = 'asked'").length, 30000);
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
    await paid(number, 'part_refunded', 60000);
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
  assert.deepEqual(rows('SELECT amount, currency, why FROM payment_match ORDER BY id').map(({ amount, currency, why }) => [amount, currency, why]),
    [[1600, 'EUR', 'amount differs'], [1500, 'USD', 'currency differs']]);
  assert.equal((await order(number)).payment_status, 'pending');
  await settled();
});

test('nobody pays: the order is cancelled, its page is closed and the goods are free', async () => {
  await shop();
  const { number } = await buy([['TEA', 7]]);
  const reserved = () => rows('SELECT sum(reserved) AS n FROM stock')[0].n;
  assert.equal(reserved(), 7);
  execFileSync('sqlite3', ['-cmd', '.timeout 5000', `${market.shop.data}/souk.db`, 'UPDATE shop_order SET expires_at = 1']);
  await until('it is cancelled', async () => (await order(number)).status === 'cancelled', 90000);
  await until('its page is closed', () => only().status === 'expired', 30000);
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
  await until('a session', () => stripe.sessions.size === 1, 60000);
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
  execFileSync('sqlite3', ['-cmd', '.timeout 5000', `${market.shop.data}/souk.db`, "UPDATE payment SET check_at = 1 WHERE state = 'pending'"]);
  await paid(number, 'failed');
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
    const session = await until('a session', () => begun() && mine(), 60000);
    await tell('payment_intent.amount_capturable_updated', stripe.pay(session.id));
    await paid(number, 'authorised');
    assert.ok((await market.step(number, 'capture', {})).status < 300);
    await paid(number, 'paid', 60000);
    assert.ok((await market.step(number, 'refund', { amount: 500 })).status < 300);
    await paid(number, 'part_refunded', 60000);
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
  await paid(number, 'paid', 60000);
  assert.ok((await market.step(number, 'refund', { amount: 700 })).status < 300);
  await paid(number, 'part_refunded', 60000);
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
  const [{ number }] = await until('the order is begun', () => { const found = rows("SELECT number FROM shop_order JOIN payment ON order_id = shop_order.id WHERE state = 'pending'"); return found.length && found; }, 60000);
  const session = only(), intent = stripe.pay(session.id);
  await tell('payment_intent.amount_capturable_updated', intent);
  await paid(number, 'authorised');
  for (const [verb, body, status] of [['capture', {}, 'paid'], ['refund', { amount: 400 }, 'part_refunded']]) {
    assert.ok((await market.step(number, verb, body)).status < 300);
    await paid(number, status, 60000);
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
