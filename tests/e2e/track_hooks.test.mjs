// Conversions of partners through the real server, with a recorder in the partner's place: from the click on a landing page to each state of
// the order, whatever happens in between; who refuses is not followed; what strangers write stays text.
import { test, beforeEach, afterEach } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import http from 'node:http';
import { ask, build, goodPlugins, run as runs, until } from './souk.mjs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { staff } from './browser.mjs';
import { Market, Peer, buyer, goods } from './buying.mjs';

const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const DAY = 86400e6;
const template = '/postback?subid={click}&order={order}&sum={amount}&cur={currency}&status={state}&coupon={coupon}&key={key}&old={repeat}&via={param}';

// A partner that keeps what it was told; `answer(call)` may say another status or body, or 'hang'.
class Recorder {
  static async open(port = 0) {
    const recorder = new Recorder();
    recorder.calls = [];
    recorder.answer = () => 200;
    await recorder.listen(port);
    return recorder;
  }
  async listen(port) {
    this.server = http.createServer((request, response) => {
      let body = '';
      request.on('data', (data) => { body += data; });
      request.on('end', async () => {
        const url = new URL(request.url, 'http://partner.example');
        const call = { method: request.method, path: url.pathname, query: [...url.searchParams], ...Object.fromEntries(url.searchParams), body, headers: request.headers };
        this.calls.push(call);
        const said = await this.answer(call);
        if (said === 'hang') return;
        response.writeHead(said.status ?? said);
        response.end(said.body ?? 'ok');
      });
    });
    await new Promise((done) => this.server.listen(port, '127.0.0.1', done));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
  }
  close() { this.server.closeAllConnections(); return new Promise((done) => this.server.close(done)); }
  of(order) { return this.calls.filter((call) => call.order === order); }
  said(order) { return this.of(order).map((call) => `${call.status} ${call.sum}`); }
}

let recorder, market;
beforeEach(async () => { recorder = await Recorder.open(); });
afterEach(async () => { await market?.down(); await recorder?.close(); market = undefined; });

const open = async (more = '', options = {}) => {
  market = await Market.open({ goods: [goods('TEA', 1299, 100), goods('MUG', 500, 100)], ...options, plugins: ['track_hooks', ...(options.plugins ?? [])],
    config: `track_hooks = { url = "${recorder.url}${template}", params = { "clickid", "subid" }, window = "30d"${more} }\n${options.config ?? ''}` });
  return market;
};
const rows = (text) => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, text], { encoding: 'utf8' }) || '[]');
const run = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, text]);
// What waits for its turn has it now; what is just being sent waits when it has failed, so this is said until it is enough.
const hurry = () => run("UPDATE job SET due = 1 WHERE kind LIKE 'conversion:%' AND state = 'waiting' AND due > 1");
const cookieOf = (answer) => answer.headers.getSetCookie().find((line) => line.startsWith('souk_click='));
const land = async (path, headers = {}) => {
  const answer = await market.shop.get(path, { 'user-agent': agent, ...headers });
  const line = cookieOf(answer);
  return { answer, line, cookie: line?.split(';')[0] };
};
const clicks = () => rows('SELECT * FROM click ORDER BY id');
const conversions = () => rows('SELECT c.*, o.number, CAST(c.id AS TEXT) AS id, CAST(c.order_id AS TEXT) AS order_id FROM conversion c JOIN shop_order o ON o.id = c.order_id ORDER BY c.created_at');
const one = (number) => conversions().find((row) => row.number === number);
const buy = async (cookie, { lines = [['TEA', 1]], body = {}, headers = {} } = {}) => {
  const cart = await market.cart(lines);
  const { json, status, text } = await market.checkout(cart, body, { 'user-agent': agent, origin: market.shop.url, ...(cookie ? { cookie } : {}), ...headers });
  assert.equal(status, 201, text);
  return json;
};
const step = async (number, name, body) => {
  const answer = await market.step(number, name, body);
  assert.ok(answer.status < 300, `${name}: ${answer.status} ${answer.text}`);
  return answer.json;
};
const facts = () => until('all facts are told', () => rows("SELECT id FROM outbox UNION ALL SELECT id FROM job WHERE kind LIKE 'event:%' AND state <> 'dead'").length === 0);
const told = (number, said) => until(`${number} is told ${said}`, () => recorder.said(number).at(-1) === said && one(number).telling === 'told');
const deliver = async (number) => { for (const name of ['pack', 'ship', 'deliver']) await step(number, name); };
const age = (number, days) => run(`UPDATE shipment_event SET at = at - ${days * DAY} WHERE shipment_id IN (SELECT s.id FROM shipment s JOIN shop_order o ON o.id = s.order_id WHERE o.number = '${number}');
  UPDATE conversion SET due_at = due_at - ${days * DAY} WHERE due_at IS NOT NULL AND order_id = (SELECT id FROM shop_order WHERE number = '${number}')`);
