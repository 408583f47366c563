// Webhooks from real orders: what a receiver gets and can rely on, whatever fails meanwhile, and what stays of people afterwards.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { staff, unescape } from './browser.mjs';
import { goods, Market } from './buying.mjs';
import { sql } from './orders.mjs';
import { receiver, signedBy } from './receiver.mjs';
import { Smtp } from './smtp.mjs';
import { ask, until } from './souk.mjs';

let market, smtp, stops = [];
before(async () => {
  smtp = await Smtp.start();
  market = await Market.open({ plugins: ['notify_mail'], goods: [goods('TEA', 1000, 100000)], config: `notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", sender = "shop@souk.example" }`,
    terms: '{ name = "Test shop", url = "https://souk.example", email = "boss@souk.example", currency = "EUR", country = "BG", locales = { "en", "bg" } }' });
});
after(async () => {
  for (const stop of stops) await stop();
  await market?.down();
  await smtp?.stop();
});

const api = (path, body) => market.shop.post(`/api/v1/admin/webhooks${path}`, body ?? {}, market.auth);
const show = async (id) => (await market.shop.get(`/api/v1/admin/webhooks/${id}`, market.auth)).json;
const remove = (id) => ask(`${market.shop.url}/api/v1/admin/webhooks/${id}`, { method: 'DELETE', headers: market.auth });
async function hook(answer, topics = ['*']) {
  const to = await receiver(answer);
  stops.push(to.stop);
  const made = await api('', { url: to.url, topics });
  assert.equal(made.status, 201, made.text);
  return { ...to, ...made.json };
}
const buy = async (body) => { const { json, status, text } = await market.buy([['TEA', 1]], body); assert.equal(status, 201, text); return json; };

