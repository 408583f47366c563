// The plugin payment_stripe beside Stripe's own library: events that the library signs are taken and what it refuses is refused; each request
// that the plugin makes is one that the library would make too, and has only fields that Stripe's description of the API has.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import Library from 'stripe';
import ts from 'typescript';
import { until } from '../e2e/souk.mjs';
import { goods } from '../e2e/buying.mjs';
import { Stripe, secretKey, publicKey, hookSecret } from '../e2e/stripe.mjs';

let stripe, market, library, number;
const status = (wanted) => until(wanted, async () => (await market.order(number).catch(() => ({}))).payment_status === wanted);

// One of each request: a page that is closed, then one that is paid, held, taken in part and paid back; and one that is let go. Then two that a
// front end finishes in its page, with the card alone and with all that the account has on.
before(async () => {
  stripe = await Stripe.open();
  library = new Library(secretKey, { host: '127.0.0.1', port: new URL(stripe.url).port, protocol: 'http', maxNetworkRetries: 0, telemetry: false, apiVersion: '2026-09-30.endive' });
  market = await stripe.market(', capture = "manual", shop = "tea", publishable_key = "' + publicKey + '"', { goods: [goods('TEA', 9500, 100)] });
  const buy = async () => {
    const { json, text } = await market.buy([['TEA', 1]], { payment: { method: 'stripe' } });
    number = json?.number;
    assert.ok(number, text);
    return [...stripe.sessions.values()].at(-1);
  };
  await buy();
  await market.step(number, 'cancel', { reason: 'no' });
  await status('voided');
  const held = stripe.pay((await buy()).id);
  await stripe.tell(market, 'payment_intent.amount_capturable_updated', held);
  await status('authorised');
  await market.step(number, 'cancel', { reason: 'no' });
  await status('voided');
  const intent = stripe.pay((await buy()).id);
  await stripe.tell(market, 'payment_intent.amount_capturable_updated', intent);
  await status('authorised');
  await market.step(number, 'capture', { amount: 6000 });
  await status('part_paid');
  await market.step(number, 'refund', { amount: 2500 });
  await status('part_refunded');
  const bought = async () => {
    const { json, text } = await market.buy([['TEA', 1]], { payment: { method: 'stripe', in_page: true } });
    number = json?.number;
    assert.ok(number, text);
    assert.equal(json.payment.next.client.secret, [...stripe.intents.values()].at(-1).client_secret);
  };
  await bought();
  await market.step(number, 'cancel', { reason: 'no' });
  await status('voided');
  await market.down();
  market = await stripe.market(`, methods = {}, publishable_key = "${publicKey}"`, { goods: [goods('TEA', 9500, 100)] });
  await bought();
});
after(async () => {
  await market?.down();
  await stripe?.close();
});

test('events signed by the library are taken; ours are good to the library', async () => {
  const taken = async (header, body) => (await stripe.send(market, body, header)).status;
  const body = stripe.event('payment_intent.processing', { id: 'pi_1', object: 'payment_intent' });
  const sign = (more) => library.webhooks.generateTestHeaderString({ payload: body, secret: hookSecret, ...more });
  const now = Math.floor(Date.now() / 1000);
  assert.equal(await taken(sign(), body), 200);
  assert.equal(await taken(sign({ timestamp: now - 400 }), body), 400);
  assert.equal(await taken(sign({ timestamp: now + 4000 }), body), 400, 'the library itself lets the future in');
  assert.equal(await taken(sign({ scheme: 'v0' }), body), 400);
  assert.equal(await taken(sign({ secret: 'whsec_another' }), body), 400);
  assert.equal(await taken(sign(), `${body}\n`), 400);
  assert.equal(library.webhooks.constructEvent(body, Stripe.sign(body), hookSecret).type, 'payment_intent.processing');
  assert.throws(() => library.webhooks.constructEvent(`${body} `, Stripe.sign(body), hookSecret));
});