const quiet = async () => {
  await facts();
  await until('nothing is to be told', () => rows("SELECT 1 FROM job WHERE kind LIKE 'conversion:%' AND state <> 'dead'").length === 0);
};

test('a click on a cached page, an order, delivery, the end of the time for returns', async () => {
  await open();
  const bare = await land('/p/thing-tea'), again = await land('/p/thing-tea');
  assert.equal(bare.answer.status, 200);
  assert.equal(again.line, undefined, 'nobody is given a cookie without a click');
  for (let i = 0; i < 3; i++) { // the same address three times: it is never another's answer
    const { answer, line } = await land('/p/thing-tea?clickid=abc-123');
    assert.equal(answer.status, 200);
    assert.match(line, /^souk_click=[\w-]{22}\.[0-9a-f]{8}; /);
    for (const part of ['HttpOnly', 'SameSite=Lax', 'Max-Age=2592000', 'Path=/']) assert.ok(line.includes(part), `${part} in ${line}`);
    assert.doesNotMatch(line, /Domain|Secure/);
    assert.match(answer.text, /<h1>Thing TEA<\/h1>/);
  }
  await until('three clicks', () => clicks().length === 3);
  assert.equal(new Set(clicks().map((row) => row.token)).size, 3);
  const { cookie } = await land('/p/thing-tea?clickid=abc-123');
  const { number } = await buy(cookie);
  await told(number, 'pending 17.99');
  assert.deepEqual(recorder.of(number).map((c) => [c.subid, c.cur, c.old, c.via, c.coupon]), [['abc-123', 'EUR', '0', 'clickid', '']]);
  await deliver(number);
  await facts();
  assert.equal(one(number).state, 'pending', 'goods may still come back');
  assert.ok(one(number).due_at > Date.now() * 1000 + 13.9 * DAY);
  age(number, 15);
  await told(number, 'approved 17.99');
  await quiet();
  assert.equal(recorder.of(number).length, 2);
  assert.equal(new Set(recorder.of(number).map((c) => c.key)).size, 1, 'one key for ever');
  const second = await buy((await land('/?subid=zzz')).cookie);
  await told(second.number, 'pending 17.99');
  assert.deepEqual(recorder.of(second.number).map((c) => [c.subid, c.old, c.via]), [['zzz', '1', 'subid']]);
});

test('a browser that comes back by the same link keeps its click; another link is another', async () => {
  await open();
  const first = await land('/?clickid=one');
  await until('a click', () => clicks().length === 1);
  const same = await land('/?clickid=one', { cookie: first.cookie });
  const other = await land('/?clickid=two', { cookie: first.cookie });
  await until('two clicks', () => clicks().length === 2);
  assert.equal(same.cookie, first.cookie);
  assert.notEqual(other.cookie, first.cookie);
  assert.deepEqual(clicks().map((row) => row.value), ['one', 'two']);
  assert.equal(clicks()[0].landing, '/');
});

test('cancelled: rejected; and that is the end of it', async () => {
  await open();
  const { cookie } = await land('/?clickid=c');
  const { number } = await buy(cookie);
  await told(number, 'pending 17.99');
  await step(number, 'cancel', { reason: 'changed their mind' });
  await told(number, 'rejected 0.00');
  await quiet();
  assert.deepEqual(recorder.said(number), ['pending 17.99', 'rejected 0.00']);
});

