// kill -9 while people buy: at random moments (from a seed that is printed, SEED=… repeats it; ROUNDS=… makes more of them) the shop's
// process dies under 12 buyers. Afterwards every order that was acknowledged is there, once; every cart has made one order or none; the
// peer was asked for no payment twice; the books are sound.
import test from 'node:test';
import assert from 'node:assert';
import { setTimeout as pause } from 'node:timers/promises';
import { ask, until } from './souk.mjs';
import { Market, Peer, address, goods } from './buying.mjs';

const SEED = Number(process.env.SEED ?? 20261122);
const ROUNDS = Number(process.env.ROUNDS ?? 6);
const BUYERS = 12;

// mulberry32: 32 bits of state, enough to choose moments by
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

test(`orders survive kill -9 at random moments (seed ${SEED}, ${ROUNDS} rounds)`, async () => {
  const next = random(SEED);
  const peer = await Peer.open();
  const market = await Market.open({ config: `${peer.config}`, goods: [goods('CRASH', 1000, 100000)] });
  const { shop } = market;
  const acknowledged = new Map(); // cart -> number
  let stopping = false;

  // Sends again with the same key until an answer comes, as a client that means to buy once does.
  async function stubborn(path, body, headers = {}) {
    for (;;) {
      try {
        const answer = await ask(shop.url + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers }, limit: 8000 });
        if (answer.status < 500 && answer.status !== 429) return answer;
      } catch { /* it has just died */ }
      await pause(20);
    }
  }

  async function buyerOf(number) {
    for (let i = 0; !stopping; i++) {
      const cart = (await stubborn('/api/v1/carts', {})).json;
      const line = await stubborn(`/api/v1/carts/${cart.id}/lines`, { sku: 'CRASH', quantity: 1 });
      assert.equal(line.status, 201, line.text);
      const payment = { method: i % 2 ? 'peer' : 'invoice' };
      let order;
      for (;;) {
        order = await stubborn(`/api/v1/carts/${cart.id}/checkout`, { email: `b${number}@example.org`, phone: '+359888123456', name: 'B', address,
          delivery: { method: 'flat:standard' }, payment }, { 'idempotency-key': `k-${number}-${i}` });
        if (order.status !== 409 || !/in-flight/.test(order.json?.type ?? '')) break;
        await pause(20);
      }
      assert.equal(order.status, 201, order.text);
      acknowledged.set(cart.id, order.json.number);
    }
  }

  try {
    const buyers = Array.from({ length: BUYERS }, (_, number) => buyerOf(number));
    buyers.forEach((buyer) => buyer.catch(() => {}));
    for (let round = 0; round < ROUNDS; round++) {
      const before = acknowledged.size;
      await until('orders to come in', () => acknowledged.size > before + 3);
      await pause(next() * 120); // the random moment itself
      const pid = shop.shopPid();
      if (pid) process.kill(pid, 'SIGKILL');
      await until('the shop to be back', async () => {
        try { return shop.shopPid() !== pid && (await ask(`${shop.url}/readyz`)).status === 200; } catch { return false; }
      });
    }
    stopping = true;
    await Promise.all(buyers);

    const numbers = [...acknowledged.values()];
    assert.equal(new Set(numbers).size, numbers.length, 'no two carts have one order');
    const all = [];
    for (let cursor = ''; cursor !== null;) {
      const page = (await ask(`${shop.url}/api/v1/admin/orders?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, { headers: market.auth })).json;
      all.push(...page.items.map((order) => order.number));
      cursor = page.next;
    }
    const there = new Set(all);
    assert.equal(there.size, all.length);
    for (const number of numbers) assert.ok(there.has(number), `order ${number} was acknowledged and is gone`);
    await until('every payment to be begun', async () => {
      const open = (await ask(`${shop.url}/api/v1/admin/jobs`, { headers: market.auth })).json.items.filter((job) => job.state !== 'dead' && /begin|payment|report/.test(job.kind));
      return open.length === 0;
    });
    assert.deepEqual(await market.verify(), []);
    // one order, one key; a repeat came with the same key and charged nothing more
    const keys = peer.charged().map(([name]) => name);
    assert.equal(new Set(keys).size, keys.length);
    const byNumber = new Map();
    for (const call of peer.calls.filter((call) => call.verb === 'begin')) byNumber.set(call.number, (byNumber.get(call.number) ?? new Set()).add(call.key));
    for (const [number, used] of byNumber) assert.equal(used.size, 1, `order ${number} was charged under ${[...used]}`);
  } catch (error) {
    error.message += `\n--- shop ---\n${shop.stderr.slice(-3000)}`;
    throw error;
  } finally {
    stopping = true;
    await market.down();
    await peer.close();
  }
});

// What comes after the order, under the same kills: refunds (asked with a key, as a program does that means one), what a provider tells (until
// it hears 200, and once more), and parcels that leave the house.
test(`refunds, news of payments and parcels survive kill -9 (seed ${SEED})`, async () => {
  const next = random(SEED + 1);
  const peer = await Peer.open();
  const market = await Market.open({ config: `${peer.config}`, goods: [goods('AFTER', 1000, 1000)] });
  const { shop } = market;
  const COUNT = 24;
  peer.answer = (asked) => ({ state: asked.verb === 'refund' ? 'refunded' : asked.verb === 'begin' ? 'pending' : 'captured' });
  let done = 0, killing = true;

  async function stubborn(path, body, headers = {}) {
    for (;;) {
      try {
        const answer = await ask(shop.url + path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers }, limit: 8000 });
        if (answer.status < 500 && answer.status !== 429 && !/in-flight/.test(answer.json?.type ?? '')) return answer;
      } catch { /* it has just died */ }
      await pause(20);
    }
  }
  async function read(number, good) {
    return until(`order ${number}`, async () => { try { const order = await market.order(number); return order && good(order) && order; } catch { return false; } });
  }
  async function life(made, i) {
    const { number } = made, steps = `/api/v1/admin/orders/${number}`;
    const event = { event: `evt-${number}`, state: 'captured', amount: made.totals.total, currency: 'EUR', number, reference: `ch_${number}` };
    for (let again = 0; again < 2; again++) assert.equal((await stubborn('/hooks/probe_sell/event', event)).status, 200);
    await read(number, (order) => order.payment_status === 'paid');
    done++;
    for (const [name, body] of [['refund', { amount: 100 + i }], ['pack', {}], ['refund', { amount: 50 }], ['ship', {}]]) {
      const answer = await stubborn(`${steps}/${name}`, body, { ...market.auth, 'idempotency-key': `${name}-${number}-${JSON.stringify(body)}` });
      // what was done when the process died before it could say so is told as a conflict, where there is no key for it
      assert.ok(answer.status === 200 || (answer.status === 409 && name !== 'refund'), `${name}: ${answer.text}`);
      done++;
    }
    const end = await read(number, (order) => order.payments[0].refunded === 150 + i && order.fulfilment_status === 'shipped');
    assert.equal(end.payments[0].captured, made.totals.total);
    assert.equal(end.payments[0].moves.filter((move) => move.kind === 'capture').length, 1);
    assert.equal(end.payments[0].moves.filter((move) => move.kind === 'refund' && move.state === 'done').length, 2);
  }

  try {
    const orders = [];
    for (let i = 0; i < COUNT; i++) orders.push((await market.buy([['AFTER', 2]], { payment: { method: 'peer' } })).json);
    const lives = Promise.all(orders.map(async (made, i) => { await pause(i * 40); return life(made, i); }));
    lives.catch(() => { killing = false; }).then(() => { killing = false; });
    for (let round = 0; round < ROUNDS && killing; round++) {
      const before = done;
      await until('some of it to happen', () => !killing || done > before + 3);
      await pause(next() * 100);
      const pid = shop.shopPid();
      if (pid) process.kill(pid, 'SIGKILL');
      await until('the shop to be back', async () => {
        try { return shop.shopPid() !== pid && (await ask(`${shop.url}/readyz`)).status === 200; } catch { return false; }
      });
    }
    await lives;
    const refunds = new Map(peer.calls.filter((call) => call.verb === 'refund').map((call) => [call.key, call.amount]));
    assert.equal(refunds.size, 2 * COUNT, 'one key for each refund, whatever was repeated');
    assert.equal([...refunds.values()].reduce((sum, amount) => sum + amount, 0), orders.reduce((sum, _, i) => sum + 150 + i, 0));
    assert.equal(await market.stock('AFTER'), 1000 - 2 * COUNT, 'what left the house left it once');
    assert.deepEqual(await market.verify(), []);
  } catch (error) {
    error.message += `\n--- shop ---\n${shop.stderr.slice(-3000)}`;
    throw error;
  } finally {
    killing = false;
    await market.down();
    await peer.close();
  }
});
