// Wherever a plugin goes wrong, the shop says which plugin, where and how, and goes on. The plugin "bad_places" does as it is told.
import test from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { withShop, ask, until, load } from './souk.mjs';

const send = (method, path) => (shop) => ask(shop.url + path, { method }).catch(() => undefined);
const base = '/x/bad_places';
const places = {
  'GET /x/bad_places/read': (how) => send('GET', `${base}/read?how=${how}`),
  'POST /x/bad_places/write': (how) => send('POST', `${base}/write?how=${how}`),
  'GET /x/bad_places/task': (how) => send('GET', `${base}/task?how=${how}`),
  'POST /x/bad_places/then': (how) => send('POST', `${base}/then?how=${how}`),
  'POST /x/bad_places/wait': (how) => send('POST', `${base}/wait?how=${how}`),
  'GET /places': (how) => send('GET', `/places?how=${how}`),
  'slot home.main': (how) => send('GET', `/?slot=${how}`),
  'event places.told': (how) => send('POST', `${base}/tell?how=${how}`),
  'event places.asking': (how) => send('POST', `${base}/ask?how=${how}`),
  'job work': (how) => send('POST', `${base}/plan?how=${how}`),
  'command go': (how) => (shop) => shop.souk('bad_places', 'go', how),
};

async function goesWrong(where, how, kind, signal = null) {
  await withShop({ plugins: ['bad_places', 'hello'] }, async (shop) => {
    const pid = shop.shopPid();
    const begun = Date.now();
    await places[where](how)(shop);
    await shop.newShopPid(pid);
    // work that comes back goes wrong again, and soon there is no more of it
    const comesBack = ['event places.told', 'job work'].includes(where);
    if (comesBack) await until('an answer', async () => (await shop.get('/x/hello/greet').catch(() => ({}))).status === 200);
    else assert.equal((await shop.get('/x/hello/greet')).status, 200);
    const { state, faults, last_fault: fault } = await until('the new shop', () => shop.plugin('bad_places').catch(() => 0));
    assert.deepEqual([faults >= 1, fault.kind, fault.where, fault.signal], [true, kind, where, signal]);
    assert.equal(state, comesBack && faults >= 3 ? 'quarantined' : 'active');
    assert.ok(Date.parse(fault.at) >= begun - 1000 && Date.parse(fault.at) <= Date.now() + 1000, fault.at);
  });
}

for (const where of Object.keys(places)) {
  test(`a crash in ${where}`, () => goesWrong(where, 'crash', 'crash', 'SIGSEGV'));
  test(`_exit in ${where}`, () => goesWrong(where, '_exit', 'exit'));
  test(`the end of the thread in ${where}`, () => goesWrong(where, 'end_thread', 'exit'));
}
for (const where of ['GET /x/bad_places/read', 'POST /x/bad_places/write', 'event places.asking', 'job work'])
  test(`an endless loop in ${where}`, () => goesWrong(where, 'hang', 'hang', 'SIGKILL'));

test('a number that is no code is an error of that call alone', () => withShop({ plugins: ['bad_places'] }, async (shop) => {
  const pid = shop.shopPid();
  assert.equal((await shop.get(`${base}/read?how=number`)).status, 500);
  assert.equal((await shop.get('/places?how=number')).status, 500);
  assert.equal((await shop.get('/?slot=number')).status, 200);
  assert.match((await shop.souk('bad_places', 'go', 'number')).stderr, /returned 4711/);
  assert.equal(shop.shopPid(), pid);
}));

for (const path of ['plan', 'tell'])
  test(`a crash that comes back with every try (${path}) ends in quarantine, and the work waits`, () =>
    withShop({ plugins: ['bad_places', 'hello'] }, async (shop) => {
      await send('POST', `${base}/${path}?how=crash`)(shop);
      await until('the quarantine', async () => (await shop.plugin('bad_places').catch(() => 0))?.state === 'quarantined');
      const pid = shop.shopPid();
      const { json } = await shop.souk('jobs', '--json');
      assert.ok(json.items.some((job) => /bad_places/.test(job.kind)), JSON.stringify(json));
      assert.equal((await shop.get('/x/hello/greet')).status, 200);
      assert.equal(shop.shopPid(), pid);
    }));

for (const life of ['init crash', 'start crash', 'init exit', 'init _exit'])
  test(`${life}: quarantined, the shop serves`, () => withShop({ plugins: ['hello', 'bad_places'], config: `bad_places = { life = "${life}" }` }, async (shop) => {
    const { state, last_fault: fault } = await shop.plugin('bad_places');
    assert.deepEqual([state, fault.where], ['quarantined', life.split(' ')[0]]);
    assert.equal((await shop.get('/x/hello/greet')).status, 200);
  }));

test('a crash in stop', () => withShop({ plugins: ['hello', 'bad_places'], config: 'bad_places = { life = "stop crash" }' }, async (shop) => {
  const pid = shop.shopPid();
  await shop.souk('plugin', 'disable', 'bad_places');
  await shop.newShopPid(pid);
  const plugin = await until('the new shop', () => shop.plugin('bad_places').catch(() => 0));
  assert.deepEqual([plugin.state, plugin.last_fault.where], ['disabled', 'stop']);
}));

// A silent end while a call of another plugin is under way: only the one that can do such a thing is to blame.
test('three times _exit while another plugin works: quarantined, the other stays', async () => {
  let arrived = 0;
  const server = http.createServer(() => { arrived++; }).listen(0, '127.0.0.1'); // never answers
  await new Promise((done) => server.on('listening', done));
  try {
    await withShop({ plugins: ['bad_places', 'probe', 'hello'], config: 'http_client = { allow = { "127.0.0.1" } }' }, async (shop) => {
      const others = load(shop, '/x/hello/greet?name=Ada', { connections: 16 });
      for (let i = 1; i <= 3; i++) {
        const pid = shop.shopPid();
        const body = `timeout=4000&url=http://127.0.0.1:${server.address().port}/`;
        ask(`${shop.url}/x/probe/fetch`, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } }).catch(() => 0);
        await until('the call of probe', () => arrived === i);
        await send('GET', `${base}/read?how=_exit`)(shop);
        await shop.newShopPid(pid);
      }
      await until('the quarantine', async () => (await shop.plugin('bad_places').catch(() => 0))?.state === 'quarantined');
      const before = others.state.ok;
      await until('answers', () => others.state.ok > before + 200);
      others.state.failed.length = 0; // what was under way at the three ends
      assert.deepEqual((await others.stop()).failed, []);
      for (const name of ['hello', 'probe']) assert.equal((await shop.plugin(name)).faults, 0);
      assert.equal((await shop.plugin('bad_places')).last_fault.where, 'GET /x/bad_places/read');
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
