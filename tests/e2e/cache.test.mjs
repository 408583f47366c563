// Finished answers: made once, until a table that they read changes; never for somebody with a session.
import test from 'node:test';
import assert from 'node:assert/strict';
import { Shop, until, withShop } from './souk.mjs';

test('a cached route runs once until what it read changes', () => withShop({ plugins: ['probe_cache', 'hello'] }, async (shop) => {
  const show = async (query = '', headers) => (await shop.get(`/api/v1/x/probe_cache/show${query}`, headers)).json;
  assert.deepEqual(await show(), { rows: 0, locale: 'en', runs: 1 });
  for (let i = 0; i < 5; i++) assert.deepEqual(await show(), { rows: 0, locale: 'en', runs: 1 });
  assert.deepEqual(await show('?page=2'), { rows: 0, locale: 'en', runs: 2 }, 'another URL is another answer');
  assert.deepEqual(await show('', { 'accept-language': 'fr, bg;q=0.8' }), { rows: 0, locale: 'bg', runs: 3 }, 'another language too');
  await shop.post('/x/hello/sign', 'name=Ada', { 'content-type': 'application/x-www-form-urlencoded' });
  assert.deepEqual(await show(), { rows: 0, locale: 'en', runs: 1 }, 'another table is nothing to it');
  const added = await shop.post('/api/v1/x/probe_cache/add');
  assert.equal(added.status, 201);
  assert.deepEqual(await show(), { rows: 1, locale: 'en', runs: 4 });
  const cookie = added.headers.get('set-cookie').split(';')[0];
  assert.deepEqual(await show('', { cookie }), { rows: 1, locale: 'en', runs: 5 }, 'a session gets a fresh one');
  assert.deepEqual(await show('', { cookie }), { rows: 1, locale: 'en', runs: 6 });
  assert.deepEqual(await show(), { rows: 1, locale: 'en', runs: 4 });
}));

test('a reload of the plugin begins anew', () => withShop({ plugins: ['probe_cache'] }, async (shop) => {
  assert.equal((await shop.get('/api/v1/x/probe_cache/show')).json.runs, 1);
  assert.equal((await shop.souk('plugin', 'reload', 'probe_cache')).code, 0);
  assert.equal((await shop.get('/api/v1/x/probe_cache/show')).json.runs, 1, 'a fresh mapping has fresh statics');
  assert.equal((await shop.get('/api/v1/x/probe_cache/show')).json.runs, 1);
}));

test('every view of a page is counted, from the cache too, also those of the last second before a stop', async () => {
  const views = async (shop) => Number(/\/hello<[^]*?>(\d+)</.exec((await shop.get('/visits')).text)?.[1] ?? 0);
  const shop = await Shop.start({ plugins: ['hello', 'visits'], keep: true });
  for (let i = 0; i < 7; i++) assert.equal((await shop.get('/hello')).status, 200);
  await until('the views', async () => (await views(shop)) === 7);
  for (let i = 0; i < 5; i++) await shop.get('/hello');
  assert.equal((await shop.stop()).code, 0);
  await withShop({ dir: shop.dir, plugins: ['hello', 'visits'] }, (again) => until('the last views', async () => (await views(again)) === 12));
});
