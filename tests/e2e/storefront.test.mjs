// The pages that shoppers see, from a small catalogue of our own: what they show, what they say to search engines, where old and foreign
// addresses lead, and that a theme changes one block and keeps the rest.
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Shop, run, souk, raw, until } from './souk.mjs';

const product = (key, more = {}) => ({ product: {
  key, status: 'active', visibility: 'both', brand: 'Anbar', categories: ['kitchen/mugs'],
  text: { en: { name: `Mug ${key}`, slug: `mug-${key}`, description: `A mug called **${key}**.` } },
  variants: [{ sku: `SKU-${key}`, tracked: true, stock: 5, prices: [{ list: 'base', amount: 1290 }] }], ...more } });

const catalogue = [
  { attribute: { code: 'color', type: 'color', filterable: true, visible: true, text: { en: { name: 'Color' }, bg: { name: 'Цвят' } },
    values: [{ code: 'red', color: '#b5532a', text: { en: { name: 'Terracotta' } } }, { code: 'blue', color: '#2a6b8a', text: { en: { name: 'Sea' } } }] } },
  { category: { key: 'kitchen', parent: null, text: { en: { name: 'Kitchen', slug: 'kitchen', description: 'For cooking.' }, bg: { name: 'Кухня', slug: 'kuhnya' } } } },
  { category: { key: 'kitchen/mugs', parent: 'kitchen', text: { en: { name: 'Mugs', slug: 'mugs' }, bg: { name: 'Чаши', slug: 'chashi' } } } },
  { page: { key: 'delivery', status: 'active', footer: true, text: { en: { title: 'Delivery & returns', slug: 'delivery', body: 'In **two** days.', seo_description: 'Sent in two days.' } } } },
  product('variable', { type: 'variable', options: [{ code: 'color', values: ['Terracotta', 'Sea'] }],
    text: { en: { name: 'Glazed <b>"mug"</b></script>', slug: 'glazed', summary: 'Holds 350 ml.' }, bg: { name: 'Глазирана чаша', slug: 'glazirana-chasha' } },
    variants: [
      { sku: 'GLZ-R', barcode: '4006381333931', options: { color: 'Terracotta' }, tracked: true, stock: 5, prices: [{ list: 'base', amount: 1890 }] },
      { sku: 'GLZ-B', options: { color: 'Sea' }, tracked: true, stock: 0, prices: [{ list: 'base', amount: 2490 }] }] }),
  product('gone', { status: 'archived' }),
  product('draft', { status: 'draft' }),
  ...Array.from({ length: 29 }, (_, i) => product(`m${String(i).padStart(2, '0')}`)),
];

let shop;

async function add(docs, name) {
  const file = join(shop.dir, `${name}.jsonl`);
  writeFileSync(file, docs.map((doc) => JSON.stringify(doc)).join('\n') + '\n');
  const answer = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', file, '--json'], { timeout: 600000 });
  assert.equal(answer.code, 0, answer.stderr + answer.stdout);
  const report = JSON.parse(answer.stdout.trim().split('\n').pop());
  assert.deepEqual(report.rejects ?? [], []);
}

const html = { accept: 'text/html' };
const page = async (path, status = 200) => {
  const answer = await shop.get(path, html);
  assert.equal(answer.status, status, `${path}\n${answer.text.slice(0, 600)}`);
  return answer.text;
};
const graph = (text) => JSON.parse(/<script type="application\/ld\+json">(.*?)<\/script>/s.exec(text)[1])['@graph'];
const thing = (text, type) => graph(text).find((one) => one['@type'] === type);

before(async () => {
  shop = new Shop({ config: 'log = { access = "off" }\nshop = { name = "Anbar", url = "https://anbar.example", locales = { "en", "bg" }, theme = "theme" }' });
  // the theme of the guide, word by word
  for (const [, file, text] of readFileSync('core/web/TEMPLATES.md', 'utf8').matchAll(/<!-- file: (\S+) -->\n```\w*\n([\s\S]*?)```/g)) {
    mkdirSync(join(shop.dir, dirname(file)), { recursive: true });
    writeFileSync(join(shop.dir, file), text);
  }
  await add(catalogue, 'catalogue');
  await shop.up();
});
after(() => shop?.down());

