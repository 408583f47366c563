// Buying in a real browser: from a product to the thanks by keyboard alone, without script, at 320 px, in every language; every page on the
// way is valid, axe finds nothing, nothing is wider than the window, also with words 40 % longer; what is typed survives the page following
// the choice of delivery.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createServer } from 'node:http';
import { build, run, souk, Shop } from '../e2e/souk.mjs';
import { openBrowser, demoShop, why } from './shop.mjs';

const plugins = ['delivery_courier', 'payment_cod', 'probe_sell'].filter((name) => existsSync(join(build, 'plugins', `${name}.so`)) || existsSync(join(build, 'tests/plugins', `${name}.so`)));
const person = { email: 'ana@example.org', name: 'Ana Petrova', postcode: '1000', city: 'Sofia', line1: 'Vitosha 1' };
const locales = ['', '/bg', '/hu', '/hy', '/bn'];
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let shop, browser, axe, validator, said;
const sample = resolve(import.meta.dirname, '../../../shared/catalogs/shopify/apparel.csv');

test('buying', { skip: why || (plugins.includes('probe_sell') ? false : 'probe_sell.so is not there'), timeout: 3600000 }, async (t) => {
  const { HtmlValidate } = await import('html-validate');
  axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  validator = new HtmlValidate({ extends: ['html-validate:recommended'], rules: { 'long-title': 'off', 'void-style': 'off', 'doctype-style': 'off', 'no-trailing-whitespace': 'off' } });
  const provider = createServer((request, response) => { response.setHeader('content-type', 'application/json'); response.end(JSON.stringify(said)); });
  await new Promise((listens) => provider.listen(0, '127.0.0.1', listens));
  shop = await demoShop({ plugins: ['probe_sell'], config: `log = { access = "off" }\nshop = { name = "The souk" }\nprobe_sell = { peer = "http://127.0.0.1:${provider.address().port}" }\nhttp_client = { allow = { "127.0.0.1" } }` });
  browser = await openBrowser();
  try {
    for (const locale of locales) await t.test(`without script, 320 px, ${locale || '/en'}`, () => walk({ locale, width: 320, script: false }));
    await t.test('by keyboard alone', () => byKeyboard());
    for (const [colorScheme, width] of [['light', 320], ['dark', 1280]]) await t.test(`axe, html-validate, layout: ${colorScheme}, ${width} px`, () => look(colorScheme, width));
    for (const [colorScheme, width] of [['light', 1280], ['dark', 320]]) await t.test(`paying elsewhere, and what an account shows: ${colorScheme}, ${width} px`, () => elsewhere(colorScheme, width));
    await t.test('a guest buys from an imported catalogue, without script', { skip: existsSync(sample) ? false : 'the catalogues are not here' }, () => imported());
    await t.test('with script the totals follow the choice, and nothing typed is lost', () => follows());
    await t.test('forced colours: what is chosen stays visible', () => forcedColours());
  } finally {
    await browser.close();
    await shop.down();
    provider.close();
  }
});

async function product(page, locale = '') {
  await page.goto(`${shop.url}${locale}/search?q=BAG-0001`);
  const path = await page.evaluate(() => document.querySelector('main .item a')?.getAttribute('href'));
  return path ?? `${locale}/p/market-tote`;
}
async function put(page, locale = '') {
  await page.goto(shop.url + await product(page, locale));
  await page.locator('.options .choice').first().click();
  await page.locator('[data-buy] button').waitFor();
  await Promise.all([page.waitForURL(/\/cart/), page.locator('[data-buy] button').click()]);
}
async function fill(page) {
  for (const [name, value] of Object.entries(person)) await page.fill(`#${name}`, value);
}
const wide = (page) => page.evaluate(() => {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return null;
  const worst = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > most + 1).pop();
  return worst ? worst.outerHTML.slice(0, 160) : 'the page';
});
const amount = (text) => text.replace(/[^\d০-৯.,]/g, '');

// As a person with a small telephone and without script would.
async function walk({ locale, width, script }) {
  const context = await browser.newContext({ viewport: { width, height: 700 }, javaScriptEnabled: script });
  const page = await context.newPage();
  const noted = [];
  const note = async (kind) => { const worst = await wide(page); if (worst) noted.push(`${kind}: ${worst}`); };
  await put(page, locale);
  await note('cart');
  await page.locator('.till-sum a.button').click();
  await page.waitForURL(/\/checkout/);
  await note('checkout');
  const before = amount(await page.locator('.totals-all dd').textContent());
  await page.fill('#email', person.email);
  await page.locator('input[name="delivery"]').nth(1).check();
  await page.locator('.renew button').click();
  await page.waitForURL(/done=updated/);
  assert.equal(await page.inputValue('#email'), person.email);
  const after = amount(await page.locator('.totals-all dd').textContent());
  assert.notEqual(after, before, 'another delivery, another total');
  await page.locator('button[value="place"]').click();
  await page.waitForSelector('.errors');
  await note('what is wrong');
  await page.locator('.errors a').first().click();
  await fill(page);
  assert.equal(amount(await page.locator('button[value="place"]').textContent()), after, 'the button says what it costs');
  await Promise.all([page.waitForURL(/\/order\/\d+/), page.locator('button[value="place"]').click()]);
  await page.waitForSelector('.thanks h1');
  await note('thanks');
  assert.equal(amount(await page.locator('.totals-all dd').textContent()), after);
  await context.close();
  assert.deepEqual(noted, []);
}

