// The event log through the real server: what is kept of visits, of whom, and what is not.
import test from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Shop, until, withShop } from './souk.mjs';

const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

// What a process of the shop's user may ask over the control socket.
function control(shop, path) {
  return new Promise((done, fail) => {
    http.get({ socketPath: join(shop.data, 'souk.sock'), path, headers: { host: 'localhost' } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (data) => { text += data; }).on('end', () => done(JSON.parse(text)));
    }).on('error', fail);
  });
}
const events = async (shop, query = '') => (await control(shop, `/api/v1/admin/events?limit=500${query}`)).items.reverse();
const see = (shop, path, headers) => shop.get(path, { 'user-agent': agent, ...headers });
// When this one is in the log, all that were asked for before are too, but for what another thread is just noting: `least` waits for as many.
// The marks are the only views of the contact page, so one that is there already is never taken for another.
const settled = async (shop, least = 0) => {
  shop.marks = (shop.marks ?? 0) + 1;
  await see(shop, '/contact', { 'sec-gpc': '1' });
  const is = (e) => /contact$/.test(e.subject ?? '');
  return until('the log', async () => {
    const all = await events(shop), marks = all.filter(is);
    return marks.length === shop.marks && all.length >= least && [...all.filter((e) => e !== marks.at(-1)), marks.at(-1)];
  });
};
const post = (shop, path, fields, headers) => shop.post(path, new URLSearchParams(fields).toString(),
  { 'user-agent': agent, origin: shop.url, 'content-type': 'application/x-www-form-urlencoded', ...headers });

test('pages and searches are in the log soon, from the page cache too', () => withShop({}, async (shop) => {
  for (let i = 0; i < 3; i++) assert.equal((await see(shop, '/')).status, 200);
  assert.equal((await see(shop, '/search?q=green%20tea')).status, 200);
  const all = await until('four events', async () => { const list = await events(shop); return list.length >= 4 && list; });
  assert.deepEqual(all.map((e) => e.kind), ['page.viewed', 'page.viewed', 'page.viewed', 'search.made']);
  assert.equal(all[3].data.q, 'green tea');
  assert.equal(new Set(all.map((e) => e.visitor)).size, 1);
  assert.ok(all[0].visitor);
  assert.ok(all.every((e) => e.person === null && /Z$/.test(e.at)));
  assert.equal((await events(shop, '&kind=search.made')).length, 1);
  const page = await control(shop, '/api/v1/admin/events?limit=3');
  assert.equal(page.items.length, 3);
  assert.equal((await control(shop, `/api/v1/admin/events?limit=3&before=${page.next}`)).items.length, 1);
  assert.ok([401, 403].includes((await shop.get('/api/v1/admin/events')).status), 'not for everybody');
}));

test('the last second before a stop is kept', async () => {
  const shop = await Shop.start({ keep: true });
  for (let i = 0; i < 5; i++) await see(shop, '/');
  assert.equal((await shop.stop()).code, 0);
  await withShop({ dir: shop.dir }, async (again) => assert.equal((await events(again)).length, 5));
});

test('a restart makes no second visitor of one', async () => {
  const shop = await Shop.start({ keep: true });
  await see(shop, '/');
  assert.equal((await shop.stop()).code, 0);
  await withShop({ dir: shop.dir }, async (again) => {
    await see(again, '/');
    const all = await until('both', async () => { const list = await events(again); return list.length >= 2 && list; });
    assert.ok(all[0].visitor);
    assert.equal(all[0].visitor, all[1].visitor);
  });
});

test('searches are counted with what they found, from the page cache too; refining is no new one', () => withShop({}, async (shop) => {
  const page = '/search?q=Green%20Tea';
  await shop.get(page, { 'user-agent': 'Mozilla/5.0 (compatible; Googlebot/2.1)' }); // fills the cache, and is not counted
  for (let i = 0; i < 3; i++) await see(shop, page);
  await see(shop, '/search?q=green+tea', { 'sec-gpc': '1' });
  await see(shop, '/search?q=green+tea&sort=price');
  await see(shop, '/search?q=');
  await settled(shop);
  const list = await control(shop, '/api/v1/admin/searches?missing=1');
  assert.equal(list.items.length, 1);
  const { query, locale, count, found, at } = list.items[0];
  assert.deepEqual({ query, locale, count, found }, { query: 'green tea', locale: 'en', count: 4, found: 0 });
  assert.match(at, /Z$/);
  assert.equal(list.next, null);
  assert.equal((await control(shop, '/api/v1/admin/searches?limit=1')).next, '2');
  assert.equal((await control(shop, '/api/v1/admin/searches?limit=1&page=2')).items.length, 0);
  assert.ok([401, 403].includes((await shop.get('/api/v1/admin/searches')).status), 'not for everybody');
}));

test('robots, HEAD, prefetching, errors and private pages leave nothing', () => withShop({}, async (shop) => {
  for (const robot of ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'curl/8.0', ''])
    await shop.get('/', { 'user-agent': robot });
  await see(shop, '/', { 'sec-purpose': 'prefetch' });
  await see(shop, '/no/such/page');
  await see(shop, '/account/sign-in');
  await see(shop, '/account');
  await see(shop, '/robots.txt');
  await fetch(shop.url, { method: 'HEAD', headers: { 'user-agent': agent } });
  assert.equal((await settled(shop)).length, 1, 'the mark alone');
}));

