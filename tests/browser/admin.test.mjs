// Every kind of admin page in a real browser, signed in through the real forms: axe and html-validate find nothing, light and dark, narrow
// and wide; no page is broken at 320 px or with text twice as large; nothing is said on the console. With SHOTS=folder in the environment
// each page is also kept as a picture there.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser, demoShop, why } from './shop.mjs';
import { until } from '../e2e/souk.mjs';
import { add, password, totp } from '../e2e/browser.mjs';
import { putOrders } from '../e2e/orders.mjs';

let orders, shop, browser, axe, validator, cookies;

// Forms are sent as a browser sends them; the answer of the page that follows is the result.
async function send(page, click) {
  const [answer] = await Promise.all([page.waitForNavigation({ waitUntil: 'load' }), click()]);
  return answer;
}

async function showPassword(page, email) {
  await page.goto(`${shop.url}/admin/sign-in`);
  await page.fill('#email', email);
  await page.fill('#password', password);
  return send(page, () => page.click('main button'));
}

async function signIn(email) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await showPassword(page, email);
  const secret = await page.textContent('code.secret');
  await page.fill('#code', totp(secret));
  const answer = await send(page, () => page.click('main button'));
  assert.equal(answer.status(), 200);
  const kept = await answer.text();
  const state = await context.cookies();
  await context.close();
  return { cookies: state, recovery: kept };
}

const go = (path) => (page) => page.goto(shop.url + path, { waitUntil: 'load' });
const first = async (page, list) => {
  await page.goto(shop.url + list);
  return page.locator('td a[href^="/admin/"]').first().getAttribute('href');
};
const firstOf = (list, below = '') => async (page) => page.goto(shop.url + (await first(page, list)) + below, { waitUntil: 'load' });

// Orders in all sorts of states; a word without a break stands for what people paste into forms.
const paid = { status: 'confirmed', payment_status: 'paid', payment: 'captured', captured: 3500 };
const stock = [{ ...paid, name: 'Anna Petrova', note: 'Please ring twice <b>' }, {}, { status: 'confirmed', name: 'Donaudampfschifffahrtsgesellschaftskapitän'.repeat(3) },
  { status: 'cancelled' }, paid, ...Array.from({ length: 60 }, () => ({ status: 'closed' }))];
const press = (path, action, fill = {}) => async (page) => {
  await page.goto(shop.url + path());
  for (const details of await page.locator('main details').all()) await details.evaluate((e) => { e.open = true; });
  for (const [name, value] of Object.entries(fill)) await page.locator(`form[action="${action()}"] [name="${name}"]`).fill(value);
  return send(page, () => page.locator(`form[action="${action()}"] button`).first().click());
};
const order = (at, below = '') => () => orders[at].path + below;
const bought = [
  ...['orders', 'shipments', 'returns', 'match', 'orders?work=pack&status=confirmed', 'orders?q=zzzz'].map((name) => [name, go(`/admin/${name}`), 200]),
  ...['', '/edit', '/refund'].map((below) => [`order${below}`, (page) => page.goto(shop.url + order(0, below)()), 200]),
  ['an order of a long name', (page) => page.goto(shop.url + order(2)()), 200],
  ['a cancelled order', (page) => page.goto(shop.url + order(3)()), 200],
  ['an order for a viewer', (page) => page.goto(shop.url + order(0)()), 200, 'viewer'],
  ['an order, all forms open', async (page) => { const answer = await page.goto(shop.url + order(0)()); await page.evaluate(() => { for (const d of document.querySelectorAll('details')) d.open = true; }); return answer; }, 200],
  ['refund preview', press(order(0, '/refund'), order(0, '/refund'), { delivery: '1' }), 200],
  ['refund refused', press(order(0, '/refund'), order(0, '/refund'), { amount: '99999' }), 409],
  ['a refused step', press(order(1), order(1, '/pay'), { amount: 'much' }), 422],
  ['an edit refused', press(order(1, '/edit'), order(1, '/edit'), { 'sku-1': 'NO-SUCH' }), 422],
  ['a return', (page) => page.goto(shop.url + back), 200],
  ['promotions', go('/admin/promotions'), 200],
  ['promotions of a state', go('/admin/promotions?state=over'), 200],
  ['a promotion', go('/admin/promotions/tenth'), 200],
  ['a promotion tried', (page) => page.goto(`${shop.url}/admin/promotions/tenth?order=${orders[0].number}`), 200],
  ['a promotion tried in vain', go('/admin/promotions/tenth?order=nothing'), 200],
  ['a promotion for a viewer', go('/admin/promotions/tenth'), 200, 'viewer'],
  ['a preview', async (page) => {
    await page.goto(`${shop.url}/admin/promotions/tenth?order=${orders[0].number}`);
    return page.goto(shop.url + await page.locator('a[href*="/promotions/preview"]').getAttribute('href'));
  }, 200],
  ['slips', (page) => page.goto(`${shop.url}/admin/orders/slips?ids=${orders[0].id},${orders[1].id}`), 200],
  ['no such order', go('/admin/orders/1'), 404],
];
let back; // the page of a return
const feed = {}; // pages of feeds

