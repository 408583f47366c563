// Lists against what anybody can count: all products of a made shop are taken through the interface, then random filters, orders and
// cursors are asked for, and totals, counts, orders and pages are reckoned here from the documents alone.
import test from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Shop, sanitized } from './souk.mjs';

const config = `shop = { name = "Counts", currency = "EUR", country = "BG", locales = { "en", "bg" } }`;
const COUNT = sanitized ? 120 : 300, TURNS = sanitized ? 40 : 150;
let seed = 4242, shop, auth, docs;
const dice = (sides) => { seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor(seed / 2147483648 * sides); };
const some = (list) => list.filter(() => dice(3) === 0);
const one = (list) => list[dice(list.length)];

const colors = ['Red', 'Deep blue', 'Green', 'Black'], sizes = ['S', 'M', 'L'], materials = ['Oak', 'Wool', 'Clay'];
const brands = ['Hammer & Tin', 'Anbar', 'Bolt', 'Été'], categories = [['Home'], ['Home', 'Kitchen'], ['Garden']];
const slug = { 'Hammer & Tin': 'hammer-tin', Anbar: 'anbar', Bolt: 'bolt', 'Été': 'ete' };
const code = (name) => name.toLowerCase().replace(' ', '-');

function make(n) {
  const own = sizes.filter(() => dice(2));
  const variants = (own.length ? own : ['M']).map((size) => ({ sku: `K${n}-${size}`, options: { size }, enabled: dice(6) > 0, tracked: true, stock: dice(3) ? 4 : 0,
    prices: [{ list: 'base', amount: 500 + dice(40) * 125 }] }));
  return { key: `k${n}`, type: 'variable', status: 'active', visibility: 'both', brand: one(brands), categories: [one(categories)],
    text: { en: { name: `${one(['Äpple', 'apple', 'Bowl', 'cup', 'Zebra'])} ${n}` }, ...(dice(2) ? { bg: { name: `${one(['Ябълка', 'купа', 'Чаша'])} ${n}` } } : {}) },
    attributes: [{ code: 'color', name: 'Color', values: [...new Set([one(colors), one(colors)])] }, ...(dice(2) ? [{ code: 'material', name: 'Material', values: [one(materials)] }] : [])],
    options: [{ code: 'size', name: 'Size', values: own.length ? own : ['M'] }], variants };
}

// What a list knows of a product, from its document.
function factsOf(doc, locale) {
  const enabled = doc.variants.filter((variant) => variant.enabled);
  const attribute = (name) => (doc.attributes.find((item) => item.code === name)?.values ?? []).map(code);
  return { name: (doc.text[locale] ?? doc.text.en).name, brand: [slug[doc.brand]], color: attribute('color'), material: attribute('material'),
    size: [...new Set(enabled.map((variant) => code(variant.options.size)))], price: enabled.length ? Math.min(...enabled.map((variant) => variant.prices[0].amount)) : null,
    available: enabled.some((variant) => variant.stock > 0) ? ['1'] : [], categories: doc.categories[0].map(code) };
}

const keys = ['brand', 'color', 'material', 'size'];
const fits = (facts, filters, without) => Object.entries(filters).every(([key, wanted]) => {
  if (key === without) return true;
  if (key === 'category') return facts.categories.includes(wanted);
  if (key === 'price') return facts.price !== null && facts.price >= wanted[0] && facts.price <= wanted[1];
  return wanted.some((value) => facts[key].includes(value));
});

const list = async (query) => {
  const answer = await fetch(`${shop.url}/api/v1/products?${new URLSearchParams(query)}`);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return JSON.parse(text);
};

function randomFilters() {
  const filters = {};
  for (const [key, values] of [['brand', Object.values(slug)], ['color', colors.map(code)], ['material', materials.map(code)], ['size', sizes.map(code)]]) {
    const wanted = dice(3) ? [] : some(values);
    if (wanted.length) filters[key] = wanted;
  }
  if (!dice(4)) filters.available = ['1'];
  if (!dice(4)) { const from = 500 + dice(20) * 125; filters.price = [from, from + dice(30) * 125]; }
  if (!dice(3)) filters.category = one(['home', 'kitchen', 'garden']);
  return filters;
}

function queryOf(filters, locale) {
  const query = new URLSearchParams({ locale });
  for (const [key, wanted] of Object.entries(filters)) {
    if (key === 'category') query.append(key, wanted);
    else if (key === 'price') query.append(key, wanted.map((amount) => (amount / 100).toFixed(2)).join('-'));
    else if (dice(2)) query.append(key, wanted.join(','));
    else wanted.forEach((value) => query.append(dice(2) ? key : `${key}[]`, value));
  }
  return query;
}

// Pages to the end by cursor: all items, each once.
async function walk(query, limit) {
  const items = [];
  for (let cursor = null, n = 0; n < 400; n++) {
    const page = new URLSearchParams(query);
    page.set('limit', limit);
    if (cursor) page.set('cursor', cursor);
    const answer = await list(page);
    items.push(...answer.items);
    if (!(cursor = answer.next)) return items;
  }
  throw new Error('pages without end');
}

