// The admin pages over HTTP: signing in with a second step, rights, products, two people at once, bulk, CSV, plugins, tokens, audit.
import test from 'node:test';
import assert from 'node:assert/strict';
import { withShop, until } from './souk.mjs';
import { Browser, add, command, fields, password, staff, totp, unescape } from './browser.mjs';

const makeProduct = (browser, key, name, price = '10.00') =>
  browser.make('products', { key, status: 'active', 'text-en-name': name, 'v0-sku': `${key}-1`, 'v0-price': price, 'v0-stock': '5' });

test('the first start says how to make a staff member, and signing in takes a second step', () => withShop({}, async (shop) => {
  const browser = new Browser(shop);
  const sent = await browser.get('/admin/products?status=draft');
  assert.equal(sent.status, 303);
  assert.equal(sent.location, '/admin/sign-in?next=%2Fadmin%2Fproducts%3Fstatus%3Ddraft');
  assert.match((await browser.get('/admin/sign-in')).text, /souk admin add/);
  assert.equal((await browser.post('/admin/sign-out')).status, 403);

  assert.equal((await command(shop, ['admin', 'add', '--email', 'ann@shop.example', '--name', 'Ann'], 'short\n')).code, 1);
  await add(shop, 'ann@shop.example');
  const wrong = await browser.post('/admin/sign-in', { email: 'ann@shop.example', password: 'not this one' });
  const unknown = await browser.post('/admin/sign-in', { email: 'bob@shop.example', password: 'not this one' });
  assert.equal(wrong.status, 422);
  assert.equal(wrong.text.replace('ann@', 'x@'), unknown.text.replace('bob@', 'x@'), 'no word tells who exists');
  assert.equal((await browser.get('/admin')).status, 303);

  const secret = await browser.signIn('ann@shop.example');
  assert.equal(browser.codes.length, 10);
  const page = await browser.get('/admin');
  assert.equal(page.status, 200);
  assert.match(page.text, /Overview/);
  assert.equal(page.headers.get('cache-control'), 'no-store');

  const other = new Browser(shop);
  await other.post('/admin/sign-in', { email: 'ann@shop.example', password });
  assert.equal((await other.get('/admin')).status, 303, 'the password alone opens nothing');
  assert.equal((await other.post('/admin/sign-in/code', { code: '000000' })).status, 422);
  assert.equal((await other.post('/admin/sign-in/code', { code: totp(secret, browser.step) })).status, 422, 'a code counts once');
  const before = other.cookie;
  const entered = await other.post('/admin/sign-in/code', { code: totp(secret, browser.step + 1) });
  assert.equal(entered.status, 303, entered.text);
  assert.notEqual(other.cookie, before, 'a new session id');
  assert.equal((await other.get('/admin')).status, 200);

  const third = new Browser(shop);
  await third.post('/admin/sign-in', { email: 'ann@shop.example', password });
  assert.equal((await third.post('/admin/sign-in/code', { code: browser.codes[0] })).status, 303);
  await third.post('/admin/sign-out');
  assert.equal((await third.get('/admin')).status, 303);
  await third.post('/admin/sign-in', { email: 'ann@shop.example', password });
  assert.equal((await third.post('/admin/sign-in/code', { code: browser.codes[0] })).status, 422, 'a recovery code counts once');
  assert.match((await browser.get('/admin/audit?action=staff.code_failed')).text, /staff\.code_failed/);
}));

test('a password is changed by who knows the old one', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  assert.equal((await boss.post('/admin/password', { old: 'not this one', password: 'a new long password' })).status, 422);
  assert.equal((await boss.post('/admin/password', { old: password, password: 'short' })).status, 422);
  assert.equal((await boss.post('/admin/password', { old: password, password: 'a new long password' })).status, 200);
  const other = new Browser(shop);
  assert.equal((await other.post('/admin/sign-in', { email: 'ann@shop.example', password })).status, 422);
  assert.equal((await other.post('/admin/sign-in', { email: 'ann@shop.example', password: 'a new long password' })).status, 303);
}));

test('failures lock out, without telling', () => withShop({}, async (shop) => {
  await add(shop, 'ann@shop.example');
  const browser = new Browser(shop);
  for (let i = 0; i < 5; i++) assert.equal((await browser.post('/admin/sign-in', { email: 'ann@shop.example', password: 'wrong one here' })).status, 422);
  const locked = await browser.post('/admin/sign-in', { email: 'ann@shop.example', password });
  assert.equal(locked.status, 422);
  assert.match(locked.text, /wait a few minutes/);
  assert.equal((await command(shop, ['admin', 'reset-totp', '--email', 'ann@shop.example'])).code, 0);
  assert.equal((await browser.post('/admin/sign-in', { email: 'ann@shop.example', password })).status, 303, 'the command unlocks');
}));

