// A small Stripe for tests: Checkout Sessions, PaymentIntents and Refunds with their states, idempotency keys as Stripe keeps them, and only
// the fields that Stripe knows. `fail` scripts what goes wrong; events are made of what really stands there, and signed as Stripe signs them.
import { createServer } from 'node:http';
import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Market } from './buying.mjs';

export const secretKey = 'sk_test_51HqLyjWDarjtT1zdp7dcCANARY';
export const publicKey = 'pk_test_51HqLyjWDarjtT1zTYooMQauv';
export const hookSecret = 'whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH';
const version = '2026-09-30.endive';
const languages = new Set(['auto', 'bg', 'en', 'hu', 'de']);

// The fields that each request may have.
const metadata = ['souk_payment', 'souk_order', 'souk_shop', 'souk_move'];
const known = {
  session: ['mode', 'client_reference_id', 'customer_email', 'success_url', 'cancel_url', 'expires_at', 'locale', 'allowed_payment_method_types[0]', 'allowed_payment_method_types[1]', 'line_items[0][quantity]',
    'line_items[0][price_data][currency]', 'line_items[0][price_data][unit_amount]', 'line_items[0][price_data][product_data][name]',
    'payment_intent_data[description]', 'payment_intent_data[capture_method]', ...metadata.map((key) => `metadata[${key}]`),
    ...metadata.map((key) => `payment_intent_data[metadata][${key}]`)],
  intent: ['amount', 'currency', 'description', 'capture_method', 'automatic_payment_methods[enabled]', 'allowed_payment_method_types[0]', 'allowed_payment_method_types[1]',
    ...metadata.map((key) => `metadata[${key}]`)],
  capture: ['amount_to_capture'], cancel: ['cancellation_reason'], expire: [],
  refund: ['payment_intent', 'amount', 'reason', ...metadata.map((key) => `metadata[${key}]`)],
};

const error = (status, type, code, param, more = {}) => ({ status, body: { error: { type, code, param, message: `${code ?? type}${param ? `: ${param}` : ''}`, ...more } } });
const invalid = (code, param, more) => error(400, 'invalid_request_error', code, param, more);
const integer = (text) => (/^\d{1,12}$/.test(text ?? '') ? Number(text) : undefined);
const absolute = (text) => /^https?:\/\/[^/]+\//.test(text ?? '');

export class Stripe {
  static async open() {
    const stripe = new Stripe();
    Object.assign(stripe, { requests: [], keys: new Map(), sessions: new Map(), intents: new Map(), refunds: new Map(), count: 0, fail: () => undefined });
    stripe.server = createServer((request, response) => stripe.serve(request, response).catch((problem) => { stripe.problem = problem; response.destroy(); }));
    await new Promise((done) => stripe.server.listen(0, '127.0.0.1', done));
    stripe.url = `http://127.0.0.1:${stripe.server.address().port}`;
    return stripe;
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }

  // A shop that sells through it. `options` go into payment_stripe's table.
  market(options = '', more = {}) {
    return Market.open({ ...more, plugins: ['payment_stripe', ...(more.plugins ?? [])], env: { STRIPE_KEY: secretKey, STRIPE_HOOK: hookSecret, STRIPE_OLD: 'whsec_before', ...more.env },
      terms: `{ name = "Test shop", currency = "${more.currency ?? 'EUR'}", country = "BG", locales = { "en", "bg" }, url = "https://shop.example"${more.shop ?? ''} }`,
      config: `payment_stripe = { secret_key = env "STRIPE_KEY", webhook_secret = env "STRIPE_HOOK", base_url = "${this.url}/"${options} }\n${more.config ?? ''}` });
  }

  // ---- HTTP ----

  async serve(request, response) {
    let body = '';
    for await (const part of request) body += part;
    const [path, query = ''] = request.url.split('?');
    if (path === '/facts') return response.end(); // a receiver of the shop's own webhooks, for tests that count what it tells
    const asked = { method: request.method, path, query, body, form: Object.fromEntries(new URLSearchParams(body)), key: request.headers['idempotency-key'], headers: request.headers };
    this.requests.push(asked);
    const trouble = await this.fail(asked);
    if (trouble && !trouble.after) return this.answer(response, trouble);
    const answer = this.once(asked, trouble);
    if (trouble) return this.answer(response, trouble);
    return this.answer(response, answer);
  }

