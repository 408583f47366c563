// What the SDK promises to a plugin's author, seen from outside through the plugin "probe", which does one of each thing.
import test from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { withShop, ask, until, run, souk, Shop } from './souk.mjs';
import { sql } from './orders.mjs';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const WRONG_KIND = -10;
const heard = async (shop, subject) => (await shop.get(`/x/probe/heard?subject=${subject}`)).json.items;

test('options of every type: defaults, and what souk.lua gives', async () => {
  await withShop({ plugins: ['probe'] }, async (shop) => {
    assert.deepEqual((await shop.get('/x/probe/options')).json, { line: 'one', lines: 'one\ntwo', link: 'https://example.org/', size: 'small',
      key: '', count: 5, flag: 1, price: 1250, span: 10000000, bytes: 65536, rate: 125000, names: ['a', 'b'], pairs: { a: '1', b: '2' },
      price_text: '12.50 EUR' });
  });
  const config = 'probe = { line = "x", lines = "a\\nb", link = "http://x/", size = "large", key = env "PROBE_KEY", count = 10, flag = false, ' +
    'price = "0.07 EUR", span = "1500ms", bytes = "1M", rate = "0.25%", names = {}, pairs = { q = "r" } }';
  await withShop({ plugins: ['probe'], config, env: { PROBE_KEY: 'hush' } }, async (shop) => {
    assert.deepEqual((await shop.get('/x/probe/options')).json, { line: 'x', lines: 'a\nb', link: 'http://x/', size: 'large', key: 'hush',
      count: 10, flag: 0, price: 7, span: 1500000, bytes: 1048576, rate: 2500, names: [], pairs: { q: 'r' }, price_text: '0.07 EUR' });
    const shown = (await shop.souk('plugin', 'info', 'probe')).stdout + shop.stderr;
    assert.ok(!shown.includes('hush'), 'a secret is never shown');
  });
});

test('a wrong value of every type is named, with a next step', async () => {
  const wrong = { line: '"a\\nb"', count: '11', flag: '"yes"', price: '"12,5"', span: '"2h"', bytes: '"12"', link: '"ftp://x/"',
    size: '"larg"', names: '{ 1 }', pairs: '"x"', key: '"plain"', rate: '"101%"' };
  const lines = Object.entries(wrong).map(([key, value]) => `${key} = ${value}`).join(', ');
  const shop = new Shop({ plugins: ['probe'], config: `probe = { ${lines} }` });
  const { json, code } = await run(souk, ['check', '-c', shop.file, '--json']).then((a) => ({ ...a, json: JSON.parse(a.stdout) }));
  await shop.down();
  assert.equal(code, 1);
  for (const key of Object.keys(wrong)) {
    const error = json.errors.find((e) => e.key.startsWith(`probe.${key}`));
    assert.ok(error, `${key} is said to be wrong: ${JSON.stringify(json.errors)}`);
    assert.ok(error.message && error.hint, JSON.stringify(error));
  }
  assert.equal(json.errors.length, Object.keys(wrong).length);
});

test('what each kind of handler may not do is refused, not done', () => withShop({ plugins: ['probe'] }, async (shop) => {
  const limits = async (kind, method) => (await ask(`${shop.url}/x/probe/limits/${kind}`, { method })).json;
  const no = WRONG_KIND;
  assert.deepEqual(await limits('read', 'GET'), { query: 0, exec: no, kv_put: no, session_set: no, db_write: no, filter: no, http: no, job_add: no, emit: 0 });
  assert.deepEqual(await limits('write', 'POST'), { query: 0, exec: 0, kv_put: 0, session_set: 0, db_write: no, filter: no, http: no, job_add: 0, emit: 0 });
  assert.deepEqual(await limits('task', 'POST'), { query: 0, exec: no, kv_put: 0, session_set: no, db_write: 0, filter: 0, http: -4, job_add: 0, emit: 0 });
}));