test('a part comes back: a smaller amount in the same state, before and after the approval; all of it: rejected', async () => {
  await open();
  const { cookie } = await land('/?clickid=p');
  const { number } = await buy(cookie, { lines: [['TEA', 2], ['MUG', 1]] });
  await told(number, 'pending 35.98');
  await step(number, 'pay', { amount: 3598, reference: 'r1' });
  const order = await market.order(number);
  const line = (sku) => order.lines.find((item) => item.sku === sku).id;
  await deliver(number);
  await step(number, 'refund', { lines: [{ line: line('TEA'), quantity: 1 }] });
  await told(number, 'pending 22.99');
  age(number, 15);
  await told(number, 'approved 22.99');
  await step(number, 'refund', { lines: [{ line: line('MUG'), quantity: 1 }] });
  await told(number, 'approved 17.99');
  await step(number, 'refund', { amount: 99 });
  await told(number, 'approved 17.00');
  await step(number, 'refund', { lines: [{ line: line('TEA'), quantity: 1 }] }).catch(() => step(number, 'refund', {}));
  await until('rejected', () => one(number).state === 'rejected');
  await quiet();
  assert.match(recorder.said(number).at(-1), /^rejected /);
  assert.equal(new Set(recorder.of(number).map((c) => c.key)).size, 1);
});

test('tried again, edited, paid twice: one conversion', async () => {
  await open();
  const { cookie } = await land('/?clickid=1');
  const cart = await market.cart([['TEA', 1]]);
  const headers = { 'user-agent': agent, origin: market.shop.url, cookie, 'idempotency-key': 'the-same' };
  const answers = await Promise.all([1, 2, 3].map(() => market.checkout(cart, {}, headers)));
  answers.push(await market.checkout(cart, {}, { ...headers, 'idempotency-key': 'another' }));
  const numbers = new Set(answers.filter((a) => a.status === 201).map((a) => a.json.number));
  assert.equal(numbers.size, 1, answers.map((a) => a.text).join());
  const [number] = numbers;
  await told(number, 'pending 17.99');
  const order = await market.order(number);
  const edited = await ask(`${market.shop.url}/api/v1/admin/orders/${number}`, { method: 'PATCH', headers: { ...market.auth, 'content-type': 'application/json' },
    body: JSON.stringify({ version: order.version, lines: [{ line: order.lines[0].id, quantity: 3 }] }) });
  assert.equal(edited.status, 200, edited.text);
  await told(number, 'pending 43.97');
  await step(number, 'pay', { amount: 2000, reference: 'a' });
  await step(number, 'pay', { amount: 2397, reference: 'b' });
  await quiet();
  assert.deepEqual(recorder.said(number), ['pending 17.99', 'pending 43.97']);
  assert.equal(conversions().length, 1);
});

test('the partner is away for a while and the shop begins anew: nothing is lost, nothing is doubled', async () => {
  await open();
  const numbers = [];
  recorder.answer = () => 503;
  numbers.push((await buy((await land('/?clickid=r0')).cookie)).number);
  const { port } = recorder;
  await until('it was tried', () => recorder.calls.length > 0);
  await recorder.close();
  for (let i = 1; i < 4; i++) numbers.push((await buy((await land(`/?clickid=r${i}`)).cookie)).number);
  await step(numbers[1], 'cancel', { reason: 'no' });
  await until('all were tried', () => conversions().every((row) => row.attempts > 0 && row.telling === 'waiting'));
  assert.match(one(numbers[2]).error, /\w{3}/);
  process.kill(market.shop.shopPid(), 'SIGKILL');
  await market.restart();
  const calls = recorder.calls;
  recorder = new Recorder();
  recorder.calls = [];
  const seen = new Map();
  recorder.answer = (call) => { seen.set(call.key, call.status); return 200; };
  await recorder.listen(port);
  await until('all are told', () => { hurry(); return conversions().every((row) => row.telling === 'told'); });
  await quiet();
  assert.deepEqual([...seen.values()].sort(), ['pending', 'pending', 'pending', 'rejected']);
  // An answer that came too late is asked for again under the same key: the partner counts it once.
  assert.equal(new Set(recorder.calls.map((call) => `${call.key} ${call.status}`)).size, 4, 'each once');
  assert.equal(calls[0].key, one(numbers[0]).key, 'the same key before and after');
  assert.deepEqual(numbers.map((number) => one(number).sent_state), ['pending', 'rejected', 'pending', 'pending']);
});

test('killed between the call and the books: told again with the same key', async () => {
  await open();
  let release;
  const arrived = new Promise((done) => { recorder.answer = () => { done(); return new Promise((go) => { release = go; }); }; });
  const { number } = await buy((await land('/?clickid=k')).cookie);
  await arrived;
  process.kill(market.shop.shopPid(), 'SIGKILL');
  recorder.answer = () => 200;
  release(200);
  await market.restart();
  await until('it is told', () => { hurry(); return one(number).telling === 'told'; });
  assert.equal(recorder.said(number).at(-1), 'pending 17.99');
  assert.ok(recorder.of(number).length >= 2); // more where the start was cut by the stop
  assert.equal(new Set(recorder.of(number).map((c) => c.key)).size, 1);
});

