// Pages: souk's cached page through the whole stack (gate, router, cache, access log on) against nginx that serves the same bytes from a
// file with its access log on. Same client, same number of threads, in turns, so that what else the machine does hits both.
import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import net from 'node:net';
import { run, until } from '../e2e/souk.mjs';
import { family, median, memory, processorTime, report, withBenchShop, wrk } from './tools.mjs';

const TURNS = 7;
const SECONDS = 2;

export function freePort() {
  return new Promise((done) => {
    const server = net.createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export const answers = (port) => new Promise((done) => {
  const socket = net.connect(port, '127.0.0.1', () => { socket.destroy(); done(true); });
  socket.on('error', () => done(false));
});

// nginx with `page` as /bench, in a temporary folder of its own; needs no root.
async function startNginx(page) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-nginx-'));
  const port = await freePort();
  const config = readFileSync(new URL('nginx.conf', import.meta.url), 'utf8');
  mkdirSync(join(dir, 'html'));
  writeFileSync(join(dir, 'html', 'bench'), page);
  writeFileSync(join(dir, 'nginx.conf'), config.replace('@PORT@', port).replace('@WORKERS@', availableParallelism()));
  const own = process.getuid() === 0 ? ['-g', 'user root;'] : [];
  const child = spawn('nginx', ['-p', dir, '-e', 'error.log', '-c', 'nginx.conf', ...own], { stdio: 'inherit' });
  const ended = new Promise((done) => child.on('exit', done));
  await until('nginx', () => answers(port));
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, stop: async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  } };
}

// One turn: the rate, and the processor time of all of the server's processes for one request.
export async function turn(url, pid, options) {
  const pids = family(pid);
  const before = processorTime(pids);
  const result = await wrk(url, { seconds: SECONDS, ...options });
  return { ...result, processor: (processorTime(pids) - before) / result.requests };
}

export async function inTurns(turns, sides) {
  const got = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let i = 0; i < turns; i++) for (const [name, side] of Object.entries(sides)) got[name].push(await side());
  return Object.fromEntries(Object.entries(got).map(([name, list]) => [name, {
    rate: median(list.map((one) => one.rate)), processor: median(list.map((one) => one.processor)), p99: median(list.map((one) => one.p99)),
    errors: list.reduce((sum, one) => sum + one.errors, 0), all: list }]));
}

// System calls of the shop for one request, from strace's summary; slow under strace, but a count does not mind.
async function systemCalls(shop, path) {
  if ((await run('strace', ['-V'])).code) return undefined;
  const file = join(shop.dir, 'strace');
  const tracer = spawn('strace', ['-c', '-f', '-o', file, '-p', String(shop.shopPid())], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  tracer.stderr.on('data', (data) => { said += data; });
  const ended = new Promise((done) => tracer.on('exit', done));
  const up = await until('strace', () => /attached/.test(said) || tracer.exitCode !== null);
  if (!up || tracer.exitCode !== null) return undefined;
  const { requests } = await wrk(shop.url + path, { seconds: 2 });
  tracer.kill('SIGINT');
  await ended;
  const total = /^\s*100\.00\s+[\d.]+\s+[\d.]*\s+(\d+).*total$/m.exec(readFileSync(file, 'utf8'));
  return total ? Number(total[1]) / requests : undefined;
}

export async function against(shop, page, path = '/bench') {
  const nginx = await startNginx(page);
  try {
    const same = await (await fetch(`${nginx.url}/bench`)).text();
    if (same !== page) throw new Error('nginx does not serve the bytes of the page');
    return await inTurns(TURNS, { souk: () => turn(shop.url + path, shop.child.pid), nginx: () => turn(`${nginx.url}/bench`, nginx.pid) });
  } finally {
    await nginx.stop();
  }
}

export async function pages() {
  await withBenchShop({}, async (shop) => {
    const first = await shop.get('/bench', { 'accept-encoding': 'identity' });
    if (first.status !== 200) throw new Error(`/bench: ${first.status} ${first.text}`);
    report('page.bytes', Buffer.byteLength(first.text), 'bytes');
    await wrk(`${shop.url}/bench`, { seconds: 1 });
    const { souk, nginx } = await against(shop, first.text);
    const ratios = souk.all.map((one, i) => one.rate / nginx.all[i].rate);
    report('page.souk', souk.rate, 'req/s');
    report('page.nginx', nginx.rate, 'req/s');
    report('page.ratio', souk.rate / nginx.rate, 'of nginx', '>= 0.9, aim 1.0');
    report('page.ratio_by_turn', median(ratios), 'of nginx, median of the turns\' own ratios');
    report('page.souk_processor', souk.processor, 'us/req');
    report('page.nginx_processor', nginx.processor, 'us/req');
    report('page.processor_ratio', souk.processor / nginx.processor, 'of nginx', '<= 1.2');
    report('page.souk_p99', souk.p99, 'ms');
    report('page.nginx_p99', nginx.p99, 'ms');
    report('page.errors', souk.errors + nginx.errors, 'requests', '0');
    const other = await inTurns(3, { fresh: () => turn(`${shop.url}/bench-fresh`, shop.child.pid, { seconds: 1 }),
      json: () => turn(`${shop.url}/x/bench_shop/items`, shop.child.pid, { seconds: 1 }) });
    report('fresh_page.souk', other.fresh.rate, 'req/s');
    report('fresh_page.processor', other.fresh.processor, 'us/req');
    report('read_json.souk', other.json.rate, 'req/s');
    report('read_json.processor', other.json.processor, 'us/req');
    report('page.resident_after', memory(family(shop.child.pid)).resident / 1024, 'MiB');
    report('page.system_calls', await systemCalls(shop, '/bench'), 'calls/req', 'about 2');
  });
}