test('READ, WRITE and TASK on every surface; parameters, bodies, uploads', () => withShop({ plugins: ['probe'] }, async (shop) => {
  const call = async (method, path, body, headers) => ask(shop.url + path, { method, body, headers });
  const json = { 'content-type': 'application/json' };
  assert.deepEqual((await shop.get('/x/probe/echo/a%20b?q=%C3%A9')).json.id, 'a b');
  assert.equal((await shop.get('/x/probe/echo/1?q=%C3%A9')).json.query, 'é');
  assert.equal((await call('PUT', '/x/probe/echo/1', '{"a":1}', { ...json, 'x-probe': 'h' })).json.header, 'h');
  for (const method of ['POST', 'PUT', 'PATCH']) {
    const hook = await call(method, '/hooks/probe/echo/1', '{"a":1}', { ...json, origin: 'https://elsewhere.example' });
    assert.equal(hook.json.body, '{"a":1}', method);
  }
  assert.equal((await call('POST', '/x/probe/note', 'note=x', { ...form, origin: 'https://elsewhere.example' })).status, 403);
  assert.equal((await shop.get('/admin/p/probe/echo/1')).status, 303);
  assert.equal((await shop.get('/api/v1/x/probe/echo/1')).json.id, '1');
  assert.deepEqual((await shop.post('/api/v1/x/probe/echo/1', { z: [1, null] })).json.tree, { z: [1, null] });
  assert.equal((await call('DELETE', '/api/v1/x/probe/echo/1')).json.method, 'DELETE');
  const data = new FormData();
  data.set('field', 'é');
  data.set('file', new Blob(['x'.repeat(100000)], { type: 'image/png' }), '../../cup.png');
  const { upload, field } = (await call('POST', '/x/probe/echo/1', data)).json;
  assert.deepEqual([upload, field], [{ name: 'cup.png', type: 'image/png', bytes: 100000 }, 'é']);
}));

test('writes, the write step of a TASK, key-value, session', () => withShop({ plugins: ['probe'] }, async (shop) => {
  for (const path of ['note', 'later']) {
    assert.equal((await shop.post(`/x/probe/${path}`, 'note=one', form)).status, 201);
    assert.equal((await shop.post(`/x/probe/${path}`, 'note=refused', form)).status, 409);
  }
  const kv = async (method, body) => ask(`${shop.url}/x/probe/kv`, { method, body });
  assert.equal((await kv('GET')).status, 404);
  assert.equal((await kv('PUT', 'v')).status, 200);
  assert.equal((await kv('GET')).text, 'v');
  assert.equal((await kv('DELETE')).status, 200);
  assert.equal((await kv('GET')).status, 404);
  const session = await shop.post('/x/probe/session', 'word=hey', form);
  const cookie = session.headers.get('set-cookie').split(';')[0];
  assert.equal((await shop.get('/x/probe/session', { cookie })).text, 'hey');
  assert.equal((await shop.get('/x/probe/session')).text, '');
}));

test("SQL on others' tables, or that steps out of the savepoint, is refused", () => withShop({ plugins: ['probe', 'hello'] }, async (shop) => {
  const { json } = await shop.post('/x/probe/forbidden', '', form);
  for (const [sql, code] of Object.entries(json))
    if (!sql.startsWith('INSERT OR ROLLBACK')) assert.ok(code < 0, `${sql}: ${code}`);
  assert.equal((await shop.post('/x/probe/note', 'note=after', form)).status, 201);
}));

test('a statement that rolls its group back costs nobody else a write', () => withShop({ plugins: ['probe', 'hello'] }, async (shop) => {
  await shop.post('/x/probe/forbidden', '', form); // leaves the row that the next ones collide with
  const asked = Array.from({ length: 60 }, (_, i) => (i % 6 ? shop.post('/x/hello/sign', `name=guest${i}`, form) : shop.post('/x/probe/forbidden', '', form)));
  const answers = await Promise.all(asked);
  answers.forEach((answer, i) => { if (i % 6) assert.equal(answer.status, 201, answer.text); });
  const list = (await shop.souk('hello', 'list')).stdout;
  answers.forEach((_, i) => { if (i % 6) assert.match(list, new RegExp(`^guest${i}$`, 'm')); });
}));

