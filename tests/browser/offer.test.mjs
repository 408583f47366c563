// Offers in a real browser: the box at the checkout changes the total at once and is never ticked by itself, offers of a product come when its
// page stands, one click takes one after the purchase; axe and html-validate find nothing on any of these pages, also in the dark at 320 px.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, souk, Shop } from '../e2e/souk.mjs';
import { openBrowser, why } from './shop.mjs';

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const offers = `
upsell { id = "mug", slot = "cart", skus = { "MUG" }, text = "Tea wants a mug", when = { contains_product = { "TEA" } }, give = { line_percent = { percent = 50 } } }
upsell { id = "spoon", slot = "bump", skus = { "SPOON" }, text = "Polished by hand", give = { unit_fixed = { amount = money "1.00" } } }
upsell { id = "lid", slot = "product", skus = { "LID" }, give = { line_percent = { percent = 25 } } }
upsell { id = "box", slot = "after", skus = { "BOX" }, give = { line_percent = { percent = 25 } } }
upsell { id = "cup", slot = "thanks", skus = { "CUP" } }
`;
const goods = [['TEA', 1000], ['MUG', 500], ['SPOON', 300], ['LID', 200], ['BOX', 2000], ['CUP', 700]].map(([sku, amount]) => ({ product: { key: sku.toLowerCase(), type: 'simple', status: 'active',
  text: { en: { name: `Thing ${sku}` } }, variants: [{ sku, tracked: true, stock: 50, prices: [{ list: 'base', amount }] }] } }));
const person = { email: 'ana@example.org', name: 'Ana Petrova', postcode: '1000', city: 'Sofia', line1: 'Vitosha 1' };

let shop, browser, axe, validator;

test('offers', { skip: why, timeout: 3600000 }, async (t) => {
  const { HtmlValidate } = await import('html-validate');
  axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  validator = new HtmlValidate({ extends: ['html-validate:recommended'], rules: { 'long-title': 'off', 'void-style': 'off', 'doctype-style': 'off', 'no-trailing-whitespace': 'off', 'attribute-boolean-style': 'off' } }); // as the browser writes it down
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  mkdirSync(join(dir, 'scripts', 'upsell'), { recursive: true });
  writeFileSync(join(dir, 'scripts', 'upsell', 'offers.lua'), offers);
  shop = new Shop({ dir, plugins: ['probe_sell'], config: 'shop = { name = "Offers", country = "BG", locales = { "en", "bg", "hu", "hy", "bn" } }\nlog = { access = "off" }' });
  const file = join(dir, 'goods.jsonl');
  writeFileSync(file, goods.map((one) => JSON.stringify(one)).join('\n') + '\n');
  const done = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', file, '--json'], { timeout: 600000 });
  assert.equal(done.code, 0, done.stderr + done.stdout);
  await shop.up();
  browser = await openBrowser();
  try {
    for (const [colorScheme, width] of [['light', 1280], ['dark', 320]]) await t.test(`bought with every offer: ${colorScheme}, ${width} px`, () => walk(colorScheme, width));
    for (const locale of ['/bg', '/hu', '/hy', '/bn']) await t.test(`in ${locale}`, () => words(locale));
    await t.test('without script: a button in place of the tick', () => plain());
  } finally {
    await browser.close();
    await shop.down();
  }
});

async function look(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate((only) => window.axe.run(document, { runOnly: { type: 'tag', values: only } }), rules);
  assert.deepEqual(found.violations.map((v) => `${what} ${v.id}: ${v.nodes.map((n) => n.html).join(' ')}`), []);
  const source = await page.evaluate(() => document.querySelector('main').outerHTML);
  const report = await validator.validateString(source);
  assert.deepEqual(report.results.flatMap((r) => r.messages).filter((m) => m.severity === 2).map((m) => `${what} ${m.ruleId} ${m.message} ${m.line}:${m.column}`), []);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  assert.equal(wide, false, `${what} is wider than the window`);
}
const total = (page) => page.locator('.totals-all dd').first().textContent();

async function walk(colorScheme, width) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  await page.goto(`${shop.url}/p/thing-tea`);
  await page.locator('.upsells .upsell').waitFor();
  await look(page, 'product');
  await Promise.all([page.waitForURL(/\/cart/), page.locator('.upsell button[value="accept"]').click()]);
  assert.equal(await total(page), '€11.50', 'the tea and its lid');
  await look(page, 'cart');
  await Promise.all([page.waitForURL(/added=/), page.locator('.upsell button[value="accept"]').click()]);
  assert.equal(await total(page), '€14.00');
  await page.goto(`${shop.url}/checkout`);
  const tick = page.locator('input[name="bump"]');
  assert.equal(await tick.isChecked(), false);
  await look(page, 'checkout');
  const before = await total(page);
  for (const [name, value] of Object.entries(person)) await page.fill(`#${name}`, value);
  await tick.check();
  await page.waitForFunction((was) => document.querySelector('.totals-all dd').textContent !== was, before);
  assert.equal(await total(page), '€21.00');
  assert.match(await page.locator('button[value="place"]').textContent(), /€21\.00/);
  assert.equal(await page.inputValue('#email'), person.email, 'nothing typed is lost');
  await look(page, 'checkout, ticked');
  await tick.uncheck();
  await page.waitForFunction((was) => document.querySelector('.totals-all dd').textContent === was, before);
  await Promise.all([page.waitForURL(/\/offer\?/), page.locator('button[value="place"]').click()]);
  await look(page, 'after');
  await Promise.all([page.waitForURL(/thanks=1/), page.locator('.upsell button[value="accept"]').click()]);
  assert.equal(await total(page), '€34.00');
  await look(page, 'thanks');
  await Promise.all([page.waitForURL(/thanks=1/), page.locator('.upsell button[value="decline"]').click()]);
  assert.deepEqual(wrong, []);
  await context.close();
}

// Every word of an offer is there in each language.
async function words(locale) {
  const context = await browser.newContext({ viewport: { width: 320, height: 700 } });
  const page = await context.newPage();
  await page.goto(`${shop.url}${locale}/p/thing-tea`);
  await page.locator('.upsells .upsell').waitFor();
  await Promise.all([page.waitForURL(/\/cart/), page.locator('.upsell button[value="accept"]').click()]);
  await look(page, `${locale} cart`);
  const text = await page.locator('main').textContent();
  for (const english of ['Just for you', 'No, thank you', 'Add to cart']) assert.ok(!text.includes(english), english);
  await page.goto(`${shop.url}${locale}/checkout`);
  await look(page, `${locale} checkout`);
  await context.close();
}

async function plain() {
  const context = await browser.newContext({ viewport: { width: 320, height: 700 }, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${shop.url}/p/thing-tea`);
  await page.locator('.upsells a').click();
  await Promise.all([page.waitForURL(/\/cart/), page.locator('.upsell button[value="decline"]').click()]);
  await page.goto(`${shop.url}/p/thing-tea`);
  await Promise.all([page.waitForURL(/\/cart/), page.locator('.buy-form button').click()]);
  await page.goto(`${shop.url}/checkout`);
  const before = await total(page);
  await page.locator('input[name="bump"]').check();
  await Promise.all([page.waitForURL(/done=updated/), page.locator('.bump button').click()]);
  assert.notEqual(await total(page), before);
  assert.equal(await page.locator('input[name="bump"]').isChecked(), true);
  await context.close();
}
