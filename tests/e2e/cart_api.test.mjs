// Carts over REST: made, filled, changed, priced, refused; every answer is held against the shop's own OpenAPI document.
import test from 'node:test';
import assert from 'node:assert';
import { Shop, ask } from './souk.mjs';

const product = (key, variant, more = {}) => ({
  key, type: 'simple', status: 'active', visibility: 'both', tax_class: 'standard', text: { en: { name: key }, bg: { name: `${key} на български` } }, ...more,
  variants: [{ sku: key.toUpperCase(), tracked: false, prices: [{ list: 'base', amount: 1000 }], ...variant }],
});

let shop, auth;
test.before(async () => {
  shop = await Shop.start({ config: 'shop = { name = "Test", currency = "EUR", locales = { "en", "bg" } }' });
  const made = await shop.souk('admin', 'token', '--scope', 'product.read,product.edit,event.read', '--json');
  assert.equal(made.code, 0, made.stderr);
  auth = { authorization: `Bearer ${made.json.token}` };
  for (const one of [product('tea', { tracked: true, stock: 5 }), product('cup', {}), product('ad', {}, { type: 'external' }),
    product('ebook', { weight_g: 100 }, { type: 'digital' })]) {
    const answer = await shop.post('/api/v1/admin/products', one, auth);
    assert.equal(answer.status, 201, answer.text);
  }
});
test.after(() => shop?.down());

const send = async (method, path, body, headers = {}) => shop.described(method, `/api/v1/carts${path}`, await ask(`${shop.url}/api/v1/carts${path}`,
  { method, body: body === undefined ? undefined : JSON.stringify(body), headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers } }));
const make = async (body = {}) => {
  const answer = await send('POST', '', body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
};

test('an empty cart', async () => {
  const made = await send('POST', '', {});
  assert.equal(made.status, 201, made.text);
  const cart = made.json;
  assert.match(cart.id, /^[0-9a-z]{26}$/);
  assert.equal(cart.currency, 'EUR');
  assert.deepEqual(cart.lines, []);
  assert.equal(cart.quote.totals.total, 0);
  assert.equal(made.headers.get('location'), `/api/v1/carts/${cart.id}`);
  const got = await send('GET', `/${cart.id}`);
  assert.equal(got.status, 200);
  assert.equal(got.json.quote.version, cart.quote.version);
  assert.match(got.headers.get('cache-control'), /no-store|no-cache/);
  assert.equal((await send('POST', '', undefined)).status, 201); // without a body too
  assert.notEqual((await make()).id, cart.id);
});

test('lines go in, are changed and go out', async () => {
  const { id } = await make();
  let answer = await send('POST', `/${id}/lines`, { sku: 'TEA', quantity: 2 });
  assert.equal(answer.status, 201, answer.text);
  const [line] = answer.json.lines;
  assert.equal(line.name, 'tea');
  assert.equal(line.url, '/p/tea');
  assert.equal(line.total, 2000);
  assert.equal(line.stock, 5);
  assert.equal(answer.json.quote.lines[0].id, line.id);
  answer = await send('POST', `/${id}/lines`, { sku: 'TEA' }); // one unless told, on the same line
  assert.equal(answer.json.lines[0].quantity, 3);
  answer = await send('PATCH', `/${id}/lines/${line.id}`, { quantity: 5, note: 'for the office' });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.quote.totals.total, 5000);
  assert.equal(answer.json.lines[0].note, 'for the office');
  answer = await send('PATCH', `/${id}/lines/${line.id}`, { later: true });
  assert.equal(answer.json.lines[0].later, true);
  assert.equal(answer.json.quote.lines.length, 0);
  answer = await send('PATCH', `/${id}/lines/${line.id}`, { later: false });
  assert.equal(answer.json.quote.totals.items, 5000);
  answer = await send('DELETE', `/${id}/lines/${line.id}`);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json.lines, []);
  assert.equal((await send('DELETE', `/${id}/lines/${line.id}`)).status, 404);
  assert.deepEqual((await send('GET', `/${id}`)).json.lines, []);
});

