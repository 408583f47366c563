// What search engines read, checked as they check it: structured data has the members that schema.org's users require, the sitemap keeps to its
// protocol and leaves nothing out, and what a page says of its address and its languages is what the sitemap says.
import test from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Shop, run, souk, until } from './souk.mjs';

const html = { accept: 'text/html' };
const unescape = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&(quot|#34);/g, '"').replace(/&(apos|#39);/g, "'").replace(/&amp;/g, '&');

async function filled(file, config) {
  const shop = new Shop({ config });
  const path = typeof file === 'string' ? file : join(shop.dir, 'catalogue.jsonl');
  if (typeof file !== 'string') writeFileSync(path, file.map((doc) => JSON.stringify(doc)).join('\n') + '\n');
  const answer = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', path, '--json'], { timeout: 600000 });
  assert.equal(answer.code, 0, answer.stderr + answer.stdout);
  return shop.up();
}

// The entries of all files: address → {alternates: {language: address}, changed, file}; protocol errors fail here.
async function sitemap(shop, base) {
  const inside = (text, name) => [...text.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map((m) => m[1]);
  const index = (await shop.get('/sitemap.xml')).text;
  assert.match(index, /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<sitemapindex xmlns="http:\/\/www\.sitemaps\.org\/schemas\/sitemap\/0\.9">/);
  const files = inside(index, 'loc').map(unescape);
  const entries = new Map();
  for (const file of files) {
    assert.ok(file.startsWith(base), file);
    const { status, headers, text } = await shop.get(file.slice(base.length));
    assert.equal(status, 200, file);
    assert.match(headers.get('content-type'), /^application\/xml/);
    assert.ok(Buffer.byteLength(text) < 52428800 && text.endsWith('</urlset>\n'));
    assert.doesNotMatch(text, /&(?!(amp|lt|gt|quot|apos);)/, 'every & is an entity');
    const urls = inside(text, 'url');
    assert.ok(urls.length > 0 && urls.length <= 50000, `${file} has ${urls.length} addresses`);
    for (const url of urls) {
      const [loc, ...more] = inside(url, 'loc').map(unescape);
      const [changed] = inside(url, 'lastmod');
      assert.equal(more.length, 0);
      assert.ok(loc.length < 2048 && loc.startsWith(`${base}/`) && /^[\x21-\x7e]+$/.test(loc), loc);
      assert.match(changed, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, loc);
      assert.ok(!entries.has(loc), `${loc} is there twice`);
      entries.set(loc, { changed, file, alternates: Object.fromEntries([...url.matchAll(/<xhtml:link rel="alternate" hreflang="([^"]+)" href="([^"]+)"\/>/g)].map((m) => [m[1], unescape(m[2])])) });
    }
  }
  for (const [loc, { alternates }] of entries)
    for (const [language, other] of Object.entries(alternates)) {
      assert.deepEqual(entries.get(other)?.alternates, alternates, `${loc} names ${other} (${language}), which does not name the same`);
      assert.ok(Object.values(alternates).includes(loc), `${loc} does not name itself`);
    }
  return { files, entries };
}

const head = (text) => ({
  title: unescape(/<title>([^<]*)<\/title>/.exec(text)[1]),
  description: unescape(/<meta name="description" content="([^"]*)">/.exec(text)?.[1] ?? ''),
  canonical: unescape(/<link rel="canonical" href="([^"]*)">/.exec(text)?.[1] ?? ''),
  alternates: Object.fromEntries([...text.matchAll(/<link rel="alternate" hreflang="([^"]+)" href="([^"]+)">/g)].map((m) => [m[1], unescape(m[2])])),
  og: Object.fromEntries([...text.matchAll(/<meta property="og:([a-z_]+)" content="([^"]*)">/g)].map((m) => [m[1], unescape(m[2])])),
  graph: JSON.parse(/<script type="application\/ld\+json">(.*?)<\/script>/s.exec(text)?.[1] ?? '{"@graph":[]}')['@graph'],
});

const money = /^\d+\.\d\d$/;
const absolute = (base, url) => assert.ok(String(url).startsWith(`${base}/`), `${url} is not absolute`);
const rules = {
  Product(base, thing, at) {
    assert.ok(thing.name && thing.description, at);
    assert.ok(Array.isArray(thing.image) && thing.image.length, `${at} has no image`);
    thing.image.forEach((url) => absolute(base, url));
    const { offers } = thing;
    absolute(base, offers.url);
    assert.equal(offers.priceCurrency, 'EUR');
    assert.match(offers.availability, /^https:\/\/schema\.org\/(InStock|OutOfStock|BackOrder|LimitedAvailability)$/);
    if (offers['@type'] === 'Offer') {
      assert.match(offers.price, money, at);
    } else {
      assert.equal(offers['@type'], 'AggregateOffer');
      assert.match(offers.lowPrice, money);
      assert.match(offers.highPrice, money);
      assert.ok(Number(offers.lowPrice) <= Number(offers.highPrice) && offers.offerCount >= 2, at);
    }
  },
  BreadcrumbList(base, thing, at) {
    thing.itemListElement.forEach((item, i) => {
      assert.deepEqual([item['@type'], item.position], ['ListItem', i + 1], at);
      assert.ok(item.name, at);
      absolute(base, item.item);
    });
    assert.ok(thing.itemListElement.length > 0, at);
  },
  Organization(base, thing) { assert.ok(thing.name); absolute(base, thing.url); },
  WebSite(base, thing) { assert.ok(thing.name && thing.potentialAction.target.urlTemplate.includes('{search_term_string}')); absolute(base, thing.url); },
};

test('the demo shop: every address of the sitemap is a page that says the same of itself', { timeout: 3600000 }, async () => {
  // without shop.url, so that addresses begin as the request did
  const shop = await filled(resolve('core/app/demo/catalogue.jsonl'), 'log = { access = "off" }\nshop = { name = "The souk" }');
  try {
    const base = shop.url;
    await until('the pictures', async () => !(await shop.get('/api/v1/products?limit=100')).json.items.some((item) => !/\/media\/[0-9a-f]{32}/.test(item.image?.url)));
    const { entries } = await sitemap(shop, base);
    const seen = new Set(), titles = new Map();
    for (const [loc, { alternates }] of entries) {
      const { status, text } = await shop.get(loc.slice(base.length), html);
      assert.equal(status, 200, loc);
      const page = head(text);
      assert.equal(page.canonical, loc);
      assert.deepEqual(page.alternates, alternates, loc);
      assert.equal(Object.keys(alternates).length, 6, `${loc}: five languages and x-default`);
      assert.doesNotMatch(text, /noindex/, loc);
      assert.ok(page.title.length > 0 && [...page.title].length <= 110, `${loc}: ${page.title}`);
      assert.ok([...page.description].length >= 10 && [...page.description].length <= 161, `${loc}: ${page.description}`);
      assert.equal(page.og.url, loc);
      assert.ok(page.og.title && page.og.type && page.og.site_name === 'The souk' && /^[a-z]{2}_[A-Z]{2}$/.test(page.og.locale), loc);
      if (page.og.image) absolute(base, page.og.image);
      for (const thing of page.graph) { assert.ok(rules[thing['@type']], thing['@type']); rules[thing['@type']](base, thing, loc); seen.add(thing['@type']); }
      if (/\/p\//.test(loc)) assert.ok(page.graph.some((thing) => thing['@type'] === 'Product') && page.og.image, loc);
      const same = titles.get(page.title + /^(?:\/(..)(?=\/|$))?/.exec(loc.slice(base.length))[0]);
      assert.equal(same, undefined, `${loc} and ${same} have one title`);
      titles.set(page.title + /^(?:\/(..)(?=\/|$))?/.exec(loc.slice(base.length))[0], loc);
    }
    assert.deepEqual([...seen].sort(), ['BreadcrumbList', 'Organization', 'Product', 'WebSite']);
    const robots = (await shop.get('/robots.txt')).text;
    assert.ok(robots.includes(`\nSitemap: ${base}/sitemap.xml\n`), robots);
    const closed = [...robots.matchAll(/^Disallow: (.+)$/gm)].map((m) => m[1]);
    for (const loc of entries.keys()) assert.ok(!closed.some((path) => loc.slice(base.length).startsWith(path)), `${loc} is closed to robots`);
  } finally {
    await shop.down();
  }
});

test('more categories and pages than fit into one file are all there', { timeout: 3600000 }, async () => {
  const locales = ['en', 'bg', 'hu', 'hy', 'bn', 'de', 'fr', 'es', 'it', 'nl', 'pl', 'pt', 'ro', 'sv', 'fi'];
  const text = (kind, i) => ({ en: { name: `${kind} ${i}`, title: `${kind} ${i}`, slug: `${kind}-${i}-&'<b>`, body: 'Words.' } });
  const each = (kind, count, more = {}) => Array.from({ length: count }, (_, i) => ({ [kind]: { key: `${kind}${i}`, ...more, text: text(kind, i) } }));
  const shop = await filled([...each('category', 700), ...each('page', 1400, { status: 'active' }), ...each('product', 3, { status: 'active', visibility: 'both' })],
    `log = { access = "off" }\nshop = { name = "Anbar", url = "https://anbar.example", locales = { ${locales.map((l) => `"${l}"`).join(', ')} } }`);
  try {
    const { files, entries } = await sitemap(shop, 'https://anbar.example');
    const count = (kind) => [...entries.keys()].filter((loc) => loc.startsWith(`https://anbar.example/${kind}/`)).length;
    assert.deepEqual([count('c'), count('pages'), count('p')], [700, 1400, 3]);
    assert.ok(files.length > 3, 'more than a first file and one of products');
    for (const number of [0, files.length + 1, 9999]) assert.equal((await shop.get(`/sitemap-${number}.xml`)).status, 404);
  } finally {
    await shop.down();
  }
});
