// The admin pages of buying over HTTP: every legal step by its form, illegal and stale ones refused without a change, refunds whose sum is
// shown before it is paid, parcels, returns, payments to match, rights, and the overview.
import test from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { Shop, ask, run, souk, until } from './souk.mjs';
import { Market, goods } from './buying.mjs';
import { Browser, add, fields, staff, unescape } from './browser.mjs';
import { putOrders, sql } from './orders.mjs';

const seed = ['tea', 'cup'].map((key, i) => JSON.stringify({ product: { key, status: 'active', text: { en: { name: key } },
  variants: [{ sku: `${key.toUpperCase()}-1`, price: 1000, stock: 10 }] } })).join('\n');

async function withOrders(wanted, fn, extra = '') {
  const shop = new Shop({ plugins: [] });
  const file = `${shop.dir}/seed.jsonl`;
  writeFileSync(file, seed);
  const made = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', file, '--json']);
  assert.equal(made.code, 0, made.stderr + made.stdout);
  const orders = putOrders(shop, wanted);
  if (extra) sql(shop, extra);
  await shop.up();
  try {
    await fn(shop, await staff(shop), orders);
  } finally {
    await shop.down();
  }
}
const problem = (text) => unescape(/class="problem"[^>]*>[^]*?<p>([^]*?)<\/p>/.exec(text)?.[1] ?? '');

// Sends a form of a page with some fields set, as the page gave it.
async function send(browser, from, action, values = {}) {
  const form = await browser.form(from, action);
  for (const [key, value] of Object.entries(values)) form.set(key, value);
  return browser.post(action, form);
}
async function done(browser, from, action, values) {
  const answer = await send(browser, from, action, values);
  assert.equal(answer.status, 303, `${action}: ${problem(answer.text) || answer.text.slice(0, 300)}`);
  return answer.location;
}

test('an order from its confirmation to its closing, each step by its form', () => withOrders([{}], async (shop, boss, [order]) => {
  const { path } = order;
  let text = (await boss.get(path)).text;
  assert.match(text, /Green &lt;tea&gt;/);
  assert.match(text, /€35\.00/);
  assert.ok(!text.includes(`${path}/close"`), 'what is not legal is not offered');
  assert.ok(!text.includes(`${path}/refund"`));
  await done(boss, path, `${path}/confirm`);
  await done(boss, path, `${path}/note`, { text: 'They called.' });
  await done(boss, path, `${path}/note`, { text: 'It is on its way.', reader: 'customer' });
  text = (await boss.get(path)).text;
  assert.match(text, /They called\./);
  assert.match(text, /the customer reads this/);
  assert.match(text, /<strong>Confirmed<\/strong>/);

  const paid = await send(boss, path, `${path}/pay`, { amount: 'much' });
  assert.equal(paid.status, 422);
  assert.match(problem(paid.text), /12\.50/);
  assert.match(paid.text, /name="amount" value="much"/, 'what was typed is not lost');
  await done(boss, path, `${path}/pay`, { amount: '35.00', reference: 'till 7', reason: 'cash in the shop' });
  assert.equal(sql(shop, `SELECT payment_status, captured FROM shop_order WHERE id = ${order.id}`), 'paid|3500');

  const much = await send(boss, path, `${path}/pack`, { [`units-${order.lines[0]}`]: '3' });
  assert.equal(much.status, 409);
  assert.equal(sql(shop, 'SELECT count(*) FROM shipment'), '0');
  await done(boss, path, `${path}/pack`, { [`units-${order.lines[0]}`]: '2', [`units-${order.lines[1]}`]: '0', weight: '0,35', declared_value: '20' });
  assert.equal(sql(shop, 'SELECT weight_g, declared_value FROM shipment'), '350|2000');
  const first = sql(shop, 'SELECT id FROM shipment');
  await done(boss, path, `/admin/shipments/${first}/cancel`, { reason: 'wrong box' });
  await done(boss, path, `${path}/pack`);
  const parcel = sql(shop, 'SELECT max(id) FROM shipment');
  assert.match((await boss.get(`/admin/shipments/${parcel}`)).location, new RegExp(`${path}#parcel-${parcel}`));
  await done(boss, path, `/admin/shipments/${parcel}/send`, { tracking: 'TR-123' });
  assert.match((await boss.get('/admin/shipments?q=TR-123')).text, new RegExp(`/admin/shipments/${parcel}`));
  assert.equal(sql(shop, `SELECT sum(reserved) FROM stock`), '0');
  const wrong = await send(boss, path, `/admin/shipments/${parcel}/deliver`, { [`accepted-${order.lines[0]}`]: '9' });
  assert.equal(wrong.status, 422);
  await done(boss, path, `/admin/shipments/${parcel}/deliver`);
  assert.equal(sql(shop, `SELECT fulfilment_status FROM shop_order WHERE id = ${order.id}`), 'delivered');
  await done(boss, path, `${path}/close`);
  await done(boss, path, `${path}/reopen`);
  await done(boss, path, `${path}/close`);
  text = (await boss.get(path)).text;
  for (const words of ['Paid by hand', 'Packed', 'Handed over', 'Delivered', 'Closed', 'till 7']) assert.ok(text.includes(words), words);
  assert.ok(!text.includes(`${path}/cancel"`), 'nothing is cancelled that has left');
  assert.match(sql(shop, "SELECT group_concat(DISTINCT actor) FROM audit WHERE subject = 'order:5000'"), /^staff:\d+$/);
}));