test('rights: a viewer looks and does not touch', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const product = await makeProduct(boss, 'tea', 'Green tea');
  await add(shop, 'vic@shop.example', 'viewer');
  const viewer = new Browser(shop);
  await viewer.signIn('vic@shop.example');
  const page = await viewer.get(product);
  assert.equal(page.status, 200);
  assert.doesNotMatch(page.text, /<button>Save/);
  assert.equal((await viewer.post(product, { _form: '1', status: 'draft' })).status, 403);
  assert.equal((await viewer.post(`${product}/copy`, {})).status, 403);
  assert.equal((await viewer.post('/admin/products/bulk', { action: 'archive', id: product.split('/').pop(), confirm: '1' })).status, 403);
  for (const path of ['/admin/staff', '/admin/plugins', '/admin/audit', '/admin/import', '/admin/tokens']) assert.equal((await viewer.get(path)).status, 403, path);
  assert.doesNotMatch((await viewer.get('/admin')).text, /href="\/admin\/plugins"/);
  assert.match((await boss.get(product)).text, /value="active" selected/);
  assert.equal((await boss.post(product, {}, { origin: 'https://elsewhere.example' })).status, 403);

  const found = await boss.get('/admin/staff?q=ann');
  const ann = /href="(\/admin\/staff\/\d+)"/.exec(found.text)[1];
  const form = await boss.form(ann);
  form.set('role', 'viewer');
  const refused = await boss.post(ann, form);
  assert.equal(refused.status, 409);
  assert.match(refused.text, /somebody must be left/);

  assert.equal((await boss.post('/admin/roles', { name: 'deputy', rights: 'staff.read\nstaff.edit\nproduct.read\ncategory.read\npage.read\nperson.read\norder.read\npromotion.read\nfeed.read' })).status, 303);
  await add(shop, 'dan@shop.example', 'deputy');
  const deputy = new Browser(shop);
  await deputy.signIn('dan@shop.example');
  const eve = { email: 'eve@shop.example', name: 'Eve', password };
  assert.equal((await deputy.post('/admin/staff/new', { ...eve, role: 'owner' })).status, 422, 'nobody gives away what they do not have');
  assert.equal((await deputy.post('/admin/roles', { name: 'deputy', rights: '*' })).status, 422);
  assert.equal((await deputy.post('/admin/staff/new', { ...eve, role: 'viewer' })).status, 303);
}));

test('a product: made, changed, seen in the shop; two people at once; history', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const product = await makeProduct(boss, 'tea', 'Green tea', '12,50');
  assert.match((await boss.get('/p/green-tea')).text, /Green tea/);
  const form = await boss.form(product);
  const late = await boss.form(product);
  assert.equal(form.get('v0-price'), '12.50');
  form.set('text-en-name', 'Greener tea');
  form.set('v0-price', '14.00');
  const saved = await boss.post(product, form);
  assert.equal(saved.status, 303, saved.text);
  const page = await shop.get('/p/green-tea');
  assert.match(page.text, /Greener tea/);
  assert.match(page.text, /14\.00/);

  late.set('text-en-name', 'Yellow tea');
  const clash = await boss.post(product, late);
  assert.equal(clash.status, 409);
  assert.match(clash.text, /Yellow tea/);
  assert.match(clash.text, /There now:<\/strong> Greener tea/);
  const again = fields(clash.text.slice(clash.text.indexOf(`action="${product}"`)));
  assert.equal((await boss.post(product, again)).status, 303, 'the second time knowingly');

  const bad = await boss.form(product);
  bad.set('v0-price', 'cheap');
  bad.set('text-en-name', '');
  const refused = await boss.post(product, bad);
  assert.equal(refused.status, 422);
  assert.match(refused.text, /value="cheap"/);
  assert.match(refused.text, /this is needed/);
  assert.match((await boss.get(product)).text, /Greener tea<\/del> → <ins>Yellow tea/);
  const copy = await boss.post(`${product}/copy`, {});
  assert.equal(copy.status, 303, copy.text);
  assert.match((await boss.get(copy.location)).text, /value="draft" selected/);
}));

