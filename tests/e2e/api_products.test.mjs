// Products and categories over REST, for shoppers and for staff's programs; every answer fits the shop's own OpenAPI document.
import test from 'node:test';
import assert from 'node:assert';
import { Shop, ask } from './souk.mjs';
import { openapi, mismatches } from './openapi.mjs';

const config = `shop = { name = "API shop", currency = "EUR", country = "BG", locales = { "en", "bg" } }`;

const hoodie = {
  key: 'hoodie', type: 'variable', status: 'active', visibility: 'both', brand: 'Acme', categories: [['Clothing', 'Hoodies']],
  text: { en: { name: 'Hoodie', slug: 'hoodie', description: 'Warm & <b>soft</b>.' }, bg: { name: 'Суитшърт' } },
  attributes: [{ name: 'Material', values: ['Cotton'] }],
  options: [{ code: 'size', name: 'Size', values: ['S', 'M'] }],
  variants: [
    { sku: 'H-S', options: { size: 'S' }, tracked: true, stock: 5, prices: [{ list: 'base', amount: 4000 }, { list: 'base', amount: 3500, min_quantity: 10 }] },
    { sku: 'H-M', options: { size: 'M' }, tracked: true, stock: 0, prices: [{ list: 'base', amount: 4500 }, { list: 'sale', amount: 3900 }] },
  ],
};
const mug = (n) => ({
  key: `mug-${n}`, type: 'simple', status: 'active', visibility: 'both', categories: [['Kitchen']], text: { en: { name: `Mug ${n}` } },
  variants: [{ sku: `MUG-${n}`, tracked: false, prices: [{ list: 'base', amount: 900 + n }] }],
});

let shop, api, auth;
test.before(async () => {
  shop = await Shop.start({ config, plugins: ['hello'] });
  api = await openapi(shop);
  const made = await shop.souk('admin', 'token', '--scope', 'product.read,product.edit', '--json');
  assert.equal(made.code, 0, made.stderr);
  auth = { authorization: `Bearer ${made.json.token}` };
});
test.after(() => shop?.down());

const admin = (method, path, body, headers) => api.send(method, `/api/v1/admin${path}`, body, { ...auth, ...headers });

test('the checker sees what does not fit', () => {
  const document = { components: { schemas: { M: { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } } } } };
  const ref = { $ref: '#/components/schemas/M' };
  assert.equal(mismatches(document, ref, { a: 1, more: 2 }).length, 0);
  assert.equal(mismatches(document, ref, {}).length, 1);
  assert.equal(mismatches(document, ref, { a: '1' }).length, 1);
  assert.equal(mismatches(document, { type: 'array', items: ref }, [{ a: 1 }, {}]).length, 1);
  assert.equal(mismatches(document, { oneOf: [ref, { type: 'null' }] }, null).length, 0);
  assert.equal(mismatches(document, { oneOf: [ref, { type: 'null' }] }, 3).length, 1);
  assert.equal(mismatches(document, { type: 'object', additionalProperties: ref }, { x: {} }).length, 1);
  assert.equal(mismatches(document, { enum: ['a'] }, 'b').length, 1);
  assert.throws(() => mismatches(document, { pattern: 'x' }, 'b'));
});

test('the document describes every route of the API', async () => {
  const { document } = api;
  assert.equal(document.openapi, '3.1.0');
  const ids = new Set();
  for (const [path, operations] of Object.entries(document.paths)) {
    assert.match(path, /^\/api\/v1\//);
    for (const [method, operation] of Object.entries(operations)) {
      const where = `${method} ${path}`;
      assert.ok(!ids.has(operation.operationId), `${where}: operationId twice`);
      ids.add(operation.operationId);
      assert.ok(operation.summary && operation.tags.length && Array.isArray(operation.security) && operation.responses['4XX'], where);
      const params = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name);
      assert.deepEqual(params, [...path.matchAll(/{(\w+)}/g)].map((one) => one[1]), where);
      assert.equal(path.includes('/admin/'), operation.security.length > 0, where);
    }
  }
  assert.ok(document.paths['/api/v1/products'].get && document.paths['/api/v1/admin/products/{key}'].put);
});

