// The checkout as a browser without script uses it: one page, nothing typed is lost, delivery and totals follow the choice, the total that was
// shown is the total that is charged, one cart makes one order; then the order's pages: thanks, look-up, return form, the same once more, the
// list in the account. Plain HTTP with a cookie jar.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Shop, run, souk, until } from './souk.mjs';
import { Browser, unescape } from './browser.mjs';

const goods = [
  { product: { key: 'tea', type: 'simple', status: 'active', text: { en: { name: 'Green tea', slug: 'green-tea' } }, variants: [{ sku: 'TEA', tracked: true, stock: 50, prices: [{ list: 'base', amount: 450 }] }] } },
  { product: { key: 'last', type: 'simple', status: 'active', text: { en: { name: 'Last vase', slug: 'last-vase' } }, variants: [{ sku: 'LAST', tracked: true, stock: 1, prices: [{ list: 'base', amount: 9900 }] }] } },
];
const typed = { email: 'ana@example.org', phone: '+359 88 123 4567', name: 'Ana Petrova', country: 'BG', postcode: '1000', city: 'Sofia', line1: 'Vitosha 1', note: 'Ring <twice>' };

let shop;
before(async () => {
  shop = new Shop({ plugins: ['probe_sell', 'probe_account'], config: 'shop = { name = "Anbar", locales = { "en", "bg" }, country = "BG" }\nlog = { access = "off" }' });
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

const total = (text) => /totals-all"><dt>[^<]*<\/dt><dd>([^<]*)</.exec(text)?.[1];
const value = (text, name) => unescape(new RegExp(`name="${name}"[^>]* value="([^"]*)"`).exec(text)?.[1] ?? '');
const checked = (text, name) => [...text.matchAll(new RegExp(`type="radio" name="${name}" value="([^"]*)" checked`, 'g'))].map((m) => m[1]);
const errors = (text) => [...text.matchAll(/<li><a href="#([^"]+)">([^<]+)<\/a><\/li>/g)].map((m) => m[1]);

async function filled(sku = 'TEA', quantity = '2') {
  const b = new Browser(shop);
  assert.equal((await b.post('/cart/add', { sku, quantity })).status, 303);
  return b;
}
// The form as the page has it, with what is typed.
async function send(b, more, path = '/checkout') {
  const { text } = await b.get(path);
  return b.post(path, { cart: value(text, 'cart'), accept_total: value(text, 'accept_total'), delivery: checked(text, 'delivery')[0] ?? '', payment: checked(text, 'payment')[0] ?? '', ...more });
}

test('the page: at most eight fields to type, everything chosen that can be, the total on the button', async () => {
  const b = await filled();
  const { text, status, headers } = await b.get('/checkout');
  assert.equal(status, 200);
  assert.match(headers.get('cache-control'), /no-store/);
  const seen = text.replace(/<details[^]*?<\/details>/g, '');
  const fields = [...seen.slice(seen.indexOf('<main')).matchAll(/<(?:input|select|textarea)[^>]*>/g)].map((m) => m[0]).filter((tag) => !/type="(hidden|radio|checkbox)"/.test(tag) && !/type="search"/.test(tag));
  assert.ok(fields.length <= 8, fields.join('\n'));
  assert.match(seen, /<option value="BG" selected>/);
  assert.deepEqual(checked(text, 'delivery'), ['flat:standard']);
  assert.deepEqual(checked(text, 'payment'), ['invoice']);
  assert.equal(total(text), '€14.00');
  assert.match(text, />Place order and pay €14\.00<\/button>/);
  assert.equal(value(text, 'accept_total'), '1400');
  assert.doesNotMatch(text, /name="newsletter" value="yes" checked/);
  for (const auto of ['email', 'tel', 'name', 'country', 'postal-code', 'address-level2', 'address-line1']) assert.ok(text.includes(`autocomplete="${auto}"`), auto);
});

test('an empty cart has no checkout', async () => {
  const b = new Browser(shop);
  const answer = await b.get('/checkout');
  assert.equal(answer.status, 303);
  assert.equal(answer.location, '/cart');
});

test('"update" keeps everything, and delivery changes the total; leaving and coming back too', async () => {
  const b = await filled();
  const sent = await send(b, { ...typed, do: 'update', delivery: 'flat:fetch', newsletter: 'yes' });
  assert.equal(sent.status, 303);
  await b.get('/');
  const { text } = await b.get('/checkout');
  for (const [name, written] of Object.entries(typed)) if (!['country', 'note'].includes(name)) assert.equal(value(text, name), written, name);
  assert.match(text, />Ring &lt;twice&gt;<\/textarea>/);
  assert.deepEqual(checked(text, 'delivery'), ['flat:fetch']);
  assert.equal(total(text), '€9.00');
  assert.match(text, /name="newsletter" value="yes" checked/);
});

test('all that is wrong is said at once, summed up with links and at the fields; nothing typed is lost', async () => {
  const b = await filled();
  const sent = await send(b, { ...typed, email: 'nobody', city: '', line1: '', do: 'place' });
  assert.equal(sent.status, 422);
  assert.deepEqual(errors(sent.text).sort(), ['city', 'email', 'line1']);
  for (const field of ['city', 'email', 'line1']) {
    assert.match(sent.text, new RegExp(`id="${field}"[^>]*aria-invalid="true" aria-describedby="${field}-error"`));
    assert.match(sent.text, new RegExp(`<p class="error" id="${field}-error">`));
  }
  assert.match(sent.text, /class="errors" role="alert"/);
  assert.equal(value(sent.text, 'email'), 'nobody');
  assert.equal(value(sent.text, 'name'), typed.name);
  assert.equal(value((await b.get('/checkout')).text, 'email'), 'nobody', 'also on the next visit');
});

test('an order: thanks, once, whatever is clicked twice', async () => {
  const b = await filled();
  const page = (await b.get('/checkout')).text;
  const form = { ...typed, cart: value(page, 'cart'), accept_total: value(page, 'accept_total'), delivery: 'flat:standard', payment: 'invoice', do: 'place' };
  const [one, two] = await Promise.all([b.post('/checkout', form), b.post('/checkout', form)]);
  assert.equal(one.status, 303, one.text);
  assert.equal(two.status, 303, two.text);
  const number = /^\/order\/(\d+)\?token=([\w-]+)/.exec(one.location);
  assert.ok(number, one.location);
  assert.equal(/^\/order\/(\d+)/.exec(two.location)[1], number[1]);
  const third = await b.post('/checkout', form);
  assert.equal(third.status, 303);
  assert.match(third.location, new RegExp(`^/order/${number[1]}\\?`));
  const thanks = await b.get(one.location);
  assert.match(thanks.text, /Thank you for your order!/);
  assert.match(thanks.text, /ana@example\.org/);
  assert.equal(total(thanks.text), '€14.00');
  assert.match(thanks.text, /Vitosha 1<br>/);
  assert.match(thanks.text, /href="\/account\/register\?email=ana%40example\.org"/);
  assert.match(thanks.headers.get('referrer-policy'), /same-origin|no-referrer/);
  assert.match((await b.get('/cart')).text, /Your cart is empty/);
  assert.match((await b.get('/checkout')).location, new RegExp(`^/order/${number[1]}\\?`), 'back to the checkout leads to the order');
  const stranger = new Browser(shop);
  assert.equal((await stranger.get(`/order/${number[1]}?token=aaaaaaaaaaaaaaaaaaaaaaaaaa`)).status, 404);
  assert.equal((await stranger.get(`/order/${number[1]}`)).location, '/order');
  assert.equal((await stranger.get('/order/99999999')).location, '/order', 'the same for a number that is none');
  assert.equal((await stranger.get(`/order/${number[1]}?token=${number[2]}`)).status, 200);
});

test('another total than the one that was shown is asked about first', async () => {
  const b = await filled('TEA', '1');
  const page = (await b.get('/checkout')).text;
  assert.equal(total(page), '€9.50');
  await load([{ product: { key: 'tea', variants: [{ sku: 'TEA', prices: [{ list: 'base', amount: 500 }] }] } }]);
  await until('the new price', async () => total((await b.get('/cart')).text) === '€5.00');
  const form = { ...typed, cart: value(page, 'cart'), accept_total: value(page, 'accept_total'), delivery: 'flat:standard', payment: 'invoice', do: 'place' };
  const asked = await b.post('/checkout', form);
  assert.equal(asked.status, 409);
  assert.match(asked.text, /It was €9\.50 and is €10\.00 now\./);
  assert.equal(value(asked.text, 'accept_total'), '1000');
  assert.equal(value(asked.text, 'city'), 'Sofia');
  const none = await b.post('/checkout', { ...form, accept_total: '' });
  assert.equal(none.status, 409, 'what nobody has seen is not accepted');
  const done = await b.post('/checkout', { ...form, accept_total: '1000' });
  assert.equal(done.status, 303, done.text);
  await load([{ product: { key: 'tea', variants: [{ sku: 'TEA', prices: [{ list: 'base', amount: 450 }] }] } }]);
});

test('a delivery that was chosen here and switched in the other tab costs what the page said, or is asked about', async () => {
  const b = await filled('TEA', '2');
  const page = (await b.get('/checkout')).text;
  const price = value(page, 'accept_total');
  const asked = await b.post('/checkout', { ...typed, cart: value(page, 'cart'), accept_total: price, delivery: 'flat:few', payment: 'invoice', do: 'place' });
  assert.equal(asked.status, 409);
  assert.deepEqual(checked(asked.text, 'delivery'), ['flat:few']);
  const gone = await b.post('/checkout', { ...typed, cart: value(page, 'cart'), accept_total: price, delivery: 'flat:nothing', payment: 'invoice', do: 'place' });
  assert.equal(gone.status, 422);
  assert.match(gone.text, /id="delivery-error"/);
});

test('the last one: who comes second is told, and keeps what was typed', async () => {
  const one = await filled('LAST', '1'), two = await filled('LAST', '1');
  const first = await send(one, { ...typed, do: 'place' });
  assert.equal(first.status, 303, first.text);
  const second = await send(two, { ...typed, do: 'place' });
  assert.equal(second.status, 409);
  assert.match(second.text, /Last vase: This is sold out|Last vase: this is sold out/);
  assert.equal(value(second.text, 'line1'), typed.line1);
});

test('a plugin that refuses says why', async () => {
  const b = await filled();
  const sent = await send(b, { ...typed, email: 'refused@example.org', do: 'place' });
  assert.equal(sent.status, 422);
  assert.match(sent.text, /We cannot deliver to you/);
});

test('the look-up: number and address together, and it never says which of them is wrong', async () => {
  const b = await filled();
  const sent = await send(b, { ...typed, email: 'Lost@Example.org', do: 'place' });
  const number = /order\/(\d+)/.exec(sent.location)[1];
  const other = new Browser(shop);
  const found = await other.post('/order', { number: `#${number}`, email: 'lost@example.org' });
  assert.equal(found.status, 303, found.text);
  assert.equal((await other.get(found.location)).status, 200);
  const wrong = async (form) => (await other.post('/order', form)).text.replace(/value="[^"]*"|[0-9a-f]{64}/g, '');
  assert.equal(await wrong({ number, email: 'x@example.org' }), await wrong({ number: '77777777', email: 'x@example.org' }));
  let status;
  for (let i = 0; i < 12; i++) status = (await other.post('/order', { number: '1', email: 'x@example.org' })).status;
  assert.equal(status, 429);
});

test('the same goods again, and what is not there any more is said', async () => {
  const b = await filled();
  const sent = await send(b, { ...typed, do: 'place' });
  const place = sent.location.replace(/&thanks=1/, '');
  const again = await b.post(place.replace('?', '/again?'));
  assert.equal(again.location, '/cart?done=again');
  const cart = (await b.get('/cart?done=again')).text;
  assert.match(cart, /The goods of that order are in your cart\./);
  assert.equal(total(cart), '€9.00');
});

test('sending back: what has not arrived cannot be sent back', async () => {
  const b = await filled();
  const sent = await send(b, { ...typed, do: 'place' });
  const place = sent.location.replace(/&thanks=1/, '').replace('?', '/return?');
  const page = await b.get(place);
  assert.equal(page.status, 200);
  assert.match(page.text, /Nothing of this order can be sent back now\./);
  const [, token] = /token=([\w-]+)/.exec(place);
  const asked = await b.post(place.split('?')[0], { token, 'quantity-1': '1', 'reason-1': 'other', outcome: 'refund' });
  assert.equal(asked.status, 422);
  assert.match(asked.text, /class="errors" role="alert"/);
});

test('in Bulgarian, from the product to the thanks', async () => {
  const b = new Browser(shop);
  await b.post('/bg/cart/add', { sku: 'TEA', quantity: '1' });
  const sent = await send(b, { ...typed, do: 'place' }, '/bg/checkout');
  assert.match(sent.location, /^\/bg\/order\//);
  assert.match((await b.get(sent.location)).text, /Благодарим за поръчката!/);
});

// ---- paying elsewhere, and failing to ----

async function peerShop(answer, tried) {
  const peer = createServer((request, response) => { tried.push(request.url); response.setHeader('content-type', 'application/json'); response.end(JSON.stringify(answer(request.url))); });
  await new Promise((ready) => peer.listen(0, '127.0.0.1', ready));
  const own = new Shop({ plugins: ['probe_sell'], config: `shop = { name = "Anbar", country = "BG" }\nlog = { access = "off" }\nprobe_sell = { peer = "http://127.0.0.1:${peer.address().port}" }\nhttp_client = { allow = { "127.0.0.1" } }` });
  return { own, peer };
}

test('a payment on another site: the order stands, and a page leads there', async () => {
  const { own, peer } = await peerShop((url) => ({ state: 'pending', reference: 'P-1', redirect: 'https://pay.example/session/1' }), []);
  const before = shop;
  try {
    shop = own;
    await load(goods);
    await own.up();
    const b = await filled();
    const sent = await send(b, { ...typed, payment: 'peer', do: 'place' });
    assert.equal(sent.status, 303, sent.text);
    assert.match(sent.location, /^\/order\/\d+\?token=[\w-]+&pay=1$/);
    const leave = await b.get(sent.location);
    assert.match(leave.text, /<meta http-equiv="refresh" content="0;url=https:\/\/pay\.example\/session\/1">/);
    assert.match(leave.text, /<a class="button" href="https:\/\/pay\.example\/session\/1"/);
    const back = await b.get(sent.location.replace('&pay=1', ''));
    assert.match(back.text, /This order is waiting for its payment\./);
  } finally {
    shop = before;
    await own.down();
    peer.close();
  }
});

test('a payment that fails: the order is kept and can be paid another way', async () => {
  const { own, peer } = await peerShop(() => ({ state: 'failed', message: 'the card was refused' }), []);
  const before = shop;
  try {
    shop = own;
    await load(goods);
    await own.up();
    const b = await filled();
    const sent = await send(b, { ...typed, payment: 'peer', do: 'place' });
    assert.equal(sent.status, 303, sent.text);
    const place = sent.location.replace(/&\w+=1$/, '');
    const page = await b.get(place);
    assert.match(page.text, /The payment has failed/);
    const pay = unescape(/<a class="button" href="(\/order\/\d+\/pay\?token=[^"]+)"/.exec(page.text)[1]);
    const form = await b.get(pay);
    assert.deepEqual(form.status, 200);
    assert.match(form.text, /type="radio" name="payment" value="invoice"/);
    const again = await b.post(pay.split('?')[0], { token: value(form.text, 'token'), payment: 'invoice' });
    assert.equal(again.status, 303, again.text);
    const paid = await b.get(again.location);
    assert.doesNotMatch(paid.text, /The payment has failed/);
    assert.match(paid.text, /Waiting for the payment/);
  } finally {
    shop = before;
    await own.down();
    peer.close();
  }
});

test('a provider that has not answered: the order is kept, the page looks again, and leads on once it has', async () => {
  let awake = false;
  const peer = createServer((request, response) => {
    response.statusCode = awake ? 200 : 503;
    response.setHeader('content-type', 'application/json');
    response.end(awake ? JSON.stringify({ state: 'pending', reference: 'P-1', redirect: 'https://pay.example/session/1' }) : '{}');
  });
  await new Promise((ready) => peer.listen(0, '127.0.0.1', ready));
  const own = new Shop({ plugins: ['probe_sell'], config: `shop = { name = "Anbar", country = "BG" }\nlog = { access = "off" }\nprobe_sell = { peer = "http://127.0.0.1:${peer.address().port}" }\nhttp_client = { allow = { "127.0.0.1" } }` });
  const before = shop;
  try {
    shop = own;
    await load(goods);
    await own.up();
    const b = await filled();
    const sent = await send(b, { ...typed, payment: 'peer', do: 'place' });
    assert.equal(sent.status, 303, sent.text);
    const page = await b.get(sent.location);
    assert.match(page.text, /The payment provider has not answered yet\. This page looks again by itself\./);
    assert.doesNotMatch(page.text, /The payment has failed/);
    const [, after, next] = /<noscript><meta http-equiv="refresh" content="(\d+);url=([^"]+)"><\/noscript>/.exec(page.text);
    assert.ok(Number(after) >= 2);
    assert.match(page.text, /look_again\.[0-9a-f]+\.js/);
    const second = await b.get(unescape(next));
    assert.match(second.text, /look=2/);
    const tired = await b.get(unescape(next).replace('look=1', 'look=20'));
    assert.match(tired.text, /has not answered yet\./);
    assert.doesNotMatch(tired.text, /http-equiv="refresh"/, 'not for ever');
    awake = true;
    const leave = await until('the provider', async () => { const t = (await b.get(unescape(next))).text; return /content="0;url=https:\/\/pay\.example\/session\/1"/.test(t) && t; });
    assert.match(leave, /Go on to the payment/);
  } finally {
    shop = before;
    await own.down();
    peer.close();
  }
});