test('home: categories, products, who the shop is', async () => {
  const text = await page('/');
  assert.match(text, /<a href="\/c\/kitchen">/);
  assert.match(text, /href="\/p\/mug-m00"/);
  assert.doesNotMatch(text, /mug-draft|mug-gone/);
  assert.match(text, /<a href="\/pages\/delivery">Delivery &amp; returns<\/a>/);
  const site = thing(text, 'WebSite');
  assert.equal(site.potentialAction.target.urlTemplate, 'https://anbar.example/search?q={search_term_string}');
  assert.equal(thing(text, 'Organization').name, 'Anbar');
});

test('category: breadcrumb, list, pages; the languages know each other', async () => {
  const text = await page('/c/mugs');
  assert.match(text, /<h1>Mugs<\/h1>/);
  assert.match(text, /<link rel="canonical" href="https:\/\/anbar\.example\/c\/mugs">/);
  assert.match(text, /<link rel="alternate" hreflang="bg" href="https:\/\/anbar\.example\/bg\/c\/chashi">/);
  assert.match(text, /<link rel="alternate" hreflang="x-default" href="https:\/\/anbar\.example\/c\/mugs">/);
  assert.match(text, /<a href="\/bg\/c\/chashi" lang="bg" hreflang="bg">/);
  assert.match(text, /<a rel="next" href="\/c\/mugs\?page=2"/);
  assert.doesNotMatch(text, /noindex/);
  assert.match(text, /30 products/);
  assert.deepEqual(thing(text, 'BreadcrumbList').itemListElement.map((item) => [item.position, item.name, item.item]),
    [[1, 'Kitchen', 'https://anbar.example/c/kitchen'], [2, 'Mugs', 'https://anbar.example/c/mugs']]);
  const second = await page('/c/mugs?page=2');
  assert.match(second, /<link rel="canonical" href="https:\/\/anbar\.example\/c\/mugs\?page=2">/);
  assert.match(second, /<a rel="prev" href="\/c\/mugs"/);
  const both = [text, second].flatMap((one) => [...one.slice(one.indexOf('class="bare grid"')).matchAll(/<h3 class="name"><a href="([^"]+)"/g)].map((m) => m[1]));
  assert.equal(new Set(both).size, 30);
  await page('/c/mugs?page=3', 404);
});

test('a filtered or sorted list is for people: noindex, canonical without, each filter can be taken away', async () => {
  const text = await page('/c/mugs?color=red&sort=price&utm_source=letter');
  assert.match(text, /<meta name="robots" content="noindex, follow">/);
  assert.match(text, /<link rel="canonical" href="https:\/\/anbar\.example\/c\/mugs">/);
  assert.match(text, /one product/);
  assert.match(text, /name="color\[\]" value="red" checked/);
  assert.match(text, /<a href="\/c\/mugs\?sort=price" data-swap>/);
  const plain = await page('/c/mugs?utm_source=letter');
  assert.doesNotMatch(plain, /noindex/);
  assert.match(plain, /30 products/);
  // what cannot be meant is passed over, and no link keeps it
  for (const wrong of ['sort=sideways', 'page=-1', 'page=many', 'limit=0', 'price=cheap', 'cursor=%7B', 'available=yes']) {
    const same = await page(`/c/mugs?${wrong}`);
    assert.match(same, /30 products/, wrong);
    assert.doesNotMatch(same, /noindex|data-swap[^>]*sideways|sideways[^>]*data-swap/, wrong);
  }
  await page('/c/mugs?page=99', 404);
  // as the form sends it
  const sent = await page('/c/mugs?color%5B%5D=red&price%5Bfrom%5D=1&price%5Bto%5D=500&sort=price');
  assert.match(sent, /<meta name="robots" content="noindex, follow">/);
  assert.match(sent, /<a href="\/c\/mugs\?sort=price&amp;price=1-500" data-swap>/);
  assert.match(sent, /name="price\[from\]" value="1.00"/);
  assert.match(sent, /<a href="\/c\/mugs\?color=red&amp;sort=price" data-swap>/, 'a price is taken away');
});

test('product: everything escaped, one offer for a chosen variant, a range for none', async () => {
  const text = await page('/p/glazed');
  assert.match(text, /<h1>Glazed &lt;b&gt;&#34;mug&#34;&lt;\/b&gt;&lt;\/script&gt;<\/h1>/);
  const any = thing(text, 'Product');
  assert.equal(any.name, 'Glazed <b>"mug"</b></script>');
  assert.equal(any.offers['@type'], 'AggregateOffer');
  assert.deepEqual([any.offers.lowPrice, any.offers.highPrice, any.offers.offerCount], ['18.90', '24.90', 2]);
  assert.match(text, /<fieldset><legend>Color<\/legend>/);
  const red = thing(await page('/p/glazed?color=red'), 'Product');
  assert.deepEqual([red.offers['@type'], red.offers.price, red.offers.priceCurrency, red.sku, red.gtin],
    ['Offer', '18.90', 'EUR', 'GLZ-R', '4006381333931']);
  assert.equal(red.offers.availability, 'https://schema.org/InStock');
  const blue = await page('/p/glazed?sku=GLZ-B');
  assert.equal(thing(blue, 'Product').offers.availability, 'https://schema.org/OutOfStock');
  assert.match(blue, /name="color" value="blue" checked/);
  assert.match(blue, /<link rel="canonical" href="https:\/\/anbar\.example\/p\/glazed">/);
  assert.match(blue, /<meta property="og:type" content="product">/);
  assert.match(blue, /Sent in two days\. <a href="\/pages\/delivery">/);
  assert.equal(thing(await page('/p/mug-m03'), 'Product').offers['@type'], 'Offer');
});

test('a theme changes one block and keeps the rest', async () => {
  const text = await page('/p/mug-m01');
  assert.match(text, /<p class="note" id="own">Wrapped by hand: Mug m01<\/p>/);
  assert.match(text, /<h1>Mug m01<\/h1>/);
  assert.match(text, /<h2>Description<\/h2>/);
});

test('a theme brings files of its own, and souk.css names no property that the guide leaves out', async () => {
  const text = await page('/');
  const [souks, own] = [...text.matchAll(/<link rel="stylesheet" href="([^"]+)">/g)].map((m) => m[1]);
  assert.match(own, /^\/assets\/souk\/own\.[0-9a-f]+\.css$/);
  const sheet = await shop.get(own);
  assert.deepEqual([sheet.status, sheet.headers.get('cache-control')], [200, 'public, max-age=31536000, immutable']);
  assert.match(sheet.text, /--accent: light-dark\(#0b5d4e, /);
  const guide = readFileSync('core/web/TEMPLATES.md', 'utf8');
  const properties = new Set([...(await shop.get(souks)).text.matchAll(/^\s+(--[a-z0-9-]+):/gm)].map((m) => m[1]));
  assert.ok(properties.size > 20);
  for (const name of properties) assert.ok(guide.includes(`\`${name}\``), name);
  writeFileSync(join(shop.dir, 'theme/static/souk.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  shop.child.kill('SIGHUP');
  const icon = /<link rel="icon" href="([^"]+)"/;
  await until('the new icon', async () => (await shop.get(icon.exec(await page('/'))[1])).text === '<svg xmlns="http://www.w3.org/2000/svg"/>');
});

test('addresses: another language\'s slug and a former one lead on; what was sold is gone, a draft unknown', async () => {
  const foreign = await shop.get('/bg/p/glazed?color=red', html);
  assert.equal(foreign.status, 301);
  assert.equal(foreign.headers.get('location'), '/bg/p/glazirana-chasha?color=red');
  const there = await page('/bg/p/glazirana-chasha');
  assert.match(there, /<html lang="bg">/);
  assert.match(there, /<a href="\/p\/glazed" lang="en" hreflang="en">/);
  assert.match(await page('/p/mug-gone', 410), /410/);
  await page('/p/mug-draft', 404);
  await page('/p/never-was', 404);
  await page('/c/never-was', 404);
  await page('/pages/never-was', 404);
});

test('a changed slug is a 301 to the present one, without a chain', async () => {
  for (const slug of ['renamed-once', 'renamed-twice'])
    await add([product('m28', { text: { en: { name: 'Mug m28', slug } } })], slug);
  for (const old of ['mug-m28', 'renamed-once']) {
    const answer = await shop.get(`/p/${old}`, html);
    assert.deepEqual([answer.status, answer.headers.get('location')], [301, '/p/renamed-twice']);
  }
  await page('/p/renamed-twice');
});

test('search: found, mistyped, not found, by number, completed', async () => {
  const found = await page('/search?q=glazed');
  assert.match(found, /href="\/p\/glazed"/);
  assert.match(found, /noindex/);
  assert.match(await page('/search?q=glazd'), /Showing results for/);
  assert.match(await page('/search?q=zzzzqqqq'), /Nothing was found for <q>zzzzqqqq<\/q>/);
  const number = await shop.get('/search?q=GLZ-R', html);
  assert.equal(number.status, 302);
  assert.match(number.headers.get('location'), /^\/p\/glazed/);
  const { json } = await shop.get('/search/suggest?q=gla');
  assert.ok(json.items.some((item) => item.url.startsWith('/p/glazed') || item.text.toLowerCase().startsWith('gla')), JSON.stringify(json));
  assert.deepEqual((await shop.get('/search/suggest?q=')).json, { items: [] });
});

test('content page', async () => {
  const text = await page('/pages/delivery');
  assert.match(text, /<h1>Delivery &amp; returns<\/h1>/);
  assert.match(text, /In <strong>two<\/strong> days/);
  assert.match(text, /<meta name="description" content="Sent in two days\.">/);
});

test('sitemap and robots.txt', async () => {
  const robots = await page('/robots.txt');
  for (const line of ['Disallow: /admin', 'Disallow: /api', 'Disallow: /search', 'Disallow: /bg/account', 'Sitemap: https://anbar.example/sitemap.xml'])
    assert.ok(robots.split('\n').includes(line), `${line}\n${robots}`);
  const index = await shop.get('/sitemap.xml');
  assert.match(index.headers.get('content-type'), /^application\/xml/);
  const files = [...index.text.matchAll(/<loc>https:\/\/anbar\.example(\/sitemap-\d+\.xml)<\/loc><lastmod>\d{4}-\d\d-\d\dT/g)].map((m) => m[1]);
  assert.deepEqual(files, ['/sitemap-1.xml', '/sitemap-2.xml']);
  const all = (await Promise.all(files.map((file) => page(file)))).join('');
  const places = [...all.matchAll(/<loc>([^<]+)<\/loc>/g)].map((m) => m[1]);
  assert.equal(new Set(places).size, places.length);
  for (const path of ['/', '/bg', '/c/mugs', '/bg/c/chashi', '/pages/delivery', '/p/glazed', '/bg/p/glazirana-chasha', '/p/mug-m00'])
    assert.ok(places.includes(`https://anbar.example${path}`), path);
  assert.ok(!places.some((place) => /draft|gone|search|account/.test(place)));
  assert.match(all, /<loc>https:\/\/anbar\.example\/p\/glazed<\/loc>.*hreflang="bg" href="https:\/\/anbar\.example\/bg\/p\/glazirana-chasha"/);
  for (const place of places.filter((one) => one.includes('/bg/'))) await page(new URL(place).pathname);
  await page('/sitemap-3.xml', 404);
  await page('/sitemap-0.xml', 404);
  await page('/sitemap-x.xml', 404);
});

test('pages never take addresses from the Host header', async () => {
  for (const path of ['/p/glazed', '/c/mugs', '/sitemap.xml']) {
    const answer = await raw(shop, `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`);
    assert.match(answer.text, /200 OK/);
    assert.doesNotMatch(answer.text, /evil\.example/);
  }
});
