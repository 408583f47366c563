// Start, size, and how long the shop is away after a crash.
import { performance } from 'node:perf_hooks';
import { ask } from '../e2e/souk.mjs';
import { benchShop, family, median, memory, report, withBenchShop } from './tools.mjs';

const STARTS = 5;
const CRASHES = 10;
const CRASHES_EACH = 2; // the third one within ten minutes would quarantine the plugin

async function oneStart() {
  const begin = performance.now();
  const shop = await benchShop();
  const ready = performance.now() - begin;
  try {
    const size = memory(family(shop.child.pid));
    await shop.get('/bench');
    return { ready, first: performance.now() - begin, ...size };
  } finally {
    await shop.down();
  }
}

// From the moment that the crashing request's connection breaks to the answer of the next request, on a new connection.
async function oneCrash(shop) {
  const pid = shop.shopPid();
  await ask(`${shop.url}/x/bad_null/task`).catch(() => undefined);
  const begin = performance.now();
  const answer = await shop.get('/bench');
  const gap = performance.now() - begin;
  if (answer.status !== 200) throw new Error(`after a crash: ${answer.status}`);
  await shop.newShopPid(pid);
  return gap;
}

export async function start() {
  const starts = [], gaps = [];
  for (let i = 0; i < STARTS; i++) starts.push(await oneStart());
  while (gaps.length < CRASHES) {
    await withBenchShop({ plugins: ['bench_shop', 'bad_null'] }, async (shop) => {
      await shop.get('/bench');
      for (let i = 0; i < CRASHES_EACH; i++) gaps.push(await oneCrash(shop));
    });
  }
  report('start.ready', median(starts.map((one) => one.ready)), 'ms', '<= 150');
  report('start.first_page', median(starts.map((one) => one.first)), 'ms');
  report('start.resident', median(starts.map((one) => one.resident)) / 1024, 'MiB', '< 30');
  report('start.proportional', median(starts.map((one) => one.proportional)) / 1024, 'MiB');
  report('crash.first_answer', median(gaps), 'ms', '< 50');
  report('crash.first_answer_worst', Math.max(...gaps), 'ms');
}