const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
function check(items, sort) {
  for (let i = 1; i < items.length; i++) {
    const [a, b] = [items[i - 1], items[i]];
    const price = (item) => item.price?.amount ?? Infinity;
    if (sort === 'price') assert.ok(price(a) <= price(b));
    if (sort === '-price') assert.ok(price(b) === Infinity || price(a) >= price(b));
    if (sort === 'name') assert.ok(Buffer.compare(Buffer.from(fold(a.name)), Buffer.from(fold(b.name))) <= 0, `${a.name} before ${b.name}`);
  }
}

async function compare(turn) {
  const locale = dice(2) ? 'en' : 'bg', filters = randomFilters(), query = queryOf(filters, locale), at = `${turn}: ${query}`;
  const facts = docs.map((doc) => factsOf(doc, locale));
  const hit = facts.filter((one) => fits(one, filters));
  const answer = await list(new URLSearchParams([...query, ['limit', '1']]));
  assert.equal(answer.total, hit.length, at);
  for (const key of [...keys, 'available']) {
    const counts = {};
    for (const one of facts) if (fits(one, filters, key)) for (const value of one[key]) counts[value] = (counts[value] ?? 0) + 1;
    for (const value of filters[key] ?? []) counts[value] ??= 0;
    const got = Object.fromEntries((answer.facets.find((facet) => facet.key === key)?.values ?? []).map((value) => [value.value, value.count]));
    assert.deepEqual(got, counts, `${at}: ${key}`);
    for (const value of answer.facets.find((facet) => facet.key === key)?.values ?? [])
      assert.equal(value.selected, Boolean(filters[key]?.includes(value.value)), `${at}: ${key} ${value.value}`);
  }
  const sort = one(['price', '-price', 'name', 'popular', 'new']);
  query.set('sort', sort);
  const items = await walk(query, one([7, 24, 100]));
  assert.deepEqual(items.map((item) => item.name).sort(), hit.map((one) => one.name).sort(), at);
  assert.equal(new Set(items.map((item) => item.slug)).size, items.length, at);
  check(items, sort);
}

test.before(async () => {
  shop = await Shop.start({ config });
  docs = Array.from({ length: COUNT }, (_, n) => make(n));
  const file = join(shop.dir, 'made.jsonl');
  writeFileSync(file, docs.map((product) => JSON.stringify({ product })).join('\n') + '\n');
  const made = await shop.souk('import', '--format', 'souk', file);
  assert.equal(made.code, 0, made.stderr + made.stdout);
  auth = { authorization: `Bearer ${(await shop.souk('admin', 'token', '--scope', 'product.read,product.edit', '--json')).json.token}`, 'content-type': 'application/json' };
});
test.after(() => shop?.down());

test('totals, counts, orders and pages are right under any filters', async () => {
  for (let turn = 0; turn < TURNS; turn++) await compare(turn);
});

test('and stay so while products change', async () => {
  for (let turn = 0; turn < TURNS / 3; turn++) {
    const n = dice(COUNT), doc = make(n);
    doc.text.bg ??= null; // a language that is not named stays as it was
    const answer = await fetch(`${shop.url}/api/v1/admin/products/k${n}`, { method: 'PUT', headers: auth, body: JSON.stringify(doc) });
    assert.ok(answer.ok, await answer.text());
    docs[n] = doc;
    await compare(`edit ${turn}`);
  }
});

test('a brand is filtered by its slug, and by its name as old links have it', async () => {
  const by = async (value) => (await list({ brand: value })).total;
  const all = docs.filter((doc) => doc.brand === 'Hammer & Tin').length;
  for (const value of ['hammer-tin', 'hammer & tin', 'Hammer & Tin']) assert.equal(await by(value), all, value);
  assert.equal(await by('ete'), docs.filter((doc) => doc.brand === 'Été').length);
  assert.equal(await by('nobody'), 0);
});

test('a renamed category is found by its new name at once, and no more by the old', async () => {
  const put = async (name) => {
    const file = join(shop.dir, 'category.jsonl');
    writeFileSync(file, JSON.stringify({ category: { key: (await keyOf()), text: { en: { name } } } }) + '\n');
    const made = await shop.souk('import', '--format', 'souk', file);
    assert.equal(made.code, 0, made.stderr + made.stdout);
  };
  const keyOf = async () => {
    const { stdout } = await shop.souk('export', '--format', 'souk');
    const line = stdout.split('\n').map((text) => text && JSON.parse(text).category).find((category) => ['Garden', 'Orchard'].includes(category?.text.en.name));
    return line.key;
  };
  const inside = docs.filter((doc) => doc.categories[0][0] === 'Garden').length;
  assert.equal((await list({ q: 'garden' })).total, inside);
  await put('Orchard');
  assert.equal((await list({ q: 'orchard' })).total, inside);
  assert.equal((await list({ q: 'garden' })).total, 0);
});
