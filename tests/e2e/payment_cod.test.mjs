// Cash on delivery: for whom it is offered, that an order is paid only by a line of the carrier's register, and what becomes of lines that are
// short, over, unknown, late, wrong or known already.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, until } from './souk.mjs';
import { Market, goods, address } from './buying.mjs';
import { staff } from './browser.mjs';

let market;
before(async () => {
  market = await Market.open({ plugins: ['payment_cod'], config: 'payment_cod = { max = "100.00 EUR", first_max = "60.00 EUR", fee = "1.50 EUR", countries = { "BG", "RO" } }',
    goods: [goods('TEA', 1000, 1000)] });
});
after(() => market?.shop.down());

const order = async (units = 1) => {
  const { json, status, text } = await market.buy([['TEA', units]], { payment: { method: 'cod' } });
  assert.equal(status, 201, text);
  return json;
};
const sql = (text) => execFileSync('sqlite3', ['-json', '-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, text], { encoding: 'utf8' });
const rows = (text) => JSON.parse(sql(text) || '[]');
async function load(name, text) {
  const file = join(market.shop.dir, name);
  writeFileSync(file, text);
  return market.shop.souk('payment_cod', 'reconcile', file);
}
const paid = (number, status) => until(`${number} ${status}`, async () => (await market.order(number)).payment_status === status);

test('it costs its fee, waits for the money, and is refused above its sum or elsewhere', async () => {
  const placed = await order();
  assert.equal(placed.totals.total, 1650);
  assert.equal(placed.payment_status, 'pending');
  assert.equal(placed.status, 'placed');
  assert.match((await market.shop.get(`/order/${placed.number}?token=${placed.token}`)).text, /€16\.50<\/dd>/);
  const high = await market.buy([['TEA', 6]], { payment: { method: 'cod' } });
  assert.equal(high.status, 422, 'a first order above first_max');
  const away = await market.buy([['TEA', 1]], { payment: { method: 'cod' }, address: { ...address, country: 'DE' } });
  assert.equal(away.status, 422);
});

test('a register pays orders, and only as much as it says', async () => {
  const [a, b, c] = [await order(), await order(2), await order()];
  await until('what is on its way', () => rows(`SELECT id FROM p_payment_cod_due WHERE number IN ('${a.number}', '${b.number}', '${c.number}')`).length === 3);
  const text = `order;amount;currency;date\n${a.number};16,50;EUR;2026-11-20\n"${b.number}";20.00;EUR;2026-11-20\n${c.number};17.00;EUR;2026-11-20\nN-404;9.99;EUR;2026-11-20\n`;
  const first = await load('one.csv', text);
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual(first.json, { lines: 4, known: 0, matched: 1, short: 1, over: 1, unknown: 1, late: 0 });
  await paid(a.number, 'paid');
  await paid(b.number, 'part_paid');
  await paid(c.number, 'paid');
  await until('the rest among the unmatched', () => rows('SELECT why FROM payment_match').length === 2);
  assert.deepEqual(rows('SELECT why, amount FROM payment_match ORDER BY amount'), [{ why: 'over', amount: 50 }, { why: 'no order', amount: 999 }]);
  assert.equal((await market.order(a.number)).status, 'confirmed');
  const again = await load('again.csv', text);
  assert.deepEqual(again.json, { lines: 4, known: 4, matched: 0, short: 0, over: 0, unknown: 0, late: 0 });
  assert.equal((await market.order(a.number)).captured, 1650);
  assert.deepEqual(await market.verify(), []);
});

test('a wrong line refuses the whole register', async () => {
  const placed = await order();
  for (const [text, words] of [
    [`order,amount\n${placed.number},16.50\n${placed.number},1.2.3\n`, /line 3/],
    [`order,amount\n${placed.number},16.505\n`, /no amount/],
    ['who,what\n1,2\n', /names its columns/],
    [`order,amount\n"${placed.number},16.50\n`, /quote/],
    ['order,amount\n', /no lines/],
  ]) {
    const answer = await load('wrong.csv', text);
    assert.equal(answer.code, 1, text);
    assert.match(answer.stderr + answer.stdout, words);
  }
  assert.equal((await market.order(placed.number)).payment_status, 'pending');
});

test('by the parcel\'s number; money that should have come long ago is late', async () => {
  const placed = await order();
  await until('it is on its way', () => rows(`SELECT id FROM p_payment_cod_due WHERE number = '${placed.number}'`).length === 1);
  execFileSync('sqlite3', ['-cmd', '.timeout 60000', `${market.shop.data}/souk.db`], { input: `.timeout 60000\nINSERT INTO p_payment_cod_parcel VALUES ('TRACK-9', '${placed.number}');
    UPDATE p_payment_cod_due SET delivered_at = placed_at - 30 * 86400000000 WHERE number = '${placed.number}';` });
  const answer = await load('late.csv', 'tracking,amount,date\nTRACK-9,16.50,2026-11-21\n');
  assert.deepEqual(answer.json, { lines: 1, known: 0, matched: 1, short: 0, over: 0, unknown: 0, late: 1 });
  await paid(placed.number, 'paid');
});

test('staff give a register on a page; a refund is noted for a person to pay out', async () => {
  const boss = await staff(market.shop);
  const placed = await order();
  const path = '/admin/p/payment_cod/register';
  const form = new FormData();
  form.set('file', new Blob([`order,amount\n${placed.number},16.50\n`]), 'register.csv');
  const done = await boss.post(path, form);
  assert.equal(done.status, 200, done.text);
  assert.match(done.text, /<dt>matched<\/dt><dd>1<\/dd>/);
  await paid(placed.number, 'paid');
  assert.match((await boss.get('/admin/payment_cod.entry')).text, new RegExp(placed.number));
  const back = await market.step(placed.number, 'refund', { amount: 650, reason: 'a cup was broken' });
  assert.ok(back.status < 300, back.text);
  await paid(placed.number, 'part_refunded');
  const order2 = await market.order(placed.number);
  assert.equal(order2.refunded, 650);
  const over = await market.step(placed.number, 'refund', { amount: 1001 });
  assert.equal(over.status, 409);
  assert.match(over.text, /€10\.00/);
});

test('an order that is cancelled is not waited for', async () => {
  const placed = await order();
  assert.ok((await market.step(placed.number, 'cancel', { reason: 'changed their mind' })).status < 300);
  await paid(placed.number, 'voided');
  await load('after.csv', `order,amount\n${placed.number},16.50\n`);
  await until('it waits for a person', () => rows("SELECT 1 FROM payment_match WHERE why = 'order cancelled' AND amount = 1650").length === 1);
  const answer = await ask(`${market.shop.url}/api/v1/admin/orders/${placed.number}`, { headers: market.auth });
  assert.equal(answer.json.status, 'cancelled');
  assert.deepEqual(await market.verify(), []);
});
