// Every kind of page in a real browser: axe and html-validate find nothing, light and dark, narrow and wide; no page is broken at 320 px, at
// 200 % text or with words 40 % longer; nothing comes from elsewhere; sizes stay within their budgets; nothing is said on the console.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { demoShop, pagesOf, chromium, why } from './shop.mjs';

let shop, pages, browser, axe, validator;

test('axe, html-validate and layout', { skip: why, timeout: 1200000 }, async (t) => {
  const { chromium: driver } = await import('playwright-core');
  const { HtmlValidate } = await import('html-validate');
  axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  validator = new HtmlValidate({ extends: ['html-validate:recommended'], rules: { 'long-title': 'off', 'void-style': 'off', 'doctype-style': 'off', 'no-trailing-whitespace': 'off' } });
  shop = await demoShop();
  browser = await driver.launch({ executablePath: chromium, args: ['--no-sandbox'] });
  try {
    pages = await pagesOf(shop);
    assert.ok(pages.length >= 15, `only ${pages.length} kinds of pages were found`);
    for (const [kind, path] of pages) await t.test(`${kind} is valid`, () => valid(path));
    for (const colorScheme of ['light', 'dark'])
      for (const width of [360, 1280])
        await t.test(`axe: ${colorScheme}, ${width} px`, () => accessible(colorScheme, width));
    await t.test('no layout breaks', () => whole());
    await t.test('budgets', () => budgets());
    await t.test('a shopper without script filters, searches and chooses', () => withoutScript());
  } finally {
    await browser.close();
    await shop.down();
  }
});

async function valid(path) {
  const { text } = await shop.get(path, { accept: 'text/html' });
  const report = await validator.validateString(text);
  const found = report.results.flatMap((result) => result.messages).map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
  assert.deepEqual(found, [], path);
}

async function accessible(colorScheme, width) {
  // axe is put into the page by the browser itself, past the page's own policy, which stays in force for all else
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const found = [];
  for (const [kind, path] of pages) {
    await page.goto(shop.url + path, { waitUntil: 'load' });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    for (const v of violations) for (const node of v.nodes) found.push(`${kind}: ${v.id}: ${node.html.slice(0, 160)} ${node.any.map((a) => a.message).join('; ').slice(0, 200)}`);
  }
  await context.close();
  assert.deepEqual(found, []);
}

async function whole() {
  const found = [];
  for (const way of ['320 px', '200 % text', 'long words']) {
    const context = await browser.newContext({ viewport: { width: way === '320 px' ? 320 : 1000, height: 800 }, bypassCSP: true });
    const page = await context.newPage();
    const said = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => request.url().startsWith(shop.url) || request.url().startsWith('data:') || said.push(`asked ${request.url()}`));
    for (const [kind, path] of pages) {
      await page.goto(shop.url + path, { waitUntil: 'load' });
      if (way === '200 % text') await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
      if (way === 'long words') await page.evaluate(() => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        const nodes = [];
        while (walker.nextNode()) nodes.push(walker.currentNode);
        for (const node of nodes) node.data = node.data.replace(/\S+/g, (word) => word + word.slice(0, Math.ceil(word.length * 0.4)));
      });
      const wide = await page.evaluate(() => {
        const most = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= most) return null;
        const worst = [...document.body.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > most + 1).pop();
        return worst ? worst.outerHTML.slice(0, 120) : 'the page';
      });
      if (wide) found.push(`${kind}, ${way}: ${wide}`);
    }
    found.push(...said.filter((text) => !/404 \(Not Found\)/.test(text)));
    await context.close();
  }
  assert.deepEqual([...new Set(found)], []);
}

async function budgets() {
  const weigh = async (path) => gzipSync((await shop.get(path)).text, { level: 6 }).length;
  const over = [];
  for (const [kind, path] of pages) {
    const size = await weigh(path);
    if (size > 20480) over.push(`${kind}: HTML ${size}`);
  }
  const { text } = await shop.get('/');
  const files = [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+\.(css|m?js))"/g)];
  const sum = { css: 0, js: 0 };
  for (const [, path, kind] of files) sum[kind === 'css' ? 'css' : 'js'] += await weigh(path);
  if (sum.css > 14336) over.push(`CSS ${sum.css}`);
  if (sum.js > 10240) over.push(`script ${sum.js}`);
  assert.ok(sum.css > 0);
  assert.deepEqual(over, []);
}

async function withoutScript() {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.goto(shop.url + '/');
  await page.locator('input[name=q]').first().fill('tea');
  await page.locator('input[name=q]').first().press('Enter');
  await page.waitForURL(/\/search\?/);
  assert.ok(await page.locator('a[href^="/p/"]').count() > 0, 'nothing was found');
  const category = pages.find(([kind]) => kind === 'category')[1];
  await page.goto(shop.url + category);
  const before = await page.locator('main a[href*="/p/"]').count();
  const box = page.locator('form input[type=checkbox]').first();
  await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
  await box.check();
  await page.locator('form:has(input[type=checkbox]) button').last().click();
  await page.waitForURL(/\?/);
  assert.ok(await page.locator('main a[href*="/p/"]').count() <= before);
  const product = pages.find(([kind]) => kind === 'product with options')[1];
  await page.goto(shop.url + product);
  const radios = page.locator('main form input[type=radio]:not(:checked)');
  await radios.first().check({ force: true });
  await page.locator('main form:has(input[type=radio]) button').first().click();
  await page.waitForURL(/\/p\/[^?]+\?/);
  await context.close();
}