test('the partner says no: never again, staff see why, and send it again', async () => {
  await open(', token = env "TRACK_TOKEN", headers = { ["X-Key"] = "{token}" }', { env: { TRACK_TOKEN: 'CANARY-17' } });
  recorder.answer = () => 403;
  const { number } = await buy((await land('/?clickid=n')).cookie);
  await until('refused', () => one(number)?.telling === 'refused');
  assert.match(one(number).error, /does not let us in.*403/);
  assert.equal(recorder.of(number)[0].headers['x-key'], 'CANARY-17');
  const list = await market.shop.get('/api/v1/admin/conversions?telling=refused', market.auth);
  assert.deepEqual(list.json.items.map((item) => [item.order, item.click, item.state, item.amount]), [[number, 'n', 'pending', 1799]]);
  recorder.answer = () => 200;
  const sent = await market.shop.post(`/api/v1/admin/conversions/${list.json.items[0].id}/send`, {}, market.auth);
  assert.equal(sent.status, 202, sent.text);
  await told(number, 'pending 17.99');
  assert.equal(recorder.of(number).length, 2);
  assert.equal((await market.shop.post('/api/v1/admin/conversions/1/send', {}, market.auth)).status, 404);
  assert.equal((await market.shop.get('/api/v1/admin/conversions?state=done', market.auth)).status, 400);
  assert.ok([401, 403].includes((await market.shop.get('/api/v1/admin/conversions')).status));
  assert.ok(!market.shop.stderr.includes('CANARY'));
  assert.ok(!execFileSync('sqlite3', [`${market.shop.data}/souk.db`, '.timeout 60000', '.dump'], { encoding: 'utf8', maxBuffer: 1 << 28 }).includes('CANARY'));
});

test('who refuses, robots and what is fetched ahead: nothing is stored and no cookie is given', async () => {
  await open();
  const none = [{ 'sec-gpc': '1' }, { dnt: '1' }, { cookie: 'souk-visits=no' }, { 'user-agent': 'Googlebot/2.1 (+http://www.google.com/bot.html)' },
    { 'user-agent': 'curl/8.5.0' }, { 'sec-purpose': 'prefetch;prerender' }];
  for (const headers of none) {
    const { answer, line } = await land('/?clickid=x', headers);
    assert.equal(answer.status, 200);
    assert.equal(line, undefined, JSON.stringify(headers));
  }
  assert.equal(cookieOf(await ask(`${market.shop.url}/?clickid=x`, { method: 'HEAD', headers: { 'user-agent': agent } })), undefined);
  for (const path of ['/admin/sign-in?clickid=x', '/account/sign-in?clickid=x', '/?CLICKID=x', '/?clickid=', '/nothing-here?clickid=x', `/?clickid=${'y'.repeat(201)}`,
    '/?clickid=%ff%fe', '/?clickid=a%0d%0aSet-Cookie:%20b=c', '/?other=x', '/?q=clickid'])
    assert.equal((await land(path)).line, undefined, path);
  assert.equal((await land(`/?clickid=${'y'.repeat(200)}`)).answer.status, 200);
  await until('the one that is good', () => clicks().length === 1);
  const { cookie } = await land('/?clickid=later');
  const bought = await buy(cookie, { headers: { 'sec-gpc': '1' } });
  await facts();
  assert.equal(one(bought.number), undefined, 'refused in the meantime');
  await until('the later one', () => clicks().length === 2);
  const before = clicks().length;
  const refused = await ask(`${market.shop.url}/privacy`, { method: 'POST', body: new URLSearchParams({ visits: 'no' }),
    headers: { 'user-agent': agent, origin: market.shop.url, cookie } });
  assert.equal(refused.status, 303, refused.text);
  assert.match(cookieOf(refused), /Max-Age=0/);
  assert.equal(clicks().length, before - 1, 'what was known of it goes');
  assert.equal(recorder.calls.length, 0);
});