// ---- with an account ----

test('signing in joins the carts, fills in what is known, and lists the orders', async () => {
  const b = new Browser(shop);
  const email = 'member@example.org', password = 'correct horse';
  assert.equal((await b.post('/account/register', { email, name: 'Mira Member', password })).status, 303);
  assert.equal((await b.post('/account/sign-in', { email, password })).location, '/account');
  assert.equal((await b.post('/account/addresses', { name: 'Mira Member', country: 'BG', city: 'Varna', postcode: '9000', line1: 'Sea 5' })).status, 303);
  assert.equal((await b.post('/account/addresses', { name: 'Mira Member', country: 'BG', city: 'Ruse', postcode: '7000', line1: 'Danube 7' })).status, 303);
  assert.match((await b.get('/account/orders')).text, /You have not ordered anything yet\./);
  await b.post('/cart/add', { sku: 'TEA', quantity: '1' });

  const guest = new Browser(shop);
  await guest.post('/cart/add', { sku: 'TEA', quantity: '2' });
  assert.equal((await guest.post('/account/sign-in', { email, password, next: '/cart' })).location, '/cart');
  assert.equal(total((await guest.get('/cart')).text), '€13.50', 'two and one are three');
  const page = (await guest.get('/checkout')).text;
  assert.equal(value(page, 'email'), email);
  assert.equal(value(page, 'name'), 'Mira Member');
  const cities = ['Varna', 'Ruse'];
  assert.ok(cities.includes(value(page, 'city')), value(page, 'city'));
  const other = [...page.matchAll(/name="use" value="(\d+)">([^<]+)</g)].find((m) => !m[2].includes(value(page, 'city')));
  await guest.post('/checkout', { cart: value(page, 'cart'), use: other[1], email, name: 'Mira Member', city: value(page, 'city') });
  const filledIn = (await guest.get('/checkout')).text;
  assert.ok(other[2].includes(value(filledIn, 'city')));
  const sent = await send(guest, { do: 'place', email, name: 'Mira Member', country: 'BG', city: 'Varna', postcode: '9000', line1: 'Sea 5' });
  assert.equal(sent.status, 303, sent.text);
  const number = /order\/(\d+)/.exec(sent.location)[1];
  const thanks = await guest.get(sent.location);
  assert.doesNotMatch(thanks.text, /account\/register/);
  assert.match((await guest.get('/account/orders')).text, new RegExp(`Order ${number}<`));
  assert.equal((await guest.get(`/order/${number}`)).status, 200, 'one sees one’s own without the token');
  assert.equal((await new Browser(shop).get(`/order/${number}`)).status, 303);
});

