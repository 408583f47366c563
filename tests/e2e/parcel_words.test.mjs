// A parcel that waits for its carrier says why: staff read the carrier's last words with the parcel, in the page of its order and over the API, until
// it went through; and a state that is none is refused by name.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { Market, goods } from './buying.mjs';
import { staff } from './browser.mjs';
import { sql } from './orders.mjs';
import { until } from './souk.mjs';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
let market, shop, boss;
before(async () => {
  market = await Market.open({ plugins: ['probe_ship'], goods: [goods('TEA', 690, 1000)] });
  shop = market.shop;
  boss = await staff(shop);
});
after(() => market?.down());

const says = async (word) => assert.equal((await shop.post('/x/probe_ship/say', `word=${word}`, form)).status, 200);
const row = (id) => Object.fromEntries(['registering', 'why', 'state', 'tracking'].map((name) => [name, sql(shop, `SELECT ${name} FROM shipment WHERE id = ${id}`)]));
const becomes = (id, good, what) => until(what, () => good(row(id)) && row(id), 60000);
const again = async (kind, id) => {
  const job = await until(`the job of ${id} to wait`, () => sql(shop, `SELECT id FROM job WHERE kind = '${kind}' AND subject = '${id}' AND state = 'waiting'`));
  const done = await shop.souk('jobs', 'retry', job);
  assert.equal(done.code, 0, done.stderr);
};
async function parcel() {
  const made = await market.buy([['TEA', 1]], { delivery: { method: 'ship:van' } });
  assert.equal(made.status, 201, made.text);
  const order = sql(shop, `SELECT id FROM shop_order WHERE number = '${made.json.number}'`);
  const take = async (action) => {
    const answer = await boss.post(action, await boss.form(`/admin/orders/${order}`, action));
    assert.equal(answer.status, 303, answer.text);
  };
  await take(`/admin/orders/${order}/pack`);
  const id = sql(shop, `SELECT id FROM shipment WHERE order_id = ${order}`);
  return { id, order, number: made.json.number, token: made.json.token, register: () => take(`/admin/shipments/${id}/register`) };
}

test('a carrier that is away, then one that talks rubbish, then none of both', async () => {
  const { id, order, number, token, register } = await parcel();
  await says('away');
  await register();
  const waits = await becomes(id, (is) => is.why, 'the first words');
  assert.deepEqual([waits.registering, waits.why], ['asked', 'the van has a flat tyre']);
  const page = (await boss.get(`/admin/orders/${order}`)).text;
  assert.match(page, /The carrier is being told/);
  assert.match(page, /<p class="error">the van has a flat tyre<\/p>/);
  assert.equal((await market.order(number)).shipments[0].why, 'the van has a flat tyre');
  assert.doesNotMatch((await shop.get(`/api/v1/orders/${number}?token=${token}`)).text, /flat tyre/, 'that is for staff');

  await says('bananas');
  await again('souk:shipment', id);
  const rude = await becomes(id, (is) => is.why !== waits.why, 'other words');
  assert.deepEqual([rude.registering, rude.state, rude.why], ['asked', 'pending', 'plugin "probe_ship" gives the parcel the state "bananas", which is none']);

  await says('registered');
  await again('souk:shipment', id);
  assert.deepEqual(await becomes(id, (is) => is.registering === 'done', 'the end'), { registering: 'done', why: '', state: 'registered', tracking: `VAN-${number}-1` });
  assert.doesNotMatch((await boss.get(`/admin/orders/${order}`)).text, /bananas|flat tyre/);
});

test('where it is: the same words, gone with the next good answer', async () => {
  const { id, register } = await parcel();
  await says('registered');
  await register();
  await becomes(id, (is) => is.registering === 'done', 'it is with the carrier');
  await says('bananas');
  shop.options.keep = true; // the first look at who is to be asked after is at the start
  await shop.down();
  shop.options.keep = false;
  await shop.up();
  const rude = await becomes(id, (is) => is.why, 'the words');
  assert.deepEqual([rude.state, rude.why], ['registered', 'plugin "probe_ship" gives the parcel the state "bananas", which is none']);
  await says('in_transit');
  await again('souk:track', id);
  assert.equal((await becomes(id, (is) => is.state === 'in_transit', 'news')).why, '');
});