test('products come in by documents and go out as pages', async () => {
  const made = await admin('PUT', '/products/hoodie', hoodie);
  assert.equal(made.status, 201, made.text);
  assert.equal(made.headers.get('location'), '/api/v1/admin/products/hoodie');
  assert.equal(made.json.key, 'hoodie');
  assert.equal((await admin('PUT', '/products/hoodie', hoodie)).status, 200);
  const view = await api.get('/api/v1/products/hoodie');
  assert.equal(view.status, 200);
  assert.deepEqual(view.json.variants.map((one) => [one.sku, one.options, one.price, one.available, one.stock]), [
    ['H-S', { size: 's' }, { amount: 4000, currency: 'EUR' }, true, null],
    ['H-M', { size: 'm' }, { amount: 3900, currency: 'EUR' }, false, null]]);
  assert.deepEqual(view.json.variants[0].tiers, [{ min_quantity: 10, price: { amount: 3500, currency: 'EUR' } }]);
  assert.deepEqual(view.json.variants[1].compare_at, { amount: 4500, currency: 'EUR' });
  assert.match(view.json.description_html, /Warm &amp; soft/);
  assert.deepEqual(view.json.breadcrumb.map((one) => one.name), ['Clothing', 'Hoodies']);
  assert.equal(view.json.selected, null);
  const small = await api.get('/api/v1/products/hoodie?size=s');
  assert.equal(small.json.selected.sku, 'H-S');
  assert.equal((await api.get('/api/v1/products/hoodie?sku=H-M')).json.selected.sku, 'H-M');
});