test('an illegal step, a stale form and two who press at once change nothing', () => withOrders([{}, { status: 'cancelled' }, {}], async (shop, boss, [order, gone, third]) => {
  const count = () => sql(shop, 'SELECT count(*) FROM audit WHERE subject LIKE \'order:%\'');
  const seen = Object.fromEntries(await boss.form(order.path, `${order.path}/confirm`));
  const theirs = { ...seen };
  const before = count();
  for (const step of ['close', 'reopen']) {
    const answer = await boss.post(`${order.path}/${step}`, seen);
    assert.equal(answer.status, 409, step);
    assert.match(answer.text, /That did not work/);
  }
  assert.equal((await boss.post(`${order.path}/place`, seen)).status, 404, 'the core alone places');
  assert.equal((await boss.post(`${order.path}/nonsense`, seen)).status, 404);
  assert.equal((await boss.post('/admin/orders/999/confirm', seen)).status, 404);
  assert.equal((await boss.post(`${gone.path}/confirm`, { _seen_order: 'cancelled.3500' })).status, 409);
  assert.equal((await boss.post(`${order.path}/confirm`, {})).status, 409, 'a form that saw nothing');
  assert.equal(count(), before);

  const [one, other] = await Promise.all([boss.post(`${order.path}/confirm`, seen), boss.post(`${order.path}/confirm`, theirs)]);
  assert.deepEqual([one.status, other.status].sort(), [303, 409]);
  assert.match(problem(one.status === 409 ? one.text : other.text), /somebody has changed this order meanwhile/);
  assert.equal(sql(shop, `SELECT count(*) FROM audit WHERE subject = 'order:${order.id}'`), '1');

  const mine = await boss.form(third.path + '/edit');
  const late = await boss.form(third.path + '/edit');
  mine.set('name', 'Anna P.');
  late.set(`quantity-${third.lines[0]}`, '1');
  assert.equal((await boss.post(`${third.path}/edit`, mine)).status, 303);
  const refused = await boss.post(`${third.path}/edit`, late);
  assert.equal(refused.status, 409, refused.text.slice(0, 200));
  assert.match(refused.text, new RegExp(`name="quantity-${third.lines[0]}" value="1"`), 'what was typed is not lost');
  assert.equal(sql(shop, `SELECT total, name FROM shop_order WHERE id = ${third.id}`), '3500|Anna P.');
}));