test('pages: parameters, locales, 404 of their own, and the cache follows writes; slots that fail are left out', () =>
  withShop({ plugins: ['probe'] }, async (shop) => {
    for (const note of ['first', 'second']) {
      await shop.post('/x/probe/note', `note=${note}`, form);
      for (const path of ['/probe', '/bg/probe', '/probe/7', '/hu/probe/7']) {
        const page = await shop.get(path);
        assert.equal(page.status, 200);
        assert.match(page.text, new RegExp(`class="note">${note}<`), path);
        assert.equal(page.text.match(/<i class="probe-part">&lt;part&gt;<\/i>/g).length, 3, 'nav, footer and the page’s own slot; not the head, which fails');
      }
    }
    assert.match((await shop.get('/hu/probe/7')).text, /<html lang="hu"/);
    assert.equal((await shop.get('/probe/none')).status, 404);
    assert.match((await shop.get('/')).text, /probe-part/);
    await shop.says(/call\.failed plugin=probe where="slot layout\.head"/);
  }));

test('facts of one subject arrive in order, again after an error, and across a restart of the shop', () =>
  withShop({ plugins: ['probe'] }, async (shop) => {
    const all = (count) => Array.from({ length: count }, (_, i) => i + 1);
    assert.equal((await shop.post('/x/probe/tell', 'subject=a&count=14', form)).status, 200); // the 3rd and the 13th fail at first
    await until('all of a', async () => (await heard(shop, 'a')).length >= 14);
    assert.deepEqual(await heard(shop, 'a'), all(14));
    assert.equal((await shop.post('/x/probe/tell', 'subject=b&count=9', form)).status, 200);
    const pid = shop.shopPid();
    process.kill(pid, 'SIGKILL');
    await shop.newShopPid(pid);
    await until('all of b', async () => (await heard(shop, 'b')).length >= 9);
    assert.deepEqual(await heard(shop, 'b'), all(9));
  }));

test('jobs: asked for with a key, later; commands with arguments', () => withShop({ plugins: ['probe'] }, async (shop) => {
  const plan = (body) => shop.post('/x/probe/plan', body, form);
  assert.equal((await plan('note=one&key=k&after_ms=3600000')).status, 202);
  assert.equal((await plan('note=two&key=k')).status, 409);
  const { due } = (await shop.souk('jobs', '--json')).json.items.find((job) => job.kind === 'probe:note');
  assert.ok(Date.parse(due) > Date.now() + 3000e3, due);
  sql(shop, "UPDATE job SET due = 1 WHERE kind = 'probe:note'"); // an hour later
  await until('the job', async () => /class="note">one</.test((await shop.get('/probe')).text));
  await until('the key to be free', async () => (await plan('note=three&key=k')).status === 202);
  assert.match((await shop.souk('jobs', '--json')).stdout, /probe:minutely/);
  assert.equal((await shop.souk('probe', 'args', 'a', 'b c', '--x')).stdout, '[a][b c][--x]\n');
  const failed = await shop.souk('probe', 'args', 'fail');
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /told to fail/);
}));

test('souk_http: loopback only when it is allowed, and never beyond the deadline', async () => {
  const server = http.createServer((request, answer) => { if (request.url !== '/never') answer.end('hi'); }).listen(0, '127.0.0.1');
  await new Promise((done) => server.on('listening', done));
  const at = `http://127.0.0.1:${server.address().port}`;
  const fetched = async (shop, more) => (await shop.post('/x/probe/fetch', more, form)).json;
  try {
    await withShop({ plugins: ['probe'] }, async (shop) => {
      for (const url of [at, 'http://localhost/', 'http://[::1]/', 'http://2130706433/', 'http://10.0.0.1/', 'file:///etc/passwd'])
        assert.equal((await fetched(shop, `url=${encodeURIComponent(url)}`)).code, -4, url);
    });
    await withShop({ plugins: ['probe'], config: 'http_client = { allow = { "127.0.0.1" } }' }, async (shop) => {
      assert.equal((await fetched(shop, `url=${at}/`)).body, 'hi');
      assert.equal((await fetched(shop, `timeout=200&url=${at}/never`)).code, -7);
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
