// Writes: the WRITE route against bare SQLite that commits one row at a time; both with synchronous=FULL, both with a sync that takes 2 ms
// (slowsync.c), in turns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../e2e/souk.mjs';
import { bench, family, median, processorTime, report, slowSync, withBenchShop, wrk } from './tools.mjs';

const TURNS = 3;
const SECONDS = 2;
const post = fileURLToPath(new URL('post.lua', import.meta.url));

async function bareTurn(dir, number) {
  const shim = slowSync(dir);
  const before = shim.count();
  const { code, stdout, stderr } = await run(join(bench, 'bare'), [join(dir, `bare-${number}.db`), String(SECONDS)], { env: { ...process.env, ...shim.env } });
  if (code) throw new Error(`bare: ${stderr}`);
  const [rows, took] = stdout.split(' ').map(Number);
  return { rate: rows / took, syncs: (shim.count() - before) / rows };
}

async function soukTurn(shop, shim, path, connections) {
  const pids = family(shop.child.pid);
  const [syncs, processor] = [shim.count(), processorTime(pids)];
  const result = await wrk(shop.url + path, { connections, seconds: SECONDS, script: post });
  return { ...result, syncs: (shim.count() - syncs) / result.requests, processor: (processorTime(pids) - processor) / result.requests };
}

const middle = (list, key) => median(list.map((one) => one[key]));

function tell(name, list, bare, bars = []) {
  report(`${name}.souk`, middle(list, 'rate'), 'writes/s');
  report(`${name}.ratio`, middle(list, 'rate') / bare, 'of bare SQLite', bars[0]);
  report(`${name}.syncs`, middle(list, 'syncs'), 'syncs/req', bars[1]);
  report(`${name}.processor`, middle(list, 'processor'), 'us/req');
  report(`${name}.p50`, middle(list, 'p50'), 'ms');
  report(`${name}.p99`, middle(list, 'p99'), 'ms');
  report(`${name}.errors`, list.reduce((sum, one) => sum + one.errors, 0), 'requests', '0');
}

export async function writes() {
  const dir = mkdtempSync(join(tmpdir(), 'souk-bench-'));
  const shim = slowSync(dir);
  const bare = [], got = { 1: [], 16: [], 64: [], task: [] };
  try {
    await withBenchShop({ env: shim.env }, async (shop) => {
      for (let i = 0; i < TURNS; i++) {
        bare.push(await bareTurn(dir, i));
        for (const connections of [64, 16, 1]) got[connections].push(await soukTurn(shop, shim, '/x/bench_shop/row', connections));
        got.task.push(await soukTurn(shop, shim, '/x/bench_shop/task', 64));
      }
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  const rate = middle(bare, 'rate');
  report('write.bare', rate, 'writes/s');
  report('write.bare_syncs', middle(bare, 'syncs'), 'syncs/row');
  tell('write64', got[64], rate, ['>= 16, aim 32', '<= 0.06']);
  tell('write16', got[16], rate);
  tell('write1', got[1], rate);
  tell('task64', got.task, rate);
}