test('what strangers write stays a value: clicks, coupons, cookies', async () => {
  await open();
  const hostile = ['a&status=approved&sum=9999', '"><script>alert(1)</script>', "'; DROP TABLE conversion; --", '../../etc/passwd', '{key}{token}', '%26x=1', 'клик 🍵 №1', 'a#b?c=d', '+ +'];
  for (const value of hostile) {
    const { number } = await buy((await land(`/?clickid=${encodeURIComponent(value)}`)).cookie);
    await told(number, 'pending 17.99');
    const [call] = recorder.of(number);
    assert.equal(call.subid, value);
    assert.deepEqual(call.query.map(([name]) => name), ['subid', 'order', 'sum', 'cur', 'status', 'coupon', 'key', 'old', 'via']);
  }
  for (const cookie of ['souk_click=', 'souk_click=x', `souk_click=${'A'.repeat(22)}.00000000`, "souk_click=' OR 1=1 --", `souk_click=${'A'.repeat(4000)}`]) {
    const { number } = await buy(cookie);
    assert.equal(one(number), undefined, cookie);
  }
  const page = await market.shop.get('/api/v1/admin/conversions?limit=200', market.auth);
  assert.deepEqual(page.json.items.map((item) => item.click).reverse(), hostile);
});

test('two partners: the last click wins, once it is over nobody does', async () => {
  const other = await Recorder.open();
  try {
    await open('', { plugins: ['wrong_track'], config: `wrong_track = { url = "${other.url}/hit", token = env "OTHER" }`, env: { OTHER: 'secret' } });
    const first = await land('/?clickid=h');
    const second = await land('/?wid=w', { cookie: first.cookie });
    const a = await buy(second.cookie);
    await until('the other partner', () => other.calls.length === 1);
    const third = await land('/?clickid=h', { cookie: second.cookie });
    const b = await buy(third.cookie);
    await told(b.number, 'pending 17.99');
    assert.deepEqual(conversions().map((row) => [row.number, row.provider]), [[a.number, 'wrong'], [b.number, 'hooks']]);
    assert.equal(recorder.of(a.number).length, 0, 'the one who lost hears nothing');
    run(`UPDATE click SET at = at - ${31 * DAY}, expires_at = expires_at - ${31 * DAY}`);
    assert.equal(one((await buy(third.cookie)).number), undefined);
  } finally {
    await other.close();
  }
});