// ---- sending back ----

test('what has arrived is sent back: a wish that is refused leaves nothing, a right one stands on the order', async () => {
  const b = await filled();
  const sent = await send(b, { ...typed, do: 'place' });
  const place = sent.location.replace(/&thanks=1/, '');
  const number = /order\/(\d+)/.exec(place)[1], [, token] = /token=([\w-]+)/.exec(place);
  const key = (await shop.souk('admin', 'token', '--scope', '*')).stdout.trim().split('\n').pop();
  for (const step of ['confirm', 'pack', 'ship', 'deliver']) assert.equal((await shop.post(`/api/v1/admin/orders/${number}/${step}`, {}, { authorization: `Bearer ${key}` })).status, 200, step);
  const back = place.replace('?', '/return?');
  const page = (await b.get(back)).text;
  assert.match(page, /You can send these back until/);
  const [, line] = /name="quantity-(\d+)"/.exec(page);
  const much = await b.post(back.split('?')[0], { token, [`quantity-${line}`]: '9', [`reason-${line}`]: 'damaged', outcome: 'exchange', note: 'torn' });
  assert.equal(much.status, 422);
  assert.match(much.text, new RegExp(`<a href="#quantity-${line}">`));
  assert.match(much.text, new RegExp(`id="quantity-${line}"[^>]*value="9"`));
  assert.match(much.text, /<option value="damaged" selected>/);
  assert.match(much.text, />torn<\/textarea>/);
  assert.doesNotMatch((await b.get(place)).text, /Return R\d/);
  const done = await b.post(back.split('?')[0], { token, [`quantity-${line}`]: '1', [`reason-${line}`]: 'damaged', outcome: 'refund' });
  assert.equal(done.status, 303, done.text);
  const order = (await b.get(done.location)).text;
  assert.match(order, /Your wish to send goods back has arrived/);
  assert.equal([...order.matchAll(/Return R\d/g)].length, 1);
});
