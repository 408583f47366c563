// Product pages of a large shop: from the cache against nginx with the same bytes; not in the cache against a bare C program that builds the
// same bytes from the same database file (bare_page.c). In turns, with the same client.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop, run, souk, until } from '../e2e/souk.mjs';
import { bench, family, median, memory, report, wrk } from './tools.mjs';
import { against, answers, freePort, inTurns, turn } from './pages.mjs';
import { shopify } from './catalogue.mjs';

const PRODUCTS = Number(process.env.BENCH_PRODUCTS ?? 20000); // of five variants each
const PAGES = 1000;

async function collect(shop, folder) {
  const items = [];
  for (let page = 1; items.length < PAGES; page++) {
    const { json } = await shop.get(`/api/v1/products?limit=100&page=${page * 3}`);
    if (!json.items?.length) break;
    items.push(...json.items.map((item) => `/p/${encodeURIComponent(item.slug)}`));
  }
  const lines = [];
  for (const [i, path] of items.entries()) {
    const slug = path.slice(3);
    const { json } = await shop.get(`/api/v1/products/${slug}`);
    writeFileSync(join(folder, String(i)), (await shop.get(path, { 'accept-encoding': 'identity' })).text);
    lines.push(`${path} ${json.id}`);
  }
  writeFileSync(join(folder, 'index'), lines.join('\n') + '\n');
  return items;
}

// wrk asks for one page after the other
function script(folder, paths) {
  const file = join(folder, 'paths.lua');
  writeFileSync(file, `local paths = { ${paths.map((p) => JSON.stringify(p)).join(', ')} }\nlocal i = 0\nrequest = function() i = i % #paths + 1; return wrk.format("GET", paths[i]) end\n`);
  return file;
}

async function startBare(shop, folder) {
  const port = await freePort();
  const child = spawn(join(bench, 'bare_page'), [join(shop.data, 'souk.db'), folder, String(port), String(availableParallelism())], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (data) => process.stdout.write(`bare_page ${data}`));
  await until('bare_page', () => answers(port), 120000);
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, stop: () => new Promise((done) => { child.on('exit', done); child.kill('SIGKILL'); }) };
}

export async function products() {
  const dir = mkdtempSync(join(tmpdir(), 'souk-bench-'));
  const folder = join(dir, 'pages');
  mkdirSync(folder);
  const file = join(dir, 'catalogue.csv');
  writeFileSync(file, [...shopify(PRODUCTS * 5)].join(''));
  const shop = new Shop({ plugins: [], config: `log = { access = ${JSON.stringify(join(dir, 'access.log'))} }\nlimits = { page_cache = "0" }` });
  try {
    const begin = process.hrtime.bigint();
    const got = await run('/usr/bin/env', ['sh', '-c', 'exec "$0" "$@"', souk, 'import', '--data', shop.data, '-c', shop.file, '--format', 'shopify', file, '--json'], { timeout: 600000 });
    if (got.code !== 0) throw new Error(got.stderr.slice(-500));
    report('import.rows_100k', Number(process.hrtime.bigint() - begin) / 1e9 * (100000 / (PRODUCTS * 5)), 's', '< 60');
    await shop.up();
    const paths = await collect(shop, folder);
    const lua = script(dir, paths);
    const bare = await startBare(shop, folder);
    try {
      const { fresh, reference } = await inTurns(7, { fresh: () => turn(shop.url, shop.child.pid, { script: lua }), reference: () => turn(bare.url, bare.pid, { script: lua }) });
      report('product_fresh.souk', fresh.rate, 'req/s');
      report('product_fresh.bare', reference.rate, 'req/s');
      report('product_fresh.ratio', median(fresh.all.map((one, i) => one.rate / reference.all[i].rate)), 'of bare C', '>= 0.6');
      report('product_fresh.processor', fresh.processor, 'us/req');
      report('product_fresh.bare_processor', reference.processor, 'us/req');
      report('product_fresh.errors', fresh.errors + reference.errors, 'requests', '0');
    } finally {
      await bare.stop();
    }
    await shop.stop();
    shop.configure([], `log = { access = ${JSON.stringify(join(dir, 'access.log'))} }\nlimits = { page_cache = "64M" }`);
    await shop.up();
    const page = (await shop.get(paths[0], { 'accept-encoding': 'identity' })).text;
    const { souk: cached, nginx } = await against(shop, page, paths[0]);
    report('product_cached.ratio', median(cached.all.map((one, i) => one.rate / nginx.all[i].rate)), 'of nginx', '>= 0.9');
    report('product_cached.bytes', Buffer.byteLength(page), 'bytes');
    report('product.resident', memory(family(shop.child.pid)).resident / 1024, 'MiB');
    await wrk(shop.url, { script: lua, seconds: 2 });
    const prepared = async () => Number(/^souk_db_prepared_total (\d+)/m.exec((await shop.get('/metrics')).text)?.[1]);
    const before = await prepared();
    const { requests } = await wrk(shop.url, { script: lua, seconds: 2 });
    report('product.prepared', ((await prepared()) - before) / requests, 'statements/req', '0');
  } finally {
    await shop.down();
    rmSync(dir, { recursive: true, force: true });
  }
}