test('an order is changed: fewer units, a new line by SKU, another address', () => withOrders([{}], async (shop, boss, [order]) => {
  const form = `${order.path}/edit`;
  const nothing = await send(boss, form, form);
  assert.equal(nothing.status, 422);
  assert.match(problem(nothing.text), /nothing was changed/);
  const unknown = await send(boss, form, form, { 'sku-1': 'NO-SUCH' });
  assert.ok([404, 409, 422].includes(unknown.status), String(unknown.status));
  assert.match(unknown.text, /value="NO-SUCH"/);
  await done(boss, form, form, { [`quantity-${order.lines[0]}`]: '1', 'sku-1': order.skus[1], 'units-1': '2', line1: 'bul. Vitosha 2', delivery_amount: '4,00', reason: 'they called' });
  const row = sql(shop, `SELECT items, delivery, total, json_extract(address, '$.line1') FROM shop_order WHERE id = ${order.id}`);
  assert.equal(row, '4000|400|4400|bul. Vitosha 2');
  const text = (await boss.get(order.path)).text;
  assert.match(text, /bul\. Vitosha 2/);
  assert.match(text, /they called/);
  assert.equal(sql(shop, `SELECT sum(quantity) FROM reservation WHERE order_id = ${order.id}`), '4');
}));

test('a refund shows its exact sum, and pays it once', () => withOrders([{ status: 'confirmed', payment_status: 'paid', payment: 'captured', captured: 3500 }], async (shop, boss, [order]) => {
  const path = `${order.path}/refund`;
  const both = await send(boss, path, path, { [`units-${order.lines[0]}`]: '1', amount: '3' });
  assert.equal(both.status, 422);
  const more = await send(boss, path, path, { amount: '35.01' });
  assert.equal(more.status, 409);
  assert.equal((await send(boss, path, path)).status, 422, 'nothing chosen');
  const preview = await send(boss, path, path, { [`units-${order.lines[0]}`]: '1', delivery: '2.50', reason: 'broken' });
  assert.equal(preview.status, 200, problem(preview.text));
  assert.match(preview.text, /Pay back <strong>€12\.50<\/strong>\?/);
  assert.equal(sql(shop, "SELECT count(*) FROM payment_move WHERE kind = 'refund'"), '0', 'a preview leaves nothing');
  assert.equal(sql(shop, `SELECT count(*) FROM audit WHERE subject = 'order:${order.id}'`), '0');
  const ask = preview.text.slice(preview.text.indexOf('class="card ask"'));
  const form = fields(ask.slice(0, ask.indexOf('</form>')));
  assert.equal(form.get('confirm'), '1');
  const [one, other] = await Promise.all([boss.post(path, form), boss.post(path, form)]);
  assert.deepEqual([one.status, other.status].sort(), [303, 409]);
  assert.equal(sql(shop, "SELECT count(*), sum(amount), sum(delivery) FROM payment_move WHERE kind = 'refund'"), '1|1250|250');
  assert.match((await boss.get(order.path)).text, /broken/);
}));