async function tabTo(page, selector, most = 90) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  assert.fail(`the keyboard does not reach ${selector}`);
}

async function byKeyboard() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(shop.url + await product(page));
  await tabTo(page, '.options input');
  await page.keyboard.press('Space');
  await page.waitForURL(/\?/);
  await tabTo(page, '[data-buy] button');
  await Promise.all([page.waitForURL(/\/cart/), page.keyboard.press('Enter')]);
  await tabTo(page, '.till-sum a.button');
  await Promise.all([page.waitForURL(/\/checkout/), page.keyboard.press('Enter')]);
  for (const name of ['email', 'name', 'postcode', 'city', 'line1']) {
    await tabTo(page, `#${name}`);
    await page.keyboard.type(person[name]);
  }
  await tabTo(page, 'input[name="delivery"]');
  const before = await page.inputValue('input[name="accept_total"]');
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction((old) => document.querySelector('input[name="accept_total"]').value !== old, before);
  assert.ok(await page.evaluate(() => document.activeElement.name === 'delivery' && document.activeElement.checked), 'the focus stays on the choice');
  await tabTo(page, 'button[value="place"]');
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(ring, 'none');
  await Promise.all([page.waitForURL(/\/order\/\d+/), page.keyboard.press('Enter')]);
  assert.match(await page.textContent('.thanks h1'), /Thank you/);
  await context.close();
}

