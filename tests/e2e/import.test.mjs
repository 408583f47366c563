// Import and export through the command: on a stopped shop, on a running one, cut in the middle.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run, souk, until, withShop } from './souk.mjs';
import { shopify } from '../bench/catalogue.mjs';

const catalogs = resolve(import.meta.dirname, '../../../shared/catalogs');
const skip = existsSync(catalogs) ? false : 'the catalogues are not here';
const file = (name) => join(catalogs, name);

async function inFolder(fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-import-'));
  const data = join(dir, 'data');
  const command = async (...args) => {
    const answer = await run(souk, [...args, '--data', data], { timeout: 600000, cwd: dir });
    try { answer.json = JSON.parse(answer.stdout.trim().split('\n').pop()); } catch { answer.json = undefined; }
    return answer;
  };
  try { return await fn({ dir, data, command }); } finally { rmSync(dir, { recursive: true, force: true }); }
}

const counts = ({ created, updated, unchanged, rejected }) => [created, updated, unchanged, rejected];

const samples = [
  ['woocommerce', 'woocommerce/classic-commerce-sample_products.csv', 15, 21],
  ['shopify', 'shopify/apparel.csv', 20, 22],
  ['shopify', 'shopify/home-and-garden.csv', 20, 21],
  ['shopify', 'shopify/jewelery.csv', 20, 23],
  ['magento', 'magento/products.csv', 147, 1847],
];

for (const [format, name, products, variants] of samples)
  test(`${name} comes in whole, and a second time unchanged`, { skip }, () => inFolder(async ({ command }) => {
    const trial = await command('import', '--format', format, file(name), '--dry-run', '--json');
    assert.equal(trial.code, 0, trial.stderr);
    assert.deepEqual(counts(trial.json), [products, 0, 0, 0]);
    const first = await command('import', '--format', format, file(name), '--json');
    assert.deepEqual(counts(first.json), [products, 0, 0, 0], first.stderr);
    assert.deepEqual(counts(first.json.variants), [variants, 0, 0, 0]);
    const second = await command('import', '--format', format, file(name), '--json');
    assert.deepEqual(counts(second.json), [0, 0, products, 0]);
    assert.deepEqual(counts(second.json.variants), [0, 0, variants, 0]);
  }));

test('the same file in other clothes is unchanged', { skip }, () => inFolder(async ({ dir, command }) => {
  const text = readFileSync(file('shopify/apparel.csv'), 'utf8').replaceAll('\r\n', '\n');
  const [head, ...rows] = text.trimEnd().split('\n');
  const other = join(dir, 'other.csv');
  writeFileSync(other, text);
  assert.equal((await command('import', '--format', 'shopify', other, '--json')).json.created, 20);
  const clothes = {
    'BOM and CRLF': `\uFEFF${text.replaceAll('\n', '\r\n')}`,
    'padded': text.replaceAll(',true,', ', true ,'),
    'shuffled': `${[head, ...rows.reverse()].join('\n')}\n`,
  };
  for (const [name, changed] of Object.entries(clothes)) {
    writeFileSync(other, changed);
    const { json, stderr } = await command('import', '--format', 'shopify', other, '--json');
    assert.ok(json, `${name}: ${stderr}`);
    assert.equal(json.created + json.rejected, 0, name);
    assert.equal(json.variants.created, 0, name);
    if (name !== 'shuffled') assert.equal(json.unchanged, 20, name);
  }
}));

test('an export goes into an empty shop and comes out the same', { skip }, () => inFolder(async (one) => {
  await one.command('import', '--format', 'shopify', file('shopify/jewelery.csv'), '--json');
  for (const format of ['woocommerce', 'shopify', 'csv', 'souk'])
    await inFolder(async (two) => {
      const before = await one.command('export', '--format', format);
      assert.equal(before.code, 0, before.stderr);
      const copy = join(two.dir, 'copy');
      writeFileSync(copy, before.stdout);
      const { json, stderr } = await two.command('import', '--format', format, copy, '--json');
      assert.ok(json, stderr);
      assert.equal(json.rejected, 0);
      const after = await two.command('export', '--format', format);
      assert.equal(after.stdout, before.stdout, format);
    });
}));

test('a running shop imports and exports through its socket', () => withShop({}, async (shop) => {
  const path = join(shop.dir, 'small.csv');
  writeFileSync(path, 'key,name,sku,price\na,Cup,A1,10\nb,Pot,A1,10\nc,Pan,C1,dear\n');
  const rejects = join(shop.dir, 'rejects.csv');
  const trial = await shop.souk('import', '--format', 'csv', path, '--dry-run', '--json');
  assert.deepEqual(counts(trial.json), [1, 0, 0, 2], trial.stderr);
  const { json, code, stderr } = await shop.souk('import', '--format', 'csv', path, '--rejects', rejects, '--json');
  assert.equal(code, 0, stderr);
  assert.deepEqual(counts(json), [1, 0, 0, 2]);
  assert.deepEqual(json.rejects.map(({ row, column }) => [row, column]), [[3, 'sku'], [4, 'price']]);
  assert.equal(readFileSync(rejects, 'utf8'), 'key,name,sku,price\nb,Pot,A1,10\nc,Pan,C1,dear\n');
  const { stdout } = await shop.souk('export', '--format', 'csv');
  assert.match(stdout, /^key,type,[^\n]*\na,simple,/);
  const bad = await shop.souk('import', '--format', 'csv', join(shop.dir, 'none.csv'), '--json');
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /none\.csv cannot be opened/);
}));

test('a run that is killed goes on and counts everything once', () => inFolder(async ({ dir, data, command }) => {
  const path = join(dir, 'big.csv');
  writeFileSync(path, [...shopify(5000)].join(''));
  const child = spawn('nice', ['-n', '19', souk, 'import', '--format', 'shopify', path, '--data', data, '--json'], { stdio: 'ignore', cwd: dir }); // it must not be done before we look
  const ended = new Promise((done) => child.on('exit', (code, signal) => done(signal)));
  await until('some of it in the log', () => {
    try { return readFileSync(join(data, 'souk.db-wal')).includes('product-300'); } catch { return false; }
  });
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  const { json, stderr } = await command('import', '--format', 'shopify', path, '--json');
  assert.ok(json, stderr);
  assert.deepEqual(counts(json), [1000, 0, 0, 0]);
  assert.deepEqual(counts(json.variants), [5000, 0, 0, 0]);
}));

test('what is wrong with the command is said', () => inFolder(async ({ dir, command }) => {
  assert.equal((await command('import', '--format', 'csv')).code, 2);
  assert.equal((await command('import', join(dir, 'x.csv'))).code, 2);
  const path = join(dir, 'x.csv');
  writeFileSync(path, 'a,b\n1,2\n');
  const strange = await command('import', '--format', 'woocommerce', path);
  assert.equal(strange.code, 1);
  assert.match(strange.stderr, /right --format/);
  assert.match((await command('import', '--format', 'excel', path)).stderr, /there are woocommerce, shopify/);
  assert.match((await command('export', '--format', 'excel')).stderr, /no format "excel"/);
}));
