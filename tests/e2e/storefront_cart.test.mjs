// The cart as a browser without script uses it: putting in from a cached page, changing, keeping for later, notes, vouchers, what cannot be
// had, price changes, and that a cart follows its owner through signing in. Plain HTTP with a cookie jar; every form is sent as it stands
// on the page.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Market, goods as sold } from './buying.mjs';
import { Shop, run, souk, until } from './souk.mjs';
import { Browser } from './browser.mjs';

const goods = [
  { product: { key: 'tea', type: 'simple', status: 'active', text: { en: { name: 'Green tea', slug: 'green-tea' }, bg: { name: 'Зелен чай', slug: 'zelen-chay' } },
    variants: [{ sku: 'TEA', tracked: true, stock: 5, prices: [{ list: 'base', amount: 450 }] }] } },
  { product: { key: 'cup', type: 'variable', status: 'active', text: { en: { name: 'Cup', slug: 'cup' } },
    options: [{ name: 'Colour', code: 'colour', values: ['Blue', 'Red'] }],
    variants: [{ sku: 'CUP-B', tracked: false, options: { colour: 'Blue' }, prices: [{ list: 'base', amount: 1200 }] }, { sku: 'CUP-R', tracked: false, options: { colour: 'Red' }, prices: [{ list: 'base', amount: 1300 }] }] } },
];

let shop;
before(async () => {
  shop = new Shop({ plugins: ['probe_sell', 'probe_account'], config: 'shop = { name = "Anbar", locales = { "en", "bg" } }\nlog = { access = "off" }' });
  await load(goods);
  await shop.up();
});
after(() => shop?.down());

async function load(documents) {
  const file = join(shop.dir, 'goods.jsonl');
  writeFileSync(file, documents.map((one) => JSON.stringify(one)).join('\n') + '\n');
  const done = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', file, '--json'], { timeout: 600000 });
  assert.equal(done.code, 0, done.stderr + done.stdout);
}

const lines = (text) => [...text.matchAll(/id="line-(\d+)"/g)].map((m) => m[1]);
const total = (text) => /totals-all"><dt>[^<]*<\/dt><dd>([^<]*)</.exec(text)?.[1];
const pieces = (text) => Number(/class="pieces">(\d+)/.exec(text)?.[1] ?? 0);

