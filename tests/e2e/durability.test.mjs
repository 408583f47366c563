// Nothing acknowledged is ever lost.
import test from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import { Shop, alive, withShop, until } from './souk.mjs';

// Writes with keep-alive connections until told to stop; remembers every name whose write was answered with success.
function signers(shop, connections) {
  const acknowledged = [];
  let stopping = false, count = 0;
  const one = async () => {
    while (!stopping) {
      const name = `guest-${count++}`;
      try {
        const answer = await shop.post('/x/hello/sign', `name=${name}`, { 'content-type': 'application/x-www-form-urlencoded' });
        if (answer.status >= 200 && answer.status < 400) acknowledged.push(name);
      } catch { /* the connection broke: the outcome is unknown */ }
    }
  };
  const all = Array.from({ length: connections }, one);
  return { acknowledged, stop: async () => { stopping = true; await Promise.all(all); return acknowledged; } };
}

async function guests(shop) {
  const { stdout } = await shop.souk('hello', 'list', '--all');
  return new Set(stdout.split('\n').map((line) => /guest-\d+/.exec(line)?.[0]).filter(Boolean));
}

test('kill -9 of the shop under a write load loses no acknowledged write', () => withShop({ plugins: ['hello'] }, async (shop) => {
  const load = signers(shop, 16);
  for (let round = 0; round < 4; round++) {
    const had = load.acknowledged.length;
    await until('some writes', () => load.acknowledged.length > had + 50);
    const pid = shop.shopPid();
    process.kill(pid, 'SIGKILL');
    await shop.newShopPid(pid);
  }
  const acknowledged = await load.stop();
  const there = await guests(shop);
  assert.deepEqual(acknowledged.filter((name) => !there.has(name)), []);
  assert.equal((await shop.souk('verify')).code, 0);
}));

test('kill -9 of everything under a write load: the same after a new start', async () => {
  const shop = await Shop.start({ plugins: ['hello'], keep: true });
  const load = signers(shop, 16);
  await until('some writes', () => load.acknowledged.length > 200);
  const pid = shop.shopPid();
  process.kill(pid, 'SIGKILL');
  shop.child.kill('SIGKILL');
  const acknowledged = await load.stop();
  await until('both to be gone', () => !alive(pid) && !alive(shop.child.pid));
  await withShop({ dir: shop.dir, plugins: ['hello'] }, async (again) => {
    const there = await guests(again);
    assert.deepEqual(acknowledged.filter((name) => !there.has(name)), []);
    assert.equal((await again.souk('verify')).code, 0);
  });
});

test('backup while serving, restore into an empty folder', async () => {
  await withShop({ plugins: ['hello'] }, async (shop) => {
    const load = signers(shop, 8);
    await until('some writes', () => load.acknowledged.length > 100);
    const before = [...load.acknowledged];
    const file = `${shop.dir}/copy.db`;
    const backup = await shop.souk('backup', file);
    assert.equal(backup.code, 0, backup.stderr);
    await load.stop();
    const refused = await shop.souk('restore', file);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /in use by a running souk; stop it first/);
    const other = await Shop.start({ plugins: ['hello'], keep: true });
    await other.stop();
    const restored = await other.souk('restore', file);
    assert.equal(restored.code, 0, restored.stderr);
    await withShop({ dir: other.dir, plugins: ['hello'] }, async (again) => {
      const there = await guests(again);
      assert.deepEqual(before.filter((name) => !there.has(name)), []);
    });
  });
});

test('a file that is no database is not restored', async () => {
  const shop = await Shop.start({ plugins: [] });
  try {
    await shop.stop();
    const answer = await shop.souk('restore', shop.file);
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /souk\.lua/);
    await shop.up();
    assert.equal((await shop.get('/')).status, 200);
  } finally {
    await shop.down();
  }
});
