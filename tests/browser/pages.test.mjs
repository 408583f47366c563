// Every kind of page in a real browser: axe and html-validate find nothing, light and dark, narrow and wide; no page is broken at 320 px, at
// 200 % text or with words 40 % longer; nothing comes from elsewhere; sizes stay within their budgets; nothing is said on the console.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { openBrowser, demoShop, pagesOf, why } from './shop.mjs';

let shop, pages, browser, axe, validator;

test('axe, html-validate and layout', { skip: why, timeout: 3600000 }, async (t) => {
  const { HtmlValidate } = await import('html-validate');
  axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  validator = new HtmlValidate({ extends: ['html-validate:recommended'], rules: { 'long-title': 'off', 'void-style': 'off', 'doctype-style': 'off', 'no-trailing-whitespace': 'off' } });
  shop = await demoShop();
  browser = await openBrowser();
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
    await t.test('everything is done by keyboard, and the focus is always seen', () => byKeyboard());
    await t.test('forced colours: what is chosen and what has the focus stay visible', () => forcedColours());
    await t.test('colours are chosen in the footer and hold before the first paint', () => colours());
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

// What has the focus, whether a ring is drawn around it or what stands for it, and whether something lies over it.
const focused = () => {
  const at = document.activeElement;
  const ring = [at, at.closest('.choice'), at.closest('.find form')].filter(Boolean).some((e) => getComputedStyle(e).outlineStyle !== 'none') || getComputedStyle(at, '::after').outlineStyle !== 'none';
  const box = at.getBoundingClientRect();
  const x = Math.min(Math.max(box.x + Math.min(box.width / 2, 40), 0), innerWidth - 1), y = Math.min(Math.max(box.y + Math.min(box.height / 2, 20), 0), innerHeight - 1);
  const top = document.elementFromPoint(x, y);
  return { what: at.outerHTML.slice(0, 120), body: at === document.body, ring,
    seen: box.bottom > 0 && box.y < innerHeight && Boolean(top && (at.contains(top) || top.contains(at) || top.closest('label, article') === at.closest('label, article'))) };
};

async function tabTo(page, selector, most = 60) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(focused);
    if (at.body) continue; // the browser's own part of the round
    assert.ok(at.ring, `no ring around ${at.what}`);
    assert.ok(at.seen, `something hides ${at.what}`);
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  assert.fail(`the Tab key does not reach ${selector}`);
}

async function byKeyboard() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const matches = (selector) => page.evaluate((wanted) => document.activeElement.matches(wanted), selector);
  await page.goto(shop.url + '/');
  await page.keyboard.press('Tab');
  assert.ok(await matches('.skip') && (await page.evaluate(focused)).seen, 'the first stop leads to the content');
  await page.keyboard.press('Enter');
  assert.ok(await matches('#main'));

  await page.goto(shop.url + '/');
  await tabTo(page, '#q');
  await page.keyboard.type('te'); // one list: a letter more would bring another while we walk in it
  await page.waitForSelector('#suggestions:not([hidden]) li');
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.getAttribute('#q', 'aria-activedescendant'), 'suggestion-0');
  await page.keyboard.press('Escape');
  assert.equal(await page.getAttribute('#q', 'aria-expanded'), 'false');
  await page.keyboard.press('ArrowDown');
  await Promise.all([page.waitForURL(/\/(p|c|search)[/?]/), page.keyboard.press('Enter')]);

  await page.goto(shop.url + '/');
  await tabTo(page, '[data-menu] > summary');
  await page.keyboard.press('Enter');
  await tabTo(page, '[data-menu][open] a', 1);
  await page.keyboard.press('Escape');
  assert.ok(await matches('[data-menu]:not([open]) > summary'), 'Escape closes the menu and stays there');
  await page.keyboard.press('Enter');
  await tabTo(page, '[data-menu][open] a', 1);
  await Promise.all([page.waitForURL(/\/c\//), page.keyboard.press('Enter')]);

  await page.goto(shop.url + pages.find(([kind]) => kind === 'category')[1]);
  await tabTo(page, '.filters input[type=checkbox]');
  const box = await page.evaluate(() => [document.activeElement.name, document.activeElement.value]);
  await page.keyboard.press('Space');
  await page.waitForURL(/\?/);
  await page.waitForSelector('.list:not([aria-busy]) .chips a');
  assert.deepEqual(await page.evaluate(() => [document.activeElement.name, document.activeElement.value, document.activeElement.checked]), [...box, true], 'the focus stays on the filter');
  await tabTo(page, '.chips a');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.list:not([aria-busy]):not(:has(.chips))');
  await tabTo(page, '.name a');

  await page.goto(shop.url + pages.find(([kind]) => kind === 'product with options')[1]);
  await tabTo(page, '.choice input');
  await page.keyboard.press('Space');
  await page.waitForURL(/\/p\/[^?]+\?/);
  await page.waitForSelector('.product:not([aria-busy]) .choice :checked');
  assert.ok(await matches('.choice input:checked'), 'the focus stays on the choice');
  const first = page.url();
  await page.keyboard.press('ArrowRight');
  await page.waitForURL((url) => url.href !== first);

  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(shop.url + '/');
  await tabTo(page, '.bar-menu[popovertarget]');
  await page.keyboard.press('Enter');
  await tabTo(page, '#menu a, #menu summary', 3);
  await page.keyboard.press('Escape');
  assert.ok(await page.isHidden('#menu') && await matches('.bar-menu'), 'Escape closes the menu and goes back to its button');
  await tabTo(page, '[data-look]', 80); // every stop of a page, down to the last
  await context.close();
}

async function forcedColours() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, forcedColors: 'active' });
  const page = await context.newPage();
  await page.goto(shop.url + pages.find(([kind]) => kind === 'product with options')[1]);
  await page.locator('.choice input').first().check({ force: true });
  await page.waitForURL(/\?/);
  await page.waitForSelector('.product:not([aria-busy]) .choice :checked');
  const edge = (selector) => page.evaluate((s) => { const e = getComputedStyle(document.querySelector(s)); return `${e.outlineStyle} ${e.outlineColor} ${e.borderStyle} ${e.borderColor}`; }, selector);
  await page.evaluate(() => document.activeElement.blur());
  assert.notEqual(await edge('.choice:has(:checked)'), await edge('.choice:not(:has(:checked))'), 'the chosen one looks like the others');
  await page.goto(shop.url + '/');
  await page.fill('#q', 'te');
  await page.waitForSelector('#suggestions:not([hidden]) li:nth-child(2)');
  await page.keyboard.press('ArrowDown');
  assert.notEqual(await edge('.suggest [aria-selected="true"]'), await edge('.suggest [aria-selected="false"]'));
  await page.goto(shop.url + pages.find(([kind]) => kind === 'category')[1]);
  await tabTo(page, '.filters input[type=checkbox]');
  await context.close();
}