test('a guest puts something in from a page of the cache, and one write makes cart and session', async () => {
  const b = new Browser(shop);
  const page = await b.get('/p/green-tea');
  assert.doesNotMatch(page.text, /_token/, 'a cached page must carry no token');
  assert.equal(b.cookie, '');
  const sent = await b.post('/cart/add', { sku: 'TEA', quantity: '2' });
  assert.equal(sent.status, 303);
  assert.match(sent.location, /^\/cart\?added=\d+$/);
  const cart = await b.get(sent.location);
  assert.match(cart.text, /<p class="note said" role="status">Green tea is in your cart\.<\/p>/);
  assert.equal(total(cart.text), '€9.00');
  assert.equal(pieces(cart.text), 2);
  assert.equal(pieces((await b.get('/')).text), 2, 'the header of any page shows it');
  assert.match(cart.headers.get('cache-control'), /no-store/);
  assert.match(cart.text, /<meta name="robots" content="noindex/);
});

test('another site cannot put anything in', async () => {
  const b = new Browser(shop);
  const sent = await b.post('/cart/add', { sku: 'TEA' }, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' });
  assert.equal(sent.status, 403);
});

test('a kind is chosen by the fields of its options; without a choice the page asks for it', async () => {
  const b = new Browser(shop);
  const page = await b.get('/p/cup');
  const action = /formaction="([^"]+)"/.exec(page.text)[1];
  const colour = /type="radio" name="([^"]+)" value="([^"]+)"[^>]*>[^]*?Red/.exec(page.text)[1];
  const red = [...page.text.matchAll(/type="radio" name="[^"]+" value="([^"]+)"/g)].map((m) => m[1])[1];
  const none = await b.post(action, { quantity: '1' });
  assert.equal(none.status, 303);
  assert.match(none.location, /^\/p\/cup\?choose=1/);
  assert.match((await b.get(none.location)).text, /role="alert">Please choose first/);
  const sent = await b.post(action, { [colour]: red, quantity: '1' });
  assert.match(sent.location, /added=/);
  const cart = await b.get('/cart');
  assert.equal(total(cart.text), '€13.00');
  assert.match(cart.text, /Red/);
});

test('quantities change, what is too much is refused at its line and nothing is changed', async () => {
  const b = new Browser(shop);
  await b.post('/cart/add', { sku: 'TEA', quantity: '1' });
  const [line] = lines((await b.get('/cart')).text);
  assert.equal((await b.post('/cart', { do: 'set', line, quantity: '3' })).status, 303);
  assert.equal(total((await b.get('/cart')).text), '€13.50');
  const over = await b.post('/cart', { do: 'set', line, quantity: '9' });
  assert.equal(over.status, 409);
  assert.match(over.text, new RegExp(`<a href="#quantity-${line}">Only 5 are left</a>`));
  assert.match(over.text, new RegExp(`id="quantity-${line}"[^>]*value="9"[^>]*aria-invalid="true" aria-describedby="wrong-${line}"`));
  for (const wrong of ['x', '-1', '1.5', '99999999999999999999']) assert.equal((await b.post('/cart', { do: 'set', line, quantity: wrong })).status, 422, wrong);
  assert.equal(total((await b.get('/cart')).text), '€13.50');
  assert.equal((await b.post('/cart', { do: 'fly', line })).status, 422);
  await b.post('/cart', { do: 'set', line, quantity: '0' });
  assert.match((await b.get('/cart')).text, /Your cart is empty/);
  assert.equal((await b.post('/cart', { do: 'set', line, quantity: '1' })).status, 404, 'a line that is gone');
});

test('the first thing that cannot be had says why', async () => {
  const b = new Browser(shop);
  const over = await b.post('/cart/add', { sku: 'TEA', quantity: '6' });
  assert.equal(over.status, 409);
  assert.match(over.text, /Only 5 are left/);
  assert.equal((await b.post('/cart/add', { sku: 'NOWHERE' })).status, 404);
  assert.equal((await b.post('/cart/add', {})).status, 404);
});

test('keeping for later and back, a note, a voucher that does not exist', async () => {
  const b = new Browser(shop);
  await b.post('/cart/add', { sku: 'TEA', quantity: '1' });
  await b.post('/cart/add', { sku: 'CUP-B', quantity: '1' });
  let text = (await b.get('/cart')).text;
  const [tea] = lines(text);
  await b.post('/cart', { do: 'later', line: tea });
  text = (await b.get('/cart')).text;
  assert.equal(total(text), '€12.00');
  assert.equal(pieces(text), 1);
  assert.match(text, /<h2 id="later">Kept for later<\/h2>[^]*Green tea/);
  const kept = /<h2 id="later">[^]*?id="line-(\d+)"/.exec(text)[1];
  await b.post('/cart', { do: 'back', line: kept });
  text = (await b.get('/cart')).text;
  assert.equal(total(text), '€16.50');
  const line = lines(text)[0];
  await b.post('/cart', { do: 'note', line, text: 'as a gift <b>' });
  assert.match((await b.get('/cart')).text, /value="as a gift &lt;b&gt;"/);
  await b.post('/cart', { do: 'code', text: 'NOSUCH' });
  text = (await b.get('/cart')).text;
  assert.match(text, /<s>NOSUCH<\/s>/, 'kept and explained');
  await b.post('/cart', { do: 'code-off', text: 'NOSUCH' });
  assert.doesNotMatch((await b.get('/cart')).text, /<s>NOSUCH/);
});

test('a changed price is told, and what is no longer sold is left out', async () => {
  const b = new Browser(shop);
  await load([{ product: { key: 'mug', type: 'simple', status: 'active', text: { en: { name: 'Mug', slug: 'mug' } }, variants: [{ sku: 'MUG', tracked: false, prices: [{ list: 'base', amount: 700 }] }] } }]);
  await b.post('/cart/add', { sku: 'MUG', quantity: '1' });
  await load([{ product: { key: 'mug', variants: [{ sku: 'MUG', tracked: false, prices: [{ list: 'base', amount: 900 }] }] } }]);
  let text = await until('the new price', async () => { const t = (await b.get('/cart')).text; return total(t) === '€9.00' && t; });
  assert.match(text, /The price has changed; it was €7\.00\./);
  // whoever changes the cart after that page has seen it: it is not told twice
  const line = lines(text)[0], seen = /name="seen" value="([^"]+)"/.exec(text)[1];
  assert.equal((await b.post('/cart', { do: 'note', line, text: 'gift', seen })).status, 303);
  assert.doesNotMatch((await b.get('/cart')).text, /The price has changed/);
  await load([{ product: { key: 'mug', variants: [{ sku: 'MUG', tracked: false, prices: [{ list: 'base', amount: 800 }] }] } }]);
  await until('the next price', async () => /it was €9\.00/.test((await b.get('/cart')).text));
  // a form from a page before that told nothing
  assert.equal((await b.post('/cart', { do: 'note', line, text: 'gift', seen })).status, 303);
  assert.match((await b.get('/cart')).text, /it was €9\.00/);
  await load([{ product: { key: 'mug', status: 'archived' } }]);
  text = await until('it is gone', async () => { const t = (await b.get('/cart')).text; return /can no longer be bought/.test(t) && t; });
  assert.match(text, /Mug/);
  assert.equal((await b.post('/cart', { do: 'remove', line: /name="line" value="(\d+)"/.exec(text)[1] })).status, 303);
  assert.doesNotMatch((await b.get('/cart')).text, /can no longer be bought/);
});

