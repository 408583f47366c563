// What every part of the benchmark needs: a shop with bench_shop in it, wrk's numbers, what the kernel has charged a server for, and one
// place where results are printed and kept for the table.
import { readFileSync, writeFileSync, openSync, readSync, closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Shop, build, run } from '../e2e/souk.mjs';

export const bench = join(build, 'bench');
const TICKS = 100; // USER_HZ: what /proc/PID/stat counts in on every Linux

export const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

const results = [];
const show = (value) => value === undefined || Number.isNaN(value) ? 'none' : Number(value.toPrecision(value >= 1000 ? 6 : 3)).toString();

// One line now, one row in the table at the end. `bar` is words; nothing is judged here.
export function report(name, value, unit, bar) {
  results.push({ name, value: show(value), unit, bar: bar ?? '' });
  console.log(`${name} ${show(value)} ${unit}${bar ? ` (bar ${bar})` : ''}`);
}

export function table() {
  const wide = (key) => Math.max(...results.map((row) => row[key].length));
  const [names, values, units] = [wide('name'), wide('value'), wide('unit')];
  console.log(`\n${'what'.padEnd(names)}  ${'value'.padStart(values)}  ${'unit'.padEnd(units)}  bar`);
  for (const row of results) console.log(`${row.name.padEnd(names)}  ${row.value.padStart(values)}  ${row.unit.padEnd(units)}  ${row.bar}`);
}

// A shop with the bench plugin; its access log goes to a file, as a shop's does.
export async function benchShop({ plugins = ['bench_shop'], limits = '', env } = {}) {
  const shop = new Shop({ path: [bench, join(build, 'plugins'), join(build, 'tests/plugins')], env });
  shop.configure(plugins, `log = { access = ${JSON.stringify(join(shop.dir, 'access.log'))} }\n${limits}`);
  return shop.up();
}

export async function withBenchShop(options, fn) {
  const shop = await benchShop(options);
  try {
    return await fn(shop);
  } catch (error) {
    error.message += `\n--- shop's log (end) ---\n${shop.stderr.slice(-2000)}`;
    throw error;
  } finally {
    await shop.down();
  }
}

const milliseconds = { us: 0.001, ms: 1, s: 1000, m: 60000 };

// One run of wrk, keep-alive, one thread. What is not 2xx or 3xx counts as an error.
export async function wrk(url, { connections = 64, seconds = 2, script } = {}) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', ...(script ? ['-s', script] : []), url];
  const { code, stdout, stderr } = await run('wrk', args);
  const find = (pattern) => pattern.exec(stdout);
  if (code || !find(/Requests\/sec/)) throw new Error(`wrk ${args.join(' ')}: ${stdout}${stderr}`);
  const latency = (percent) => {
    const found = find(new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s|m)`));
    return found ? Number(found[1]) * milliseconds[found[2]] : NaN;
  };
  const sockets = find(/Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/);
  return { rate: Number(find(/Requests\/sec:\s+([\d.]+)/)[1]), requests: Number(find(/(\d+) requests in/)[1]),
    errors: Number(find(/Non-2xx or 3xx responses: (\d+)/)?.[1] ?? 0) + (sockets ? sockets.slice(1).reduce((sum, n) => sum + Number(n), 0) : 0),
    p50: latency(50), p99: latency(99) };
}

// A process and all below it.
export function family(pid) {
  let children = [];
  try { children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean); } catch { return []; }
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}

// Microseconds of processor time, user and system, that these processes have had.
export function processorTime(pids) {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * (1e6 / TICKS);
  }, 0);
}

// KiB resident, and KiB with shared pages divided among those who share them.
export function memory(pids) {
  const field = (pid, file, name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))[1]);
  return { resident: pids.reduce((sum, pid) => sum + field(pid, 'status', 'VmRSS'), 0),
    proportional: pids.reduce((sum, pid) => sum + field(pid, 'smaps_rollup', 'Pss'), 0) };
}

// The environment that puts the 2 ms sync under a process, and the reader of its count.
export function slowSync(dir) {
  const file = join(dir, 'syncs');
  if (!existsSync(file)) writeFileSync(file, Buffer.alloc(8));
  return { env: { LD_PRELOAD: join(bench, 'slowsync.so'), SLOWSYNC_COUNT: file },
    count: () => {
      const bytes = Buffer.alloc(8);
      const fd = openSync(file, 'r');
      readSync(fd, bytes, 0, 8, 0);
      closeSync(fd);
      return Number(bytes.readBigUInt64LE());
    } };
}