async function colours() {
  const context = await browser.newContext({ colorScheme: 'light', viewport: { width: 800, height: 700 } });
  const page = await context.newPage();
  // asked when the first element of the body is there, long before modules run
  await page.addInitScript(() => new MutationObserver((_, watch) => {
    if (!document.body) return;
    watch.disconnect();
    window.early = [document.documentElement.dataset.theme, getComputedStyle(document.documentElement).colorScheme];
  }).observe(document, { childList: true, subtree: true }));
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto(shop.url + '/');
  const light = await ground();
  await page.selectOption('[data-look]', 'dark');
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.goto(shop.url + '/contact');
  assert.deepEqual(await page.evaluate(() => window.early), ['dark', 'dark']);
  assert.equal(await ground(), dark);
  assert.equal(await page.inputValue('[data-look]'), 'dark');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.selectOption('[data-look]', 'light');
  assert.equal(await ground(), light, 'light was chosen on a dark device');
  await page.selectOption('[data-look]', '');
  assert.equal(await ground(), dark, 'as the device says');
  await page.reload();
  assert.equal(await page.inputValue('[data-look]'), '');
  await context.close();
  const plain = await browser.newContext({ javaScriptEnabled: false, colorScheme: 'dark' });
  const without = await plain.newPage();
  await without.goto(shop.url + '/');
  assert.equal(await without.locator('.look').isVisible(), false, 'no control that does nothing');
  assert.equal(await without.evaluate(() => getComputedStyle(document.body).backgroundColor).catch(() => dark), dark);
  await plain.close();
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