test('a list: search, filter, sort, pages, bulk with a preview, CSV', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const ids = [];
  for (const name of ['Cup', 'Apple', '=Bad', 'Dish']) ids.push((await makeProduct(boss, name.replace('=', '').toLowerCase(), name)).split('/').pop());
  const order = async (query) => [...(await boss.get(`/admin/products${query}`)).text.matchAll(/<a href="\/admin\/products\/\d+">([^<]+)</g)].map((m) => unescape(m[1]).trim());
  assert.deepEqual(await order(''), ['Dish', '=Bad', 'Apple', 'Cup']);
  assert.deepEqual(await order('?sort=name'), ['=Bad', 'Apple', 'Cup', 'Dish']);
  assert.deepEqual(await order('?sort=-name&q=p'), ['Cup', 'Apple']);
  assert.deepEqual(await order(`?sort=name&after=${ids[1]}~Apple`), ['Cup', 'Dish']);
  assert.deepEqual(await order(`?sort=name&before=${ids[0]}~Cup`), ['=Bad', 'Apple']);
  assert.deepEqual(await order('?q=%25'), []);
  assert.deepEqual(await order('?status=draft'), []);

  const chosen = new URLSearchParams([['action', 'price'], ['id', ids[0]], ['id', ids[1]]]);
  const preview = await boss.post('/admin/products/bulk', chosen);
  assert.equal(preview.status, 200);
  assert.match(preview.text, /name="confirm" value="1"/);
  chosen.append('confirm', '1');
  chosen.append('value', 'much');
  assert.equal((await boss.post('/admin/products/bulk', chosen)).status, 422);
  chosen.set('value', '-10');
  chosen.append('id', '999');
  const done = await boss.post('/admin/products/bulk', chosen);
  assert.match(done.text, /Done: 2/);
  assert.match(done.text, /Not done: 1/);
  assert.equal((await boss.form(`/admin/products/${ids[0]}`)).get('v0-price'), '9.00');
  assert.equal((await boss.form(`/admin/products/${ids[2]}`)).get('v0-price'), '10.00');
  assert.equal((await boss.post('/admin/products/bulk', { action: 'archive', id: ids[3], confirm: '1' })).status, 200);
  assert.deepEqual(await order('?status=archived'), ['Dish']);
  const csv = await boss.get('/admin/products/csv?sort=name&status=active');
  assert.match(csv.headers.get('content-disposition'), /products\.csv/);
  const lines = csv.text.trim().split('\r\n');
  assert.equal(lines.length, 4);
  assert.match(lines[1], /"'=Bad"/);
  assert.match(lines[3], /,"Cup","cup-1",9\.00,5,/);
}));

test('categories, pages, price lists and tax rates are saved through their forms', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const category = await boss.make('categories', { key: 'cups', 'text-en-name': 'Cups' });
  assert.equal((await boss.get('/c/cups')).status, 200);
  const form = await boss.form(category);
  form.set('text-en-name', 'Mugs');
  assert.equal((await boss.post(category, form)).status, 303);
  assert.match((await boss.get('/admin/categories')).text, /Mugs/);
  const page = await boss.make('pages', { key: 'terms', status: 'active', 'text-en-title': 'Terms', 'text-en-body': '# Fair' });
  assert.match((await boss.get('/pages/terms')).text, /Fair/);
  assert.equal((await boss.post(`${page}/remove`, {})).status, 303);
  assert.equal((await boss.get('/pages/terms')).status, 404);
  await boss.make('price-lists', { code: 'vip', name: 'Good friends', priority: '50' });
  assert.match((await boss.get('/admin/price-lists')).text, /Good friends/);
  const zone = await boss.make('tax-zones', { name: 'Bulgaria', country: 'BG' });
  await boss.make('tax-rates', { name: 'VAT', zone_id: zone.split('/').pop(), class_id: '1', rate: '20', priority: '1' });
  assert.match((await boss.get('/admin/tax-rates')).text, /20\.0000/);
}));