test('in another language everything is in that language', async () => {
  const b = new Browser(shop);
  await b.post('/bg/cart/add', { sku: 'TEA', quantity: '1' });
  const cart = await b.get('/bg/cart');
  assert.match(cart.text, /<h1>Вашата количка<\/h1>/);
  assert.match(cart.text, /Зелен чай/);
  assert.match(cart.text, /4,50/);
});

test('a cart belongs to its browser: nobody else sees it', async () => {
  const b = new Browser(shop), other = new Browser(shop);
  await b.post('/cart/add', { sku: 'CUP-B', quantity: '1' });
  const [line] = lines((await b.get('/cart')).text);
  await other.post('/cart/add', { sku: 'CUP-R', quantity: '1' });
  assert.equal((await other.post('/cart', { do: 'remove', line })).status, 404);
  assert.equal(total((await b.get('/cart')).text), '€12.00');
});

test('a cart that was left goes on by its link, in another browser, after a button is pressed', async () => {
  const left = new Browser(shop), b = new Browser(shop);
  await left.post('/cart/add', { sku: 'CUP-B', quantity: '1' });
  await b.post('/cart/add', { sku: 'CUP-R', quantity: '2' });
  const made = await shop.post('/api/v1/carts', { lines: [{ sku: 'CUP-B', quantity: 3 }] });
  const token = made.json.id;
  const page = await b.get(`/cart?resume=${token}`);
  assert.match(page.text, /<h1>Your cart is still here<\/h1>/);
  assert.match(page.text, /noindex/);
  assert.equal(total(page.text), '€36.00');
  assert.equal(total((await b.get('/cart')).text), '€26.00', 'looking changes nothing');
  assert.equal((await b.post('/cart', { resume: token }, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' })).status, 403);
  const taken = await b.post('/cart', { resume: token });
  assert.equal(taken.location, '/cart?done=resumed');
  const cart = await b.get(taken.location);
  assert.match(cart.text, /Welcome back/);
  assert.equal(total(cart.text), '€62.00', 'with what was there already');
  assert.equal((await shop.get(`/api/v1/carts/${token}`)).json.quote.totals.total, 6200);
  assert.match((await b.get(`/cart?resume=${token}`)).text, /<h1>Your cart<\/h1>/, 'one\'s own is just shown');
  for (const wrong of ['nothing', 'x'.repeat(200)]) {
    assert.match((await left.get(`/cart?resume=${wrong}`)).text, /<h1>Your cart<\/h1>/);
    assert.equal((await left.post('/cart', { resume: wrong })).location, '/cart?done=over');
  }
  assert.equal(total((await left.get('/cart')).text), '€12.00');
});

test('what delivery costs at least is a line of its own, for the cart of who asks', async () => {
  const b = new Browser(shop);
  assert.match((await b.get('/cart/delivery')).text, /^Delivery is added at the checkout\.$/m, 'nothing in the cart');
  await b.post('/cart/add', { sku: 'TEA', quantity: '1' });
  const line = await b.get('/cart/delivery');
  assert.equal(line.status, 200, line.text);
  assert.match(line.text, /^Delivery (from €\d+\.\d\d|is free\.)$/m);
  assert.match((await b.get('/cart')).text, /data-delivery="\/cart\/delivery"/);
  assert.match((await b.get('/bg/cart/delivery')).text, /^Доставка/m);
});

test('what is fetched for nothing does not make delivery free', async () => {
  const config = 'delivery_courier = { rates = "all | 30 | 4.90" }\ndelivery_pickup = { showrooms = "shop | Shop | 1 Street | Sofia | 1000 | mon-fri 9-17 | 42.7,23.3 | 3 | cash" }';
  for (const [plugins, words] of [[['delivery_courier', 'delivery_pickup'], /^Delivery: €4\.90$/m], [['delivery_pickup'], /^Delivery is free\.$/m]]) {
    const market = await Market.open({ plugins, alone: true, config, goods: [sold('MUG', 1000, 5)] });
    try {
      const b = new Browser(market.shop);
      await b.post('/cart/add', { sku: 'MUG', quantity: '1' });
      assert.match((await b.get('/cart/delivery')).text, words);
    } finally {
      await market.down();
    }
  }
});