// Rules: one of a name without a break, one that is off, one that is over.
function putRules(made) {
  const folder = join(made.dir, 'scripts/promotions');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'a.lua'), `promotion { id = "tenth", name = "A tenth ${'o'.repeat(120)}", when = { items_total_at_least = 1000, customer_group_in = { "vip" } }, budget = { amount = 5000 },
  give = { order_percent = { percent = 10 } } } -- ${'long '.repeat(60)}
promotion { id = "off", enabled = false, coupon = "SPRING", give = { order_percent = { percent = 10 } } }
promotion { id = "over", to = "2001-01-01", give = { order_percent = { percent = 10 } } }
`);
}

// [kind, how to get there, the status of the answer, who]
const kinds = [
  ['sign in', go('/admin/sign-in'), 200, 'nobody'],
  ['sign in refused', async (page) => { await page.goto(`${shop.url}/admin/sign-in`); await page.fill('#email', 'nobody@shop.example'); await page.fill('#password', 'x'); return send(page, () => page.click('main button')); }, 422, 'nobody'],
  ['the code', (page) => showPassword(page, 'ann@shop.example'), 200, 'nobody'],
  ['setting up', (page) => showPassword(page, 'new@shop.example'), 200, 'nobody'],
  ['overview', go('/admin'), 200],
  ...bought,
  ...['products', 'categories', 'pages', 'price-lists', 'tax-rates', 'tax-zones', 'people', 'inquiries', 'plugins', 'staff', 'roles', 'tokens', 'audit', 'jobs', 'import', 'password', 'audit/check', 'tokens/new', 'staff/new']
    .map((name) => [name, go(`/admin/${name}`), 200]),
  ['products of a filter', go('/admin/products?q=a&status=active&sort=name'), 200],
  ['no products', go('/admin/products?q=zzzzqqqq'), 200],
  ...['products', 'categories', 'pages', 'price-lists', 'tax-rates', 'tax-zones'].map((name) => [`new: ${name}`, go(`/admin/${name}/new`), 200]),
  ...['products', 'categories', 'pages', 'price-lists', 'people', 'inquiries', 'staff', 'plugins', 'import'].map((name) => [`one of ${name}`, firstOf(`/admin/${name}`), 200]),
  ['feeds', go('/admin/feeds'), 200],
  ['new: feeds', go('/admin/feeds/new'), 200],
  ['a feed', (page) => page.goto(shop.url + feed.good), 200],
  ['a feed that failed', (page) => page.goto(shop.url + feed.failed), 200],
  ['a feed for a viewer', (page) => page.goto(shop.url + feed.good), 200, 'viewer'],
  ['remove', firstOf('/admin/categories', '/remove'), 200],
  ['erase', firstOf('/admin/people', '/erase'), 200],
  ['bulk preview', async (page) => {
    await page.goto(`${shop.url}/admin/products`);
    for (const box of (await page.locator('td > input[name=id]').all()).slice(0, 3)) await box.check();
    await page.selectOption('#action', 'price');
    return send(page, () => page.click('.bulk button'));
  }, 200],
  ['nothing chosen', async (page) => { await page.goto(`${shop.url}/admin/products`); return send(page, () => page.click('.bulk button')); }, 422],
  ['refused form', async (page) => {
    await page.goto(shop.url + await first(page, '/admin/products'));
    await page.fill('#text-en-name', '');
    await page.locator('input[name=v0-price]').fill('cheap');
    return send(page, () => page.click('.save button'));
  }, 422],
  ['two at once', async (page) => {
    await page.goto(shop.url + await first(page, '/admin/products'));
    await page.evaluate(() => { document.querySelector('input[name=_seen]').value = '0'; });
    await page.fill('#text-en-name', 'Another name');
    return send(page, () => page.click('.save button'));
  }, 409],
  ['not allowed', go('/admin/audit'), 403, 'viewer'],
  ['what a viewer sees', firstOf('/admin/products'), 200, 'viewer'],
  ['not there', go('/admin/products/1234'), 404],
];

