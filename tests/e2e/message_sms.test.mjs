// Letters over a channel that is no mail, in a real shop: an order's telephone gets its text message through the plugin of the channel, in
// the order's language, once; a gateway that throttles, is away, refuses or does not know the number; reports that it sends.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { Market, goods } from './buying.mjs';
import { sql } from './orders.mjs';
import { until } from './souk.mjs';

let market, gateway, answer, calls;
before(async () => {
  gateway = createServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => { body += bytes; });
    request.on('end', () => {
      calls.push({ headers: request.headers, ...JSON.parse(body) });
      const { status = 202, headers = {} } = answer(calls.length) ?? {};
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ id: `m${calls.length}` }));
    });
  });
  await new Promise((done) => gateway.listen(0, '127.0.0.1', done));
  market = await Market.open({ plugins: ['probe_sms'], goods: [goods('TEA', 690, 1000)],
    config: `probe_sms = { url = "http://127.0.0.1:${gateway.address().port}/messages" }` });
});
after(async () => {
  await market?.down();
  gateway?.closeAllConnections();
  await new Promise((done) => gateway.close(done));
});

const begin = (say = () => undefined) => { calls = []; answer = say; };
const buy = async (phone, more = {}) => {
  const made = await market.buy([['TEA', 1]], { phone, ...more });
  assert.equal(made.status, 201, made.text);
  return made.json.number;
};
const row = (number) => JSON.parse(sql(market.shop, `SELECT json_object('state', state, 'why', why, 'reference', reference, 'recipient', recipient, 'attempts', attempts, 'id', CAST(id AS TEXT))
  FROM message WHERE channel = 'sms' AND key = (SELECT 'plugin:probe_sms:placed:' || id FROM v1_order WHERE number = '${number}')`) || 'null');
const settled = (number, state) => until(`message of ${number} is ${state}`, () => { const is = row(number); return is?.state === state && is; }, 60000);
const jobs = async () => (await market.shop.souk('jobs', '--json')).json;
// What waits for its next try has it now.
const again = async (id) => {
  const list = await jobs();
  const job = (list.items ?? list).find((one) => one.key === id || one.subject === id || one.payload === id);
  assert.ok(job, JSON.stringify(list));
  assert.equal((await market.shop.souk('jobs', 'retry', String(job.id))).code, 0);
};

test('the telephone of an order gets its message: one, as text alone, and no mail is needed for it', async () => {
  begin();
  const number = await buy('+359888000001');
  const done = await settled(number, 'sent');
  assert.deepEqual([done.reference, done.recipient], ['m1', '+359888000001']);
  assert.equal(calls.length, 1);
  assert.deepEqual([calls[0].to, calls[0].text.trim(), calls[0].subject, calls[0].html], ['+359888000001', `Test shop: order ${number} is here.`, '', '']);
  const told = await market.shop.post('/hooks/probe_sms/reports', { id: 'm1', state: 'delivered' });
  assert.equal(told.status, 200, told.text);
});

test('a number as people write it becomes one that a gateway knows', async () => {
  begin();
  const number = await buy('0888 000 002');
  assert.equal((await settled(number, 'sent')).recipient, '+359888000002');
});

test('a gateway that throttles is asked again with the same key, and staff read its own words meanwhile', async () => {
  begin((n) => (n === 1 ? { status: 429, headers: { 'Retry-After': '90' } } : n === 2 ? { status: 503 } : undefined));
  const number = await buy('+359888000003');
  const waits = await until('the first answer', () => { const is = row(number); return is?.why && is; });
  assert.deepEqual([waits.state, waits.why], ['waiting', 'the gateway wants 90 s of rest']);
  await again(waits.id);
  await until('the second answer', () => row(number).why === 'the gateway says 503');
  await again(waits.id);
  await settled(number, 'sent');
  assert.deepEqual(new Set(calls.map((call) => call.headers['idempotency-key'])).size, 1);
  assert.equal(calls.length, 3);
});

test('how long a gateway asks to wait is waited, a day at most; and without a word the steps of jobs hold', async () => {
  for (const [asked, least, most] of [['90', 85, 95], ['5', 4, 30], ['31536000', 86000, 86500], ['-7', 0, 30], ['never', 0, 30]]) {
    begin((n) => (n === 1 ? { status: 429, headers: { 'Retry-After': asked } } : undefined));
    const number = await buy(`+3598880001${least}`.padEnd(13, '0').slice(0, 13)), began = Date.now();
    const waits = await until('the first answer', () => { const is = row(number); return is?.why && is; });
    const due = await until('the next try', () => Number(sql(market.shop, `SELECT due FROM job WHERE kind = 'souk:letter' AND payload = '${waits.id}' AND state = 'waiting'`)) / 1000);
    const seconds = (due - began) / 1000;
    assert.ok(seconds >= least - 1 && seconds <= most + 30, `${asked}: ${seconds} s`);
    await again(waits.id);
    await settled(number, 'sent');
  }
});

test('a number that nobody has is written to no more', async () => {
  begin(() => ({ status: 404 }));
  const number = await buy('+359888000004');
  assert.equal((await settled(number, 'failed')).why, 'nobody has this number');
  begin();
  const other = await buy('+359888000004');
  const mark = await buy('+359888000005'); // told after it
  await settled(mark, 'sent');
  assert.equal(row(other), null);
  assert.deepEqual(calls.map((call) => call.to), ['+359888000005']);
});

test('what waits stays while the plugin is off, and goes out when it is on again', async () => {
  begin((n) => (n === 1 ? { status: 503 } : undefined));
  const number = await buy('+359888000006');
  const waits = await until('the first answer', () => { const is = row(number); return is?.why && is; });
  for (const step of ['disable', 'enable']) assert.equal((await market.shop.souk('plugin', step, 'probe_sms')).code, 0);
  await again(waits.id);
  await settled(number, 'sent');
  assert.equal(calls.length, 2);
});

test('a report that is no JSON, or not sent as such, is refused with words that say so', async () => {
  const plain = await fetch(`${market.shop.url}/hooks/probe_sms/reports`, { method: 'POST', body: '{"state":"delivered"}', headers: { 'content-type': 'text/plain' } });
  assert.equal(plain.status, 400);
  assert.match(await plain.text(), /application\/json/);
});