test('an order as its receiver gets it: whole, in order, with ids that JavaScript can read, without the key to its page', async () => {
  const to = await hook(undefined, ['order.*', 'payment.*', 'shipment.*']);
  const order = await buy();
  for (const step of ['pay', 'pack', 'ship', 'deliver']) assert.equal((await market.step(order.number, step)).status, 200);
  const types = await until('the facts', () => { const all = to.got.map((one) => one.json.type); return all.length >= 5 && all.includes('shipment.delivered') && all; });
  assert.equal(types[0], 'order.placed');
  assert.ok(types.indexOf('payment.captured') < types.indexOf('shipment.sent'), types.join());
  assert.ok(types.indexOf('shipment.sent') < types.indexOf('shipment.delivered'), types.join());
  for (const { json, body } of to.got) {
    assert.equal(json.data.number, order.number);
    assert.equal(json.data.totals.total, order.totals.total);
    assert.equal(json.data.lines[0].id, order.lines[0].id);
    assert.ok(!body.includes(order.token), 'the key to the page of the order');
    assert.doesNotMatch(body, /[:[]\d{16,}/, 'numbers that JavaScript reads wrongly');
    assert.equal(json.data.fact.order, json.data.id);
  }
  await remove(to.id);
});

test('the library of Standard Webhooks takes what is sent and refuses what was changed', async (t) => {
  const place = new URL('../browser/package.json', import.meta.url);
  if (!existsSync(new URL('node_modules/standardwebhooks', place))) return t.skip('the test tools from npm are not there');
  const { Webhook } = createRequire(place)('standardwebhooks');
  const to = await hook(undefined, ['order.placed']);
  await buy({ name: 'Ада Ловелас 🍵' });
  const one = await until('a fact', () => to.got[0]);
  const told = new Webhook(to.secret).verify(one.body, one.headers);
  assert.equal(told.data.name, 'Ада Ловелас 🍵');
  assert.throws(() => new Webhook(to.secret).verify(one.body.replace('EUR', 'USD'), one.headers));
  assert.throws(() => new Webhook(to.secret).verify(one.body, { ...one.headers, 'webhook-id': 'msg_1' }));
  assert.throws(() => new Webhook(to.secret).verify(one.body, { ...one.headers, 'webhook-timestamp': String(Number(one.headers['webhook-timestamp']) - 600) }));
  await api(`/${to.id}/rotate`);
  await api(`/${to.id}/test`);
  const both = await until('one after the rotation', () => to.got[1]);
  assert.equal(new Webhook(to.secret).verify(both.body, both.headers).type, 'webhook.test');
  assert.equal(both.headers['content-type'], 'application/json');
  await remove(to.id);
});

test('a thousand facts: a receiver that is slow and one that is off delay nobody, and nothing is lost or doubled', async () => {
  let free;
  const enough = new Promise((done) => { free = done; });
  const slow = await hook((n) => (n < 10 ? new Promise((done) => setTimeout(() => done(200), 300)) : enough.then(() => 200)), ['product.changed']);
  const off = await hook(() => 500, ['product.changed']);
  const quick = await hook(undefined, ['product.changed']);
  for (let i = 0; i < 1000; i += 25)
    await Promise.all(Array.from({ length: 25 }, async (_, j) => {
      const changed = await ask(`${market.shop.url}/api/v1/admin/products/tea`, { method: 'PATCH', headers: { ...market.auth, 'content-type': 'application/json' }, body: JSON.stringify({ meta: { n: i + j } }) });
      assert.equal(changed.status, 200, changed.text);
    }));
  await until('the quick one has all', () => new Set(quick.got.map((one) => one.headers['webhook-id'])).size >= 1000, 600000);
  assert.equal(quick.got.length, 1000, 'nothing twice');
  assert.ok(slow.got.length < 900 && slow.got.length > 0);
  assert.ok(off.got.length > 0);
  free();
  for (const one of [slow, off, quick]) await remove(one.id);
});

test('killed while a receiver answers: it comes again under the same id', async () => {
  let old;
  const to = await hook(async (n) => {
    if (n === 1) {
      old = market.shop.shopPid();
      process.kill(old, 'SIGKILL');
      await market.shop.newShopPid(old);
    }
    return 200;
  }, ['order.placed']);
  await buy();
  await until('the second', () => to.got.length >= 2);
  assert.equal(to.got[0].headers['webhook-id'], to.got[1].headers['webhook-id']);
  assert.equal(to.got[0].body, to.got[1].body);
  await until('it is noted', async () => (await show(to.id)).waiting === 0);
  await remove(to.id);
});

test('no way inwards: redirects are not followed, however an address is written it is checked, and answers have an end', async () => {
  const inside = await receiver();
  stops.push(inside.stop);
  const to = await hook(() => ({ status: 302, headers: { location: inside.url } }), ['order.placed']);
  await buy();
  const tried = await until('it is tried', async () => (await market.shop.get(`/api/v1/admin/webhooks/${to.id}/deliveries`, market.auth)).json.items.find((one) => one.attempts));
  assert.equal(tried.status, 302);
  assert.equal(tried.state, 'waiting', 'a redirect is no receipt');
  assert.equal(inside.got.length, 0);
  await remove(to.id);
  for (const url of ['http://[::1]:1/', 'http://[::ffff:10.0.0.1]/', 'http://169.254.169.254/latest', 'http://0x0a000001/', 'http://2130706434/', 'http://10.1.2.3/']) {
    const made = await api('', { url, topics: ['order.placed'] });
    assert.equal(made.status, 201, made.text);
    await api(`/${made.json.id}/test`);
    const seen = await until(`${url} is tried`, async () => (await market.shop.get(`/api/v1/admin/webhooks/${made.json.id}/deliveries`, market.auth)).json.items.find((one) => one.attempts));
    assert.equal(seen.status, 0, url);
    assert.match(seen.why, /private|not public|allow|resolve/i, `${url}: ${seen.why}`);
    await remove(made.json.id);
  }
});

test('who fails for days is paused, and the shop is told; switched on again, it gets what waited', async () => {
  let well = false;
  // each is tried once and then waits for long, so that nothing is on its way when the days go by
  const to = await hook((n) => (well ? 200 : n <= 6 ? { status: 503, headers: { 'retry-after': '3600' } } : 500), ['order.placed']);
  for (let i = 0; i < 6; i++) await buy();
  await until('each was tried', () => to.got.length >= 6);
  await until('it is noted', () => sql(market.shop, `SELECT count(*) FROM webhook_delivery WHERE webhook_id = ${to.id} AND attempts > 0`) === '6');
  sql(market.shop, `UPDATE webhook_delivery SET attempts = 9, due_at = 1 WHERE id IN (SELECT id FROM webhook_delivery WHERE webhook_id = ${to.id} AND state = 'waiting' ORDER BY id LIMIT 5);
    UPDATE webhook_delivery SET due_at = due_at + 3600000000 WHERE webhook_id = ${to.id} AND due_at > 1;`);
  await until('it is paused', async () => {
    sql(market.shop, `UPDATE job SET due = 1 WHERE kind = 'webhook:${to.id}' AND state = 'waiting' AND due > 1`);
    return (await show(to.id)).state === 'paused';
  });
  assert.equal((await show(to.id)).dead, 5);
  const mail = await until('the mail to the shop', () => smtp.mails.find((one) => one.to.includes('boss@souk.example')));
  assert.ok(mail.text.includes(to.url), mail.text);
  assert.match(mail.text, /500/);
  well = true;
  const before = to.got.length;
  sql(market.shop, `UPDATE webhook_delivery SET due_at = 1 WHERE webhook_id = ${to.id} AND state = 'waiting'`);
  await ask(`${market.shop.url}/api/v1/admin/webhooks/${to.id}`, { method: 'PATCH', headers: { ...market.auth, 'content-type': 'application/json' }, body: '{"state":"active"}' });
  await until('what waited', () => to.got.length > before);
  assert.equal((await api(`/${to.id}/replay`, { from: '2020-01-01', state: 'dead' })).json.queued, 5);
  await until('what was dead', () => to.got.length >= before + 6);
  await remove(to.id);
});

test('in the admin: made, tested, rotated, looked at, sent again, removed', async () => {
  const boss = await staff(market.shop);
  const to = await receiver();
  stops.push(to.stop);
  const wrong = await boss.post('/admin/webhooks', { url: 'ftp://x', topics: 'order.*' });
  assert.equal(wrong.status, 422);
  const made = await boss.post('/admin/webhooks', { url: to.url, topics: 'order.placed' });
  assert.equal(made.status, 303, made.text);
  const id = sql(market.shop, `SELECT id FROM webhook WHERE url = '${to.url}'`);
  const path = `/admin/webhooks/${id}`;
  const secret = /whsec_[A-Za-z0-9+/=]+/.exec(unescape((await boss.get(path)).text))[0];
  const run = async (list, action, one) => {
    const answer = await boss.post(`${list}/bulk`, { action, id: one, confirm: '1' });
    assert.doesNotMatch(answer.text, /Not done/, answer.text);
  };
  await run('/admin/webhooks', 'test', id);
  const first = await until('the test', () => to.got[0]);
  assert.ok(signedBy(first, secret));
  await run('/admin/webhooks', 'rotate', id);
  const next = /whsec_[A-Za-z0-9+/=]+/.exec(unescape((await boss.get(path)).text))[0];
  assert.notEqual(next, secret);
  await buy();
  const second = await until('an order', () => to.got[1]);
  assert.ok(signedBy(second, secret) && signedBy(second, next));
  assert.match((await boss.get('/admin/webhook-deliveries')).text, /order\.placed/);
  const delivery = await until('it is sent', () => sql(market.shop, `SELECT id FROM webhook_delivery WHERE webhook_id = ${id} AND topic = 'order.placed' AND state = 'sent'`));
  await run('/admin/webhook-deliveries', 'replay', delivery);
  const third = await until('once more', () => to.got[2]);
  assert.equal(third.headers['webhook-id'], second.headers['webhook-id']);
  const form = Object.fromEntries(await boss.form(path));
  assert.equal((await boss.post(path, { ...form, topics: 'order.*\r\npayment.*', state: 'paused' })).status, 303);
  assert.deepEqual([(await show(id)).topics, (await show(id)).state], [['order.*', 'payment.*'], 'paused']);
  await remove(id);
});

test('who is erased is erased from mails and deliveries too; what is handed out has both', async () => {
  const to = await hook(undefined, ['*']);
  const email = 'gone@people.example';
  const order = await buy({ email, name: 'Gone Person' });
  await until('the mail', () => smtp.mails.find((one) => one.to.includes(email)));
  const person = sql(market.shop, `SELECT person_id FROM shop_order WHERE number = '${order.number}'`);
  const boss = await staff(market.shop, 'eve@shop.example');
  const dump = await boss.get(`/admin/people/${person}/export`);
  assert.equal(dump.status, 200, dump.text);
  const known = JSON.parse(dump.text);
  assert.equal(known.orders[0].number, order.number);
  const sent = await until('it is noted', async () => JSON.parse((await boss.get(`/admin/people/${person}/export`)).text).messages.find((one) => one.state === 'sent'));
  assert.deepEqual([sent.kind, sent.recipient], ['order_placed', email]);
  assert.equal((await market.step(order.number, 'cancel', { reason: 'wish' })).status, 200);
  await until('all is told', async () => smtp.mails.filter((one) => one.to.includes(email)).length === 2 && to.got.some((one) => one.json.type === 'order.cancelled') && (await show(to.id)).waiting === 0);
  sql(market.shop, `INSERT INTO suppression (channel, value, why, at) VALUES ('email', '${email}', 'test', 1)`);
  const form = Object.fromEntries(await boss.form(`/admin/people/${person}/erase`));
  const erased = await boss.post(`/admin/people/${person}/erase`, { ...form, sure: 'yes', confirm: '1' });
  assert.equal(erased.status, 303, erased.text);
  await until('the erasing is told', () => to.got.find((one) => one.json.type === 'person.erased'));
  assert.equal(sql(market.shop, "SELECT topic, subject, state FROM webhook_delivery WHERE body LIKE '%gone@%' OR body LIKE '%Gone Person%'"), '');
  for (const [table, column] of [['message', 'recipient'], ['message', 'data'], ['webhook_delivery', 'body'], ['suppression', 'value'], ['outbox', 'payload'], ['job', 'payload']])
    assert.equal(sql(market.shop, `SELECT count(*) FROM ${table} WHERE ${column} LIKE '%gone@%' OR ${column} LIKE '%Gone Person%'`), '0', `${table}.${column}`);
  assert.doesNotMatch(market.shop.stderr, /gone@people|Gone Person/, 'nor in the log');
  assert.ok(!market.shop.stderr.includes(order.token));
  await remove(to.id);
});
