// Search and lists as a program asks for them: words in five languages, a typo, SKUs, filters with counts, orders, pages, and that an edit
// shows at once.
import test from 'node:test';
import assert from 'node:assert';
import { Shop } from './souk.mjs';

const config = `shop = { name = "Search shop", currency = "EUR", country = "BG", locales = { "en", "bg", "hu", "hy", "bn" } }`;

const product = (key, names, color, sizes, amount, stock = 5) => ({
  key, type: 'variable', status: 'active', visibility: 'both', brand: color === 'Red' ? 'Acme' : 'Bolt', categories: [['Goods']],
  text: Object.fromEntries(Object.entries(names).map(([locale, name]) => [locale, { name }])),
  attributes: [{ name: 'Color', values: [color] }], options: [{ code: 'size', name: 'Size', values: sizes }],
  variants: sizes.map((size) => ({ sku: `${key}-${size}`.toUpperCase(), barcode: `59${key.length}${size.charCodeAt(0)}0000`, options: { size },
    tracked: true, stock, prices: [{ list: 'base', amount }] })),
});
const bike = product('bike', { en: 'Mountain bicycle', bg: 'Планински велосипед', hu: 'Hegyi kerékpár', hy: 'Լեռնային հեծանիվ', bn: 'পাহাড়ি সাইকেল' }, 'Red', ['S', 'M'], 40000);
const shelf = product('shelf', { en: 'Wooden bookshelf', bg: 'Дървена етажерка', hu: 'Fából készült könyvespolc', hy: 'Փայտե գրադարակ', bn: 'কাঠের বইয়ের তাক' }, 'Blue', ['M', 'L'], 9000);
const lamp = product('lamp', { en: 'Desk lamp' }, 'Blue', ['S'], 2500, 0);

const cases = {
  en: ['bicycle', 'bicy', 'BICYCLE', 'bicycel'], bg: ['велосипед', 'велос', 'ВЕЛОСИПЕД', 'велоспед'], hu: ['kerékpár', 'kerek', 'KERÉKPÁR', 'kerékpér'],
  hy: ['հեծանիվ', 'հեծա', 'ՀԵԾԱՆԻՎ', 'հեծնիվ'], bn: ['সাইকেল', 'সাইক', 'সাইকেল', 'সাউকেল'],
};

let shop, auth;
const put = async (doc) => {
  const answer = await fetch(`${shop.url}/api/v1/admin/products/${doc.key}`, { method: 'PUT', headers: { ...auth, 'content-type': 'application/json' },
    body: JSON.stringify(doc) });
  assert.ok(answer.ok, await answer.text());
};
const list = async (query, locale = 'en') => {
  const answer = await fetch(`${shop.url}/api/v1/products?${new URLSearchParams({ ...query, locale })}`);
  return { status: answer.status, ...(await answer.json()) };
};
const slugs = (answer) => answer.items.map((item) => item.slug);
const counts = (answer, key) => Object.fromEntries(answer.facets.find((facet) => facet.key === key).values.map((one) => [one.value, one.count]));

test.before(async () => {
  shop = await Shop.start({ config });
  const made = await shop.souk('admin', 'token', '--scope', 'product.read,product.edit', '--json');
  assert.equal(made.code, 0, made.stderr);
  auth = { authorization: `Bearer ${made.json.token}` };
  for (const doc of [bike, shelf, lamp]) await put(doc);
});
test.after(() => shop?.down());

test('words are found whole, as beginnings, in other case and with a typo, in every language', async () => {
  for (const [locale, words] of Object.entries(cases))
    for (const q of words) {
      const answer = await list({ q }, locale);
      assert.equal(answer.items.length, 1, `${locale} ${q}: ${JSON.stringify(answer.items)}`);
    }
});

test('an SKU is found in any case', async () => {
  assert.equal((await list({ q: 'shelf-l' })).items.length, 1);
  assert.deepEqual(slugs(await list({ q: 'SHELF-L' })), slugs(await list({ q: 'bookshelf' })));
});

test('counts stay right under filters', async () => {
  const all = await list({});
  assert.deepEqual(counts(all, 'color'), { red: 1, blue: 2 });
  assert.deepEqual(counts(all, 'size'), { s: 2, m: 2, l: 1 });
  assert.deepEqual(counts(all, 'brand'), { acme: 1, bolt: 2 });
  assert.deepEqual(counts(all, 'available'), { 1: 2 });
  const blue = await list({ color: 'blue' });
  assert.equal(blue.items.length, 2);
  assert.deepEqual(counts(blue, 'color'), { red: 1, blue: 2 });
  assert.deepEqual(counts(blue, 'size'), { s: 1, m: 1, l: 1 });
  assert.equal((await list({ color: 'red,blue', size: 's', available: '1' })).items.length, 1);
  assert.equal((await list({ price: '20.00-90.00' })).items.length, 2);
  assert.equal((await list({ available: '0' })).items.length, 3);
});

test('orders, pages and cursors', async () => {
  const dear = slugs(await list({ sort: '-price' }));
  assert.deepEqual(slugs(await list({ sort: 'price' })), [...dear].reverse());
  const first = await list({ sort: '-price', limit: 2 });
  assert.deepEqual([...slugs(first), ...slugs(await list({ sort: '-price', limit: 2, cursor: first.next }))], dear);
  for (const wrong of [{ limit: '0' }, { limit: '101' }, { sort: 'size' }, { cursor: '!!' }, { price: 'cheap' }])
    assert.ok([400, 422].includes((await list(wrong)).status), JSON.stringify(wrong));
});

test('an edit shows in the next list', async () => {
  await put({ ...lamp, attributes: [{ name: 'Color', values: ['Green'] }], text: { en: { name: 'Green lantern' } } });
  const all = await list({});
  assert.deepEqual(counts(all, 'color'), { red: 1, blue: 1, green: 1 });
  assert.equal((await list({ q: 'lantern' })).items.length, 1);
  assert.equal((await list({ q: 'desk' })).items.length, 0);
  await put({ ...lamp, status: 'archived' });
  assert.equal((await list({})).items.length, 2);
});