test('more than there is, and what is not sold', async () => {
  const { id } = await make({ lines: [{ sku: 'TEA', quantity: 4 }] });
  const before = (await send('GET', `/${id}`)).json;
  for (const [body, status, pointer, available] of [
    [{ sku: 'TEA', quantity: 2 }, 409, '/quantity', 5], // six in all
    [{ sku: 'NOPE', quantity: 1 }, 404, '/sku'],
    [{ sku: 'AD', quantity: 1 }, 404, '/sku'],
    [{ quantity: 1 }, 400, '/sku'],
    [{ sku: 'CUP', quantity: 0 }, 400, '/quantity'],
    [{ sku: 'CUP', quantity: -3 }, 400, '/quantity'],
    [{ sku: 'CUP', quantity: 1.5 }, 400, '/quantity'],
    [{ sku: 'CUP', quantity: '2' }, 400, '/quantity'],
    [{ sku: 'CUP', quantity: 10001 }, 400, '/quantity'],
    [{ sku: 'CUP', quantity: 9223372036854775807n.toString() }, 400, '/quantity'],
  ]) {
    const answer = await send('POST', `/${id}/lines`, body);
    assert.equal(answer.status, status, `${JSON.stringify(body)}: ${answer.text}`);
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    assert.equal(answer.json.errors[0].pointer, pointer);
    if (available !== undefined) assert.equal(answer.json.available, available);
  }
  const patched = await send('PATCH', `/${id}/lines/${before.lines[0].id}`, { quantity: 6 });
  assert.equal(patched.status, 409);
  assert.equal(patched.json.available, 5);
  // a note in the same request is not kept either
  const both = await send('PATCH', `/${id}/lines/${before.lines[0].id}`, { note: 'x', quantity: 6 });
  assert.equal(both.status, 409);
  assert.equal((await send('PATCH', `/${id}/lines/${before.lines[0].id}`, {})).status, 400);
  assert.equal((await send('PATCH', `/${id}/lines/nothing`, { quantity: 1 })).status, 404);
  assert.equal((await ask(`${shop.url}/api/v1/carts/${id}/lines`, { method: 'POST', body: '{"sku":', headers: { 'content-type': 'application/json' } })).status, 400);
  const after = (await send('GET', `/${id}`)).json;
  delete before.quote.at; delete after.quote.at; delete before.quote.version; delete after.quote.version;
  assert.deepEqual(after, before);
});

test('a cart is made with lines or not at all', async () => {
  const made = await make({ lines: [{ sku: 'TEA', quantity: 1 }, { sku: 'CUP', quantity: 2 }], coupons: ['spring'], country: 'BG', locale: 'bg' });
  assert.equal(made.quote.totals.items, 3000);
  assert.equal(made.lines[0].name, 'tea на български');
  assert.deepEqual(made.coupons, ['SPRING']);
  const events = async () => (await shop.get('/api/v1/admin/events?kind=cart.added&limit=200', auth)).json.items.length;
  const count = await events();
  const wrong = await send('POST', '', { lines: [{ sku: 'CUP', quantity: 1 }, { sku: 'TEA', quantity: 9 }] });
  assert.equal(wrong.status, 409, wrong.text);
  assert.equal(wrong.json.errors[0].pointer, '/lines/1/quantity');
  assert.equal(wrong.json.available, 5);
  assert.equal(await events(), count);
  for (const [body, pointer] of [[{ country: 'Bulgaria' }, '/country'], [{ currency: 'USD' }, '/currency'], [{ locale: 'xx' }, '/locale'], [{ lines: {} }, '/lines'],
    [{ lines: [{}] }, '/lines/0/sku'], [{ coupons: [''] }, '/coupons/0']]) {
    const answer = await send('POST', '', body);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.json.errors[0].pointer, pointer);
  }
  assert.equal((await send('POST', '', [])).status, 400);
});

test('codes are kept and explained', async () => {
  const { id } = await make({ lines: [{ sku: 'CUP', quantity: 1 }] });
  let answer = await send('POST', `/${id}/coupons`, { code: ' spring ' });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json.quote.coupons, [{ code: 'SPRING', accepted: false, reason_code: 'unknown', reason: 'this code is not valid' }]);
  assert.equal(answer.json.quote.totals.total, 1000);
  assert.equal((await send('POST', `/${id}/coupons`, {})).status, 400);
  answer = await send('DELETE', `/${id}/coupons/spring`);
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.json.quote.coupons, []);
  assert.equal((await send('DELETE', `/${id}/coupons/spring`)).status, 404);
});

test('the same request with the same key is done once', async () => {
  const key = { 'idempotency-key': `k-${process.pid}-1` };
  const first = await send('POST', '', { lines: [{ sku: 'CUP', quantity: 1 }] }, key);
  const again = await send('POST', '', { lines: [{ sku: 'CUP', quantity: 1 }] }, key);
  assert.equal(again.status, 201);
  assert.equal(again.text, first.text);
  assert.equal((await send('POST', '', {}, key)).status, 422);
  const { id } = first.json;
  const one = await send('POST', `/${id}/lines`, { sku: 'CUP', quantity: 2 }, key);
  assert.equal(one.json.lines[0].quantity, 3);
  assert.equal((await send('POST', `/${id}/lines`, { sku: 'CUP', quantity: 2 }, key)).text, one.text);
  assert.equal((await send('GET', `/${id}`)).json.lines[0].quantity, 3);
});