const only = process.env.KINDS && new RegExp(process.env.KINDS); // while working on one page
const chosen = kinds.filter(([kind]) => !only || only.test(kind));

async function open(who, options) {
  const context = await browser.newContext(options);
  if (who !== 'nobody') await context.addCookies(cookies[who ?? 'boss']);
  return context;
}

async function each(options, fn) {
  for (const [kind, visit, status, who] of chosen) {
    const context = await open(who, options);
    const page = await context.newPage();
    const said = [];
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('request', (request) => request.url().startsWith(shop.url) || request.url().startsWith('data:') || said.push(`asked ${request.url()}`));
    const answer = await visit(page);
    assert.equal(answer.status(), status, kind);
    await fn(kind, page, answer);
    await context.close();
    assert.deepEqual(said.filter((text) => !/status of (403|404|409|422)/.test(text)), [], kind);
  }
}

async function prepare() {
  await add(shop, 'ann@shop.example', 'owner');
  await add(shop, 'vic@shop.example', 'viewer');
  await add(shop, 'new@shop.example', 'viewer');
  const boss = await signIn('ann@shop.example');
  const viewer = await signIn('vic@shop.example');
  cookies = { boss: boss.cookies, viewer: viewer.cookies };
  const context = await open('boss');
  const page = await context.newPage();
  // somebody who wrote, a price list, a tax rate, an import
  await page.goto(`${shop.url}/contact`);
  await page.fill('main [name=name]', 'Carla <script>');
  await page.fill('main [name=email]', 'carla@people.example');
  await page.fill('main textarea', 'Where is my tea? '.repeat(8));
  await page.locator('main form button').last().click();
  await page.waitForLoadState();
  await page.goto(`${shop.url}/admin/price-lists/new`);
  await page.fill('#code', 'vip');
  await page.fill('#name', 'Good friends');
  assert.equal((await send(page, () => page.click('.save button'))).status(), 200);
  await page.goto(`${shop.url}/admin/tokens/new`);
  await page.fill('#name', 'till');
  await page.fill('#scopes', 'product.read');
  assert.equal((await send(page, () => page.click('main button'))).status(), 200);
  await page.goto(`${shop.url}/admin/import`);
  await page.setInputFiles('#file', { name: 'shop.csv', mimeType: 'text/csv', buffer: Buffer.from('Type,SKU,Name,Published,Regular price\nsimple,JAR,Jar,1,7\nsimple,,,1,cheap\n') });
  await page.selectOption('#format', 'woocommerce');
  await send(page, () => page.click('main button'));
  const run = page.url();
  await until('the dry run', async () => { await page.goto(run); return !(await page.locator('progress').count()); });
  // parcels: one delivered and asked back, one packed
  const step = async (path, action, fill) => assert.equal((await press(path, action, fill)(page)).status(), 200, action());
  await step(order(4), order(4, '/pack'), { weight: '0.3' });
  await step(order(0), order(0, '/pack'));
  const parcel = await page.locator('article.parcel[id^=parcel-]').first().getAttribute('id');
  const shipment = `/admin/shipments/${parcel.slice('parcel-'.length)}`;
  await step(order(0), () => `${shipment}/send`, { tracking: 'TR123456789' });
  await step(order(0), () => `${shipment}/deliver`);
  await step(order(0), order(0, '/note'), { text: 'Anna called: Thursday.' });
  await step(order(0), order(0, '/ask-return'), { [`units-${orders[0].lines[0]}`]: '1' });
  back = new URL(page.url()).pathname;
  // feeds: one with a word without a break in its report, one that cannot be written
  const make = async (name, fill, done) => {
    await page.goto(`${shop.url}/admin/feeds/new`);
    await page.fill('#name', name);
    await page.selectOption('#format', 'yml');
    for (const [key, value] of Object.entries(fill)) await page.fill(`#${key}`, value);
    assert.equal((await send(page, () => page.click('.save button'))).status(), 200);
    await until(`the feed ${name}`, async () => { await page.goto(page.url()); return done(await page.textContent('main')); });
    return new URL(page.url()).pathname;
  };
  feed.good = await make('market', { suffix: 'utm_source=market&utm_content={sku}', categories: `tea-coffee\nceramics\n${'gone'.repeat(40)}` }, (text) => /feeds\/market\.xml/.test(text));
  feed.failed = await make('x'.repeat(60), { currency: 'USD' }, (text) => /no price list in USD/.test(text));
  await page.goto(`${shop.url}/admin/people`);
  assert.ok(await page.locator('td a[href^="/admin/people/"]').count() > 0, 'nobody is there');
  await context.close();
  return boss;
}