test('plugins: switching and the form of options', () => withShop({ plugins: ['hello'], config: 'hello = { greeting = "Good day" }' }, async (shop) => {
  const boss = await staff(shop);
  assert.match((await shop.get('/x/hello/greet?name=Ada')).text, /Good day/);
  const form = await boss.form('/admin/plugins/hello');
  assert.equal(form.get('greeting'), 'Good day');
  form.set('greeting', 'Salut');
  const saved = await boss.post('/admin/plugins/hello', form);
  assert.equal(saved.status, 303, saved.text);
  assert.match((await shop.get('/x/hello/greet?name=Ada')).text, /Salut/);
  assert.match((await boss.get('/admin/plugins/hello')).text, /Set here\./);
  const reset = await boss.form('/admin/plugins/hello');
  reset.append('_reset-greeting', '1');
  assert.equal((await boss.post('/admin/plugins/hello', reset)).status, 303);
  assert.match((await shop.get('/x/hello/greet?name=Ada')).text, /Good day/);
  assert.equal((await boss.post('/admin/plugins/hello/disable', {})).status, 303);
  assert.equal((await shop.get('/x/hello/greet?name=Ada')).status, 404);
  assert.equal((await boss.post('/admin/plugins/hello/enable', {})).status, 303);
  assert.equal((await shop.get('/x/hello/greet?name=Ada')).status, 200);
  assert.match((await boss.get('/admin/audit?subject=plugin:hello')).text, /plugin\.disable/);
}));

test('a plugin declares a resource and a page of its own', () => withShop({ plugins: ['probe_admin'] }, async (shop) => {
  const boss = await staff(shop);
  assert.match((await boss.get('/admin')).text, /href="\/admin\/probe_admin\.card">Gift cards/);
  const list = '/admin/probe_admin.card';
  const make = async (name, amount) => {
    const form = await boss.form(`${list}/new`, list);
    form.set('name', name);
    form.set('amount', amount);
    form.append('live', '1');
    form.set('until', '2030-01-02T03:04');
    return boss.post(list, form);
  };
  const one = await make('Alpha', '25.00');
  assert.equal(one.status, 303, one.text);
  assert.equal((await make('Beta', '5')).status, 303);
  assert.equal((await make('Alpha', '5')).status, 409);
  assert.equal((await make('', '5')).status, 422);
  assert.equal((await make('Gamma', '5000')).status, 422);
  const card = one.location.split('?')[0];
  const form = await boss.form(card);
  assert.equal(form.get('amount'), '25.00');
  assert.equal(form.get('until'), '2030-01-02T03:04');
  const late = new URLSearchParams(form);
  form.set('amount', '30');
  assert.equal((await boss.post(card, form)).status, 303);
  late.set('amount', '40');
  assert.equal((await boss.post(card, late)).status, 409);
  assert.match((await boss.get(`${list}?q=alp&sort=-amount`)).text, /€30\.00/);
  assert.doesNotMatch((await boss.get(`${list}?kind=plastic`)).text, /Alpha/);
  const id = card.split('/').pop();
  const preview = await boss.post(`${list}/bulk`, { action: 'cancel', id });
  assert.match(preview.text, /They cannot be used any more/);
  assert.match(preview.text, /Alpha/);
  assert.match((await boss.post(`${list}/bulk`, { action: 'cancel', id, confirm: '1' })).text, /Done: 1/);
  assert.match((await boss.post(`${list}/bulk`, { action: 'cancel', id, confirm: '1' })).text, /this card is not live/);
  assert.match((await boss.get(card)).text, /probe_admin\.card\.cancel/);
  assert.match((await boss.get(`${list}/csv?sort=name`)).text, /"Alpha",30\.00,"paper",0/);
  assert.equal((await boss.post(`${card}/remove`, {})).status, 303);
  assert.equal((await boss.get(card)).status, 404);

  assert.equal((await boss.get('/admin/p/probe_admin/report')).text, 'the report');
  await add(shop, 'vic@shop.example', 'viewer');
  const viewer = new Browser(shop);
  await viewer.signIn('vic@shop.example');
  assert.equal((await viewer.get('/admin/p/probe_admin/report')).status, 403);
  assert.equal((await viewer.get(list)).status, 403);
  assert.equal((await boss.post('/admin/roles', { name: 'viewer', rights: 'product.read\r\nprobe_admin.report' })).status, 303);
  assert.equal((await viewer.get('/admin/p/probe_admin/report')).status, 200);
  assert.equal((await boss.post('/admin/plugins/probe_admin/disable', {})).status, 303);
  assert.doesNotMatch((await boss.get('/admin')).text, /Gift cards/);
  assert.equal((await boss.get(list)).status, 404);
}));

