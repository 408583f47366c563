// Orders: whole guest checkouts over REST (a cart, a line, the ways of delivery, the order) against bare SQLite that commits the same rows
// in groups of 32; both with synchronous=FULL and a sync that takes 2 ms (slowsync.c), in turns.
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, run } from '../e2e/souk.mjs';
import { Market, goods } from '../e2e/buying.mjs';
import { bench, family, median, processorTime, report, slowSync } from './tools.mjs';

const TURNS = 3;
const SECONDS = 3;
const middle = (list, key) => median(list.map((one) => one[key]));

async function buyers(market, shim, clients) {
  const pids = family(market.shop.child.pid);
  const [syncs, processor] = [shim.count(), processorTime(pids)];
  const { code, stdout, stderr } = await run(join(bench, 'buyers'), [String(market.shop.port), String(clients), String(SECONDS), 'BENCH', 'flat:standard', 'invoice']);
  if (code) throw new Error(`buyers: ${stderr}`);
  const [orders, requests, errors, took, p50, p99] = stdout.split(' ').map(Number);
  if (errors) console.error(stderr);
  return { rate: orders / took, errors, p50, p99, syncs: (shim.count() - syncs) / requests, processor: (processorTime(pids) - processor) / orders };
}

async function bare(dir, file, number, shim) {
  const copy = join(dir, `bare-${number}.db`);
  copyFileSync(file, copy);
  const before = shim.count();
  const { code, stdout, stderr } = await run(join(bench, 'bare_orders'), [copy, String(SECONDS)], { env: { ...process.env, ...shim.env } });
  if (code) throw new Error(`bare_orders: ${stderr}`);
  const [orders, took, rows] = stdout.split(' ').map(Number);
  return { rate: orders / took, rows, syncs: (shim.count() - before) / orders };
}

export async function orders() {
  const dir = mkdtempSync(join(tmpdir(), 'souk-bench-'));
  const shim = slowSync(dir);
  const file = join(dir, 'copy.db');
  const got = { 64: [], 1: [] }, reference = [];
  let market;
  try {
    market = await Market.open({ env: shim.env, path: [join(build, 'plugins'), join(build, 'tests/plugins')],
      config: `log = { access = ${JSON.stringify(join(dir, 'access.log'))} }`, goods: [goods('BENCH', 1000, 1000000000)] });
    const first = await market.buy([['BENCH', 1]]);
    if (first.status !== 201) throw new Error(first.text);
    const copied = await market.shop.souk('backup', file);
    if (copied.code) throw new Error(copied.stderr);
    for (let i = 0; i < TURNS; i++) {
      reference.push(await bare(dir, file, i, shim));
      for (const clients of [64, 1]) got[clients].push(await buyers(market, shim, clients));
    }
    const broken = await market.verify();
    if (broken.length) console.error(JSON.stringify(broken));
  } finally {
    await market?.down();
    rmSync(dir, { recursive: true, force: true });
  }
  const rate = middle(reference, 'rate');
  report('order.bare', rate, 'orders/s');
  report('order.bare_rows', reference[0].rows, 'rows/order');
  report('order64.souk', middle(got[64], 'rate'), 'orders/s');
  report('order64.ratio', middle(got[64], 'rate') / rate, 'of bare SQLite', '>= 0.35, aim 0.5');
  report('order64.syncs', middle(got[64], 'syncs'), 'syncs/req', '<= 0.1');
  report('order64.processor', middle(got[64], 'processor'), 'us/order');
  report('order64.p50', middle(got[64], 'p50'), 'ms');
  report('order64.p99', middle(got[64], 'p99'), 'ms');
  report('order64.errors', got[64].reduce((sum, one) => sum + one.errors, 0), 'requests', '0');
  report('order1.p50', middle(got[1], 'p50'), 'ms', 'one sync (2 ms) + 3');
}