test('a return: asked for, approved, received with damage, paid back, closed', () => withOrders([{ status: 'confirmed', payment_status: 'paid', payment: 'captured', captured: 3500 }], async (shop, boss, [order]) => {
  await done(boss, order.path, `${order.path}/pack`);
  const parcel = sql(shop, 'SELECT id FROM shipment');
  await done(boss, order.path, `/admin/shipments/${parcel}/send`);
  await done(boss, order.path, `/admin/shipments/${parcel}/deliver`);
  const none = await send(boss, order.path, `${order.path}/ask-return`);
  assert.equal(none.status, 422);
  const path = await done(boss, order.path, `${order.path}/ask-return`, { [`units-${order.lines[0]}`]: '2', reason: 'damaged', note: 'a hole' });
  assert.match((await boss.get('/admin/returns?work=decide')).text, new RegExp(path));
  const early = await boss.post(`${path}/receive`, { ...Object.fromEntries(await boss.form(path, `${path}/approve`)), [`received-${order.lines[0]}`]: '2' });
  assert.equal(early.status, 409, 'not before it is approved');
  const stale = await boss.form(path, `${path}/approve`);
  await done(boss, path, `${path}/approve`);
  assert.equal((await boss.post(`${path}/approve`, stale)).status, 409);
  await done(boss, path, `${path}/receive`, { [`received-${order.lines[0]}`]: '2', [`damaged-${order.lines[0]}`]: '1', inspection: 'one is broken' });
  const preview = await send(boss, path, `${path}/refund`, { fee: '1.00' });
  assert.equal(preview.status, 200, problem(preview.text));
  assert.match(preview.text, /Pay back <strong>€19\.00<\/strong>\?/);
  assert.equal(sql(shop, "SELECT count(*) FROM payment_move WHERE kind = 'refund'"), '0');
  const ask = preview.text.slice(preview.text.indexOf('class="card ask"'));
  assert.equal((await boss.post(`${path}/refund`, fields(ask.slice(0, ask.indexOf('</form>'))))).status, 303);
  assert.equal(sql(shop, "SELECT sum(amount) FROM payment_move WHERE kind = 'refund'"), '1900');
  const text = (await boss.get(path)).text;
  assert.match(text, /one is broken/);
}));

test('what is refused at the door comes back as a return', () => withOrders([{ status: 'confirmed', payment_status: 'paid', payment: 'captured', captured: 3500 }], async (shop, boss, [order]) => {
  await done(boss, order.path, `${order.path}/pack`);
  const parcel = sql(shop, 'SELECT id FROM shipment');
  await done(boss, order.path, `/admin/shipments/${parcel}/send`);
  await done(boss, order.path, `/admin/shipments/${parcel}/deliver`, { [`accepted-${order.lines[0]}`]: '1', reason: 'too large' });
  assert.equal(sql(shop, 'SELECT state FROM shipment'), 'partially_delivered');
  const path = /href="(\/admin\/returns\/\d+)"/.exec((await boss.get(order.path)).text)[1];
  await done(boss, path, `${path}/receive`);
  assert.equal(sql(shop, "SELECT sum(amount) FROM payment_move WHERE kind = 'refund'"), '1000', 'what was prepaid is paid back when it is here again');
}));

test('money without an order is put to one, once, or marked with a reason', () => withOrders([{ payment_status: 'pending', payment: 'pending', provider: 'transfer' }], async (shop, boss, [order]) => {
  let text = (await boss.get('/admin/match')).text;
  assert.match(text, /as much/);
  assert.match(text, /its number was written/);
  assert.match(text, /€0\.12/);
  assert.equal((await boss.post('/admin/match/2', { state: 'ignored' })).status, 422, 'not without a reason');
  assert.equal((await boss.post('/admin/match/2', { state: 'matched', number: 'nobody' })).status, 422);
  assert.equal((await boss.post('/admin/match/2', { state: 'ignored', reason: 'a test of the bank' })).status, 303);
  const form = { state: 'matched', order: String(order.id) };
  const [one, other] = await Promise.all([boss.post('/admin/match/1', form), boss.post('/admin/match/1', form)]);
  assert.deepEqual([one.status, other.status].sort(), [303, 409], problem(one.text) + problem(other.text));
  assert.equal(sql(shop, `SELECT captured, payment_status FROM shop_order WHERE id = ${order.id}`), '3500|paid');
  text = (await boss.get('/admin/match')).text;
  assert.match(text, /All money has found its order/);
  assert.match(sql(shop, "SELECT detail FROM audit WHERE action = 'payment_match.reason'"), /a test of the bank/);
}, `INSERT INTO payment_match (id, provider, reference, amount, currency, text, payer, why, state, at) VALUES
  (1, 'transfer', 'B-77', 3500, 'EUR', 'Order 1001, thank you', 'A. Petrova', 'no order', 'open', 1000), (2, 'transfer', 'B-78', 12, 'EUR', 'hello', '', 'no order', 'open', 1000);`));

