// What can go wrong under a checkout: the disk is full or fails, a provider dies or does not answer. The shop lives, an order is there whole or
// not at all, nobody pays for what is not there, and the other ways stay on offer.
import test from 'node:test';
import assert from 'node:assert';
import { mkdtempSync, writeFileSync, openSync, writeSync, closeSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, run, sanitized, until } from './souk.mjs';
import { Market, address, goods } from './buying.mjs';

const EIO = 5, ENOSPC = 28;

// A shop on a disk that does as it is told; see store_fault.c.
async function withFaultyDisk(fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-fault-'));
  const shim = join(dir, 'store_fault.so'), control = join(dir, 'faults');
  const source = fileURLToPath(new URL('store_fault.c', import.meta.url));
  const built = await run(process.env.CC || 'gcc', ['-std=gnu11', '-O1', '-Wall', '-Werror', '-fPIC', '-shared', source, '-o', shim, '-ldl']);
  assert.equal(built.code, 0, built.stderr);
  writeFileSync(control, Buffer.alloc(12));
  const set = ({ syncs = 0, sync = 0, write = 0 } = {}) => {
    const fd = openSync(control, 'r+');
    writeSync(fd, Buffer.from(Int32Array.of(syncs, sync, write).buffer), 0, 12, 0);
    closeSync(fd);
  };
  let market;
  try {
    market = await Market.open({ env: { LD_PRELOAD: shim, STORE_FAULT: control }, goods: [goods('DISK', 1000, 100000)] });
    await fn(market, set);
  } catch (error) {
    error.message += `\n--- shop ---\n${market?.shop.stderr.slice(-3000)}`;
    throw error;
  } finally {
    set();
    await market?.down();
    rmSync(dir, { recursive: true, force: true });
  }
}

const numbers = async (market) => (await ask(`${market.shop.url}/api/v1/admin/orders?limit=100`, { headers: market.auth })).json.items.map((order) => order.number);

