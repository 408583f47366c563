// `souk quote`: the same cart priced by a running shop, by the files of a stopped one, and without any shop.
import test from 'node:test';
import assert from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop, run, souk } from './souk.mjs';

const dir = mkdtempSync(join(tmpdir(), 'souk-quote-'));
const cartFile = (name, doc) => {
  const file = join(dir, name);
  writeFileSync(file, typeof doc === 'string' ? doc : JSON.stringify(doc));
  return file;
};
let shop;
test.before(async () => {
  shop = await Shop.start({ config: 'shop = { name = "Test", currency = "EUR", country = "BG" }' });
  const made = await shop.souk('admin', 'token', '--scope', 'product.edit', '--json');
  const answer = await shop.post('/api/v1/admin/products', { key: 'tea', type: 'simple', status: 'active', visibility: 'both', text: { en: { name: 'Tea' } },
    variants: [{ sku: 'TEA', tracked: false, prices: [{ list: 'base', amount: 1000 }, { list: 'base', amount: 900, min_quantity: 10 },
      { list: 'sale', amount: 700, from: '2031-11-27T00:00:00Z', until: '2031-11-28T00:00:00Z' }] }] }, { authorization: `Bearer ${made.json.token}` });
  assert.equal(answer.status, 201, answer.text);
});
test.after(async () => {
  await shop?.down();
  rmSync(dir, { recursive: true, force: true });
});

const stable = (quote) => ({ ...quote, at: undefined });

test('a running shop and its files say the same', async () => {
  const file = cartFile('looked-up.json', { lines: [{ sku: 'TEA', quantity: 2 }, { sku: 'TEA', quantity: 10 }, { sku: 'OWN', quantity: 1, unit_price: 333, tax_ppm: 200000 }],
    delivery: [{ method: 'standard', amount: 500, tax_ppm: 200000 }], coupons: ['SPRING'], customer: { group: 'vip' } });
  const running = await shop.souk('quote', '--cart', file, '--json');
  assert.equal(running.code, 0, running.stderr);
  assert.deepEqual(running.json.lines.map((line) => [line.id, line.sku, line.name, line.unit_price, line.total]),
    [['1', 'TEA', 'Tea', 1000, 2000], ['2', 'TEA', 'Tea', 900, 9000], ['3', 'OWN', '', 333, 333]]);
  assert.equal(running.json.totals.items, 11333);
  assert.equal(running.json.totals.total, 11833);
  assert.deepEqual(running.json.promotions, []);
  assert.deepEqual(running.json.nudges, []);
  assert.deepEqual(running.json.coupons, [{ code: 'SPRING', accepted: false, reason_code: 'unknown', reason: 'there is no such code' }]);
  const sale = await shop.souk('quote', '--cart', file, '--at', '2031-11-27T12:00:00Z', '--json');
  assert.deepEqual(sale.json.lines.map((line) => [line.unit_price, line.original_price]), [[700, 1000], [700, 900], [333, 333]]);
  assert.equal(sale.json.at, '2031-11-27T12:00:00Z');
  assert.equal(sale.json.until, '2031-11-28T00:00:00Z');
  const wrong = cartFile('unknown.json', { lines: [{ sku: 'TEA', quantity: 1 }, { sku: 'NOPE', quantity: 1 }] });
  const refused = await shop.souk('quote', '--cart', wrong, '--json');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /\/lines\/1\/sku: "NOPE" is not in the catalogue/);

  await shop.stop();
  const stopped = await shop.souk('quote', '--cart', file, '--json');
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.deepEqual(stable(stopped.json), stable(running.json));
  assert.deepEqual((await shop.souk('quote', '--cart', file, '--at', '2031-11-27T12:00:00Z', '--json')).json, sale.json);
  assert.equal((await shop.souk('quote', '--cart', wrong)).stderr, refused.stderr);
});

test('without a shop', async () => {
  const data = join(dir, 'none');
  const own = { currency: 'EUR', at: '2026-11-27T00:00:00Z', prices_include_tax: false,
    lines: [{ sku: 'A', name: 'Tea', quantity: 2, unit_price: 1000, categories: ['tea'], product: 'p1', original_price: 1000, min_unit_price: 0, tax_ppm: 200000 }] };
  const file = cartFile('own.json', own);
  const table = await run(souk, ['quote', '--data', data, '--cart', file]);
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, /^A +2 +€10\.00 +€0\.00 +€20\.00$/m);
  assert.match(table.stdout, /^\+ tax +€4\.00$/m);
  assert.match(table.stdout, /^total +€24\.00$/m);
  const json = await run(souk, ['quote', '--data', data, '--cart', file, '--json']);
  assert.deepEqual(JSON.parse(json.stdout).totals, { items: 2000, discount: 0, delivery: 0, delivery_discount: 0, tax: 400, tax_included: 0, total: 2400 });
  assert.equal(existsSync(data), false); // asking makes no shop
  const lookUp = await run(souk, ['quote', '--data', data, '--cart', cartFile('bare.json', { lines: [{ sku: 'A', quantity: 1 }] })]);
  assert.equal(lookUp.code, 1);
  assert.match(lookUp.stderr, /\/lines\/0\/sku: "A" needs a unit_price/);
});

test('from standard input', async () => {
  const child = spawn(souk, ['quote', '--data', join(dir, 'none'), '--cart', '-', '--json']);
  let out = '';
  child.stdout.on('data', (data) => { out += data; });
  child.stdin.end('{"lines": [{"sku": "A", "quantity": 3, "unit_price": 5}]}');
  assert.equal(await new Promise((done) => child.on('close', done)), 0);
  assert.equal(JSON.parse(out).totals.total, 15);
});

test('every mistake at once, and how to use it', async () => {
  const data = ['--data', join(dir, 'none')];
  const wrong = await run(souk, ['quote', ...data, '--cart', cartFile('wrong.json', { currency: 'EURO', lines: [{ sku: 'A', quantity: 0, unit_price: 1 }, { quantity: 1, unit_price: -1 }], coupon: [] })]);
  assert.equal(wrong.code, 1);
  assert.equal(wrong.stdout, '');
  for (const part of ['/currency', '/lines/0/quantity', '/lines/1/sku', '/lines/1/unit_price', 'did you mean "coupons"']) assert.ok(wrong.stderr.includes(part), `${part}: ${wrong.stderr}`);
  for (const [text, words] of [['{"lines": [', /line 1/], ['[]', /JSON object/], ['', /wrong\.json|json/i]]) {
    const answer = await run(souk, ['quote', ...data, '--cart', cartFile('broken.json', text)]);
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, words);
  }
  assert.equal((await run(souk, ['quote', ...data, '--cart', join(dir, 'not-there.json')])).code, 1);
  assert.equal((await run(souk, ['quote', ...data])).code, 2);
  assert.equal((await run(souk, ['quote', ...data, '--cart', cartFile('x.json', {}), '--at', 'soon'])).code, 2);
  const help = await run(souk, ['quote', '--help']);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /--cart FILE/);
  assert.match((await run(souk, ['--help'])).stdout, /^ +quote /m);
});
