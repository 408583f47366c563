// Finished answers: made once, until a table that they read changes; never for somebody with a session.
import test from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Shop, run, souk, until, withShop } from './souk.mjs';

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

const kitchen = (en, bg) => ({ category: { key: 'kitchen', parent: null, text: { en: { name: en, slug: 'kitchen' }, bg: { name: bg, slug: 'kuhnya' } } } });
const delivery = (title, more = {}) => ({ page: { key: 'delivery', status: 'active', footer: true,
  text: { en: { title, slug: 'delivery', body: 'In two days.', seo_description: `About ${title}.` } }, ...more } });
const words = (text) => ({ page: { key: 'home', status: 'active', text: { en: { title: 'Welcome', slug: 'welcome', body: text } } } });
const mug = { product: { key: 'mug', status: 'active', visibility: 'both', categories: ['kitchen'], text: { en: { name: 'Mug', slug: 'mug' } },
  variants: [{ sku: 'M-1', tracked: true, stock: 5, prices: [{ list: 'base', amount: 1290 }] }] } };

for (const [name, size] of [['with a page cache', '16M'], ['without a page cache', '0']]) {
  test(`navigation, footer and the words about delivery are those of now, ${name}`, async () => {
    const shop = new Shop({ config: `log = { access = "off" }\nlimits = { page_cache = "${size}" }\nshop = { locales = { "en", "bg" } }` });
    const add = async (...docs) => {
      const file = join(shop.dir, 'docs.jsonl');
      writeFileSync(file, docs.map((doc) => JSON.stringify(doc)).join('\n') + '\n');
      const answer = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', file, '--json'], { timeout: 600000 });
      assert.equal(answer.code, 0, answer.stderr + answer.stdout);
    };
    // what /pages/delivery shows of categories, and lists of content pages, is in the part that all share
    const paths = ['/', '/p/mug', '/contact', '/c/kitchen', '/search?q=mug', '/pages/delivery'];
    const menu = (text) => /<nav class="menu"[^]*?<\/nav>/.exec(text)?.[0] ?? '';
    // asked several times and on several connections, so that each thread has kept what it showed and the cache has each page
    const look = async (path) => (await Promise.all(Array.from({ length: 8 }, () => shop.get(path)))).map((answer) => {
      assert.equal(answer.status, 200, path);
      return answer.text;
    });
    const everywhere = async (en, bg) => {
      for (const path of paths) for (const text of await look(path)) assert.match(menu(text), new RegExp(`>${en}<`), path);
      for (const text of await look('/bg/p/mug')) assert.match(menu(text), new RegExp(`>${bg}<`));
    };
    try {
      await add(kitchen('Kitchen', 'Кухня'), delivery('Delivery'), words('The first words.'), mug);
      await shop.up();
      await everywhere('Kitchen', 'Кухня');
      for (const text of await look('/p/mug')) assert.match(text, /About Delivery\. <a href="\/pages\/delivery">Delivery</);
      for (const text of await look('/')) assert.match(text, /The first words/);
      await add(kitchen('Cookery', 'Готвене'));
      await everywhere('Cookery', 'Готвене');
      await add(delivery('Sending'), words('Other words.'));
      for (const text of await look('/p/mug')) assert.match(text, /About Sending\. <a href="\/pages\/delivery">Sending</);
      for (const path of paths) for (const text of await look(path)) assert.match(text, /<a href="\/pages\/delivery">Sending</, path);
      for (const text of await look('/')) assert.match(text, /Other words/);
      await add(delivery('Sending', { status: 'draft' }), { category: { key: 'kitchen', hidden: true } });
      for (const text of await look('/p/mug')) {
        assert.doesNotMatch(text, /Sending/);
        assert.doesNotMatch(menu(text), /Cookery/);
      }
    } finally {
      await shop.down();
    }
  });
}