// "a[b][0]" and its value, as the library takes it.
function nested(form) {
  const root = {};
  for (const [name, text] of Object.entries(form)) {
    const path = name.replaceAll(']', '').split('[');
    const number = /^(unit_amount|quantity|expires_at|amount|amount_to_capture)$/.test(path.at(-1));
    path.reduce((at, key, i) => {
      const last = i === path.length - 1;
      at[key] ??= last ? (number ? Number(text) : key === 'enabled' ? text === 'true' : text) : /^\d+$/.test(path[i + 1]) ? [] : {};
      return at[key];
    }, root);
  }
  return root;
}

const verbs = [
  ['/v1/checkout/sessions', 'Stripe.Checkout.SessionCreateParams', (params, options) => library.checkout.sessions.create(params, options)],
  [/^\/v1\/checkout\/sessions\/\w+\/expire$/, 'Stripe.Checkout.SessionExpireParams', (params, options, id) => library.checkout.sessions.expire(id, params, options)],
  [/^\/v1\/payment_intents\/\w+\/capture$/, 'Stripe.PaymentIntentCaptureParams', (params, options, id) => library.paymentIntents.capture(id, params, options)],
  [/^\/v1\/payment_intents\/\w+\/cancel$/, 'Stripe.PaymentIntentCancelParams', (params, options, id) => library.paymentIntents.cancel(id, params, options)],
  ['/v1/payment_intents', 'Stripe.PaymentIntentCreateParams', (params, options) => library.paymentIntents.create(params, options)],
  ['/v1/refunds', 'Stripe.RefundCreateParams', (params, options) => library.refunds.create(params, options)],
];
const verbOf = ({ path }) => verbs.find(([pattern]) => (pattern.test ? pattern.test(path) : pattern === path));

test('the library makes the same requests', async () => {
  const ours = stripe.requests.filter(({ method }) => method === 'POST');
  assert.deepEqual(new Set(ours.map(verbOf)), new Set(verbs), 'one of each');
  for (const asked of ours) {
    const id = asked.path.split('/').find((part) => /^(cs_|pi_)/.test(part));
    await verbOf(asked)[2](nested(asked.form), { idempotencyKey: asked.key }, id); // the very same: the peer gives the answer that it gave
    const again = stripe.requests.at(-1);
    assert.equal(again.path, asked.path);
    assert.deepEqual(again.form, asked.form);
    for (const header of ['authorization', 'stripe-version', 'idempotency-key', 'content-type']) assert.equal(again.headers[header], asked.headers[header], header);
  }
});

// What the TypeScript compiler says of `source`, which may use the types of the library.
function compile(source) {
  const file = join(import.meta.dirname, 'requests.mts');
  const options = { noEmit: true, strict: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022, types: [] };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, source, options.target) : getSourceFile.call(host, name, ...rest));
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.readFile = (name) => (name === file ? source : readFile.call(host, name));
  const program = ts.createProgram([file], options, host);
  return program.getSemanticDiagnostics(program.getSourceFile(file)).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

test('each request is as Stripe describes it', () => {
  const write = (list) => `import Stripe from 'stripe';\n${list.map(([type, params], i) => `export const a${i}: ${type} = ${JSON.stringify(params)};`).join('\n')}\n`;
  const ours = stripe.requests.filter(({ method }) => method === 'POST').map((asked) => [verbOf(asked)[1], nested(asked.form)]);
  assert.deepEqual(compile(write(ours)), []);
  const session = ours.find(([type]) => type.endsWith('SessionCreateParams'))[1];
  const wrong = [{ ...session, colour: 'red' }, { ...session, expires_at: 'soon' }, { ...session, payment_intent_data: { capture: 'manual' } },
    { ...session, line_items: [{ ...session.line_items[0], price_data: { currency: 'eur', unit_amount: '1' } }] }];
  assert.equal(compile(write(wrong.map((params) => ['Stripe.Checkout.SessionCreateParams', params]))).length, wrong.length, 'the description is really looked at');
});
