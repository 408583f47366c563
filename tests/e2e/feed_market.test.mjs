// Feeds through the real server: what is in them is what the shop says everywhere else, they follow the catalogue without anybody's doing,
// and whatever happens in the middle of a writing, nobody ever gets half a file.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { fields, staff } from './browser.mjs';
import { ask, raw, run, Shop, souk, until, sanitized } from './souk.mjs';

const root = new URL('../../', import.meta.url).pathname;
const dtd = join(root, '../shared/catalogs/yml-dtd');
const demo = join(root, 'core/app/demo/catalogue.jsonl');
const home = 'https://shop.example';
const terms = `shop = { name = "Tea & <Sons>", currency = "EUR", country = "BG", locales = { "en", "bg" }, url = "${home}" }`;

// Who has the pictures.
const drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>';
const pictures = createServer((_, response) => { response.writeHead(200, { 'content-type': 'image/svg+xml' }); response.end(drawing); });
test.before(() => new Promise((done) => pictures.listen(0, '127.0.0.1', done)));
test.after(() => { pictures.closeAllConnections(); pictures.close(); });

class Feeds {
  static async open({ file, rules = {}, more = '', products = [], plugins = [] } = {}) {
    const feeds = new Feeds();
    const dir = mkdtempSync(join(tmpdir(), 'souk-'));
    feeds.folder = join(dir, 'scripts', 'promotions');
    mkdirSync(feeds.folder, { recursive: true });
    for (const [name, text] of Object.entries(rules)) writeFileSync(join(feeds.folder, name), text);
    const shop = new Shop({ dir, config: `${terms}\nhttp_client = { allow = { "127.0.0.1" } }\n${more}`, plugins: ['feed_market', ...plugins] });
    feeds.shop = shop;
    if (file) {
      const filled = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', file], { timeout: 600000 });
      assert.equal(filled.code, 0, filled.stderr);
    }
    await shop.up();
    const made = await shop.souk('admin', 'token', '--scope', '*', '--json');
    feeds.auth = { authorization: `Bearer ${made.json.token}` };
    for (const product of products) await feeds.product(product);
    if (file || products.length)
      await until('the pictures', async () => (await feeds.send('GET', '/images?state=waiting')).json.items.length === 0);
    return feeds;
  }
  send(method, path, body) {
    return ask(`${this.shop.url}/api/v1/admin${path}`, { method, body: body && JSON.stringify(body), headers: { ...this.auth, 'content-type': 'application/json' }, limit: 120000 })
      .then((answer) => this.shop.described(method, `/api/v1/admin${path}`, answer));
  }
  async product(document) {
    const answer = await this.send('PUT', `/products/${document.key}`, document);
    assert.ok(answer.status < 300, answer.text);
  }
  // Makes a feed and waits until it is written for the first time.
  async make(document) {
    const answer = await this.send('POST', '/feeds', { every: 1, ...document });
    assert.equal(answer.status, 201, answer.text);
    return this.written(document.name, (feed) => feed.written_at);
  }
  written(name, good, limit) {
    return until(`the feed ${name}`, async () => {
      const { json } = await this.send('GET', `/feeds/${name}`);
      return good(json) && json;
    }, limit);
  }
  get(file, headers) { return ask(`${this.shop.url}/feeds/${file}`, { headers }); }
  write(name) { return this.send('POST', `/feeds/${name}/write`, {}); }
  down() { return this.shop.down(); }
}

// ---- reading XML: xmllint says whether it is any; then a look is enough ----