test('the list: filters, search, sorting, and many at once', () => withOrders([{ name: 'Zora' }, { status: 'confirmed' }, { status: 'confirmed', email: 'other@people.example' }, { status: 'cancelled' }], async (shop, boss, orders) => {
  const numbers = async (query) => [...(await boss.get(`/admin/orders${query}`)).text.matchAll(/<a href="\/admin\/orders\/\d+">([^<]+)</g)].map((m) => m[1].trim());
  assert.deepEqual(await numbers(''), ['1001', '1002', '1003', '1004']);
  assert.deepEqual(await numbers('?sort=placed'), ['1004', '1003', '1002', '1001']);
  assert.deepEqual(await numbers('?work=confirm'), ['1001']);
  assert.deepEqual(await numbers('?work=pack'), ['1002', '1003']);
  assert.deepEqual(await numbers('?status=cancelled'), ['1004']);
  assert.deepEqual(await numbers('?q=Zora'), ['1001']);
  assert.deepEqual(await numbers('?q=other@'), ['1003']);
  assert.deepEqual(await numbers('?q=1002'), ['1002']);
  assert.equal((await numbers(`?q=${orders[0].skus[0]}`)).length, 4);
  assert.equal((await numbers('?delivery_method=courier:standard')).length, 4);
  const ids = [['id', orders[0].id], ['id', orders[1].id], ['id', orders[3].id]];
  const slips = await boss.post('/admin/orders/bulk', [['action', 'slips'], ...ids]);
  assert.equal(slips.location, `/admin/orders/slips?ids=${orders[0].id},${orders[1].id},${orders[3].id}`);
  assert.equal([...(await boss.get(slips.location)).text.matchAll(/class="card slip"/g)].length, 3);
  const asked = await boss.post('/admin/orders/bulk', [['action', 'confirm'], ...ids]);
  assert.match(asked.text, /1001/);
  const bulk = await boss.post('/admin/orders/bulk', [['action', 'confirm'], ['confirm', '1'], ...ids]);
  assert.match(bulk.text, /Done: 1\./);
  assert.match(bulk.text, /Not done: 2/);
  assert.equal(sql(shop, `SELECT count(*) FROM audit WHERE subject = 'order:${orders[0].id}'`), '1', 'one row for one step');
  assert.match((await boss.post('/admin/orders/bulk', [['action', 'pack'], ['confirm', '1'], ...ids])).text, /Done: 2\./);
  assert.equal(sql(shop, 'SELECT count(*) FROM shipment'), '2');
  const csv = await boss.get('/admin/orders/csv?status=confirmed');
  assert.match(csv.text, /35\.00/);
}));

test('rights: the warehouse packs and pays nothing back, a viewer looks, an editor sees nothing', () => withOrders([{ status: 'confirmed', payment_status: 'paid', payment: 'captured', captured: 3500 }], async (shop, boss, [order]) => {
  const as = async (role) => {
    await add(shop, `${role}@shop.example`, role);
    const browser = new Browser(shop);
    await browser.signIn(`${role}@shop.example`);
    return browser;
  };
  const seen = Object.fromEntries(await boss.form(order.path, `${order.path}/pack`));
  const viewer = await as('viewer');
  const looked = (await viewer.get(order.path)).text;
  for (const step of ['pack', 'cancel', 'note', 'refund', 'edit']) {
    assert.ok(!looked.includes(`${order.path}/${step}"`), `a viewer is not offered to ${step}`);
    assert.equal((await viewer.post(`${order.path}/${step}`, seen)).status, 403, step);
  }
  assert.equal((await viewer.get(`${order.path}/refund`)).status, 403);
  assert.equal((await viewer.get(`${order.path}/edit`)).status, 403);
  assert.equal((await viewer.post('/admin/match/1', { state: 'ignored', reason: 'x' })).status, 403);
  assert.equal((await viewer.post('/admin/orders/bulk', { action: 'pack', id: String(order.id), confirm: '1' })).status, 403);
  const warehouse = await as('warehouse');
  assert.equal((await warehouse.post(`${order.path}/cancel`, seen)).status, 403);
  assert.equal((await warehouse.post(`${order.path}/refund`, seen)).status, 403);
  assert.equal((await warehouse.get('/admin/people')).status, 403);
  await done(warehouse, order.path, `${order.path}/pack`);
  const editor = await as('editor');
  for (const path of ['/admin/orders', order.path, '/admin/returns', '/admin/match', '/admin/shipments', '/admin/orders/slips?ids=5000']) assert.equal((await editor.get(path)).status, 403, path);
  const overview = (await editor.get('/admin')).text;
  assert.ok(!overview.includes('/admin/orders'), 'no figures for those who may not see orders');
  assert.equal((await new Browser(shop).get(order.path)).status, 303);
}));