// Says in `found` what is wrong with the page that is open: its HTML, axe, its width, its width with words 40 % longer.
function watcher(page, found) {
  return async (kind) => {
    const html = await page.evaluate(async () => (await (await fetch(location.href, { headers: { accept: 'text/html' } })).text()));
    for (const m of (await validator.validateString(html)).results.flatMap((result) => result.messages)) found.push(`${kind}: ${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate((only) => window.axe.run(document, { runOnly: only }), rules);
    for (const v of violations) for (const node of v.nodes) found.push(`${kind}: ${v.id}: ${node.html.slice(0, 160)} ${node.any.map((a) => a.message).join('; ').slice(0, 200)}`);
    const worst = await wide(page);
    if (worst) found.push(`${kind}: ${worst}`);
    await page.evaluate(() => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const nodes = [];
      while (walker.nextNode()) nodes.push(walker.currentNode);
      for (const node of nodes) node.data = node.data.replace(/\S+/g, (word) => word + word.slice(0, Math.ceil(word.length * 0.4)));
    });
    const longer = await wide(page);
    if (longer) found.push(`${kind}, long words: ${longer}`);
    await page.reload();
  };
}

async function look(colorScheme, width) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const found = [];
  const see = watcher(page, found);
  await put(page);
  await put(page);
  await see('cart');
  await page.locator('button[value="later"]').first().click();
  await page.waitForURL(/done=later/);
  await see('cart with something for later');
  await page.locator('button[value="back"]').first().click();
  await page.waitForURL(/done=back/);
  await page.locator('.quantity input[type="number"]').first().fill('9999');
  await page.locator('.quantity button').first().click();
  await page.waitForSelector('.errors');
  await page.evaluate(axe);
  for (const v of (await page.evaluate((only) => window.axe.run(document, { runOnly: only }), rules)).violations) found.push(`cart refused: ${v.id}`);
  await page.goto(`${shop.url}/checkout`);
  await see('checkout');
  await page.locator('button[value="place"]').click();
  await page.waitForSelector('.errors');
  assert.ok(await page.evaluate(() => document.activeElement.matches('.errors')), 'what is wrong has the focus');
  await page.evaluate(axe);
  for (const v of (await page.evaluate((only) => window.axe.run(document, { runOnly: only }), rules)).violations) for (const node of v.nodes) found.push(`checkout refused: ${v.id}: ${node.html.slice(0, 160)}`);
  await fill(page);
  await Promise.all([page.waitForURL(/\/order\/\d+/), page.locator('button[value="place"]').click()]);
  await see('thanks');
  const place = page.url().replace(/&thanks=1/, '');
  await page.goto(place);
  await see('order');
  await page.goto(place.replace('?', '/return?'));
  await see('return');
  await page.goto(`${shop.url}/order`);
  await see('look-up');
  await page.goto(`${shop.url}/cart`);
  await see('empty cart');
  await context.close();
  assert.deepEqual(found, []);
}

async function follows() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await put(page);
  await page.goto(`${shop.url}/checkout`);
  const before = await page.inputValue('input[name="accept_total"]');
  await page.fill('#email', person.email);
  await page.fill('#city', 'Plovdiv');
  await page.locator('input[name="delivery"]').nth(1).check();
  await page.waitForFunction((old) => document.querySelector('input[name="accept_total"]').value !== old, before);
  assert.equal(await page.inputValue('#email'), person.email);
  assert.equal(await page.inputValue('#city'), 'Plovdiv');
  assert.ok(await page.locator('input[name="delivery"]').nth(1).isChecked());
  assert.equal(await page.isVisible('.renew button'), false, 'no button is needed');
  assert.ok(!page.url().includes('done='), 'the page has stayed');
  await page.goto(`${shop.url}/`);
  await page.goto(`${shop.url}/checkout`);
  assert.equal(await page.inputValue('#city'), 'Plovdiv', 'and was kept');
  await context.close();
}

async function forcedColours() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, forcedColors: 'active' });
  const page = await context.newPage();
  await put(page);
  await page.goto(`${shop.url}/checkout`);
  const styles = await page.evaluate(() => [...document.querySelectorAll('.option')].map((option) => [option.querySelector('input').checked, getComputedStyle(option).outlineStyle]));
  assert.ok(styles.some(([on]) => on));
  for (const [on, outline] of styles) assert.equal(outline !== 'none', on);
  await context.close();
}

async function elsewhere(colorScheme, width) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const found = [], see = watcher(page, found);
  const email = `ana-${colorScheme}@example.org`, password = 'a long enough word';
  const place = async () => {
    await put(page);
    await page.goto(`${shop.url}/checkout`);
    await fill(page);
    await page.fill('#email', email);
    await page.locator('input[name="payment"][value="peer"]').check();
    await page.waitForFunction(() => !document.querySelector('[aria-busy]'));
    await Promise.all([page.waitForURL(/\/order\/\d+/), page.locator('button[value="place"]').click()]);
  };
  await page.goto(`${shop.url}/account/register`);
  await page.fill('#email', email);
  await page.fill('#password', password);
  await page.locator('main form button[type="submit"]').last().click();
  await page.waitForLoadState();
  await page.goto(`${shop.url}/account/sign-in`);
  await page.fill('#email', email);
  await page.fill('#password', password);
  await Promise.all([page.waitForURL(/\/account/), page.locator('main form button[type="submit"]').first().click()]);
  await page.goto(`${shop.url}/account/orders`);
  await see('no orders yet');
  said = { state: 'failed', message: 'the card was refused' };
  await place();
  await see('payment failed');
  await page.locator('.errors a.button').click();
  await page.waitForURL(/\/pay\?/);
  await see('pay');
  said = { state: 'pending', reference: `P-${colorScheme}`, redirect: 'https://pay.example/session/1' };
  await page.route('https://pay.example/**', (route) => route.fulfill({ status: 204 })); // which leaves the page where it is
  await page.locator('input[name="payment"][value="peer"]').check();
  await Promise.all([page.waitForURL(/pay=1/), page.locator('main form button[type="submit"]').first().click()]);
  assert.equal(await page.locator('main a.button').getAttribute('href'), 'https://pay.example/session/1');
  await see('leave');
  await page.goto(page.url().replace(/&pay=1/, ''));
  await see('waits for its payment');
  await page.goto(`${shop.url}/account/orders`);
  await see('orders');
  await page.goto(`${shop.url}/account`);
  await see('account');
  await context.close();
  assert.deepEqual(found, []);
}

async function imported() {
  const other = new Shop({ plugins: ['probe_sell'], config: 'log = { access = "off" }\nshop = { name = "Anbar" }' });
  const before = shop;
  try {
    const done = await run(souk, ['import', '--data', other.data, '-c', other.file, '--format', 'shopify', sample, '--json'], { timeout: 600000 });
    assert.equal(done.code, 0, done.stderr);
    shop = await other.up();
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, javaScriptEnabled: false });
    const page = await context.newPage();
    const cards = (await shop.get('/api/v1/products?limit=50&available=1')).json.items;
    assert.ok(cards.length > 0, 'nothing of the sample can be bought');
    const { slug, name } = cards.find((card) => card.available);
    await page.goto(`${shop.url}/p/${encodeURIComponent(slug)}`);
    assert.equal(await page.textContent('h1'), name);
    for (const group of new Set(await page.locator('.options input[type="radio"]').evaluateAll((list) => list.map((e) => e.name))))
      await page.locator(`.options input[name="${group}"]`).first().check({ force: true });
    await Promise.all([page.waitForURL(/\/cart\?added=/), page.locator('.buy-form button').click()]);
    await page.locator('.till-sum a.button').click();
    await page.waitForURL(/\/checkout/);
    await fill(page);
    const sum = amount(await page.locator('.totals-all dd').textContent());
    await Promise.all([page.waitForURL(/\/order\/\d+/), page.locator('button[value="place"]').click()]);
    assert.equal(amount(await page.locator('.totals-all dd').textContent()), sum);
    assert.match(await page.textContent('.thanks'), /ana@example\.org/);
    await context.close();
  } finally {
    shop = before;
    await other.down();
  }
}