test('tokens have scopes, and the audit log is whole', () => withShop({ plugins: ['hello'] }, async (shop) => {
  const all = (await command(shop, ['admin', 'token', '--scope', '*', '--name', 'deploy'])).stdout.trim();
  const some = (await command(shop, ['admin', 'token', '--scope', 'product.read'])).stdout.trim();
  assert.match(all, /^souk_[A-Za-z0-9_-]{43}$/);
  const bearer = (token) => ({ authorization: `Bearer ${token}` });
  assert.equal((await shop.get('/api/v1/admin/plugins')).status, 401);
  assert.equal((await shop.get('/api/v1/admin/plugins', bearer(`${all.slice(0, -1)}x`))).status, 401);
  const few = await shop.get('/api/v1/admin/plugins', bearer(some));
  assert.equal(few.status, 403);
  assert.match(few.headers.get('content-type'), /problem\+json/);
  assert.equal((await shop.get('/api/v1/admin/plugins', bearer(all))).status, 200);
  assert.equal((await shop.post('/api/v1/admin/plugins/hello/reload', undefined, bearer(all))).status, 200);

  const boss = await staff(shop);
  const made = await boss.post('/admin/tokens/new', { name: 'till', scopes: 'product.read', days: '1' });
  assert.match(made.text, /souk_[A-Za-z0-9_-]{43}/);
  const tokens = await boss.get('/admin/tokens');
  const id = new RegExp('value="(\\d+)" aria-label="Choose \\d+"></td><td class="string">deploy').exec(tokens.text)[1];
  assert.match((await boss.post('/admin/tokens/bulk', { action: 'revoked', id, confirm: '1' })).text, /Done: 1/);
  assert.equal((await shop.get('/api/v1/admin/plugins', bearer(all))).status, 401);
  assert.match((await boss.get('/admin/audit')).text, /token\.revoked/);
  assert.match((await boss.get('/admin/audit/check')).text, /the chain is whole/);
}));

test('an import is tried, looked at, and run', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const form = new FormData();
  form.set('format', 'souk');
  form.set('file', new Blob(['{"product":{"key":"jar","status":"active","text":{"en":{"name":"Jar"}},"variants":[{"sku":"JAR","stock":3,"prices":[{"list":"base","amount":700}]}]}}\n']), 'shop.jsonl');
  const tried = await boss.post('/admin/import', form);
  assert.equal(tried.status, 303, tried.text);
  const page = await until('the dry run', async () => { const p = await boss.get(tried.location); return /Import for good/.test(p.text) && p; });
  assert.match(page.text, /dry run/);
  assert.equal((await boss.get('/p/jar')).status, 404);
  const again = fields(page.text.slice(page.text.indexOf('action="/admin/import"')));
  const run = await boss.post('/admin/import', again);
  assert.equal(run.status, 303, run.text);
  await until('the import', async () => (await boss.get('/p/jar')).status === 200);
}));

test('a form that is sent as it came changes nothing', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const doc = { key: 'shirt', status: 'active', brand: 'Acme', tags: ['warm', 'red'], text: { en: { name: 'Shirt', description: 'Two\nlines & <b>more</b>' } },
    attributes: [{ name: 'Fabric', values: ['Cotton', 'Wool'], visible: false }], options: [{ name: 'Size', values: ['S', 'M'] }],
    images: [{ source: 'https://shop.example/a.png', alt: { en: 'A shirt' } }],
    variants: ['S', 'M'].map((size) => ({ sku: `SH-${size}`, options: { size }, stock: 4, weight_g: 200, prices: [{ list: 'base', amount: 1999, compare_at: 2500 }, { list: 'base', amount: 1799, min_quantity: 10 }] })) };
  const form = new FormData();
  form.set('format', 'souk');
  form.set('for_good', '1');
  form.set('file', new Blob([JSON.stringify({ product: doc }) + '\n']), 'shop.jsonl');
  assert.equal((await boss.post('/admin/import', form)).status, 303);
  const link = await until('the product', async () => /href="(\/admin\/products\/\d+)"/.exec((await boss.get('/admin/products')).text)?.[1]);
  const exported = async () => (await shop.souk('export', '--format', 'souk')).stdout.split('\n').filter((line) => line.includes('"shirt"'));
  await until('the end of the import', async () => /done/.test((await boss.get('/admin/import')).text));
  const before = await exported();
  assert.equal(before.length, 1);
  const sent = await boss.form(link);
  assert.equal(sent.get('v1-sku'), 'SH-M');
  const saved = await boss.post(link, sent);
  assert.equal(saved.status, 303, saved.text);
  assert.deepEqual(await exported(), before);
}));