test('the overview: takings, buyers, what waits', () => withOrders([{}, { status: 'confirmed' }, { status: 'cancelled' }], async (shop, boss) => {
  const text = (await boss.get('/admin')).text;
  const row = /<tr><th scope="row">7 days<\/th>([^]*?)<\/tr>/.exec(text)[1].replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ').trim();
  assert.equal(row, '€70.00 2 €35.00 0 0');
  assert.equal([...text.matchAll(/<rect /g)].length, 30);
  assert.match(text, /aria-label="Takings of the last 30 days: €70\.00 in all/);
  assert.match(text, /work=confirm"><strong>1<\/strong>/);
  assert.match(text, /work=pack"><strong>1<\/strong>/);
  for (const who of ['One', 'Two', 'Three', 'Four']) await ask(`${shop.url}/p/tea`, { headers: { 'user-agent': `Mozilla/5.0 (X11; Linux x86_64) Firefox/${who}` } });
  await until('the views', async () => /Of 4 who looked at goods in 7 days, orders: 2 \(50\.0 %\)/.test((await boss.get('/admin')).text));
}));

test('from a real checkout to the last cent paid back, and the books are whole', async () => {
  const market = await Market.open({ plugins: ['document_pdf'], goods: [goods('TEA', 1000, 10), goods('CUP', 333, 5)] });
  const { shop } = market;
  try {
    const bought = await market.buy([['TEA', 2], ['CUP', 3]]);
    assert.equal(bought.status, 201, bought.text);
    const { number, totals } = bought.json;
    const boss = await staff(shop);
    const path = /href="(\/admin\/orders\/\d+)"/.exec((await boss.get(`/admin/orders?q=${number}`)).text)[1];
    const lines = (await market.order(number)).lines;
    if ((await boss.get(path)).text.includes(`${path}/confirm"`)) await done(boss, path, `${path}/confirm`);
    const left = totals.total - ((await market.order(number)).captured ?? 0);
    if (left > 0) await done(boss, path, `${path}/pay`, { amount: (left / 100).toFixed(2), reference: 'till' });
    await done(boss, path, `${path}/pack`, { [`units-${lines[0].id}`]: '1' });
    let page = (await boss.get(path)).text;
    const parcel = /id="parcel-(\d+)"/.exec(page)[1];
    for (const paper of [`/admin/shipments/${parcel}/label`, `${path}/slip`]) {
      const file = await boss.get(paper);
      assert.equal(file.status, 200, paper);
      assert.match(file.text, /^%PDF-/, paper);
    }
    assert.equal((await boss.get('/admin/shipments/7/label')).status, 404);
    await done(boss, path, `/admin/shipments/${parcel}/send`, { tracking: 'T1' });
    await done(boss, path, `/admin/shipments/${parcel}/deliver`);
    assert.deepEqual(await market.verify(), []);
    // unit by unit, then delivery: the sum of all parts is what was paid
    let back = 0;
    const refund = async (values) => {
      const preview = await send(boss, `${path}/refund`, `${path}/refund`, values);
      assert.equal(preview.status, 200, problem(preview.text));
      back += Math.round(Number(/Pay back <strong>€([\d.]+)</.exec(preview.text)[1]) * 100);
      const ask = preview.text.slice(preview.text.indexOf('class="card ask"'));
      assert.equal((await boss.post(`${path}/refund`, fields(ask.slice(0, ask.indexOf('</form>'))))).status, 303);
    };
    for (const line of lines) for (let i = 0; i < line.quantity; i++) await refund({ [`units-${line.id}`]: '1' });
    const rest = totals.total - back;
    if (rest > 0) await refund({ delivery: (rest / 100).toFixed(2) });
    assert.equal(back, totals.total);
    const more = await send(boss, `${path}/refund`, `${path}/refund`, { amount: '0.01' });
    assert.notEqual(more.status, 200, 'not a cent more');
    assert.notEqual(more.status, 303);
    await until('the refunds are done', async () => (await market.order(number)).payment_status === 'refunded');
    page = (await boss.get(path)).text;
    assert.match(page, /class="state refunded"/);
    assert.deepEqual(await market.verify(), []);
  } finally {
    await shop.down();
  }
});

test('what cannot be paid back says why, how much can be, and what to do instead, in the language of who reads', async () => {
  const shop = await Shop.start({ plugins: [], config: 'shop = { name = "Words", currency = "EUR", country = "BG", locales = { "en", "bg" } }' });
  try {
    const file = `${shop.dir}/seed.jsonl`;
    writeFileSync(file, seed);
    assert.equal((await shop.souk('import', '-c', shop.file, '--format', 'souk', file, '--json')).code, 0);
    const [order] = putOrders(shop, [{ status: 'confirmed', payment_status: 'paid', payment: 'captured', captured: 3500 }]);
    sql(shop, `UPDATE order_line SET total = 0, subtotal = 0, tax = 0, gift = 1 WHERE id = ${order.lines[1]}`);
    const boss = await staff(shop), path = `${order.path}/refund`;
    const { json } = await shop.souk('admin', 'token', '--scope', '*', '--json');
    const wanted = [
      [{ [`units-${order.lines[1]}`]: '1' }, { lines: [{ line: order.lines[1], quantity: 1 }] }, /^what was chosen cost nothing, as a gift does.*record a return.*write a sum$/, /^избраното не е струвало нищо, както подарък/],
      [{ amount: '35.01' }, { amount: 3501 }, /^more was asked for than is left of what was paid; pay back at most that \(€35\.00\)$/, /^поискано е повече.*най-много толкова \(€35\.00\)$/],
      [{ delivery: '5.01' }, { delivery: 501 }, /^more of the delivery was chosen.*choose at most that \(€5\.00\)$/, /^от доставката.*\(€5\.00\)$/],
      [{ [`units-${order.lines[0]}`]: '3' }, { lines: [{ line: order.lines[0], quantity: 3 }] }, /^more units were chosen.*at most that many \([A-Z]+-1: 2\)$/, /^избрани са повече бройки.*\([A-Z]+-1: 2\)$/],
    ];
    for (const [form, body, english, bulgarian] of wanted) {
      const page = await send(boss, path, path, form);
      assert.equal(page.status, 409);
      assert.match(problem(page.text), english);
      const fields = await boss.form(path, path);
      for (const [key, value] of Object.entries(form)) fields.set(key, value);
      const other = await boss.post(path, fields, { 'accept-language': 'bg' });
      assert.equal(other.status, 409);
      assert.match(problem(other.text), bulgarian);
      const api = await shop.post(`/api/v1/admin/orders/${order.number}/refund`, body, { authorization: `Bearer ${json.token}` });
      assert.equal(api.status, 409);
      assert.match(api.json.detail, english);
    }
    assert.equal(sql(shop, "SELECT count(*) FROM payment_move WHERE kind = 'refund'"), '0');
  } finally {
    await shop.down();
  }
});