for (const [what, fault] of [['the disk is full', { write: ENOSPC }], ['a sync fails', { sync: EIO }]]) {
  test(`${what} while people buy: 503, one order or none, and it goes on`, { skip: sanitized && 'a shim under the sanitizer would hide from it what it watches' },
    () => withFaultyDisk(async (market, set) => {
      const made = [];
      for (let round = 0; round < 2; round++) {
        const cart = await market.cart([['DISK', 1]]);
        const key = { 'idempotency-key': `disk-${round}` };
        const before = await numbers(market);
        set(fault);
        for (let i = 0; i < 5; i++) {
          const refused = await market.checkout(cart, {}, key);
          assert.equal(refused.status, 503, refused.text);
          assert.match(refused.headers.get('content-type'), /problem\+json/);
          assert.equal((await market.shop.get('/')).status, 200, 'reading goes on');
        }
        const page = await ask(`${market.shop.url}/cart/add`, { method: 'POST', body: 'variant=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } });
        assert.ok(page.status === 503 || page.status === 404 || page.status === 422, `${page.status}`);
        // what a full disk refuses is undone; what a sync did not confirm may stand, once
        const meanwhile = await numbers(market);
        assert.ok(meanwhile.length <= before.length + (fault.sync ? 1 : 0), meanwhile.join());
        assert.deepEqual(meanwhile.slice(meanwhile.length - before.length), before);
        set();
        const order = await until('the order', async () => { const again = await market.checkout(cart, {}, key); return again.status === 201 && again; });
        made.push(order.json.number);
        assert.deepEqual(await numbers(market), [order.json.number, ...before]);
      }
      assert.equal(Number(made[1]) - Number(made[0]), 1, 'no number is lost');
      assert.equal(await market.stock('DISK'), 100000);
      assert.deepEqual(await market.verify(), []);
    }));
}

// A peer that takes every connection and says nothing.
async function silence() {
  const sockets = new Set();
  const server = createServer((socket) => { sockets.add(socket); socket.on('error', () => {}); });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${server.address().port}/`, asked: () => sockets.size,
    close: () => { for (const socket of sockets) socket.destroy(); return new Promise((done) => server.close(done)); } };
}

async function withBad(option, fn) {
  const peer = await silence();
  const market = await Market.open({ plugins: ['bad_sell'], goods: [goods('BAD', 1000, 100)],
    config: `bad_sell = { peer = "${peer.url}", ${option} }` });
  try {
    await fn(market, peer);
  } catch (error) {
    error.message += `\n--- shop ---\n${market.shop.stderr.slice(-3000)}`;
    throw error;
  } finally {
    await peer.close();
    await market.down();
  }
}

const draft = { email: 'ada@example.org', phone: '+359888123456', name: 'Ada', address };
const body = (delivery, payment) => ({ ...draft, delivery: { method: delivery }, payment: { method: payment } });
const options = (market, cart) => market.shop.get(`/api/v1/carts/${cart}/delivery-options?country=BG&city=Sofia&postcode=1000`);
const methods = (market, cart) => market.shop.get(`/api/v1/carts/${cart}/payment-methods?delivery=flat:standard`);

// What is asked of the plugin dies with the process, three times: then the plugin is away, and the rest is as ever.
for (const [place, provoke, left] of [
  ['options', (market, cart) => options(market, cart), 0],
  ['check', (market, cart) => market.checkout(cart, body('bad:door', 'invoice')), 0],
  ['offer', (market, cart) => methods(market, cart), 0],
  ['begin', (market, cart) => market.checkout(cart, body('flat:standard', 'bad')), 0],
  ['book', (market, cart) => market.checkout(cart, body('bad:door', 'invoice')), 0],
  ['begin_net', async (market) => market.checkout(await market.cart([['BAD', 1]]), body('flat:standard', 'badnet')), 3],
]) {
  test(`a provider that dies in ${place}: the order is whole or not there, and others stay on offer`, () => withBad(`dies = "${place}"`, async (market) => {
    const { shop } = market;
    const cart = await market.cart([['BAD', 1]]);
    for (let i = 0; i < 3; i++) {
      const pid = shop.shopPid();
      await provoke(market, cart).catch(() => {});
      await until('another process, or the end of it', async () => shop.shopPid() !== pid || (await shop.plugin('bad_sell'))?.state === 'quarantined');
      await until('the shop', async () => { try { return (await ask(`${shop.url}/readyz`)).status === 200; } catch { return false; } });
    }
    await until('the quarantine', async () => (await shop.plugin('bad_sell'))?.state === 'quarantined');
    const orders = await numbers(market);
    if (left) assert.ok(orders.length >= 1 && orders.length <= left, orders.join()); // its job may have been faster than the next one who buys
    else assert.deepEqual(orders, []);
    for (const number of orders) { // on disk before anybody was asked: it waits for its payment, whole
      const order = await market.order(number);
      assert.equal(order.lines.length, 1);
      assert.equal(order.totals.total, 1500);
      assert.equal(order.payment_status, 'pending');
    }
    const fresh = await market.cart([['BAD', 1]]);
    const offered = (await options(market, fresh)).json.items.map((item) => item.method);
    assert.ok(offered.includes('flat:standard') && !offered.some((method) => method.startsWith('bad:')), JSON.stringify(offered));
    const ways = (await methods(market, fresh)).json.items.map((item) => item.method);
    assert.ok(ways.includes('invoice') && !ways.includes('bad') && !ways.includes('badnet'), JSON.stringify(ways));
    const away = await market.checkout(fresh, body('bad:door', 'bad'));
    assert.equal(away.status, 422, away.text);
    const bought = await market.checkout(cart, body('flat:standard', 'invoice'));
    assert.equal(bought.status, 201, bought.text);
    assert.deepEqual(await market.verify(), []);
  }));
}

for (const [place, look] of [['options', options], ['offer', methods]]) {
  test(`a provider that hangs in ${place}: the others are offered within three seconds`, () => withBad(`hangs = "${place}"`, async (market, peer) => {
    const cart = await market.cart([['BAD', 1]]);
    const begin = Date.now();
    const answer = await look(market, cart);
    const took = Date.now() - begin;
    assert.equal(answer.status, 200, answer.text);
    const items = answer.json.items.map((item) => item.method);
    assert.ok(items.includes(place === 'options' ? 'flat:standard' : 'invoice'), JSON.stringify(items));
    assert.ok(!items.some((method) => /^bad/.test(method)), JSON.stringify(items));
    assert.ok(peer.asked() > 0);
    assert.ok(took < 8000, `${took} ms`); // of the ten seconds that one call may take
    const bought = await market.checkout(cart, body('flat:standard', 'invoice'));
    assert.equal(bought.status, 201, bought.text);
  }));
}

test('a chosen delivery that hangs in check does not hold the page of payments up', () => withBad('hangs = "check"', async (market) => {
  const cart = await market.cart([['BAD', 1]]);
  await market.checkout(cart, { ...body('bad:door', 'invoice'), accept_total: 1 });
  const begin = Date.now();
  const answer = await market.shop.get(`/api/v1/carts/${cart}/payment-methods?delivery=bad:door`);
  assert.equal(answer.status, 200, answer.text);
  assert.ok(Date.now() - begin < 8000, `${Date.now() - begin} ms`);
}));