  async answer(response, { status, body = {}, headers = {}, silent, cut }) {
    if (silent) return pause(silent).then(() => response.destroy());
    if (cut) return response.destroy();
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': `req_${this.requests.length}`, ...headers });
    return response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  // The first answer under a key is the answer, once the request was good enough to be worked on.
  once(asked, trouble) {
    const { key, path, body } = asked;
    if (asked.headers.authorization !== `Bearer ${secretKey}`) return error(401, 'invalid_request_error', 'api_key_invalid', undefined, { message: `Invalid API Key: ${secretKey}` });
    if (asked.headers['stripe-version'] !== version) return invalid('version_unknown');
    if (asked.method === 'GET') return this.get(asked);
    if (asked.headers['content-type'] !== 'application/x-www-form-urlencoded') return invalid('content_type');
    const before = key && this.keys.get(key);
    if (before) {
      if (before.asked !== `${path}?${body}`) return error(400, 'idempotency_error');
      return { ...before.answer, headers: { 'idempotent-replayed': 'true' } };
    }
    const answer = this.post(asked);
    const kept = trouble?.kept ? { status: trouble.status, body: trouble.body } : answer;
    if (key && (answer.status < 400 || answer.status === 402)) this.keys.set(key, { asked: `${path}?${body}`, answer: JSON.parse(JSON.stringify(kept)) });
    return answer;
  }

  get({ path, query }) {
    const [, , kind, ...rest] = path.split('/');
    const found = { checkout: this.sessions.get(rest[1]), payment_intents: this.intents.get(rest[0]), refunds: this.refunds.get(rest[0]) }[kind];
    if (kind === 'refunds' && !rest.length) {
      const asked = new URLSearchParams(query);
      return { status: 200, body: { object: 'list', has_more: false,
        data: [...this.refunds.values()].filter((refund) => refund.payment_intent === asked.get('payment_intent') || refund.charge === asked.get('charge')) } };
    }
    if (!found) return error(404, 'invalid_request_error', 'resource_missing', 'id');
    return { status: 200, body: query.includes('expand[]=payment_intent') && found.payment_intent ? { ...found, payment_intent: this.intents.get(found.payment_intent) } : found };
  }

  post({ path, form, key }) {
    const parts = path.split('/').slice(2);
    if (path === '/v1/checkout/sessions') return this.check(known.session, form) ?? this.makeSession(form, key);
    if (path === '/v1/payment_intents') return this.check(known.intent, form) ?? this.makeIntent(form, key);
    if (path === '/v1/refunds') return this.check(known.refund, form) ?? this.makeRefund(form, key);
    if (parts[0] === 'checkout' && parts[3] === 'expire') return this.check(known.expire, form) ?? this.expire(parts[2]);
    if (parts[0] === 'payment_intents' && parts[2] === 'capture') return this.check(known.capture, form) ?? this.capture(parts[1], form);
    if (parts[0] === 'payment_intents' && parts[2] === 'cancel') return this.check(known.cancel, form) ?? this.cancel(parts[1]);
    return error(404, 'invalid_request_error', 'resource_missing');
  }

  check(fields, form) {
    const unknown = Object.keys(form).find((name) => !fields.includes(name));
    return unknown ? invalid('parameter_unknown', unknown) : undefined;
  }

  id(prefix) { return `${prefix}_${++this.count}${'x'.repeat(12)}`; }

  nested(form, prefix) {
    return Object.fromEntries(Object.entries(form).filter(([name]) => name.startsWith(`${prefix}[`)).map(([name, value]) => [name.slice(prefix.length + 1, -1), value]));
  }

  makeSession(form, key) {
    const amount = integer(form['line_items[0][price_data][unit_amount]']), currency = form['line_items[0][price_data][currency]'];
    const now = Date.now() / 1000, until = integer(form.expires_at);
    if (form.mode !== 'payment') return invalid('parameter_invalid', 'mode');
    if (!absolute(form.success_url)) return invalid('url_invalid', 'success_url');
    if (!absolute(form.cancel_url)) return invalid('url_invalid', 'cancel_url');
    if (!languages.has(form.locale)) return invalid('parameter_invalid', 'locale');
    if (!/^[^@\s]+@[^@\s]+\.[a-z]+$/.test(form.customer_email ?? 'a@b.c')) return invalid('email_invalid', 'customer_email');
    if (!until || until < now + 1800 || until > now + 86400) return invalid('parameter_invalid', 'expires_at');
    if (!/^[a-z]{3}$/.test(currency) || !amount || integer(form['line_items[0][quantity]']) !== 1) return invalid('parameter_invalid', 'line_items');
    if (amount < 50) return invalid('amount_too_small', 'line_items');
    const id = this.id('cs_test');
    const session = { id, object: 'checkout.session', status: 'open', payment_status: 'unpaid', payment_intent: null, amount_total: amount, currency, mode: 'payment', key,
      url: `https://checkout.stripe.com/c/pay/${id}`, client_reference_id: form.client_reference_id, customer_email: form.customer_email, expires_at: until,
      livemode: false, metadata: this.nested(form, 'metadata'), intent_data: { capture: form['payment_intent_data[capture_method]'], metadata: this.nested(form, 'payment_intent_data[metadata]') } };
    this.sessions.set(id, session);
    return { status: 200, body: session };
  }

  // Without a session: a front end finishes it, with the client secret.
  makeIntent(form, key) {
    const amount = integer(form.amount), methods = Object.entries(form).filter(([name]) => name.startsWith('allowed_payment_method_types[')).map(([, type]) => type);
    if (!/^[a-z]{3}$/.test(form.currency ?? '') || !amount) return invalid('parameter_invalid', 'amount');
    if (amount < 50) return invalid('amount_too_small', 'amount');
    if (!methods.length && form['automatic_payment_methods[enabled]'] !== 'true') return invalid('parameter_missing', 'payment_method_types');
    const id = this.id('pi');
    const intent = { id, object: 'payment_intent', status: 'requires_payment_method', amount, currency: form.currency, amount_received: 0, amount_capturable: 0, latest_charge: null,
      capture_method: form.capture_method ?? 'automatic', description: form.description, livemode: false, last_payment_error: null, metadata: this.nested(form, 'metadata'), key,
      client_secret: `${id}_secret_CANARY` };
    this.intents.set(id, intent);
    return { status: 200, body: intent };
  }

  // The buyer in the front end's page, which has the client secret alone. `declined`: the bank says no, and another card may follow.
  confirm(secret, declined) {
    const intent = [...this.intents.values()].find((one) => one.client_secret === secret);
    if (intent?.status !== 'requires_payment_method') throw new Error(`the intent of ${secret} is ${intent?.status}`);
    const held = intent.capture_method === 'manual';
    if (declined) return Object.assign(intent, { last_payment_error: { type: 'card_error', code: 'card_declined', decline_code: declined } });
    return Object.assign(intent, { status: held ? 'requires_capture' : 'succeeded', amount_received: held ? 0 : intent.amount, amount_capturable: held ? intent.amount : 0,
      latest_charge: this.id('ch'), last_payment_error: null });
  }

  capture(id, form) {
    const intent = this.intents.get(id), amount = integer(form.amount_to_capture) ?? intent?.amount_capturable;
    if (!intent) return error(404, 'invalid_request_error', 'resource_missing', 'intent');
    if (intent.status !== 'requires_capture') return invalid('payment_intent_unexpected_state', undefined, { payment_intent: intent });
    if (amount > intent.amount_capturable) return invalid('amount_too_large', 'amount_to_capture');
    Object.assign(intent, { status: 'succeeded', amount_received: amount, amount_capturable: 0 });
    return { status: 200, body: intent };
  }

  cancel(id) {
    const intent = this.intents.get(id);
    if (!['requires_payment_method', 'requires_capture'].includes(intent?.status)) return invalid('payment_intent_unexpected_state');
    Object.assign(intent, { status: 'canceled', amount_capturable: 0 });
    return { status: 200, body: intent };
  }

  expire(id) {
    const session = this.sessions.get(id);
    if (session?.status !== 'open') return invalid('session_not_open');
    session.status = 'expired';
    return { status: 200, body: session };
  }

  makeRefund(form, key) {
    const intent = this.intents.get(form.payment_intent), amount = integer(form.amount);
    if (!intent) return error(404, 'invalid_request_error', 'resource_missing', 'payment_intent');
    const gone = [...this.refunds.values()].filter((refund) => refund.payment_intent === intent.id && refund.status !== 'failed').reduce((sum, refund) => sum + refund.amount, 0);
    if (!amount || amount > intent.amount_received - gone) return invalid(undefined, 'amount');
    const refund = { id: this.id('re'), object: 'refund', amount, currency: intent.currency, payment_intent: intent.id, charge: intent.latest_charge, key,
      status: this.refundState ?? 'succeeded', metadata: this.nested(form, 'metadata') };
    this.refunds.set(refund.id, refund);
    return { status: 200, body: refund };
  }

  // ---- the shopper on the page ----

  // Pays; gives the session's intent.
  pay(id) {
    const session = this.sessions.get(id);
    if (session?.status !== 'open') throw new Error(`session ${id} is ${session?.status}`);
    const held = session.intent_data.capture === 'manual';
    const intent = { id: this.id('pi'), object: 'payment_intent', status: held ? 'requires_capture' : 'succeeded', amount: session.amount_total, currency: session.currency,
      amount_received: held ? 0 : session.amount_total, amount_capturable: held ? session.amount_total : 0, latest_charge: this.id('ch'), livemode: false,
      metadata: session.intent_data.metadata, client_secret: 'pi_secret_CANARY' };
    this.intents.set(intent.id, intent);
    Object.assign(session, { status: 'complete', payment_status: held ? 'unpaid' : 'paid', payment_intent: intent.id });
    return intent;
  }

  charge(intent) {
    const back = [...this.refunds.values()].filter((refund) => refund.payment_intent === intent.id);
    return { id: intent.latest_charge, object: 'charge', payment_intent: intent.id, amount: intent.amount, amount_refunded: back.reduce((sum, refund) => sum + refund.amount, 0),
      currency: intent.currency, metadata: intent.metadata, refunded: false };
  }

  // What was really taken of people's cards.
  taken() { return [...this.intents.values()].reduce((sum, intent) => sum + intent.amount_received, 0); }
  // What was asked for with this verb, of one session when it is named.
  of(verb, session) { return this.posts(verb).filter((asked) => !session || this.about(asked) === session); }

  about({ path, key, form }) {
    const id = path.match(/payment_intents\/(\w+)/)?.[1] ?? form.payment_intent;
    return [...this.sessions.values()].find((one) => (id ? one.payment_intent === id : one.key === key));
  }

  posts(verb) { return this.requests.filter(({ method, path }) => method === 'POST' && path.endsWith(verb)); }

  // ---- events ----

  event(type, object, more = {}) {
    return JSON.stringify({ id: `evt_${randomUUID().replaceAll('-', '')}`, object: 'event', type, api_version: version, livemode: false, created: 1, data: { object }, ...more });
  }

  // The header for a body.
  static sign(body, { at = Math.floor(Date.now() / 1000), secret = hookSecret } = {}) {
    return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
  }

  // `header` null: none.
  send(market, body, header = Stripe.sign(body)) {
    return market.shop.post('/hooks/payment_stripe/events', Buffer.from(body), { 'content-type': 'application/json; charset=utf-8', ...(header === null ? {} : { 'stripe-signature': header }) });
  }

  tell(market, type, object, more) { return this.send(market, this.event(type, object, more)); }
}
