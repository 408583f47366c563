// What one look at the checkout costs: the goods are read and priced once, the tax of a class is asked once and a rule's function once, however
// much of the page rests on them. Counted by a shim that writes down every statement of the server (statements.c).
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, sanitized } from './souk.mjs';
import { Browser } from './browser.mjs';
import { Market, goods } from './buying.mjs';

const rules = `
promotion { id = "spring", name = "Spring", give = { order_percent = { percent = 10 } } }
promotion { id = "odd", name = "Odd", when = function(cart) return cart.quantity % 2 == 1, "an odd number" end, give = { order_fixed = { amount = money "0.50" } } }
upsell { id = "mug", slot = "bump", skus = { "MUG" }, when = { contains_product = { "TEA" } }, give = { unit_fixed = { amount = money "1.00" } } }
`;
const typed = { email: 'ana@example.org', phone: '+359 88 123 4567', name: 'Ana Petrova', country: 'BG', postcode: '1000', city: 'Sofia', line1: 'Vitosha 1',
  delivery: 'flat:standard', payment: 'invoice' };
const value = (text, name) => new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(text)?.[1] ?? '';

const skip = sanitized && 'a shim under the sanitizer would hide from it what it watches';
let market, file;
before(async () => {
  if (skip) return;
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  const root = fileURLToPath(new URL('../..', import.meta.url)), shim = join(dir, 'statements.so');
  file = join(dir, 'statements');
  const built = await run(process.env.CC || 'gcc', ['-std=gnu11', '-O1', '-Wall', '-Werror', '-fPIC', '-shared', `-I${root}core`, `-I${root}sdk/include`,
    join(root, 'tests/e2e/statements.c'), '-o', shim, '-ldl']);
  assert.equal(built.code, 0, built.stderr);
  mkdirSync(join(dir, 'scripts', 'promotions'), { recursive: true });
  writeFileSync(join(dir, 'scripts', 'promotions', 'rules.lua'), rules);
  market = await Market.open({ dir, plugins: ['tax_vat'], config: 'tax_vat = { requester = "BG123456786" }', goods: [goods('TEA', 1000, 100), goods('MUG', 500, 100)],
    env: { LD_PRELOAD: [process.env.LD_PRELOAD, shim].filter(Boolean).join(' '), STATEMENTS: file } });
});
after(() => market?.down());

// What the server did for this: how often goods were read, tax was asked about, and functions were.
async function cost(fn) {
  const from = statSync(file).size;
  const answer = await fn();
  const lines = readFileSync(file).subarray(from).toString().split('\n');
  const count = (pattern) => lines.filter((line) => pattern.test(line)).length;
  return { answer, goods: count(/^SELECT v\.id, v\.product_id, v\.sku, v\.enabled/), tax: count(/^SELECT code FROM tax_class WHERE id/), rates: count(/p_tax_vat_rate/), functions: count(/^functions /) };
}

test('a look at the checkout prices the cart once', { skip }, async () => {
  const b = new Browser(market.shop);
  assert.equal((await b.post('/cart/add', { sku: 'TEA', quantity: '3' })).status, 303);
  const first = await cost(() => b.get('/checkout'));
  assert.equal(first.answer.status, 200);
  assert.match(first.answer.text, /name="bump"/, 'the offer stands on the page');
  assert.match(first.answer.text, /Odd/, 'the function gave its discount');
  assert.deepEqual({ ...first, answer: 0 }, { answer: 0, goods: 2, tax: 2, rates: 2, functions: 2 }, 'the cart and what is offered with it; the function without and with the delivery');
  const updated = await cost(() => b.post('/checkout', { cart: value(first.answer.text, 'cart'), ...typed, do: 'update' }));
  assert.equal(updated.answer.status, 303);
  assert.equal(updated.goods + updated.tax + updated.functions, 0, 'keeping what was typed prices nothing');
  const filled = await cost(() => b.get('/checkout'));
  assert.equal(filled.goods, 2);
  assert.equal(filled.tax, 2);
  // placing: the page of a refusal with its offer, what the order rests on, and the look within the write
  const placed = await cost(() => b.post('/checkout', { cart: value(filled.answer.text, 'cart'), accept_total: value(filled.answer.text, 'accept_total'), ...typed, do: 'place' }));
  assert.equal(placed.answer.status, 303);
  assert.match(placed.answer.headers.get('location'), /^\/order\/\d+\?token=.*thanks/);
  assert.ok(placed.goods <= 4 && placed.tax <= 4, JSON.stringify(placed));
  assert.ok(placed.functions <= 2, `${placed.functions} times the functions were asked`);
});

test('so do the lists of the API', { skip }, async () => {
  const cart = await market.cart([['TEA', 1]]);
  for (const list of ['delivery-options', 'payment-methods?delivery=flat:standard']) {
    const looked = await cost(() => market.shop.get(`/api/v1/carts/${cart}/${list}`));
    assert.equal(looked.answer.status, 200);
    assert.ok(looked.answer.json.items.length > 0);
    assert.equal(looked.goods, 1, list);
    assert.equal(looked.tax, 1, list);
  }
});