test('who does not want to be told apart is counted as nobody', () => withShop({}, async (shop) => {
  for (const headers of [{ 'sec-gpc': '1' }, { dnt: '1' }, { cookie: 'souk-visits=no' }])
    await see(shop, '/?utm_source=ads', headers);
  const all = await settled(shop, 4);
  assert.equal(all.length, 4);
  assert.ok(all.every((e) => e.visitor === null && e.person === null && !e.data.from));
}));

test('somebody without an account can choose', () => withShop({}, async (shop) => {
  assert.match((await see(shop, '/privacy')).text, /name="visits" value="no"/);
  const chosen = await post(shop, '/privacy', { visits: 'no' });
  assert.equal(chosen.status, 303);
  const cookie = chosen.headers.getSetCookie()[0].split(';')[0];
  assert.match((await see(shop, '/privacy', { cookie })).text, /name="visits" value="yes"/);
  const all = await settled(shop);
  assert.ok(all[0].visitor, 'before');
  assert.equal(all[1].visitor, null, 'after');
  const again = await post(shop, '/privacy', { visits: 'yes' }, { cookie });
  assert.match(again.headers.getSetCookie()[0], /^souk-visits=;.*Max-Age=0/i);
}));

test('what the anonymous did was done by the person, with the source that brought them', () => withShop({}, async (shop) => {
  await see(shop, '/?utm_source=letter&utm_medium=email&utm_campaign=spring', { referer: 'https://mail.example/inbox' });
  await see(shop, '/search?q=tea', { referer: `${shop.url}/` });
  await settled(shop);
  const fields = { email: 'ada@x.example', password: 'correct horse' };
  assert.equal((await post(shop, '/account/register', fields)).status, 303);
  const signed = await post(shop, '/account/sign-in', fields);
  const cookie = signed.headers.getSetCookie()[0].split(';')[0];
  await see(shop, '/', { cookie });
  await settled(shop);
  const data = (await see(shop, '/account/privacy/data', { cookie })).json;
  assert.deepEqual(data.events.map((e) => e.kind), ['page.viewed', 'search.made', 'account.registered', 'account.signed_in', 'page.viewed']);
  assert.equal(data.source.first.source, 'letter');
  assert.equal(data.source.last.campaign, 'spring');
  assert.equal(data.source.last.host, 'mail.example');
  assert.equal(data.source.last.kind, 'campaign');
  assert.ok(data.events[1].data.q === 'tea' && !data.events[1].data.from, 'a link inside the shop is no source');
  // no more, once refused
  assert.equal((await post(shop, '/account/privacy', {}, { cookie })).status, 303);
  await see(shop, '/search?q=secret', { cookie });
  const all = await settled(shop);
  assert.equal(all.at(-2).data.q, 'secret');
  assert.equal(all.at(-2).visitor, null);
  assert.ok(!JSON.stringify((await see(shop, '/account/privacy/data', { cookie })).json.events).includes('secret'));
}));

test('a view that was still on its way at sign-in is theirs, one after signing out is not', () => withShop({}, async (shop) => {
  const fields = { email: 'ada@x.example', password: 'correct horse' };
  await post(shop, '/account/register', fields);
  await settled(shop);
  await see(shop, '/search?q=just-before');
  const cookie = (await post(shop, '/account/sign-in', fields)).headers.getSetCookie()[0].split(';')[0];
  await settled(shop);
  const copy = (await see(shop, '/account/privacy/data', { cookie })).json;
  assert.ok(copy.events.some((e) => e.data.q === 'just-before'), JSON.stringify(await events(shop), null, 1));
  assert.equal((await post(shop, '/account/sign-out', {}, { cookie })).status, 303);
  await see(shop, '/search?q=afterwards');
  const all = await settled(shop);
  assert.equal(all.find((e) => e.data.q === 'afterwards').person, null);
  assert.ok(all.find((e) => e.data.q === 'just-before').person);
}));

test('views of products and categories name what was seen', () => withShop({}, async (shop) => {
  const file = join(shop.dir, 'shop.jsonl');
  writeFileSync(file, [
    { category: { key: 'tea', text: { en: { name: 'Tea', slug: 'tea' } } } },
    { product: { key: 'green', type: 'simple', status: 'active', categories: ['tea'], text: { en: { name: 'Green tea', slug: 'green-tea' } },
      variants: [{ sku: 'GREEN', prices: [{ list: 'base', amount: 500 }] }] } },
  ].map((line) => JSON.stringify(line)).join('\n'));
  const imported = await shop.souk('import', '--format', 'souk', file, '--json');
  assert.equal(imported.code, 0, imported.stdout + imported.stderr);
  assert.equal(imported.json.rejected, 0, imported.stdout);
  assert.equal((await see(shop, '/p/green-tea')).status, 200);
  assert.equal((await see(shop, '/p/green-tea')).status, 200);
  assert.equal((await see(shop, '/c/tea')).status, 200);
  const all = await settled(shop);
  assert.deepEqual(all.slice(0, 3).map((e) => e.kind), ['product.viewed', 'product.viewed', 'category.viewed']);
  assert.match(all[0].subject, /^product:\d+$/);
  assert.match(all[2].subject, /^category:\d+$/);
}));
