// Orders over REST: a customer's with its token, the list, reading, editing and every step for programs of the shop; what is illegal is
// refused with the steps that are not, whatever the state. Every answer is held against the OpenAPI document (souk.mjs does that).
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Shop, ask, run, souk, until } from './souk.mjs';

const good = (sku, amount, stock) => ({ product: { key: sku.toLowerCase(), status: 'active', text: { en: { name: `The ${sku}` } }, variants: [{ sku, tracked: true, stock, weight_g: 100, prices: [{ list: 'base', amount }] }] } });
const address = { country: 'BG', city: 'Sofia', postcode: '1000', line1: 'Vitosha 1' };
const steps = ['confirm', 'close', 'reopen', 'cancel', 'capture', 'void', 'pay', 'refund', 'pack', 'unpack', 'ship', 'deliver', 'return'];

let shop, tokens = {};
before(async () => {
  shop = new Shop({ plugins: ['probe_sell', 'probe_order'], config: 'shop = { name = "Orders", currency = "EUR", country = "BG", locales = { "en" }, order_prefix = "S-" }\nlog = { access = "off" }' });
  const file = join(shop.dir, 'goods.jsonl');
  writeFileSync(file, [good('TEA', 1000, 500), good('MUG', 550, 500), good('LAST', 300, 1)].map((one) => JSON.stringify(one)).join('\n') + '\n');
  const done = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', file, '--json'], { timeout: 600000 });
  assert.equal(done.code, 0, done.stderr + done.stdout);
  await shop.up();
  for (const [name, scope] of [['all', 'order.*'], ['read', 'order.read'], ['ship', 'order.read,order.ship'], ['edit', 'order.read,order.edit']]) {
    const made = await shop.souk('admin', 'token', '--scope', scope, '--json');
    assert.equal(made.code, 0, made.stderr);
    tokens[name] = { authorization: `Bearer ${made.json.token}` };
  }
});
after(async () => {
  await shop?.down();
});

function sql(text) {
  return execFileSync('sqlite3', [`${shop.data}/souk.db`], { input: `.timeout 60000\n${text}`, encoding: 'utf8' }).trim();
}
async function send(method, path, body, headers) {
  const answer = await ask(shop.url + path, { method, body: body === undefined ? undefined : JSON.stringify(body), headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers } });
  return shop.described(method, path, answer);
}
const admin = (method, path, body, headers) => send(method, `/api/v1/admin/orders${path}`, body, { ...tokens.all, ...headers });
const step = (order, name, body, headers) => admin('POST', `/${order.number}/${name}`, body ?? {}, headers);
const show = async (order) => (await admin('GET', `/${order.number}`)).json;

