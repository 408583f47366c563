// Changing plugins under load: 64 keep-alive connections ask for a page of bench_shop while it is reloaded 10 times and hello is switched
// off and on 5 times. Every answer that is not a 200, and every connection that breaks, counts.
import { performance } from 'node:perf_hooks';
import { load, until } from '../e2e/souk.mjs';
import { median, report, withBenchShop } from './tools.mjs';

const RELOADS = 10;
const ROUNDS = 5;

async function timed(times, shop, ...words) {
  const begin = performance.now();
  const { code, stderr } = await shop.souk('plugin', ...words);
  if (code) throw new Error(`souk plugin ${words.join(' ')}: ${stderr}`);
  times.push(performance.now() - begin);
}

export async function reload() {
  await withBenchShop({ plugins: ['bench_shop', 'hello'] }, async (shop) => {
    const times = [], switches = [];
    const warm = load(shop, '/bench', { connections: 64 });
    await until('the first load', () => warm.state.ok > 5000);
    await warm.stop();
    const before = shop.census();
    const running = load(shop, '/bench', { connections: 64 });
    await until('the load', () => running.state.ok > 1000);
    for (let i = 0; i < RELOADS; i++) await timed(times, shop, 'reload', 'bench_shop');
    for (let i = 0; i < ROUNDS; i++) {
      await timed(switches, shop, 'disable', 'hello');
      await timed(switches, shop, 'enable', 'hello');
    }
    const { ok, failed } = await running.stop();
    await until('the connections to be gone', () => shop.census().descriptors <= before.descriptors, 3000).catch(() => {});
    const after = shop.census();
    report('reload.failed', failed.length, `of ${ok + failed.length} requests`, '0');
    if (failed.length) console.log(`  first: ${failed.slice(0, 3).join('; ')}`);
    report('reload.took', median(times), 'ms');
    report('switch.took', median(switches), 'ms');
    report('reload.threads', after.threads - before.threads, 'more', '0');
    report('reload.descriptors', after.descriptors - before.descriptors, 'more', '0');
    report('reload.anonymous', (after.anonymous - before.anonymous) / 1024, 'MiB more');
  });
}