test('signed in without the cookie; and a cart of a front end that names its click', async () => {
  await open();
  const jar = new Map();
  const go = async (method, path, form, headers = {}) => {
    const answer = await ask(market.shop.url + path, { method, body: form && new URLSearchParams(form),
      headers: { 'user-agent': agent, origin: market.shop.url, cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; '), ...headers } });
    for (const line of answer.headers.getSetCookie()) { const [pair] = line.split(';'), at = pair.indexOf('='); jar.set(pair.slice(0, at), pair.slice(at + 1)); }
    return answer;
  };
  const shopper = { email: 'mira@example.org', password: 'correct horse battery' };
  assert.equal((await go('POST', '/account/register', { ...shopper, name: 'Mira' })).status, 303);
  await go('GET', '/?clickid=before');
  await until('a click', () => clicks().length === 1);
  assert.equal((await go('POST', '/account/sign-in', shopper)).status, 303);
  assert.ok(clicks()[0].person_id, 'signing in makes it theirs');
  jar.delete('souk_click');
  const cart = async () => {
    const made = await go('POST', '/api/v1/carts', undefined);
    assert.equal(made.status, 201, made.text);
    return made.json.id;
  };
  const order = async () => {
    const id = await cart();
    const send = (path, doc) => ask(market.shop.url + path, { method: 'POST', body: JSON.stringify(doc),
      headers: { 'content-type': 'application/json', 'user-agent': agent, origin: market.shop.url, cookie: [...jar].map(([k, v]) => `${k}=${v}`).join('; ') } });
    assert.equal((await send(`/api/v1/carts/${id}/lines`, { sku: 'TEA', quantity: 1 })).status, 201);
    const made = await send(`/api/v1/carts/${id}/checkout`, buyer);
    assert.equal(made.status, 201, made.text);
    return made.json;
  };
  const { number } = await order();
  await told(number, 'pending 17.99');
  assert.equal(recorder.of(number)[0].subid, 'before');
  await go('GET', '/?clickid=after');
  await until('another click', () => clicks().length === 2);
  jar.delete('souk_click');
  const next = await order();
  await told(next.number, 'pending 17.99');
  assert.equal(recorder.of(next.number)[0].subid, 'after');

  const named = async (click, headers = {}) => market.shop.post('/api/v1/carts', { lines: [{ sku: 'MUG', quantity: 1 }], click }, headers);
  const good = await named({ param: 'subid', value: 'front & end' });
  assert.equal(good.status, 201, good.text);
  const bought = await market.checkout(good.json.id, { email: 'front@example.org' });
  assert.equal(bought.status, 201, bought.text);
  await told(bought.json.number, 'pending 10.00');
  assert.equal(recorder.of(bought.json.number)[0].subid, 'front & end');
  for (const [click, place] of [['x', '/click'], [{ param: 'subid' }, '/click/value'], [{ param: '', value: 'x' }, '/click/param'], [{ param: 'subid', value: 'y'.repeat(201) }, '/click/value'],
    [{ param: 'subid', value: 'a\nb' }, '/click/value'], [{ param: 7, value: 'x' }, '/click/param']]) {
    const answer = await named(click);
    assert.equal(answer.status, 400, answer.text);
    assert.ok(answer.text.includes(`"${place}"`), answer.text);
  }
  const count = clicks().length;
  assert.equal((await named({ param: 'unheard', value: 'x' })).status, 201, 'whose plugin is off is no reason to sell nothing');
  assert.equal((await named({ param: 'subid', value: 'x' }, { 'sec-gpc': '1' })).status, 201);
  assert.equal(clicks().length, count);
});

test('nothing of the buyer leaves the house', async () => {
  await open('', { plugins: ['wrong_track'], config: `wrong_track = { url = "${recorder.url}/hit", token = env "OTHER", wrong = "document" }`, env: { OTHER: 'secret' } });
  const sentinel = { email: 'sentinel.mail@example.org', phone: '+359888777666', name: 'Sentinel Lovelace', note: 'SENTINEL NOTE',
    address: { country: 'BG', city: 'Sentinelgrad', postcode: '1234', line1: 'Sentinel street 7', company: 'Sentinel OOD' } };
  await buy((await land('/?wid=w')).cookie, { body: sentinel });
  await until('the document', () => recorder.calls.length === 1);
  const { body } = recorder.calls[0], doc = JSON.parse(body);
  assert.deepEqual(Object.keys(doc).sort(), ['channel', 'coupons', 'currency', 'lines', 'number', 'placed_at', 'totals']);
  assert.deepEqual(doc.lines.map((line) => [line.sku, line.quantity, line.total]), [['TEA', 1, 1299]]);
  assert.doesNotMatch(body, /sentinel|777666|1234/i);
});

test('JSON and forms: values stay values, codes too; a state of the word "none" is not told', async () => {
  const rules = mkdtempSync(join(tmpdir(), 'souk-rules-'));
  try {
    const evil = 'A&B"=<X>';
    writeFileSync(join(rules, 'a.lua'), `promotion { id = "evil", name = "Evil", coupon = ${JSON.stringify(evil)}, give = { order_percent = { percent = 10 } } }\n`);
    market = await Market.open({ goods: [goods('TEA', 1299, 100)], plugins: ['track_hooks'], env: { TRACK_TOKEN: 'CANARY-17' }, 
      config: `scripts = ${JSON.stringify(rules)}\ntrack_hooks = { url = "${recorder.url}/v2", method = "POST", content_type = "application/json", token = env "TRACK_TOKEN",
        headers = { Authorization = "Bearer {token}", ["Idempotency-Key"] = "{key}-{state}-{minor}" }, states = { pending = "none" }, success = "\\"accepted\\":true",
        body = [[{"click": "{click}", "order": "{order}", "value": {minor}, "sum": "{amount}", "voucher": "{coupon}", "status": "{state}", "returning": {repeat}, "at": "{time}", "unix": {unix}}]] }` });
    recorder.answer = () => ({ status: 200, body: '{"accepted":true}' });
    const click = '","status":"paid","x":"\\ 🍵';
    const cart = await market.cart([['TEA', 1]]);
    const { cookie } = await land(`/?click_id=${encodeURIComponent(click)}`);
    const coded = await market.shop.post(`/api/v1/carts/${cart}/coupons`, { code: evil });
    assert.equal(coded.status, 200, coded.text);
    const made = await market.checkout(cart, {}, { 'user-agent': agent, origin: market.shop.url, cookie });
    assert.equal(made.status, 201, made.text);
    const { number } = made.json, code = made.json.coupons?.[0]?.code ?? coded.json.coupons[0];
    await until('pending is told to nobody', () => one(number)?.telling === 'told');
    assert.equal(recorder.calls.length, 0);
    await step(number, 'cancel', { reason: 'no' });
    await until('rejected', () => recorder.calls.length === 1);
    const [{ body, headers }] = recorder.calls, doc = JSON.parse(body);
    assert.deepEqual(Object.keys(doc), ['click', 'order', 'value', 'sum', 'voucher', 'status', 'returning', 'at', 'unix']);
    assert.deepEqual([doc.click, doc.order, doc.value, doc.sum, doc.status, doc.returning], [click, number, 0, '0.00', 'rejected', 0]);
    assert.equal(doc.voucher, code);
    assert.ok(doc.voucher.includes('&') && doc.voucher.includes('"'), doc.voucher);
    assert.ok(Math.abs(Date.parse(doc.at) - Date.now()) < 600e3 && Math.abs(doc.unix * 1000 - Date.now()) < 600e3);
    assert.equal(headers.authorization, 'Bearer CANARY-17');
    assert.match(headers['idempotency-key'], /^[\w-]+-rejected-0$/);
    assert.equal(headers['content-type'], 'application/json');
    recorder.answer = () => ({ status: 200, body: '{"accepted":false,"error":"unknown click"}' });
    const again = await buy((await land('/?click_id=x')).cookie);
    await step(again.number, 'cancel', { reason: 'no' });
    await until('a polite no', () => one(again.number)?.telling === 'refused');
    assert.match(one(again.number).error, /lacks the text/);
  } finally {
    rmSync(rules, { recursive: true });
  }
  await market.down();
  market = await Market.open({ goods: [goods('TEA', 1299, 100)], plugins: ['track_hooks'],
    config: `track_hooks = { url = "${recorder.url}/in", url_rejected = "${recorder.url}/cancel", method = "POST", body = "aff={click}&total={amount}&uid={key}" }` });
  recorder.calls = [];
  recorder.answer = () => 200;
  const { number } = await buy((await land('/?click_id=' + encodeURIComponent('7&total=1'))).cookie);
  await until('told', () => recorder.calls.length === 1);
  await step(number, 'cancel', { reason: 'no' });
  await until('taken back', () => recorder.calls.length === 2);
  assert.deepEqual(recorder.calls.map((call) => call.path), ['/in', '/cancel']);
  assert.deepEqual([...new URLSearchParams(recorder.calls[0].body)].slice(0, 2), [['aff', '7&total=1'], ['total', '17.99']]);
});

test('staff see it escaped, with the right to; and send it again from the list', async () => {
  await open();
  recorder.answer = () => 400;
  const hostile = '"><script>alert(1)</script>';
  const { number } = await buy((await land(`/?clickid=${encodeURIComponent(hostile)}`)).cookie);
  await until('refused', () => one(number)?.telling === 'refused');
  const boss = await staff(market.shop), viewer = await staff(market.shop, 'vera@shop.example', 'viewer');
  for (const path of ['/admin/conversions', `/admin/orders/${one(number).order_id}`]) {
    const { text, status } = await boss.get(path);
    assert.equal(status, 200, path);
    assert.ok(text.includes('&quot;&gt;&lt;script&gt;alert(1)') || text.includes('&#34;&gt;&lt;script&gt;'), path);
    assert.ok(!text.includes('<script>alert(1)'), path);
    assert.match(text, /the partner refuses it \(400\)/);
  }
  assert.equal((await viewer.get('/admin/conversions')).status, 403);
  assert.doesNotMatch((await viewer.get(`/admin/orders/${one(number).order_id}`)).text, /alert\(1\)/);
  assert.match((await boss.get('/admin/conversions?q=' + number)).text, new RegExp(number));
  recorder.answer = () => 200;
  const done = await boss.post('/admin/conversions/bulk', { action: 'again', id: one(number).id, confirm: '1' });
  assert.match(done.text, /Done/);
  await told(number, 'pending 17.99');
  assert.equal((await viewer.post('/admin/conversions/bulk', { action: 'again', id: one(number).id, confirm: '1' })).status, 403);
});

test('a return on its way puts the approval off; when it is called off, it comes', async () => {
  await open();
  const { number } = await buy((await land('/?clickid=r')).cookie);
  await told(number, 'pending 17.99');
  await deliver(number);
  const asked = await market.shop.post(`/api/v1/admin/orders/${number}/returns`,
    { lines: [{ line: (await market.order(number)).lines[0].id, quantity: 1, reason: 'other' }], outcome: 'refund' }, market.auth);
  assert.equal(asked.status, 201, asked.text);
  await facts();
  age(number, 15);
  await until('it was looked at', () => one(number).due_at > Date.now() * 1000 + 0.9 * DAY);
  assert.equal(one(number).state, 'pending');
  const refused = await market.shop.post(`/api/v1/admin/returns/${asked.json.number}/refuse`, { reason: 'used' }, market.auth);
  assert.ok(refused.status < 300, refused.text);
  run('UPDATE conversion SET due_at = 1 WHERE due_at IS NOT NULL');
  await told(number, 'approved 17.99');
});

test('an order waits for its own click, not for those of others', async () => {
  await open();
  let stop = false, count = 0;
  const flood = Array.from({ length: 16 }, async () => { while (!stop) await land(`/?subid=f${count++}`); });
  try {
    await until('a flood', () => count > 200);
    for (let i = 0; i < 5; i++) {
      const { number } = await buy((await land(`/?clickid=mine${i}`)).cookie);
      await told(number, 'pending 17.99');
      assert.equal(recorder.of(number)[0].subid, `mine${i}`);
    }
  } finally {
    stop = true;
    await Promise.all(flood);
  }
  await until('none is lost', () => rows("SELECT count(*) AS n FROM click WHERE param = 'subid'")[0].n === count);
});

test('the merchant says how it counts: without tax and delivery, approved with the money, also when that comes on a provider\'s page', async () => {
  const peer = await Peer.open();
  try {
    peer.answer = ({ verb }) => (verb === 'begin' ? { state: 'pending', redirect: `${peer.url}/page` } : { state: 'refunded' });
    await open(', count = { "net", "at_once" }', { config: peer.config });
    const { cookie } = await land('/?clickid=page');
    const order = await buy(cookie, { body: { payment: { method: 'peer' } } });
    const { number } = order;
    assert.equal(order.payment.next?.redirect ?? JSON.stringify(order), `${peer.url}/page`, 'the buyer is sent to the provider\'s page');
    await told(number, 'pending 12.99');
    await facts();
    assert.equal(one(number).state, 'pending', 'nothing is paid yet');
    const paid = await market.shop.post('/hooks/probe_sell/event', { event: 'e1', state: 'captured', amount: 1799, currency: 'EUR', number, reference: 'ch_1' });
    assert.equal(paid.status, 200, paid.text);
    await told(number, 'approved 12.99');
    await quiet();
    assert.deepEqual(recorder.said(number), ['pending 12.99', 'approved 12.99'], 'not after the time for returns');
    assert.equal((await market.order(number)).payment_status, 'paid');
  } finally {
    await peer.close();
  }
});

test('options: what is wrong is refused with words that name it', async () => {
  const wrong = [
    ['url = "https://p.example/?a={clik}"', /url, sign 22: \{clik\} is no macro; did you mean \{click\}\?/],
    ['url = "ftp://p.example/"', /url must begin with https:\/\/ or http:\/\//],
    ['url = "https://{click}.example/"', /url, sign \d+: the host cannot be filled in/],
    ['url = "https://p.example/?a={click"', /url, sign 22: a macro is a name in braces/],
    ['url = "https://p.example/", url_rejected = "https://p.example/{zebra}"', /url_rejected, sign 19: \{zebra\} is no macro; there are \{click\}/],
    ['url = "https://p.example/?t={token}"', /\{token\} is used and token is not given/],
    ['url = "https://p.example/", body = "a=1"', /body: GET sends none/],
    ['url = "https://p.example/", states = { aproved = "x" }', /states: "aproved" is no state/],
    ['url = "https://p.example/", headers = { ["X Y"] = "1" }', /headers: "X Y" is no name/],
    ['url = "https://p.example/", headers = { ["X-Y"] = "{ordr}" }', /headers\.X-Y, sign 1: \{ordr\} is no macro; did you mean \{order\}/],
    ['url = "https://p.example/", params = { "a b" }', /params: "a b" is no name/],
    ['url = "https://p.example/", count = { "net", "gross" }', /count\[2\]: "gross" is none of the choices/],
  ];
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    for (const [options, words] of wrong) {
      writeFileSync(join(dir, 'conform.lua'), `options = { ${options} }`);
      const done = await runs(join(build, 'souk-host'), ['conform', join(goodPlugins, 'track_hooks.so'), '--with', join(dir, 'conform.lua'), '--rule', 'loads', '--json']);
      assert.equal(done.code, 1, options);
      assert.match(JSON.parse(done.stdout).rules[0].words, words, options);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});
