// The test host is the shop's twin: a plugin that calls every function of the API, with good and with bad arguments, from each kind of
// handler, gets the same answers in both, line by line. So what a plugin's author tries in the host holds in a shop.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, run, withShop } from './souk.mjs';

const plugin = join(build, 'tests/plugins/probe_twin.so');
const form = { 'content-type': 'application/x-www-form-urlencoded' };

// What the host's world has on its shelves (sdk/host/world.c), for a shop.
const products = [
  { key: 'tea', name: 'Mountain tea', variant: { sku: 'TEA-100', weight_g: 120, stock: 40, amount: 690 } },
  { key: 'mug', name: 'Blue mug', variant: { sku: 'MUG-1', weight_g: 380, length_mm: 120, width_mm: 90, height_mm: 95, stock: 12, amount: 1909 } },
  { key: 'table', name: 'Oak table', variant: { sku: 'TABLE-1', weight_g: 42000, stock: 1, amount: 64900 } },
].map(({ key, name, variant: { amount, ...variant } }) => JSON.stringify({ product: { key, status: 'active', visibility: 'both', text: { en: { name } },
  variants: [{ ...variant, tracked: true, prices: [{ list: 'base', amount }] }] } })).join('\n');
const config = `shop = { name = "Test shop", url = "https://shop.example", currency = "EUR", locales = { "en", "bg", "hu", "hy", "bn" },
  country = "BG", email = "shop@shop.example" }`;

const calls = [
  ['READ', 'GET', '/x/probe_twin/read/some%20kind?q=tea'],
  ['WRITE', 'POST', '/x/probe_twin/write/kind', 'field=%C3%A9&other=1'],
  ['TASK', 'POST', '/x/probe_twin/task/kind', 'field=1'],
];

async function inHost([, method, path, body]) {
  const answer = await run(join(build, 'souk-host'), ['ask', plugin, method, path, ...(body ? [body] : [])], { timeout: 600000 });
  assert.equal(answer.code, 0, `${answer.signal ?? ''} ${answer.stdout.slice(0, 2000)}${answer.stderr.slice(-2000)}`);
  return JSON.parse(answer.stdout);
}

async function inShop([, method, path, body]) {
  return withShop({ plugins: ['probe_twin'], config }, async (shop) => {
    const file = join(shop.dir, 'products.jsonl');
    writeFileSync(file, products);
    const done = await shop.souk('import', '--format', 'souk', file);
    assert.equal(done.code, 0, done.stderr);
    const answer = method === 'GET' ? await shop.get(path) : await shop.post(path, body, form);
    assert.equal(answer.status, 200, answer.text.slice(0, 2000));
    return answer.json;
  });
}

for (const call of calls) {
  test(`${call[0]}: the host and the shop answer alike`, async () => {
    const [host, shop] = await Promise.all([inHost(call), inShop(call)]);
    const flat = (lines) => lines.flat().map(String);
    assert.ok(flat(host).length > 200, `${flat(host).length} lines`);
    assert.deepEqual(flat(host), flat(shop));
  });
}

test('the probe calls every function of the headers that reaches the core', () => {
  const probe = readFileSync('tests/plugins/probe_twin.c', 'utf8');
  const missing = [];
  for (const name of readdirSync('sdk/include/souk')) {
    const text = readFileSync(join('sdk/include/souk', name), 'utf8');
    for (const [, fn, body] of text.matchAll(/static inline [^;{}]*?\b(souk_[a-z0-9_]+)\([^{};]*\)\s*\{([\s\S]*?)\n?\}/g)) {
      if (!/souk_api->/.test(body)) continue;
      const called = fn.replace(/_list$/, '(_list)?');
      if (!new RegExp(`\\b${fn === 'souk_exec_list' || fn === 'souk_query_list' ? called : fn}\\(`).test(probe)) missing.push(`${name}: ${fn}`);
    }
  }
  assert.deepEqual(missing, []);
});