test('unknown carts', async () => {
  for (const [method, path, body] of [['GET', '/none'], ['POST', '/none/lines', { sku: 'CUP', quantity: 1 }], ['PATCH', '/none/lines/1', { quantity: 1 }],
    ['DELETE', '/none/lines/1'], ['POST', '/none/coupons', { code: 'x' }], ['DELETE', '/none/coupons/x'], ['GET', `/${'z'.repeat(5000)}`]]) {
    const answer = await send(method, path, body);
    assert.equal(answer.status, 404, `${method} ${path}`);
  }
});

test('prices that changed are told, and what is gone is left out', async () => {
  const { id } = await make({ lines: [{ sku: 'CUP', quantity: 1 }, { sku: 'EBOOK', quantity: 1 }] });
  const put = async (doc) => assert.equal((await ask(`${shop.url}/api/v1/admin/products/${doc.key}`, { method: 'PATCH', body: JSON.stringify(doc),
    headers: { ...auth, 'content-type': 'application/json' } })).status, 200);
  await put({ key: 'cup', variants: [{ sku: 'CUP', prices: [{ list: 'base', amount: 1200 }] }] });
  await put({ key: 'ebook', status: 'draft' });
  const cart = (await send('GET', `/${id}`)).json;
  assert.equal(cart.lines.length, 1);
  assert.equal(cart.lines[0].price_before, 1000);
  assert.equal(cart.quote.totals.total, 1200);
  assert.equal(cart.gone[0].sku, 'EBOOK');
  const cleaned = await send('DELETE', `/${id}/lines/${cart.gone[0].line}`);
  assert.equal(cleaned.status, 200, cleaned.text);
  assert.deepEqual(cleaned.json.gone, []);
  await put({ key: 'cup', variants: [{ sku: 'CUP', prices: [{ list: 'base', amount: 1000 }] }] });
});

test('the log tells what was put in and taken out', async () => {
  const { id, lines } = await make({ lines: [{ sku: 'CUP', quantity: 7 }] });
  await send('PATCH', `/${id}/lines/${lines[0].id}`, { quantity: 4 });
  await send('DELETE', `/${id}/lines/${lines[0].id}`);
  const { json } = await shop.get('/api/v1/admin/events?limit=10', auth);
  const told = json.items.filter((one) => one.kind.startsWith('cart.')).slice(0, 3).map((one) => [one.kind, one.data.quantity]);
  assert.deepEqual(told, [['cart.removed', 4], ['cart.removed', 3], ['cart.added', 7]]);
});

test('two hundred clicks at once lose nothing', async () => {
  const { id } = await make();
  const answers = await Promise.all(Array.from({ length: 200 }, () => send('POST', `/${id}/lines`, { sku: 'CUP', quantity: 1 })));
  assert.ok(answers.every((one) => one.status === 201));
  const cart = (await send('GET', `/${id}`)).json;
  assert.equal(cart.lines.length, 1);
  assert.equal(cart.lines[0].quantity, 200);
});

test('what is misspelt is not taken for something else: members of a line, countries, orders without their token', async () => {
  const { id } = await make();
  const typo = await shop.post(`/api/v1/carts/${id}/lines`, { sku: 'CUP', qty: 3 });
  assert.equal(typo.status, 400);
  assert.equal(typo.json.errors[0].pointer, '/qty');
  assert.equal((await shop.post('/api/v1/carts', { lines: [{ sku: 'CUP', quantity: 1 }, { sku: 'CUP', quantitiy: 3 }] })).json.errors[0].pointer, '/lines/1/quantitiy');
  for (const list of ['delivery-options', 'payment-methods']) {
    const answer = await shop.get(`/api/v1/carts/${id}/${list}?country=Bulgaria`);
    assert.equal(answer.status, 400, list);
    assert.equal(answer.json.errors[0].pointer, '/country');
    assert.match((await shop.get(`/api/v1/carts/nope/${list}`)).json.detail, /POST \/api\/v1\/carts/);
  }
  for (const path of ['/api/v1/orders/1001', '/api/v1/orders/1001?token=x']) {
    const answer = await shop.get(path);
    assert.equal(answer.status, 404);
    assert.match(answer.json.detail, /\?token=/);
  }
});