test('admin pages: axe, html-validate and layout', { skip: why, timeout: 3600000 }, async (t) => {
  const { HtmlValidate } = await import('html-validate');
  axe = readFileSync(new URL('node_modules/axe-core/axe.min.js', import.meta.url), 'utf8');
  validator = new HtmlValidate({ extends: ['html-validate:recommended'], rules: { 'long-title': 'off', 'void-style': 'off', 'doctype-style': 'off', 'no-trailing-whitespace': 'off',
    // rows of a list are chosen by boxes of one name, and a box has a hidden field beside it that says that it was asked
    'form-dup-name': 'off' } });
  shop = await demoShop({ plugins: ['hello', 'feed_market'], config: 'log = { access = "off" }\nshop = { name = "The souk", url = "http://shop.example" }', before: (made) => { orders = putOrders(made, stock); putRules(made); } });
  browser = await openBrowser();
  try {
    const { recovery } = await prepare();
    await t.test('pages are valid', () => valid(recovery));
    for (const [colorScheme, width] of [['light', 360], ['dark', 1280]]) // colours and widths do not depend on each other
      await t.test(`axe: ${colorScheme}, ${width} px`, () => accessible(colorScheme, width));
    await t.test('no layout breaks at 320 px', () => whole({ viewport: { width: 320, height: 700 } }));
    await t.test('no layout breaks with large text', () => whole({ viewport: { width: 1000, height: 700 } }, true));
    await t.test('without script a category moves and a bulk action works', () => withoutScript());
  } finally {
    await browser.close();
    await shop.down();
  }
});

async function valid(recovery) {
  const found = [];
  const look = async (kind, text) => {
    const report = await validator.validateString(text);
    for (const m of report.results.flatMap((result) => result.messages)) found.push(`${kind} ${m.line}:${m.column} ${m.ruleId}: ${m.message}`);
  };
  await look('recovery codes', recovery);
  await each({}, async (kind, page, answer) => look(kind, await answer.text()));
  assert.deepEqual(found, []);
}

async function accessible(colorScheme, width) {
  const found = [];
  await each({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true, reducedMotion: 'reduce' }, async (kind, page) => {
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${kind.replace(/[^a-z0-9]+/gi, '-')}-${colorScheme}-${width}.png`), fullPage: width > 1000 });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    for (const v of violations) for (const node of v.nodes) found.push(`${kind}: ${v.id}: ${node.html.slice(0, 160)} ${node.any.map((a) => a.message).join('; ').slice(0, 200)}`);
  });
  assert.deepEqual(found, []);
}

async function whole(options, large) {
  const found = [];
  await each({ ...options, bypassCSP: true }, async (kind, page) => {
    if (large) await page.evaluate(() => { document.documentElement.style.fontSize = '200%'; });
    const wide = await page.evaluate(() => {
      const most = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= most) return null;
      const inner = (e) => e.closest('.scroll') && !e.matches('.scroll');
      const worst = [...document.body.querySelectorAll('*')].filter((e) => !inner(e) && e.getBoundingClientRect().right > most + 1).pop();
      return worst ? worst.outerHTML.slice(0, 120) : 'the page';
    });
    if (wide) found.push(`${kind}: ${wide}`);
  });
  assert.deepEqual(found, []);
}

async function withoutScript() {
  const context = await open('boss', { javaScriptEnabled: false });
  const page = await context.newPage();
  const order = async () => (await page.locator('td a[href^="/admin/categories/"]').allTextContents()).map((text) => text.trim());
  await page.goto(`${shop.url}/admin/categories`);
  const before = await order();
  await send(page, () => page.locator('button[value=down]').first().click());
  const after = await order();
  assert.notDeepEqual(after, before);
  assert.deepEqual([...after].sort(), [...before].sort());
  await send(page, () => page.locator(`tr:has(a:text-is("${before[0]}")) button[value=up]`).click());
  assert.deepEqual(await order(), before);
  await context.close();
}
