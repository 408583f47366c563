// The guides are true: what the README says is done word by word.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, mkdtempSync, mkdirSync, writeFileSync, rmSync, cpSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, dirname } from 'node:path';
import { run, withShop, until, souk } from './souk.mjs';
import { buyer, goods } from './buying.mjs';
import { staff } from './browser.mjs';

// Blocks that a guide marks with <!-- file: PATH -->.
export function files(guide) {
  const blocks = {};
  for (const m of readFileSync(guide, 'utf8').matchAll(/<!-- file: (\S+) -->\n```\w*\n([\s\S]*?)```/g)) blocks[m[1]] = m[2];
  return blocks;
}

const typing = (more) => ({ ...process.env, MAKEFLAGS: '', SANITIZE: process.env.SANITIZE ?? '', PATH: `${dirname(souk)}:${process.env.PATH}`, ...more });

async function build(guide, names, fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    cpSync('sdk', join(dir, 'sdk'), { recursive: true });
    for (const [name, text] of Object.entries(files(guide))) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    for (const name of names) {
      const made = await run('make', ['--no-print-directory', '-C', join(dir, dirname(name))], { env: typing({ SOUK_SDK: join(dir, 'sdk') }) });
      assert.equal(made.code, 0, made.stderr + made.stdout);
    }
    return await fn(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('a plugin is made, tried, told, installed and switched on as the README says', { timeout: 3600000 }, async () => {
  const blocks = [...readFileSync('README.md', 'utf8').matchAll(/<!-- run -->\n```sh\n([\s\S]*?)```/g)].flatMap((m) => m[1].trim().split('\n'));
  assert.ok(blocks.length >= 7);
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  mkdirSync(join(dir, 'plugins'));
  try {
    await withShop({ path: [join(dir, 'plugins')] }, async (shop) => {
      for (const line of blocks) {
        const done = await run('bash', ['-c', line.replaceAll('DIR', shop.data)], { cwd: dir, env: typing({ SOUK_SDK: join(process.cwd(), 'sdk') }), timeout: 600000 });
        assert.equal(done.code, 0, `${line}\n${done.stdout}${done.stderr}`);
      }
      assert.equal((await shop.get('/greeter', { accept: 'text/html' })).status, 200);
      assert.equal((await shop.souk('plugin', 'reload', 'greeter')).code, 0);
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('the plugin of the README builds, is switched on in a running shop and answers', () => build('README.md', ['plugins/greeter/greeter.c'], async (dir) => {
  await withShop({ path: [join(dir, 'plugins/greeter')] }, async (shop) => {
    assert.equal((await shop.souk('plugin', 'enable', 'greeter')).code, 0);
    assert.equal((await shop.get('/x/greeter/greet?name=Ada')).text, 'Good day, Ada!\n');
    assert.equal((await shop.souk('plugin', 'reload', 'greeter')).code, 0);
    assert.equal((await shop.get('/x/greeter/greet?name=Ada')).text, 'Good day, Ada!\n');
  });
}));

test('admin resources: the plugin of the guide builds with sdk/ alone, and staff look after its table', () => build('sdk/docs/admin-resources.md', ['tea/tea.c'], async (dir) => {
  await withShop({ path: [join(dir, 'tea')] }, async (shop) => {
    const boss = await staff(shop);
    assert.equal((await boss.get('/admin/tea.card')).status, 404);
    assert.equal((await shop.souk('plugin', 'enable', 'tea')).code, 0);
    assert.match((await boss.get('/admin')).text, /href="\/admin\/tea\.card">Gift cards/);
    const card = await boss.make('tea.card', { name: 'Ada', amount: '25.00' });
    assert.equal((await boss.change(card, { amount: '2000.00' })).status, 422);
    assert.equal((await boss.change(card, { amount: '30' })).status, 303);
    assert.match((await boss.post('/admin/tea.card/bulk', { action: 'cancel', id: card.split('/').pop(), confirm: '1' })).text, /Done: 1/);
    assert.match((await boss.get('/admin/tea.card/csv?q=ad&sort=-amount')).text, /"Ada",30\.00,0/);
    assert.match((await boss.get(card)).text, /tea\.card\.cancel/);
    assert.equal((await shop.souk('plugin', 'disable', 'tea')).code, 0);
    assert.doesNotMatch((await boss.get('/admin')).text, /Gift cards/);
  });
}));

test('the configuration of the README is right', () => build('README.md', [], async (dir) => {
  const text = readFileSync(join(dir, 'souk.lua'), 'utf8');
  await withShop({ plugins: [], config: text.replace(/plugins = .*/, '') }, async (shop) => {
    shop.configure(['hello', 'visits'], text.replace(/plugins = .*/, ''));
    shop.child.kill('SIGHUP');
    await until('hello', async () => /Welcome/.test((await shop.get('/x/hello/greet?name=Ada')).text));
  });
}));

test('what the README says to whoever sells is right', () => build('README.md', [], async (dir) => {
  mkdirSync(join(dir, 'theme'));
  await withShop({ dir, plugins: [], config: readFileSync(join(dir, 'shop.lua'), 'utf8'), keep: true }, async (shop) => {
    const text = (await shop.get('/', { accept: 'text/html' })).text;
    assert.match(text, /<title>Tea and more<\/title>/);
    assert.match(text, /<link rel="canonical" href="https:\/\/tea\.example\/">/);
    shop.configure([], readFileSync(join(dir, 'shop.lua'), 'utf8').replace('maintenance = false', 'maintenance = true'));
    shop.child.kill('SIGHUP');
    await until('the page for visitors', async () => /We are just tidying up/.test((await shop.get('/', { accept: 'text/html' })).text));
  });
}));

test('a shop set up as the README says sells', () => build('README.md', [], async (dir) => {
  const text = readFileSync(join(dir, 'selling.lua'), 'utf8');
  const plugins = JSON.parse(text.match(/plugins = \{(.*)\}/)[1].replace(/^/, '[').replace(/$/, ']'));
  await withShop({ plugins, config: text.replace(/plugins = .*/, '') }, async (shop) => {
    const { json: { token } } = await shop.souk('admin', 'token', '--scope', 'product.edit', '--json');
    await shop.post('/api/v1/admin/products', goods('TEA', 1000, 5), { authorization: `Bearer ${token}` });
    const { json: cart } = await shop.post('/api/v1/carts', { lines: [{ sku: 'TEA', quantity: 2 }] });
    const { json: ways } = await shop.get(`/api/v1/carts/${cart.id}/payment-methods?country=BG&postcode=1000&delivery=courier:standard`);
    assert.deepEqual(ways.items.map((item) => item.method).sort(), ['cod', 'transfer']);
    const order = await shop.post(`/api/v1/carts/${cart.id}/checkout`, { ...buyer, delivery: { method: 'courier:standard' }, payment: { method: 'transfer' }, accept_total: 2490 });
    assert.equal(order.status, 201, order.text);
  });
}));

test('the promotion of the README is taken up by a shop that runs, and tells what is missing', () => build('README.md', [], async (dir) => {
  const rule = readFileSync(join(dir, 'scripts/promotions/tea_week.lua'), 'utf8');
  rmSync(join(dir, 'scripts'), { recursive: true });
  await withShop({ dir, plugins: ['probe_sell'], keep: true }, async (shop) => {
    const { json: { token } } = await shop.souk('admin', 'token', '--scope', 'product.edit', '--json');
    await shop.post('/api/v1/admin/products', goods('TEA', 1500, 5), { authorization: `Bearer ${token}` });
    const { json: cart } = await shop.post('/api/v1/carts', { lines: [{ sku: 'TEA', quantity: 1 }] });
    mkdirSync(join(dir, 'scripts/promotions'), { recursive: true });
    writeFileSync(join(dir, 'scripts/promotions/tea_week.lua'), rule);
    const nudge = await until('the rule', async () => (await shop.get(`/api/v1/carts/${cart.id}`)).json.quote.nudges[0]);
    assert.equal(nudge.missing_amount, 500);
    const { json: fuller } = await shop.post(`/api/v1/carts/${cart.id}/lines`, { sku: 'TEA', quantity: 1 });
    assert.equal(fuller.quote.totals.discount, 300);
    assert.equal((await run(souk, ['promo', 'check', join(dir, 'scripts')])).code, 0);
  });
}));

test('every file that the README points to is there', () => {
  for (const m of readFileSync('README.md', 'utf8').matchAll(/\]\(([^)#]+)\)/g)) assert.ok(existsSync(m[1]), m[1]);
});
