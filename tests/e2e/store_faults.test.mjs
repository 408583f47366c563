// The disk fails or the process dies in the middle of a sync: whatever was answered with success stays, what could not be saved is answered
// with an error, and the shop goes on by itself when the disk does.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync, openSync, writeSync, closeSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, sanitized, until, withShop } from './souk.mjs';

const EIO = 5, ENOSPC = 28;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const skip = sanitized && 'a shim under the sanitizer would hide from it what it watches';

// fn(shop, set, load): `set` makes the disk fail, `load` is `connections` guests who sign all the time, also when fn ends early.
async function withFaultyDisk(connections, fn) {
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
  try {
    await withShop({ plugins: ['hello'], env: { LD_PRELOAD: shim, STORE_FAULT: control } }, async (shop) => {
      const load = signers(shop, connections);
      try { await fn(shop, set, load); } finally { await load.stop(); }
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const sign = (shop, name) => shop.post('/x/hello/sign', `name=${name}`, FORM);

function signers(shop, connections) {
  const seen = { yes: [], no: 0, stop: undefined };
  let stopping = false, count = 0;
  const one = async () => {
    while (!stopping) {
      const name = `guest-${count++}`;
      try {
        const { status } = await sign(shop, name);
        if (status === 201) seen.yes.push(name); else seen.no++;
      } catch { /* the connection broke: nobody knows */ }
    }
  };
  const all = Array.from({ length: connections }, one);
  seen.stop = async () => { stopping = true; await Promise.all(all); };
  return seen;
}

async function checkBooks(shop, acknowledged) {
  const { stdout } = await shop.souk('hello', 'list');
  const there = new Set(stdout.trim().split('\n'));
  assert.deepEqual(acknowledged.filter((name) => !there.has(name)), []);
  const verify = await shop.souk('verify', '--json');
  assert.equal(verify.code, 0, verify.stdout);
}

test('the shop is killed in the middle of a sync', { skip }, () => withFaultyDisk(64, async (shop, set, load) => {
  for (const syncs of [1, 2, 3, 5, 9, 20]) {
    const had = load.yes.length;
    await until('some writes', () => load.yes.length > had + 20);
    const pid = shop.shopPid();
    set({ syncs });
    await shop.newShopPid(pid);
    set();
  }
  await load.stop();
  assert.ok(load.yes.length > 120);
  await checkBooks(shop, load.yes);
}));

for (const [what, fault] of [['a sync fails', { sync: EIO }], ['the disk is full', { write: ENOSPC }]]) {
  test(`${what}: errors until it is over, nothing lost`, { skip }, () => withFaultyDisk(16, async (shop, set, load) => {
    for (let round = 0; round < 3; round++) {
      await until('some writes', () => load.yes.length > (round + 1) * 50);
      const pid = shop.shopPid(), refused = load.no;
      set(fault);
      await until('some refusals', () => load.no > refused + 20);
      const answer = await sign(shop, `while-broken-${round}`);
      assert.ok(answer.status >= 500, `${answer.status} ${answer.text}`);
      assert.equal((await shop.get('/')).status, 200, 'reading goes on');
      set();
      const after = await until('a success', async () => { const again = await sign(shop, `mended-${round}`); return again.status === 201 && again; });
      load.yes.push(`mended-${round}`);
      assert.equal(after.status, 201);
      if (round === 1) {
        process.kill(shop.shopPid(), 'SIGKILL');
        await shop.newShopPid(pid);
        const had = load.yes.length; // a shop does not come up on a disk that fails: the next round begins when it is up
        await until('it serves again', () => load.yes.length > had);
      } else {
        assert.equal(shop.shopPid(), pid);
      }
    }
    await load.stop();
    await checkBooks(shop, load.yes);
  }));
}