async function place(goods = { TEA: 2 }, payment = 'invoice') {
  const cart = (await shop.post('/api/v1/carts', {})).json;
  for (const [sku, quantity] of Object.entries(goods)) {
    const added = await shop.post(`/api/v1/carts/${cart.id}/lines`, { sku, quantity });
    assert.equal(added.status, 201, added.text);
  }
  const answer = await shop.post(`/api/v1/carts/${cart.id}/checkout`, { email: 'ana@people.example', phone: '+359888123456', name: 'Ana Petrova', address,
    delivery: { method: 'flat:standard' }, payment: { method: payment } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}
async function ok(order, name, body) {
  const answer = await step(order, name, body);
  assert.equal(answer.status, 200, `${name}: ${answer.text}`);
  return answer.json;
}
const states = (order) => [order.status, order.payment_status, order.fulfilment_status].join(' ');

test('a customer reads an order with its token, and nobody without', async () => {
  const order = await place({ TEA: 2, MUG: 1 });
  assert.match(order.number, /^S-1\d\d\d$/);
  const read = await send('GET', `/api/v1/orders/${order.number}?token=${order.token}`);
  assert.equal(read.status, 200);
  assert.deepEqual(read.json, order); // the answer of the checkout is this document
  assert.equal(read.headers.get('cache-control'), 'no-store');
  assert.equal(read.json.totals.total, 3050);
  assert.deepEqual(read.json.lines.map((line) => [line.sku, line.quantity, line.total]), [['TEA', 2, 2000], ['MUG', 1, 550]]);
  for (const name of ['id', 'history', 'allowed', 'payments', 'person', 'quote']) assert.ok(!(name in read.json), name);
  for (const query of ['', '?token=', '?token=x', `?token=${order.token}x`, `?token=${order.token.slice(1)}`])
    assert.equal((await send('GET', `/api/v1/orders/${order.number}${query}`)).status, 404, query);
  assert.equal((await send('GET', `/api/v1/orders/S-9999?token=${order.token}`)).status, 404);
});

test('rights: reading, editing, shipping and refunding are four things', async () => {
  const order = await place();
  const path = `/api/v1/admin/orders/${order.number}`;
  assert.equal((await send('GET', path)).status, 401);
  assert.equal((await send('GET', path, undefined, tokens.read)).status, 200);
  for (const name of steps) {
    const right = ['refund'].includes(name) ? 'refund' : ['pack', 'unpack', 'ship', 'deliver', 'return'].includes(name) ? 'ship' : 'edit';
    for (const token of ['read', 'ship', 'edit'])
      if (token !== right) assert.equal((await send('POST', `${path}/${name}`, {}, tokens[token])).status, 403, `${name} with ${token}`);
  }
  assert.equal((await send('PATCH', path, { name: 'X' }, tokens.ship)).status, 403);
  assert.equal((await send('POST', `${path}/notes`, { text: 'x' }, tokens.ship)).status, 403);
  assert.equal((await send('POST', `${path}/pack`, {}, tokens.ship)).status, 200);
  assert.equal((await send('POST', `${path}/confirm`, {}, tokens.edit)).status, 200);
});

test('the list: newest first, by cursor, by state, by words, by day', async () => {
  const made = [await place(), await place(), await place()];
  await ok(made[1], 'cancel');
  const seen = [];
  for (let cursor = ''; ;) {
    const page = await admin('GET', `?limit=2${cursor && `&cursor=${cursor}`}`);
    assert.equal(page.status, 200);
    assert.ok(page.json.items.length <= 2);
    seen.push(...page.json.items.map((item) => item.number));
    if (!page.json.next) break;
    cursor = page.json.next;
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(seen.length, Number(sql('SELECT count(*) FROM shop_order')));
  assert.deepEqual(seen.slice(0, 3), made.map((one) => one.number).reverse());
  const numbers = async (query) => (await admin('GET', query)).json.items.map((item) => item.number);
  assert.deepEqual(await numbers(`?q=${made[0].number.toLowerCase()}`), [made[0].number]);
  assert.ok((await numbers('?status=cancelled')).includes(made[1].number));
  assert.ok(!(await numbers('?status=placed')).includes(made[1].number));
  assert.ok((await numbers('?q=ANA%20pet')).includes(made[2].number));
  assert.ok((await numbers('?q=people.example&payment=pending&fulfilment=none')).includes(made[2].number));
  assert.deepEqual(await numbers('?q=nobody'), []);
  assert.deepEqual(await numbers('?from=2090-01-01'), []);
  assert.deepEqual(await numbers('?until=2020-01-01'), []);
  for (const wrong of ['status=x', 'payment=x', 'fulfilment=x', 'limit=0', 'limit=x', 'cursor=x', 'cursor=1', 'from=x', 'until=x'])
    assert.equal((await admin('GET', `?${wrong}`)).status, 400, wrong);
});

test('the whole way, with parts, money and goods back', async () => {
  const order = await place({ TEA: 3 });
  const line = order.lines[0].id;
  assert.equal(typeof line, 'string');
  await ok(order, 'confirm', { reason: 'called' });
  assert.equal(states(await ok(order, 'pack', { lines: [{ line, quantity: 1 }] })), 'confirmed pending part_packed');
  const paid = await ok(order, 'pay', { reference: 'bank 7' });
  assert.equal(states(paid), 'confirmed paid part_packed');
  assert.equal(paid.due, 0);
  assert.equal(states(await ok(order, 'ship')), 'confirmed paid part_shipped');
  assert.equal(states(await ok(order, 'ship')), 'confirmed paid shipped');
  assert.equal(states(await ok(order, 'deliver')), 'confirmed paid delivered');
  assert.equal(states(await ok(order, 'return', { lines: [{ line, quantity: 1 }] })), 'confirmed paid part_returned');
  await ok(order, 'refund', { lines: [{ line, quantity: 1 }] });
  const refunded = await until('the refund', async () => { const doc = await show(order); return doc.payment_status === 'part_refunded' && doc; });
  assert.equal(refunded.refunded, 1000);
  await ok(order, 'refund', { lines: [{ line, quantity: 2 }], delivery: true });
  assert.equal((await until('all of it', async () => { const doc = await show(order); return doc.payment_status === 'refunded' && doc; })).refunded, 3500);
  const more = await step(order, 'refund', { amount: 1 });
  assert.equal(more.status, 409);
  await ok(order, 'close');
  const done = await show(order);
  assert.deepEqual(done.history.filter((row) => row.machine === 'order').map((row) => row.step), ['place', 'confirm', 'close']);
  assert.ok(done.history.every((row) => row.at && row.actor && row.step));
  assert.equal(done.history.find((row) => row.step === 'confirm').reason, 'called');
});

test('every step in every state: the illegal ones are 409 with what is allowed, and change nothing', async () => {
  const order = await place();
  const before = await show(order);
  let refused = 0;
  for (const status of ['draft', 'placed', 'confirmed', 'closed', 'cancelled'])
    for (const payment of ['none', 'pending', 'authorised', 'part_paid', 'paid', 'part_refunded', 'refunded', 'failed', 'voided'])
      for (const goods of ['none', 'part_packed', 'packed', 'part_shipped', 'shipped', 'part_delivered', 'delivered', 'part_returned', 'returned']) {
        const updated = sql(`UPDATE shop_order SET status='${status}', payment_status='${payment}', fulfilment_status='${goods}' WHERE number='${order.number}' RETURNING version`);
        assert.equal(updated, String(before.version));
        const { allowed } = await show(order);
        assert.ok(Array.isArray(allowed) && allowed.every((name) => steps.includes(name)), `${allowed}`);
        await Promise.all(steps.filter((name) => !allowed.includes(name)).map(async (name) => {
          const answer = await step(order, name);
          const where = `${name} from ${status} ${payment} ${goods}: ${answer.text}`;
          assert.equal(answer.status, 409, where);
          assert.match(answer.headers.get('content-type'), /problem\+json/);
          assert.match(answer.json.type, /illegal-step/, where);
          assert.deepEqual(answer.json.allowed, allowed, where);
          refused++;
        }));
      }
  assert.ok(refused > 2000, `${refused}`);
  sql(`UPDATE shop_order SET status='placed', payment_status='pending', fulfilment_status='none' WHERE number='${order.number}'`);
  assert.deepEqual(await show(order), before);
  assert.equal((await step(order, 'explode')).status, 404);
  assert.equal((await admin('POST', '/S-9999/confirm', {})).status, 404);
});

test('a step again with the same key does nothing again; with another body it is refused', async () => {
  const order = await place();
  const key = { 'idempotency-key': `pay-${order.token}` };
  const first = await step(order, 'pay', { amount: 500 }, key);
  assert.equal(first.status, 200, first.text);
  const again = await step(order, 'pay', { amount: 500 }, key);
  assert.equal(again.text, first.text);
  assert.equal((await show(order)).captured, 500);
  assert.equal((await step(order, 'pay', { amount: 600 }, key)).status, 422);
});

test('an edit: what is owed follows, a stale version is refused', async () => {
  const order = await place();
  const first = await admin('GET', `/${order.number}`);
  const etag = first.headers.get('etag');
  assert.equal(etag, `"${first.json.version}"`);
  const edited = await admin('PATCH', `/${order.number}`, { lines: [{ line: first.json.lines[0].id, quantity: 1 }, { sku: 'MUG', quantity: 2 }], delivery_amount: 100 }, { 'if-match': etag });
  assert.equal(edited.status, 200, edited.text);
  assert.equal(edited.json.totals.total, 2200);
  assert.equal(edited.json.due, 2200);
  assert.notEqual(edited.headers.get('etag'), etag);
  assert.equal((await admin('PATCH', `/${order.number}`, { name: 'X' }, { 'if-match': etag })).status, 412);
  assert.equal((await admin('PATCH', `/${order.number}`, { name: 'X', version: first.json.version })).status, 409);
  assert.equal((await admin('PATCH', `/${order.number}`, { name: 'X' }, { 'if-match': 'x' })).status, 400);
  assert.equal((await step(order, 'confirm', {}, { 'if-match': etag })).status, 412);
  const wrong = await admin('PATCH', `/${order.number}`, { lines: [{ sku: 'TEA', quantity: -1 }] });
  assert.equal(wrong.status, 400);
  assert.equal(wrong.json.errors[0].pointer, '/lines/0/quantity');
  assert.equal((await admin('PATCH', `/${order.number}`, { lines: [{ sku: 'TEA', quantity: 5000 }] })).status, 409);
  assert.equal((await admin('PATCH', `/${order.number}`, [])).status, 400);
  assert.equal((await show(order)).version, edited.json.version);
  await ok(order, 'cancel');
  assert.equal((await admin('PATCH', `/${order.number}`, { name: 'X' })).status, 409);
});

test('notes: customers read those that are for them', async () => {
  const order = await place();
  assert.equal((await admin('POST', `/${order.number}/notes`, { text: 'Odd address' })).status, 201);
  const open = await admin('POST', `/${order.number}/notes`, { text: 'We call you', internal: false });
  assert.deepEqual(open.json.notes.map((note) => [note.text, note.internal]), [['Odd address', true], ['We call you', false]]);
  assert.equal((await admin('POST', `/${order.number}/notes`, { text: '  ' })).status, 400);
  const { json } = await send('GET', `/api/v1/orders/${order.number}?token=${order.token}`);
  assert.deepEqual(json.notes.map((note) => note.text), ['We call you']);
});

test('cancelling gives goods and money back', async () => {
  const order = await place({ LAST: 1 });
  const cart = (await shop.post('/api/v1/carts', {})).json;
  assert.equal((await shop.post(`/api/v1/carts/${cart.id}/lines`, { sku: 'LAST', quantity: 1 })).status, 409);
  await ok(order, 'pay');
  await ok(order, 'pack');
  await ok(order, 'cancel', { reason: 'changed their mind' });
  assert.equal((await shop.post(`/api/v1/carts/${cart.id}/lines`, { sku: 'LAST', quantity: 1 })).status, 201);
  const back = await until('the money', async () => { const doc = await show(order); return doc.payment_status === 'refunded' && doc; });
  assert.equal(back.refunded, back.captured);
  assert.equal(back.due, 0);
});

test('plugins read orders and leave notes, and hear of each thing once', async () => {
  const order = await place();
  const { id } = await show(order);
  const asked = async (query) => (await shop.get(`/x/probe_order/order?${query}`)).json;
  const byId = await asked(`id=${id}`), byNumber = await asked(`number=${order.number}`);
  assert.equal(byId.code, 0);
  assert.equal(byId.id, id);
  assert.equal(byId.order.number, order.number);
  assert.equal(byId.order.totals.total, order.totals.total);
  assert.ok('person' in byId.order && !('history' in byId.order) && !('payments' in byId.order));
  assert.deepEqual(byNumber, byId);
  assert.equal((await asked('number=S-9999')).code < 0, true);
  assert.equal((await asked('id=5')).code < 0, true);
  assert.equal((await asked('number=')).code < 0, true);
  assert.equal((await shop.get(`/x/probe_order/note?id=${id}&text=no`)).json.code < 0, true);
  for (const [way, text] of [['note', 'one'], ['note-task', 'two']])
    assert.equal((await shop.post(`/hooks/probe_order/${way}?id=${id}&text=${text}`, {})).status, 200, way);
  assert.equal((await shop.post('/hooks/probe_order/note?id=5&text=x', {})).status, 404);
  const notes = (await show(order)).notes;
  assert.deepEqual(notes.map((note) => [note.text, note.actor, note.internal]), [['one', 'plugin:probe_order', false], ['two', 'plugin:probe_order', false]]);
  await ok(order, 'confirm');
  await admin('PATCH', `/${order.number}`, { name: 'Ana P.' });
  await ok(order, 'cancel');
  const counts = await until('the facts', () => {
    const rows = sql(`SELECT key || ' ' || value FROM setting WHERE owner = 'plugin:probe_order' AND key LIKE '%order:${id}' ORDER BY key`).split('\n');
    return rows.length === 4 && rows;
  });
  assert.deepEqual(counts.map((row) => row.replace(` order:${id}`, '')), ['order.cancelled 1', 'order.confirmed 1', 'order.edited 1', 'order.placed 1']);
});

test('the books are right after all of it', async () => {
  const { json } = await shop.souk('verify', '--json');
  assert.deepEqual(json.checks.filter((check) => !check.ok), []);
  const ids = new Set(json.checks.map((check) => check.id));
  for (const id of ['I-1', 'I-2', 'I-3', 'I-7', 'I-9', 'I-13']) assert.ok(ids.has(id), id);
});

test('asking how the money stands: the right of editing, the version, and nothing to ask is no mistake', async () => {
  const order = await place();
  const path = `/api/v1/admin/orders/${order.number}/check`;
  const jobs = () => sql("SELECT count(*) FROM job WHERE kind = 'souk:check'");
  const before = jobs();
  assert.equal((await send('POST', path, {})).status, 401);
  for (const name of ['read', 'ship']) assert.equal((await send('POST', path, {}, tokens[name])).status, 403, name);
  assert.equal((await send('POST', '/api/v1/admin/orders/S-9999/check', {}, tokens.edit)).status, 404);
  const shown = await admin('GET', `/${order.number}`);
  const etag = shown.headers.get('etag');
  assert.equal((await step(order, 'check', {}, { 'if-match': 'x' })).status, 400);
  assert.equal((await step(order, 'check', {}, { 'if-match': '"1"' })).status, etag === '"1"' ? 200 : 412);
  assert.equal(jobs(), before, 'who may not, or asks of nobody, sets nothing going');
  // Money that comes by bank is nobody's to be asked: no open payment, no change, the order as it stands.
  sql(`UPDATE payment SET check_at = NULL WHERE order_id = (SELECT id FROM shop_order WHERE number = '${order.number}')`);
  const asked = await send('POST', path, {}, { ...tokens.edit, 'if-match': etag });
  assert.equal(asked.status, 200, asked.text);
  assert.equal(asked.json.number, order.number);
  assert.equal(asked.headers.get('etag'), etag, 'nothing has changed');
  assert.equal(jobs(), before);
});
