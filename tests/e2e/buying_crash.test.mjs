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
      await until('orders to come in', () => acknowledged.size > before + 3, 60000);
      await pause(next() * 120); // the random moment itself
      const pid = shop.shopPid();
      if (pid) process.kill(pid, 'SIGKILL');
      await until('the shop to be back', async () => {
        try { return shop.shopPid() !== pid && (await ask(`${shop.url}/readyz`)).status === 200; } catch { return false; }
      }, 30000);
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
      const open = (await ask(`${shop.url}/api/v1/admin/jobs?state=waiting`, { headers: market.auth })).json.items.filter((job) => /begin|payment|report/.test(job.kind));
      return open.length === 0;
    }, 60000);
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