test('language comes by ?locale= alone', async () => {
  const other = await api.get('/api/v1/products/hoodie', { 'accept-language': 'bg' });
  assert.equal(other.json.name, 'Hoodie');
  const moved = await api.get('/api/v1/products/hoodie?locale=bg');
  assert.equal(moved.status, 301); // its slug is another one in that language
  const there = await api.get(moved.headers.get('location'));
  assert.equal(there.status, 200);
  assert.equal(there.json.name, 'Суитшърт');
  assert.match(there.json.url, /^\/bg\/p\//);
  const wrong = await api.get('/api/v1/products?locale=xx');
  assert.equal(wrong.status, 400);
  assert.equal(wrong.json.errors[0].pointer, '/locale');
});

test('an old slug leads to the new one', async () => {
  assert.equal((await admin('PATCH', '/products/hoodie', { text: { en: { slug: 'warm-hoodie' } } })).status, 200);
  const moved = await api.get('/api/v1/products/hoodie?size=s');
  assert.equal(moved.status, 301);
  assert.equal(moved.headers.get('location'), '/api/v1/products/warm-hoodie?size=s');
  assert.equal((await api.get('/api/v1/products/warm-hoodie')).status, 200);
  assert.equal((await api.get('/api/v1/products/never')).status, 404);
});

test('lists page by cursor and tell what is wrong', async () => {
  for (let n = 1; n <= 5; n++) assert.equal((await admin('POST', '/products', mug(n))).status, 201);
  const all = await api.get('/api/v1/products?category=kitchen&sort=price');
  assert.equal(all.status, 200, all.text);
  assert.deepEqual(all.json.items.map((one) => one.price.amount), [901, 902, 903, 904, 905]);
  const seen = [];
  for (let path = '/api/v1/products?category=kitchen&sort=price&limit=2', n = 0; path && n < 5; n++) {
    const page = await api.get(path);
    seen.push(...page.json.items.map((one) => one.slug));
    path = page.json.next && `/api/v1/products?category=kitchen&sort=price&limit=2&cursor=${encodeURIComponent(page.json.next)}`;
  }
  assert.deepEqual(seen, ['mug-1', 'mug-2', 'mug-3', 'mug-4', 'mug-5']);
  const total = async (query) => (await api.get(`/api/v1/products?${query}`)).json.total;
  assert.equal(await total('utm_source=letter&nosuch=thing'), await total(''), 'what is no attribute filters nothing');
  assert.equal(await total('size=nosuch'), 0, 'but an attribute with a value that nothing has');
  assert.equal(await total('size[]=s&size[]=m'), await total('size=s,m'), 'as forms send it');
  assert.equal(await total('price[from]=9.02&price[to]=9.04'), 3);
  for (const [query, pointer] of [['sort=best', '/sort'], ['limit=0', '/limit'], ['limit=many', '/limit'], ['page=0', '/page'], ['page=-1', '/page'],
    ['price=cheap', '/price'], ['price[]=1-2,x', '/price'], ['price[from]=x', '/price[from]'], ['available=yes', '/available'], ['category=nosuch', '/category'], ['cursor=%7Bbroken', '/cursor']]) {
    const wrong = await api.get(`/api/v1/products?${query}`);
    assert.equal(wrong.status, 400, query);
    assert.equal(wrong.headers.get('content-type'), 'application/problem+json');
    assert.equal(wrong.json.errors[0].pointer, pointer, query);
    assert.ok(wrong.json.errors[0].detail);
  }
});

test('a search finds, a facet narrows', async () => {
  const found = await api.get('/api/v1/products?q=hoodie');
  assert.deepEqual(found.json.items.map((one) => one.slug), ['warm-hoodie']);
  const narrowed = await api.get('/api/v1/products?material=cotton');
  assert.deepEqual(narrowed.json.items.map((one) => one.slug), ['warm-hoodie']);
});

test('the tree of categories', async () => {
  const tree = await api.get('/api/v1/categories');
  assert.equal(tree.status, 200);
  const clothing = tree.json.items.find((one) => one.name === 'Clothing');
  assert.deepEqual(clothing.children.map((one) => [one.name, one.url]), [['Hoodies', '/c/hoodies']].map(([name]) => [name, clothing.children[0].url]));
  assert.match(clothing.url, /^\/c\//);
});

test('answers are kept until something changes', async () => {
  const path = '/api/v1/products/mug-1';
  const first = await api.get(path);
  const tag = first.headers.get('etag');
  assert.equal((await api.get(path, { 'if-none-match': tag })).status, 304);
  await admin('PATCH', '/products/mug-1', { variants: [{ sku: 'MUG-1', prices: [{ list: 'base', amount: 1234 }] }] });
  const after = await api.get(path, { 'if-none-match': tag });
  assert.equal(after.status, 200);
  assert.equal(after.json.price.amount, 1234);
});

test('staff need a token with the right scope', async () => {
  const path = '/api/v1/admin/products/mug-1';
  assert.equal((await api.get(path)).status, 401);
  assert.equal((await api.get(path, { authorization: 'Bearer souk_nothing' })).status, 401);
  const { json } = await shop.souk('admin', 'token', '--scope', 'product.read', '--json');
  const reader = { authorization: `Bearer ${json.token}` };
  assert.equal((await api.get(path, reader)).status, 200);
  assert.equal((await api.send('PATCH', path, { featured: true }, reader)).status, 403);
});

test('a version that is gone is refused', async () => {
  const now = await admin('GET', '/products/mug-2');
  const tag = now.headers.get('etag');
  assert.equal(tag, `"${now.json.version}"`);
  const changed = await admin('PATCH', '/products/mug-2', { featured: true }, { 'if-match': tag });
  assert.equal(changed.status, 200);
  const late = await admin('PATCH', '/products/mug-2', { featured: false }, { 'if-match': tag });
  assert.equal(late.status, 409);
  assert.equal((await admin('PUT', '/products/mug-2', { ...mug(2), version: now.json.version })).status, 409);
  assert.equal((await admin('GET', '/products/mug-2')).json.featured, true);
  assert.equal((await admin('PATCH', '/products/mug-2', {}, { 'if-match': 'nonsense' })).status, 400);
});

test('what is wrong is named, and nothing has changed', async () => {
  const twice = await admin('PATCH', '/products/mug-3', { text: { en: { name: 'Changed' } }, variants: [{ sku: 'MUG-4' }] });
  assert.equal(twice.status, 409, twice.text);
  assert.match(twice.json.errors[0].pointer, /^\/variants/);
  assert.equal((await admin('GET', '/products/mug-3')).json.text.en.name, 'Mug 3');
  const typo = await admin('PUT', '/products/mug-9', { ...mug(9), status: 'maybe' });
  assert.equal(typo.status, 400);
  assert.equal(typo.json.errors[0].pointer, '/status');
  assert.equal((await admin('GET', '/products/mug-9')).status, 404);
  assert.equal((await admin('PUT', '/products/mug-8', { ...mug(9) })).json.errors[0].pointer, '/key');
  assert.equal((await admin('POST', '/products', mug(3))).status, 409);
  assert.equal((await admin('POST', '/products', [])).status, 400);
  const text = await ask(`${shop.url}/api/v1/admin/products`, { method: 'POST', body: '{', headers: { ...auth, 'content-type': 'application/json' } });
  assert.equal(text.status, 400);
  assert.equal((await admin('PATCH', '/products/none', {})).status, 404);
});

test('the same key and body is done once', async () => {
  const key = { 'idempotency-key': 'k-1' };
  const first = await admin('POST', '/products', mug(20), key);
  assert.equal(first.status, 201);
  await admin('PATCH', '/products/mug-20', { text: { en: { name: 'Changed since' } } });
  const again = await admin('POST', '/products', mug(20), key);
  assert.equal(again.status, 201);
  assert.equal(again.text, first.text);
  assert.equal(again.headers.get('location'), first.headers.get('location'));
  const other = await admin('POST', '/products', mug(21), key);
  assert.equal(other.status, 422);
  assert.equal((await admin('GET', '/products/mug-21')).status, 404);
  // refused ones may be mended under the same key
  const second = { 'idempotency-key': 'k-2' };
  assert.equal((await admin('POST', '/products', { ...mug(22), status: 'x' }, second)).status, 400);
  assert.equal((await admin('POST', '/products', mug(22), second)).status, 201);
  // many at once: one is done, all hear the same
  const answers = await Promise.all(Array.from({ length: 8 }, () => admin('POST', '/products', mug(30), { 'idempotency-key': 'k-3' })));
  assert.deepEqual([...new Set(answers.map((one) => `${one.status} ${one.text}`))].length, 1);
  assert.equal((await admin('POST', '/products', mug(31), { 'idempotency-key': 'x'.repeat(201) })).status, 400);
  // another's key is another key
  const { json } = await shop.souk('admin', 'token', '--scope', 'product.edit', '--json');
  assert.equal((await api.send('POST', '/api/v1/admin/products', mug(32), { authorization: `Bearer ${json.token}`, ...key })).status, 201);
});

test('staff walk through all products', async () => {
  const keys = [];
  for (let after = ''; ;) {
    const page = await admin('GET', `/products?limit=3${after && `&after=${after}`}`);
    assert.equal(page.status, 200);
    keys.push(...page.json.items.map((one) => one.key));
    if (!page.json.next) break;
    assert.equal(page.json.items.length, 3);
    after = page.json.next;
  }
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(keys.includes('hoodie') && keys.includes('mug-30'));
  assert.equal((await admin('GET', '/products?after=x')).json.errors[0].pointer, '/after');
});

test('what is archived is gone from the shop', async () => {
  assert.equal((await admin('DELETE', '/products/mug-5')).status, 204);
  assert.equal((await admin('GET', '/products/mug-5')).json.status, 'archived');
  assert.equal((await api.get('/api/v1/products/mug-5')).status, 404);
  const list = await api.get('/api/v1/products?category=kitchen&limit=100');
  assert.ok(!list.json.items.some((one) => one.slug === 'mug-5'));
  assert.equal((await admin('DELETE', '/products/mug-31?purge=1')).status, 404);
});