const plain = (text) => text?.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => ({ lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' })[name]);
const one = (text, name) => plain(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(text)?.[1]);
const all = (text, name) => [...text.matchAll(new RegExp(`<${name}(?: [^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map((m) => plain(m[1]));
const offers = (xml) => [...xml.matchAll(/<offer ([^>]*)>([\s\S]*?)<\/offer>/g)].map(([, head, body]) => ({ id: /id="(\d+)"/.exec(head)[1], head, body,
  url: one(body, 'url'), price: one(body, 'price'), old: one(body, 'oldprice') }));
const items = (xml) => [...xml.matchAll(/<item>([\s\S]*?)<\/item>/g)].map(([, body]) => ({ body, sku: one(body, 'g:id'), url: one(body, 'g:link'),
  price: one(body, 'g:sale_price') ?? one(body, 'g:price'), old: one(body, 'g:sale_price') && one(body, 'g:price') }));

// Without a network, by its own word too.
function lint(xml, ...args) {
  const done = spawnSync('xmllint', ['--noout', '--nonet', ...args, '-'], { input: xml, encoding: 'utf8' });
  assert.ifError(done.error);
  assert.equal(done.status, 0, done.stderr);
  return done.stderr;
}
function valid(xml, name) {
  if (existsSync(join(dtd, name))) lint(xml, '--dtdvalid', join(dtd, name));
}

const csv = (text) => {
  const rows = [[]];
  for (const [, quoted, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1).push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
    if (end === '') break;
  }
  if (rows.at(-1).join('') === '') rows.pop();
  const [head, ...rest] = rows;
  return rest.map((row) => Object.fromEntries(head.map((name, i) => [name, row[i]])));
};

// ---- prices: in the feeds, on the page, in what the page says to machines, in the API ----

const path = (url) => url.slice(home.length).replace(/([?&])utm_[^#]*$/, '');
const machine = (html) => JSON.parse(/<script type="application\/ld\+json">([\s\S]*?)<\/script>/.exec(html)[1])['@graph'].find((node) => node.offers);
const shown = (html) => /class="cost">[\s\S]*?<span class="now">[^\d]*([\d.,]+)/.exec(html)[1].replaceAll(',', '');
const slugOf = (url) => decodeURIComponent(new URL(url).pathname.split('/').pop());

async function agree(feeds, { count } = {}) {
  const yml = offers((await feeds.get('market.xml')).text), google = items((await feeds.get('google.xml')).text), table = csv((await feeds.get('table.csv')).text);
  assert.ok(yml.length > 0 && (count === undefined || yml.length === count), `${yml.length} offers`);
  assert.equal(google.length, yml.length);
  assert.equal(table.length, yml.length);
  const products = new Map();
  for (const [i, offer] of yml.entries()) {
    const slug = slugOf(offer.url), at = path(offer.url);
    if (!products.has(slug)) products.set(slug, (await feeds.shop.get(`/api/v1/products/${encodeURIComponent(slug)}`)).json);
    const sku = google[i].sku, variant = products.get(slug).variants.find((v) => v.sku === sku);
    const html = (await ask(feeds.shop.url + at)).text, said = machine(html);
    const seen = { offer: offer.price, google: google[i].price, table: `${table[i].price} ${table[i].currency}`, api: (variant.price.amount / 100).toFixed(2), page: shown(html),
      machine: `${said.offers.price} ${said.offers.priceCurrency}`, sku: said.sku };
    assert.deepEqual(seen, { offer: seen.api, google: `${seen.api} EUR`, table: `${seen.api} EUR`, api: seen.api, page: seen.api, machine: `${seen.api} EUR`, sku }, `${sku} at ${at}`);
    assert.equal(path(google[i].url), at);
    if (offer.old) assert.ok(Number(offer.old) > Number(offer.price), `${sku}: ${offer.old} was no more than ${offer.price}`);
    assert.equal(google[i].old, offer.old && `${offer.old} EUR`);
  }
  return yml;
}

const three = async (feeds) => {
  await feeds.make({ name: 'market', format: 'yml', suffix: '?utm_source=market&utm_content={sku}', settings: { delivery_options: '4.90 | 1-3 | 18', delivery: 'yes', sales_notes: 'Prepayment' } });
  await feeds.make({ name: 'google', format: 'google' });
  await feeds.make({ name: 'table', format: 'csv' });
};

test('the demo shop: valid by the DTDs, and the price of each variant is the same wherever it stands', { timeout: 3600000 }, async () => {
  const feeds = await Feeds.open({ file: demo });
  try {
    await three(feeds);
    const { text } = await feeds.get('market.xml');
    lint(text);
    valid(text, 'Simple.dtd');
    assert.match(text, /utm_source=market&amp;utm_content=/);
    const found = await agree(feeds);
    assert.ok(found.length > 150 && found.some((offer) => offer.old), `${found.length}, some reduced`);

    // The other DTDs: each with the settings that it asks for.
    const said = { store: 'no', pickup: 'yes', delivery: 'yes', sales_notes: 'Prepayment' }, options = { delivery_options: '4.90 | 1-3 | 18\n0 | 5' };
    const shapes = [['custom', 'Custom.dtd', { offers: 'vendor.model', ...options }], ['each', 'OfferDeliveryOptions.dtd', { ...options, delivery_in_offers: 'yes' }],
      ['books', 'Book.dtd', { offers: 'book', ...options }], ['first', 'Original.dtd', { size: 'no' }], ['models', 'Original.dtd', { offers: 'vendor.model', size: 'no' }]];
    const files = { market: [text, 'Simple.dtd'] };
    for (const [name, file, settings] of shapes) {
      await feeds.make({ name, format: 'yml', settings: { ...said, ...settings } });
      const other = (await feeds.get(`${name}.xml`)).text;
      lint(other);
      valid(other, file);
      assert.ok(offers(other).length > 100);
      assert.match(other, /<param name=/);
      files[name] = [other, file];
    }
    // Each DTD says no to what it does not know, and to the kind of offers of another.
    if (existsSync(dtd)) {
      for (const [other, file] of Object.values(files)) assert.throws(() => valid(other.replace('<price>', '<cost/><price>'), file), `${file} sees what is wrong`);
      for (const [name, file] of [['market', 'Book.dtd'], ['market', 'Original.dtd'], ['market', 'OfferDeliveryOptions.dtd'], ['custom', 'Simple.dtd'], ['each', 'Simple.dtd'], ['books', 'Custom.dtd'], ['first', 'Simple.dtd']])
        assert.throws(() => valid(files[name][0], file), `${name} is not of ${file}`);
    }

    // Ids of the format have nine digits; a group is a product, and nothing but this one.
    const groups = new Map();
    for (const offer of found) {
      const group = /group_id="(\d+)"/.exec(offer.head)?.[1], product = slugOf(offer.url);
      if (!group) continue;
      assert.ok(group.length <= 9 && Number(group) > 0, group);
      assert.equal(groups.get(group) ?? product, product);
      groups.set(group, product);
    }
    assert.ok(groups.size > 3 && new Set(groups.values()).size === groups.size, `${groups.size} groups`);
    const sorts = [...text.matchAll(/<category id="(\d+)"(?: parentId="(\d+)")?>/g)];
    assert.ok(sorts.length > 5 && sorts.every(([, id]) => id.length <= 9) && new Set(sorts.map(([, id]) => id)).size === sorts.length);
    for (const [, , parent] of sorts) assert.ok(!parent || sorts.some(([, id]) => id === parent));
    for (const offer of found) assert.ok(sorts.some(([, id]) => id === one(offer.body, 'categoryId')));

    // In another language: its texts, and its addresses.
    await feeds.make({ name: 'bulgarian', format: 'yml', locale: 'bg', suffix: 'utm_source=x' });
    const bulgarian = offers((await feeds.get('bulgarian.xml')).text);
    assert.equal(bulgarian.length, found.length);
    for (const offer of bulgarian) assert.match(offer.url, /^https:\/\/shop\.example\/bg\/p\/[^?#]+\?(?:[^#]*&)?utm_source=x(?:#.*)?$/);
    assert.match((await ask(feeds.shop.url + path(bulgarian[0].url))).text, /<html lang="bg"/);

    const google = (await feeds.get('google.xml')).text;
    lint(google);
    for (const item of items(google)) {
      for (const name of ['g:id', 'g:title', 'g:description', 'g:link', 'g:image_link', 'g:availability', 'g:price', 'g:condition'])
        assert.ok(one(item.body, name), `${item.sku} has ${name}`);
      assert.ok(one(item.body, 'g:id').length <= 50 && [...one(item.body, 'g:title')].length <= 150 && [...one(item.body, 'g:description')].length <= 5000);
      assert.match(one(item.body, 'g:availability'), /^(in_stock|out_of_stock|preorder|backorder)$/);
      assert.match(one(item.body, 'g:price'), /^\d+\.\d\d EUR$/);
      assert.doesNotMatch((one(item.body, 'g:gtin') ?? '').padStart(13, '1'), /^(2|0[245]|9[89])/, `${item.sku}: a number of the shop's own is none of the world's`);
      assert.ok(one(item.body, 'g:gtin') || (one(item.body, 'g:brand') && one(item.body, 'g:mpn')) || one(item.body, 'g:identifier_exists') === 'no', item.sku);
    }
    assert.equal(new Set(items(google).map((item) => item.sku)).size, items(google).length, 'each once');
    assert.match((await feeds.send('GET', '/feeds/google')).json.maker, /^feed_market \d/);
  } finally { await feeds.down(); }
});

const thing = (sku, amount, more = {}) => ({ key: sku.toLowerCase(), type: 'simple', status: 'active', visibility: 'both', brand: 'Maker', categories: [['Kitchen', 'Cups']],
  images: [{ source: `http://127.0.0.1:${pictures.address().port}/${sku}.svg` }], ...more, text: { en: { name: `Thing ${sku}`, slug: `thing-${sku.toLowerCase()}`, description: 'Good for tea.', ...more.en } },
  variants: [{ sku, tracked: true, stock: 10, ...more.variant, prices: more.prices ?? [{ list: 'base', amount }] }] });
const soon = (ms) => new Date(Date.now() + ms).toISOString();

test('a price that changes, a sale that begins by time, a promotion on the shelf, stock: in the feed without anybody\'s doing', { timeout: 3600000 }, async () => {
  const feeds = await Feeds.open({ products: [thing('CUP', 1250), thing('POT', 4000), thing('BOWL', 2000)] });
  try {
    await three(feeds);
    await agree(feeds, { count: 3 });
    const price = async (sku) => items((await feeds.get('google.xml')).text).find((item) => item.sku === sku)?.price;

    await feeds.product(thing('CUP', 999));
    await until('the new price', async () => (await price('CUP')) === '9.99 EUR');
    await feeds.product(thing('BOWL', 0, { prices: [{ list: 'base', amount: 2000 }, { list: 'sale', amount: 1500, from: soon(3000), until: soon(3600000) }] }));
    await until('the bowl as it was, announced', async () => (await feeds.send('GET', '/feeds/google')).json.until !== null);
    await until('the sale', async () => (await price('BOWL')) === '15.00 EUR');
    const bowl = items((await feeds.get('google.xml')).text).find((item) => item.sku === 'BOWL');
    assert.equal(bowl.old, '20.00 EUR');

    writeFileSync(join(feeds.folder, 'shelf.lua'), 'promotion { id = "pots", name = "Pots", kind = "catalogue", give = { unit_percent = { percent = 10, filter = { skus = { "POT" } } } } }');
    await until('the promotion', async () => (await price('POT')) === '36.00 EUR');
    const settled = async () => { const { json } = await feeds.send('GET', '/feeds'); return json.items.every((feed) => !feed.error) && json.items; };
    await until('all three', async () => {
      const [yml, table] = [offers((await feeds.get('market.xml')).text), csv((await feeds.get('table.csv')).text)];
      return yml.some((offer) => offer.price === '36.00') && table.some((row) => row.price === '36.00');
    });
    await agree(feeds, { count: 3 });
    assert.ok(await settled());

    await feeds.product(thing('CUP', 999, { variant: { stock: 0 } }));
    await until('sold out', async () => /available="false"/.test(offers((await feeds.get('market.xml')).text).find((offer) => offer.price === '9.99').head));
    unlinkSync(join(feeds.folder, 'shelf.lua'));
    await until('the usual price again', async () => (await price('POT')) === '40.00 EUR');

    // Nothing has changed: nothing is written.
    await until('rest', async () => {
      const before = (await settled()).map((feed) => feed.tried_at).join();
      const begun = Date.now();
      await until('two turns of the clock', () => Date.now() - begun > 2500);
      return (await settled()).map((feed) => feed.tried_at).join() === before;
    });
  } finally { await feeds.down(); }
});

test('the file is served as files are: ETag, 304, gzip, ranges; off is 404', async () => {
  const feeds = await Feeds.open({ products: [thing('CUP', 1250), thing('POT', 4000)] });
  try {
    await feeds.make({ name: 'market', format: 'yml' });
    const whole = await feeds.get('market.xml', { 'accept-encoding': 'identity' });
    assert.equal(whole.status, 200);
    assert.match(whole.headers.get('content-type'), /^application\/xml/);
    assert.ok(whole.headers.get('last-modified'));
    const etag = whole.headers.get('etag');
    assert.equal((await feeds.get('market.xml', { 'if-none-match': etag, 'accept-encoding': 'identity' })).status, 304);
    assert.equal((await feeds.get('market.xml', { 'if-modified-since': whole.headers.get('last-modified'), 'accept-encoding': 'identity' })).status, 304);
    const part = await feeds.get('market.xml', { range: 'bytes=5-14', 'accept-encoding': 'identity' });
    assert.equal(part.status, 206);
    assert.equal(part.text, whole.text.slice(5, 15));
    const packed = await raw(feeds.shop, 'GET /feeds/market.xml HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n');
    const [head] = packed.text.split('\r\n\r\n', 1);
    assert.match(head, /content-encoding: gzip/i);
    assert.equal(gunzipSync(Buffer.from(packed.text.slice(head.length + 4), 'latin1')).toString(), whole.text);
    for (const wrong of ['market', 'market.csv', 'market.xml.gz', 'nope.xml', '..%2Fsouk.db', 'market.xml%00']) assert.equal((await feeds.get(wrong)).status >= 400, true, wrong);

    assert.equal((await feeds.send('PATCH', '/feeds/market', { name: 'bazaar' })).status, 200);
    await until('the new name', async () => (await feeds.get('bazaar.xml')).status === 200);
    assert.equal((await feeds.get('market.xml')).status, 404);
    assert.equal((await feeds.send('PATCH', '/feeds/bazaar', { enabled: false })).status, 200);
    assert.equal((await feeds.get('bazaar.xml')).status, 404);
    assert.equal((await feeds.send('DELETE', '/feeds/bazaar')).status, 204);
    await until('the files are gone', () => readdirSync(join(feeds.shop.data, 'feeds')).length === 0);
  } finally { await feeds.down(); }
});

test('what a feed wants: categories with what lies below, prices, what can be had, never these; what the format does not take is told', async () => {
  const feeds = await Feeds.open({ products: [thing('CUP', 1250), thing('POT', 4000), thing('BOWL', 2000, { variant: { stock: 0 } }), thing('LAMP', 9000, { categories: [['Light']] }),
    thing('BARE', 700, { images: [] }), thing('LONE', 800, { categories: [] })] });
  try {
    const names = async (document) => {
      await feeds.make({ format: 'google', ...document });
      return items((await feeds.get(`${document.name}.xml`)).text).map((item) => item.sku).sort().join();
    };
    assert.equal(await names({ name: 'all' }), 'BOWL,CUP,LAMP,LONE,POT');
    const keys = (await feeds.shop.get('/api/v1/products/thing-cup')).json.breadcrumb.map((crumb) => crumb.url.split('/').pop());
    assert.equal(await names({ name: 'below', categories: [keys[0]] }), 'BOWL,CUP,POT');
    assert.equal(await names({ name: 'some', only_available: true, price_from: 1250, price_to: 8999, excluded: ['POT'] }), 'CUP');
    const some = (await feeds.send('GET', '/feeds/some')).json;
    assert.deepEqual([some.items, some.rejected, some.filtered], [1, 0, 5]);

    const bare = (await feeds.send('GET', '/feeds/all')).json;
    assert.deepEqual([bare.items, bare.rejected], [5, 1]);
    assert.deepEqual(bare.reasons, [{ words: 'it has no picture', count: 1, sku: 'BARE' }]);
    assert.deepEqual((await feeds.send('GET', '/feeds/all/rejects')).json.items.map((row) => [row.sku, row.words]), [['BARE', 'it has no picture']]);
    await feeds.make({ name: 'yml', format: 'yml' });
    assert.deepEqual((await feeds.send('GET', '/feeds/yml')).json.reasons, [{ words: 'it is in no category', count: 1, sku: 'LONE' }]);

    // The same by the command.
    const list = await feeds.shop.souk('feed', 'list');
    assert.match(list.stdout, /all +google +on +5 offers +1 left out/);
    assert.match((await feeds.shop.souk('feed', 'show', 'all')).stdout, /it has no picture \(BARE\)/);
    const wrote = await feeds.shop.souk('feed', 'write', 'all', '--json');
    assert.equal(wrote.code, 0, wrote.stderr);
    assert.ok(wrote.json.written_at >= bare.written_at && wrote.json.items === 5);
    assert.match((await feeds.shop.souk('feed', 'show', 'nope')).stderr, /no feed "nope"/);
    assert.equal((await feeds.shop.souk('feed', 'writ', 'all')).code, 2);
  } finally { await feeds.down(); }
});

test('what a format would not write is refused when it is saved, at the setting, and nothing is changed', async () => {
  const feeds = await Feeds.open({ products: [thing('CUP', 1250)], more: 'wrong_feed = { wrong = "begin" }', plugins: ['wrong_feed'] });
  try {
    await feeds.make({ name: 'market', format: 'yml' });
    const before = (await feeds.send('GET', '/feeds/market')).json;
    const cases = [['yml', { delivery_options: 'free of charge' }, '/settings/delivery_options', /are lines "cost \| days/], ['yml', { offers: 'toys' }, '/settings/offers', /is one of name,/],
      ['yml', { ids: 'SKU' }, '/settings/ids', /is one of id,sku/], ['google', { backorder_days: 'soon' }, '/settings/backorder_days', /is a number of days up to 365/],
      ['google', { ids: 'x' }, '/settings/ids', /is one of/], ['csv', { columns: '' }, '/settings/columns', /at least one/], ['csv', { columns: 'a = sku', sign: 'x' }, '/settings/sign', /tab/]];
    for (const [format, settings, pointer, words] of cases)
      for (const [method, path, body] of [['POST', '/feeds', { name: 'new', format, settings }], ['PATCH', '/feeds/market', { format, settings }]]) {
        const answer = await feeds.send(method, path, body);
        assert.equal(answer.status, 422, `${method} ${JSON.stringify(body)} ${answer.text}`);
        assert.deepEqual([answer.json.errors[0].pointer, words.test(answer.json.errors[0].detail)], [pointer, true], answer.text);
      }
    const currency = await feeds.send('PATCH', '/feeds/market', { currency: 'GBP' });
    assert.deepEqual([currency.status, currency.json.errors[0].pointer, /YML knows no prices in GBP/.test(currency.text)], [422, '/settings', true], currency.text);
    const after = (await feeds.send('GET', '/feeds/market')).json;
    assert.deepEqual([after.version, after.settings, after.currency], [before.version, before.settings, before.currency]);
    assert.equal((await feeds.send('GET', '/feeds/new')).status, 404);

    // Staff see it at the input.
    const people = await staff(feeds.shop);
    const page = await people.change(`/admin/feeds/${before.id}`, { 'setting-delivery_options': 'free of charge' });
    assert.equal(page.status, 422);
    assert.match(page.text, /setting-delivery_options-about"><strong class="error">are lines &#34;cost/);
    assert.match(page.text, /free of charge<\/textarea>/);

    // What a format says by itself when it is written is its answer, no fault of the shop.
    assert.equal((await feeds.send('POST', '/feeds', { name: 'wrong', format: 'wrong' })).status, 201);
    const written = await feeds.write('wrong');
    assert.deepEqual([written.status, written.json.detail], [409, 'not on a Monday']);
    assert.equal((await feeds.send('GET', '/feeds/wrong')).json.error, 'not on a Monday');
  } finally { await feeds.down(); }
});

test('wrong terms are refused at their place, and a failed writing leaves the old file', async () => {
  const feeds = await Feeds.open({ products: [thing('CUP', 1250)] });
  try {
    await feeds.make({ name: 'market', format: 'yml' });
    const cases = [[{ name: 'Market!' }, '/name'], [{ format: 'xls' }, '/format'], [{ locale: 'de' }, '/locale'], [{ currency: 'euro' }, '/currency'], [{ suffix: 'a b' }, '/suffix'],
      [{ every: 0 }, '/every'], [{ price_from: -1 }, '/price_from'], [{ categories: 'cups' }, '/categories'], [{ settings: { ids: 3 } }, '/settings'], [{ country: 'BGR' }, '/country']];
    for (const [change, pointer] of cases) {
      const answer = await feeds.send('PATCH', '/feeds/market', change);
      assert.equal(answer.status, 422, JSON.stringify(change) + answer.text);
      assert.equal(answer.json.errors[0].pointer, pointer);
    }
    assert.equal((await feeds.send('POST', '/feeds', { name: 'market', format: 'csv' })).status, 409);
    assert.equal((await feeds.send('GET', '/feeds/nope')).status, 404);
    const before = (await feeds.get('market.xml')).text;
    assert.equal((await feeds.send('PATCH', '/feeds/market', { categories: ['nope'] })).status, 200);
    const failed = await feeds.written('market', (feed) => feed.error);
    assert.match(failed.error, /none of the categories of this feed/);
    assert.equal((await feeds.get('market.xml')).text, before);
    assert.equal((await feeds.write('market')).status, 409);
    assert.equal((await feeds.send('PATCH', '/feeds/market', { categories: [] })).status, 200);
    await feeds.written('market', (feed) => !feed.error);

    // The plugin goes: the file stays, staff see why it is not written.
    assert.equal((await feeds.shop.souk('plugin', 'disable', 'feed_market')).code, 0);
    await feeds.product(thing('CUP', 1111));
    const alone = await feeds.written('market', (feed) => feed.error);
    assert.match(alone.error, /no plugin that is on brings the format "yml"/);
    assert.match((await feeds.get('market.xml')).text, /<price>12.50</);
    assert.equal((await feeds.shop.souk('plugin', 'enable', 'feed_market')).code, 0);
    await feeds.written('market', (feed) => !feed.error);
    assert.match((await feeds.get('market.xml')).text, /<price>11.11</);

    const reader = (await feeds.shop.souk('admin', 'token', '--scope', 'feed.read', '--json')).json.token;
    const may = (method, where) => ask(`${feeds.shop.url}/api/v1/admin${where}`, { method, body: method === 'GET' ? undefined : '{}', headers: { authorization: `Bearer ${reader}`, 'content-type': 'application/json' } });
    assert.equal((await may('GET', '/feeds')).status, 200);
    assert.equal((await may('POST', '/feeds/market/write')).status, 403);
    assert.equal((await may('DELETE', '/feeds/market')).status, 403);
  } finally { await feeds.down(); }
});

test('what would empty a file, or rests on another version, is seen', async () => {
  const feeds = await Feeds.open({ products: [thing('CUP', 1250), thing('LAMP', 9000, { categories: [['Light']] })] });
  try {
    const { shop } = feeds, read = async () => items((await feeds.get('market.xml')).text).map((item) => item.sku).join();
    const key = async (slug) => (await shop.get(`/api/v1/products/${slug}`)).json.breadcrumb[0].url.split('/').pop();
    const light = await key('thing-lamp'), kitchen = await key('thing-cup');
    await feeds.make({ name: 'market', format: 'google', categories: [light, 'of-old'] });
    assert.equal(await read(), 'LAMP');
    assert.deepEqual((await feeds.send('GET', '/feeds/market')).json.reasons, [{ words: 'no such category is to be seen', count: 1, sku: 'of-old' }]);
    assert.equal((await feeds.send('PATCH', '/feeds/market', { categories: ['of-old', 'older'] })).status, 200);
    const gone = await feeds.written('market', (feed) => feed.error);
    assert.match(gone.error, /none of the categories of this feed is to be seen any more/);
    assert.equal(await read(), 'LAMP', 'the old file');
    assert.equal((await feeds.send('PATCH', '/feeds/market', { categories: [kitchen], currency: 'USD' })).status, 200);
    const poor = await feeds.written('market', (feed) => /currency/.test(feed.error));
    assert.match(poor.error, /no price list in USD/);
    assert.equal(await read(), 'LAMP', 'the old file');
    assert.equal((await feeds.send('PATCH', '/feeds/market', { currency: 'EUR' })).status, 200);
    await feeds.written('market', (feed) => !feed.error);
    assert.equal(await read(), 'CUP');

    // As if another version of the plugin had written it.
    const before = (await feeds.send('GET', '/feeds/market')).json;
    assert.match(before.maker, /^feed_market \d/);
    await shop.stop();
    const done = spawnSync('sqlite3', ['-cmd', '.timeout 60000', join(shop.data, 'souk.db'), "UPDATE feed SET maker = 'feed_market 0.0.1'"], { encoding: 'utf8' });
    assert.equal(done.status, 0, done.stderr);
    await shop.up();
    const after = await feeds.written('market', (feed) => feed.maker === before.maker);
    assert.ok(after.written_at > before.written_at);
  } finally { await feeds.down(); }
});

test('a spreadsheet that opens the CSV runs nothing', async () => {
  const rude = ['=HYPERLINK("http://x","y")', '+1+cmd|x', '-2+3', '@SUM(1)', ' =1+1'];
  const feeds = await Feeds.open({ products: rude.map((name, i) => thing(`R${i}`, 1000 + i, { en: { name: `x ${i}`, slug: `r-${i}`, description: name } })) });
  try {
    const columns = 'id = sku\ntext = description\nprice = price\nless = "-5.00"\nown = "=A1"';
    await feeds.make({ name: 'table', format: 'csv', settings: { columns } });
    const rows = csv((await feeds.get('table.csv')).text);
    assert.equal(rows.length, rude.length);
    for (const [i, row] of rows.entries()) {
      assert.equal(row.text, `'${rude[i].trim()}`, 'a text is one');
      assert.deepEqual([row.price, row.less, row.own], [`10.0${i}`, '-5.00', "'=A1"], 'a number too');
    }
    await feeds.make({ name: 'bare', format: 'csv', settings: { columns, formulas: 'yes' } });
    assert.deepEqual(csv((await feeds.get('bare.csv')).text).map((row) => row.text), rude.map((text) => text.trim()));
  } finally { await feeds.down(); }
});

test('the admin page: made by a form, its format\'s settings, what was left out, write now, removed', async () => {
  const feeds = await Feeds.open({ products: [thing('CUP', 1250), thing('LONE', 800, { categories: [] })] });
  try {
    const boss = await staff(feeds.shop);
    const form = await boss.form('/admin/feeds/new', '/admin/feeds');
    assert.deepEqual([form.get('currency'), form.get('country'), form.get('every'), form.getAll('enabled').pop()], ['EUR', 'BG', '50', '1'], 'what a feed begins with');
    const at = await boss.make('feeds', { name: 'market', format: 'yml', price_to: '12.50' });
    await feeds.written('market', (feed) => feed.written_at);
    const page = (await boss.get(at)).text;
    assert.match(page, /https:\/\/shop\.example\/feeds\/market\.xml/);
    assert.match(page, /it is in no category/);
    assert.match(page, /name="setting-delivery_options"/);
    assert.equal((await feeds.send('GET', '/feeds/market')).json.price_to, 1250);
    assert.equal((await boss.change(at, { 'setting-delivery_options': '4.90 | 1-3 | 18\r\n0 | 5', 'setting-company': 'Tea & Co' })).status, 303);
    await until('the settings', async () => /<company>Tea &amp; Co<\/company>/.test((await feeds.get('market.xml')).text));
    assert.equal([...(await feeds.get('market.xml')).text.matchAll(/<option /g)].length, 2);
    const refused = await boss.change(at, { name: 'Not Good', suffix: 'a b' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /is of a-z, 0-9 and -/);
    const before = (await feeds.send('GET', '/feeds/market')).json.version;
    const now = fields((await boss.get(at)).text.split('action="/admin/feeds/bulk"')[1].split('</form>')[0]);
    assert.equal((await boss.post('/admin/feeds/bulk', now)).status, 200);
    assert.equal((await feeds.send('GET', '/feeds/market')).json.version, before, 'writing is no change');
    assert.match((await boss.get('/admin/feeds')).text, /market/);
    assert.match((await boss.get('/admin/feeds', { 'accept-language': 'bg' })).text, /market/);
    // Who may only look sees no button, and gets nowhere without one; a failure stands at the head of the page.
    const viewer = await staff(feeds.shop, 'vic@shop.example', 'viewer');
    const looked = await viewer.get(at);
    assert.equal(looked.status, 200);
    assert.match(looked.text, /feeds\/market\.xml/);
    assert.doesNotMatch(looked.text, /<button[^>]*>(Save|Write now)</);
    for (const [where, body] of [[at, { name: 'mine' }], ['/admin/feeds/bulk', now], [`${at}/remove`, {}]]) assert.equal((await viewer.post(where, body)).status, 403, where);
    assert.equal((await boss.change(at, { currency: 'USD' })).status, 303);
    await feeds.written('market', (feed) => feed.error);
    const failed = (await boss.get(at)).text;
    assert.ok(failed.indexOf('no price list in USD') > 0 && failed.indexOf('no price list in USD') < failed.indexOf('<form method="post" action="/admin/feeds/'), 'before the form');
    assert.equal((await boss.post(`${at}/remove`)).status, 303);
    assert.equal((await feeds.get('market.xml')).status, 404);
  } finally { await feeds.down(); }
});

test('texts of strangers stay texts', async () => {
  const rude = ['<b>& "bold" \'x\'', ']]> <![CDATA[', '</offer></item><script>', '𝒳🧩 letters', '\u202e right \u05e9\u05dc\u05d5\u05dd', 'tab\tand "quotes", commas; | bars'];
  const feeds = await Feeds.open({ products: rude.map((name, i) => thing(`R${i}`, 1000 + i, { brand: name, en: { name, slug: `r-${i}`, description: `${name} ${'x'.repeat(20)}` } })) });
  try {
    await three(feeds);
    const yml = (await feeds.get('market.xml')).text, google = (await feeds.get('google.xml')).text;
    lint(yml);
    valid(yml, 'Simple.dtd');
    lint(google);
    for (const [i, name] of rude.entries()) {
      const known = (await feeds.shop.get(`/api/v1/products/r-${i}`)).json.name;
      const offer = offers(yml).find((o) => o.price === `10.0${i}`), item = items(google).find((o) => o.sku === `R${i}`), row = csv((await feeds.get('table.csv')).text).find((r) => r.id === `R${i}`);
      assert.equal(one(offer.body, 'name'), known, name);
      assert.equal(one(item.body, 'g:title'), known);
      assert.equal(row.name, known.replace(/[\t\n]/g, ' '));
    }
    await agree(feeds, { count: rude.length });
  } finally { await feeds.down(); }
});

// Made of few words; the size of a shop that a test can wait for.
const COUNT = sanitized ? 3000 : 20000;
function catalogue(file) {
  const words = 'porcelain maker valley amber linen harbour lantern cedar walnut kettle copper stitch'.split(' ');
  const text = (i, k) => Array.from({ length: k }, (_, n) => words[(i * 7 + n * n) % words.length]).join(' ');
  const lines = [];
  for (let i = 0; i < COUNT / 2; i++)
    lines.push(JSON.stringify({ product: { key: `big-${i}`, type: 'variable', status: 'active', visibility: 'both', brand: `Maker ${i % 90}`, categories: [[`Group ${i % 9}`, `Sort ${i % 40}`]],
      text: { en: { name: `Thing ${i}`, slug: `thing-${i}`, description: text(i, 60) } }, options: [{ code: 'size', name: 'Size', values: ['S', 'M'] }],
      variants: ['S', 'M'].map((size) => ({ sku: `BIG-${i}-${size}`, options: { size }, tracked: false, prices: [{ list: 'base', amount: 500 + i }] })) } }));
  writeFileSync(file, `${lines.join('\n')}\n`);
}

test('a large catalogue: memory stays flat; a process that dies in the middle leaves the old file whole', { timeout: 3600000 }, async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'souk-')), 'big.jsonl');
  catalogue(file);
  const feeds = await Feeds.open({ file });
  try {
    const idle = feeds.shop.census().anonymous;
    const first = await feeds.make({ name: 'market', format: 'yml', settings: { delivery_options: '0 | 1' } });
    assert.equal(first.items, COUNT);
    const old = (await feeds.get('market.xml')).text;
    valid(old, 'Simple.dtd');
    assert.equal(offers(old).length, COUNT);

    let most = 0, done = false;
    const again = feeds.write('market').then((answer) => { done = true; return answer; });
    await until('the writing', () => { most = Math.max(most, feeds.shop.census().anonymous); return done; });
    assert.equal((await again).status, 200);
    if (!sanitized) assert.ok(most - idle < 64 * 1024, `${most - idle} KiB above the idle shop`);

    // Many feeds are due with one change: all are written, and never more than two at once.
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await feeds.make({ name, format: 'csv', settings: { columns: 'id = sku' } });
    const state = async () => (await feeds.send('GET', '/feeds')).json.items.filter((feed) => names.includes(feed.name));
    const [before, since] = [await state(), Date.now()];
    await feeds.product(thing('NEW', 1250, { images: [] }));
    let live = 0;
    await until('all five', async () => {
      const counted = spawnSync('sqlite3', ['-readonly', '-cmd', '.timeout 60000', join(feeds.shop.data, 'souk.db'), "SELECT count(*) FROM job WHERE kind = 'souk:feed' AND state IN ('waiting', 'running')"], { encoding: 'utf8' });
      assert.equal(counted.status, 0, counted.stderr);
      live = Math.max(live, Number(counted.stdout));
      return (await state()).every((feed, i) => feed.written_at > before[i].written_at && feed.items === COUNT + 1);
    });
    assert.ok(live >= 1 && live <= 2, `${live} at once, ${Date.now() - since} ms`);
    await feeds.written('market', (one) => one.items === COUNT + 1);

    // Killed while the new file is there and not whole.
    const feed = (await feeds.send('GET', '/feeds/market')).json, place = join(feeds.shop.data, 'feeds', feed.id);
    const pid = feeds.shop.shopPid();
    let whole, inode, turn = 0;
    const anew = async () => {
      [whole, inode] = [readFileSync(place), statSync(place).ino];
      assert.equal((await feeds.send('PATCH', '/feeds/market', { suffix: `utm_source=killed${++turn}` })).status, 200);
    };
    await anew();
    await until('the middle', async () => {
      if (statSync(place).ino !== inode) await anew(); // it was written before anybody looked
      const half = statSync(`${place}.new`, { throwIfNoEntry: false });
      return half?.size > 100000 && statSync(place).ino === inode && process.kill(pid, 'SIGKILL');
    });
    await feeds.shop.newShopPid(pid);
    assert.deepEqual(readFileSync(place), whole, 'as it was');
    await until('the shop again', async () => { try { return (await feeds.get('market.xml')).status === 200; } catch { return false; } });
    await until('what was asked for, after all', async () => RegExp(`utm_source=killed${turn}\\b`).test((await feeds.get('market.xml')).text));
    const after = (await feeds.get('market.xml')).text;
    lint(after);
    assert.equal(offers(after).length, COUNT + 1);
    assert.ok(!existsSync(`${place}.new`) || (await until('the last writing', () => !existsSync(`${place}.new`))));
  } finally { await feeds.down(); }
});
