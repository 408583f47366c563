// The kit's functions as a plugin calls them in the real server: carts, people, content, language, time, cryptography, files, the event log,
// orders and letters; from each kind of handler, with good and with hostile arguments, over restarts and kills.
import test from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { ask, until, withShop } from './souk.mjs';
import { Browser, staff } from './browser.mjs';
import { Market, goods } from './buying.mjs';
import { sql } from './orders.mjs';
import { Smtp } from './smtp.mjs';

const OK = 0, INVALID = -2, NOT_FOUND = -3, DENIED = -4, CONFLICT = -5, BUSY = -6, TOO_LARGE = -8, WRONG_KIND = -10;
const query = (args) => (args === undefined ? '' : `?args=${encodeURIComponent(JSON.stringify(args))}`);
const call = (shop, headers = {}) => ({
  read: async (name, args) => (await ask(`${shop.url}/x/probe_kit/read/${name}${query(args)}`, { headers })).json,
  write: async (name, args) => (await shop.post(`/x/probe_kit/write/${name}`, args ?? {}, headers)).json,
  task: async (name, args) => (await shop.post(`/x/probe_kit/task/${name}`, args ?? {}, headers)).json,
});
const kit = (options, fn) => withShop({ plugins: ['probe_kit'], config: 'shop = { name = "Kit", currency = "EUR", country = "BG", url = "https://souk.example", locales = { "en", "bg" }, time_zone = "Europe/Sofia" }', ...options },
  (shop) => fn(shop, call(shop)));
const promotion = `return { id = "kit-ten", name = "Ten", kind = "cart", coupon = "KIT10", give = { percent = 10 } }`;

async function market(options, fn) {
  const open = await Market.open({ plugins: ['probe_kit'], goods: [goods('TEA', 1000, 5), goods('CUP', 500, null)], ...options });
  try {
    return await fn(open, call(open.shop), open.shop);
  } catch (error) {
    error.message += `\n--- shop's log (end) ---\n${open.shop.stderr.slice(-3000)}`;
    throw error;
  } finally {
    await open.shop.down();
  }
}

test('hostile arguments are refused from every kind of handler, and the shop goes on', () => kit({}, async (shop, at) => {
  const pid = shop.shopPid();
  for (const kind of ['read', 'write', 'task']) {
    const { code, out } = await at[kind]('hostile');
    assert.equal(code, OK);
    assert.ok(out.length > 70);
    for (const row of out) assert.ok([INVALID, NOT_FOUND, WRONG_KIND, TOO_LARGE].includes(row.code), `${kind} ${row.call}: ${row.code}`);
  }
  assert.equal(shop.shopPid(), pid, 'nothing crashed');
  assert.equal((await shop.plugin('probe_kit')).faults, 0);
}));

test('what may be called from where', () => kit({}, async (shop, at) => {
  const lead = { name: 'Ada', email: 'ada@x.example' };
  for (const [name, args] of [['cart.change', { id: '', change: {} }], ['file.write', { name: 'a' }], ['file.read', { name: 'a' }], ['file.remove', { name: 'a' }], ['file.list', {}]]) {
    assert.equal((await at.read(name, args)).code, WRONG_KIND, name);
    assert.equal((await at.write(name, args)).code, WRONG_KIND, name);
    assert.ok([OK, NOT_FOUND].includes((await at.task(name, args)).code), name);
  }
  for (const [name, args] of [['person.make', { lead }], ['person.raise', { id: '1', stage: 'lead' }], ['consent_set', { id: '1', channel: 'email', granted: 1, source: 's', wording: 'w' }],
    ['content.save', { page: { key: 'k', status: 'active', text: { en: { title: 'T', body: 'b' } } } }], ['event.record', { kind: 'probe_kit.seen' }], ['order.step', { id: '1', step: 'confirm' }],
    ['letter', { name: 'notice', key: 'k', recipient: 'a@x.example' }]]) {
    const refused = await at.read(name, args);
    assert.equal(refused.code, WRONG_KIND, name);
    assert.match(refused.why, /READ/);
    for (const kind of ['write', 'task']) assert.ok([OK, NOT_FOUND].includes((await at[kind](name, args)).code), `${kind} ${name}`);
  }
  assert.equal((await ask(`${shop.url}/x/probe_kit/write-files/a`, { method: 'POST' })).status, 500, 'a WRITE route answers no file');
}));

test('a part of a WRITE that is refused half way has changed nothing, though the handler says done', () => kit({}, async (shop, at) => {
  const page = (key, more) => ({ page: { key, status: 'active', text: { en: { title: 'T', body: 'b' }, ...more } } });
  const refused = await at.write('content.save', page('half', { 'xx-not': 7 }));
  assert.equal(refused.code, INVALID, refused.why);
  assert.equal((await at.read('content.page', { key: 'half' })).code, NOT_FOUND, 'nor the half of the page that was good');
  assert.equal((await at.write('content.save', page('half'))).code, OK);
}));

test('a cached route keeps what is the same for all, and nothing that is one visitor\'s or a file\'s', () => kit({}, async (shop, at) => {
  const kept = async (name, args, agent) => shop.get(`/x/probe_kit/kept/${name}${query(args)}`, { 'user-agent': agent });
  const agents = ['Mozilla/5.0 (X11; Linux x86_64) Firefox/120', 'Mozilla/5.0 (Macintosh) Safari/605'];
  assert.ok((await kept('locale.list', undefined, agents[0])).headers.get('etag'), 'this one is kept');
  const visitors = [];
  for (const agent of agents) visitors.push((await kept('person.visitor', undefined, agent)).json.out);
  assert.ok(!visitors.includes('0'));
  assert.notEqual(visitors[0], visitors[1], 'each is told their own number');
  await at.task('file.write', { name: 'feed.csv', text: 'a\n' });
  assert.equal((await kept('file.info', { name: 'feed.csv' }, agents[0])).json.out, 2);
  await at.task('file.write', { name: 'feed.csv', text: 'a\nb\n' });
  assert.equal((await kept('file.info', { name: 'feed.csv' }, agents[0])).json.out, 4, 'the file as it is now');
}));

test('files: written whole or not at all, read, listed, removed', () => kit({}, async (shop, at) => {
  const folder = join(shop.data, 'files/probe_kit');
  assert.equal((await at.task('file.write', { name: 'export.csv', text: 'a,b\n', times: 3 })).code, OK);
  assert.equal(readFileSync(join(folder, 'export.csv'), 'utf8'), 'a,b\na,b\na,b\n');
  assert.deepEqual((await at.task('file.read', { name: 'export.csv', from: 4, most: 4 })), { out: 'a,b\n', code: OK });
  assert.equal((await at.task('file.read', { name: 'export.csv', from: 12 })).out, '');
  assert.equal((await at.task('file.read', { name: 'export.csv', from: 99999 })).out, '');
  for (const kind of ['read', 'write', 'task']) assert.equal((await at[kind]('file.info', { name: 'export.csv' })).out, 12);
  // what is not committed leaves the old file and nothing else
  assert.equal((await at.task('file.write', { name: 'export.csv', text: 'x'.repeat(70000), times: 5, leave: 1 })).code, OK);
  assert.equal((await at.task('file.read', { name: 'export.csv' })).out, 'a,b\na,b\na,b\n');
  assert.deepEqual(readdirSync(folder), ['export.csv']);
  assert.equal((await at.task('file.write', { name: 'big', text: 'x'.repeat(60000), times: 100 })).code, OK);
  assert.equal((await at.read('file.info', { name: 'big' })).out, 6000000);
  for (const name of ['.hidden', '..', '.', 'a/b', '../x', 'ä', '', 'x'.repeat(101), 'a b', 'a%2fb'])
    for (const what of ['file.write', 'file.read', 'file.info', 'file.remove']) assert.equal((await at.task(what, { name })).code, INVALID, `${what} ${name}`);
  assert.equal((await at.task('file.write', { name: 'x'.repeat(100) })).code, OK);
  assert.equal((await at.task('file.read', { name: 'nothing' })).code, NOT_FOUND);
  assert.deepEqual((await at.task('file.list')).out, ['big', 'export.csv', 'x'.repeat(100)]);
  assert.equal((await at.task('file.many')).out, 8);
  assert.deepEqual((await at.task('file.misuse')).out, [INVALID, INVALID, INVALID, OK, INVALID, OK, INVALID, INVALID]);
  const stray = await at.task('file.stray');
  assert.deepEqual(stray.out, [1, OK, INVALID], 'not from a write step');
  assert.deepEqual((await at.task('file.stray')).out, [INVALID, OK, INVALID], 'not after the call');
  assert.equal((await at.task('file.remove', { name: 'big' })).code, OK);
  assert.equal((await at.task('file.remove', { name: 'big' })).code, OK, 'what is not there is removed, too');
  assert.deepEqual(readdirSync(folder).sort(), ['export.csv', 'misuse', 'x'.repeat(100)]);
  // from a job
  await shop.post('/x/probe_kit/job', { name: 'later.txt', text: 'from a job' });
  await until('the job', () => existsSync(join(folder, 'later.txt')));
}));

test('files: links and folders that somebody put there are not followed', () => kit({}, async (shop, at) => {
  await at.task('file.write', { name: 'own' });
  const folder = join(shop.data, 'files/probe_kit'), secret = join(shop.dir, 'secret');
  writeFileSync(secret, 'not for you');
  symlinkSync(secret, join(folder, 'link'));
  symlinkSync(join(shop.dir, 'gone'), join(folder, 'dangling'));
  mkdirSync(join(folder, 'inner'));
  for (const name of ['link', 'dangling', 'inner']) {
    assert.equal((await at.task('file.read', { name })).code, NOT_FOUND, name);
    assert.equal((await at.task('file.info', { name })).code, NOT_FOUND, name);
    assert.equal((await shop.get(`/x/probe_kit/files/${name}`)).status, 404, name);
  }
  assert.deepEqual((await at.task('file.list')).out, ['own']);
  assert.equal((await at.task('file.write', { name: 'link', text: 'mine' })).code, OK, 'the link is replaced, not written through');
  assert.equal(readFileSync(secret, 'utf8'), 'not for you');
  assert.equal((await at.task('file.read', { name: 'link' })).out, 'mine');
  assert.equal((await at.task('file.write', { name: 'inner', text: 'x' })).code, -9, 'a folder stands in the way');
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith('.')), []);
}));

test('files: a kill between write and commit leaves the old file, and nothing half', () => kit({}, async (shop, at) => {
  const folder = join(shop.data, 'files/probe_kit');
  await at.task('file.write', { name: 'feed.xml', text: 'whole' });
  const lost = at.task('file.hold', { name: 'feed.xml' }).catch(() => 'lost');
  await until('the half file', () => readdirSync(folder).some((name) => name.startsWith('.new-')));
  const old = shop.shopPid();
  process.kill(old, 'SIGKILL');
  await lost;
  await shop.newShopPid(old);
  await until('the shop', async () => (await ask(`${shop.url}/healthz`).catch(() => ({}))).status === 200);
  assert.deepEqual(readdirSync(folder), ['feed.xml']);
  assert.equal((await at.task('file.read', { name: 'feed.xml' })).out, 'whole');
}));

test('files go with the purge, and not before', () => kit({}, async (shop, at) => {
  await at.task('file.write', { name: 'a.txt', text: 'a' });
  const folder = join(shop.data, 'files/probe_kit');
  assert.notEqual((await shop.souk('plugin', 'purge', 'probe_kit')).code, 0, 'it is on');
  await shop.souk('plugin', 'disable', 'probe_kit');
  assert.ok(existsSync(join(folder, 'a.txt')));
  const purged = await shop.souk('plugin', 'purge', 'probe_kit');
  assert.equal(purged.code, 0, purged.stderr);
  assert.ok(!existsSync(folder));
  assert.notEqual((await shop.souk('plugin', 'purge', '..')).code, 0);
}));

test('a file as an answer: validators, ranges, saved under a name', () => kit({}, async (shop, at) => {
  const path = '/x/probe_kit/files/data.csv';
  const get = (headers = {}, where = path) => ask(shop.url + where, { headers });
  const text = 'abcdefghij'.repeat(10);
  await at.task('file.write', { name: 'data.csv', text });
  const whole = await get();
  assert.equal(whole.status, 200);
  assert.equal(whole.text, text);
  assert.equal(whole.headers.get('content-type'), 'text/csv; charset=utf-8');
  assert.equal(whole.headers.get('accept-ranges'), 'bytes');
  assert.equal(whole.headers.get('cache-control'), 'no-cache');
  assert.equal(whole.headers.get('x-content-type-options'), 'nosniff');
  const etag = whole.headers.get('etag'), modified = whole.headers.get('last-modified');
  assert.match(etag, /^"[0-9a-f-]+"$/);
  assert.match(modified, / GMT$/);
  for (const headers of [{ 'if-none-match': etag }, { 'if-none-match': `"other", W/${etag}` }, { 'if-none-match': '*' }, { 'if-modified-since': modified }]) {
    const same = await get(headers);
    assert.equal(same.status, 304, JSON.stringify(headers));
    assert.equal(same.text, '');
    assert.equal(same.headers.get('etag'), etag);
  }
  for (const headers of [{ 'if-none-match': '"other"' }, { 'if-none-match': '"other"', 'if-modified-since': modified }, { 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' }, { 'if-modified-since': 'nonsense' }])
    assert.equal((await get(headers)).status, 200, JSON.stringify(headers));
  for (const [range, part, where] of [['bytes=0-9', text.slice(0, 10), '0-9'], ['bytes=95-', text.slice(95), '95-99'], ['bytes=-3', text.slice(-3), '97-99'], ['bytes=10-1000', text.slice(10), '10-99'], ['bytes=-1000', text, '0-99'], ['bytes=99-99', 'j', '99-99']]) {
    const got = await get({ range });
    assert.equal(got.status, 206, range);
    assert.equal(got.text, part, range);
    assert.equal(got.headers.get('content-range'), `bytes ${where}/100`);
    assert.equal(got.headers.get('content-length'), String(part.length));
  }
  for (const range of ['bytes=100-', 'bytes=100-200', 'bytes=-0']) {
    const got = await get({ range });
    assert.equal(got.status, 416, range);
    assert.equal(got.headers.get('content-range'), 'bytes */100');
  }
  for (const range of ['bytes=5-2', 'bytes=a-b', 'bytes=0-1,5-6', 'lines=0-1', 'bytes=', 'bytes=-', 'bytes=99999999999999999999-']) assert.equal((await get({ range })).status, 200, range);
  assert.equal((await get({ range: 'bytes=0-9', 'if-range': etag })).status, 206);
  assert.equal((await get({ range: 'bytes=0-9', 'if-range': '"other"' })).status, 200);
  const head = await ask(shop.url + path, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-length'), '100');
  assert.equal(head.headers.get('etag'), etag);
  const saved = await get({}, `${path}?as=${encodeURIComponent('цени "1".csv')}&cache=private`);
  assert.equal(saved.headers.get('content-disposition'), `attachment; filename="${'_'.repeat(8)} _1_.csv"; filename*=UTF-8''${encodeURIComponent('цени "1".csv')}`);
  assert.equal(saved.headers.get('cache-control'), 'private');
  assert.equal((await get({}, '/x/probe_kit/task-files/data.csv')).text, text);
  const both = await get({}, '/x/probe_kit/then-files/data.csv');
  assert.equal(both.status, 500);
  await until('the reason', () => /souk_answer_file and souk_then_write/.test(shop.stderr));
  // another content: another tag, at once, from a cached route too
  assert.equal((await get({}, '/x/probe_kit/kept-files/data.csv')).text, text);
  await at.task('file.write', { name: 'data.csv', text: 'new' });
  assert.equal((await get({ 'if-none-match': etag })).text, 'new');
  assert.equal((await get({}, '/x/probe_kit/kept-files/data.csv')).text, 'new');
  // it is the plugin's affair to write a compressed one; only the core's own answers look for it
  writeFileSync(join(shop.data, 'files/probe_kit/data.csv.gz'), gzipSync('new'));
  assert.equal((await get({ 'accept-encoding': 'gzip' })).headers.get('content-encoding'), null);
  await at.task('file.write', { name: 'empty', text: '' });
  const empty = await get({}, '/x/probe_kit/files/empty');
  assert.equal(empty.status, 200);
  assert.equal(empty.text, '');
  assert.equal((await get({ range: 'bytes=0-1' }, '/x/probe_kit/files/empty')).status, 416);
  // many times over a megabyte, while it is replaced: always one or the other
  const one = 'a'.repeat(60000), other = 'b'.repeat(60000);
  await at.task('file.write', { name: 'large', text: one, times: 20 });
  const reads = Promise.all(Array.from({ length: 20 }, () => get({}, '/x/probe_kit/files/large')));
  const writes = Promise.all(Array.from({ length: 5 }, (_, i) => at.task('file.write', { name: 'large', text: i % 2 ? one : other, times: 20 })));
  for (const read of await reads) assert.ok(read.text === one.repeat(20) || read.text === other.repeat(20));
  await writes;
}));

test('people: leads, contacts, stages, consents', () => kit({}, async (shop, at) => {
  const made = await at.task('person.make', { lead: { name: ' Ада ', email: 'Ada@X.example', phone: '0888 123 456', locale: 'bg', source: 'fair 2026' } });
  assert.equal(made.code, OK);
  const { out: person } = await at.read('person.get', { id: made.out });
  assert.equal(person.name, 'Ада');
  assert.equal(person.stage, 'lead');
  assert.equal(person.locale, 'bg');
  assert.equal(person.source.first.source, 'fair 2026');
  assert.deepEqual(person.contacts.map((c) => [c.kind, c.value, c.confirmed_at]), [['email', 'ada@x.example', null], ['phone', '+359888123456', null]]);
  assert.equal((await at.write('person.make', { lead: { email: 'ADA@x.example' } })).out, made.out, 'the same address again');
  assert.equal((await at.task('person.make', { lead: { phone: '+359 888 123456' } })).out, made.out);
  assert.notEqual((await at.task('person.make', { lead: { email: 'eve@x.example' } })).out, made.out);
  for (const [lead, why] of [[{ name: 'x' }, /\/email/], [{ email: 'nonsense' }, /\/email/], [{ phone: 'abc' }, /\/phone/], [{ email: 'a@x.example', age: 7 }, /\/age/], [{ email: 7 }, /\/email/],
    [{ email: 'a@x.example', locale: 'tlh' }, /\/locale/], [{ email: 'a@x.example', name: 'x'.repeat(300) }, /\/name/]]) {
    const refused = await at.task('person.make', { lead });
    assert.equal(refused.code, INVALID, JSON.stringify(lead));
    assert.match(refused.why, why);
  }
  assert.equal((await at.read('person.find', { kind: 'email', contact: 'ada@x.example' })).code, NOT_FOUND, 'nothing is proven');
  sql(shop, `UPDATE contact SET confirmed_at = 1 WHERE value = 'ada@x.example'`);
  assert.equal((await at.read('person.find', { kind: 'email', contact: ' ADA@x.example' })).out, made.out);
  assert.equal((await at.read('person.find', { kind: 'email', contact: 'nonsense' })).code, INVALID);
  assert.notEqual((await at.task('person.make', { lead: { email: 'ada@x.example' } })).out, made.out, 'somebody has proved to be behind it');
  assert.equal((await at.task('person.raise', { id: made.out, stage: 'buyer' })).code, OK);
  assert.equal((await at.write('person.raise', { id: made.out, stage: 'lead' })).code, OK);
  assert.equal((await at.read('person.get', { id: made.out })).out.stage, 'buyer');
  assert.equal((await at.task('person.raise', { id: '77', stage: 'lead' })).code, NOT_FOUND);
  assert.equal((await at.read('consent', { id: made.out, channel: 'email' })).code, NOT_FOUND);
  const yes = { id: made.out, channel: 'email', granted: 1, source: 'popup', wording: 'Yes, send me news' };
  assert.equal((await at.task('consent_set', { ...yes, wording: '' })).code, INVALID);
  assert.equal((await at.task('consent_set', yes)).code, OK);
  assert.equal((await at.read('consent', { id: made.out, channel: 'email' })).code, 1);
  assert.equal((await at.write('consent_set', { ...yes, granted: 0 })).code, OK);
  assert.equal((await at.task('consent', { id: made.out, channel: 'email' })).code, 0);
  assert.equal((await at.task('consent_set', { ...yes, channel: 'probe_kit.club' })).code, OK);
  assert.equal((await at.read('consent', { id: made.out, channel: 'probe_kit.club' })).code, 1);
  assert.equal((await at.task('consent_set', { ...yes, channel: 'probe_kitten.club' })).code, INVALID);
  assert.equal((await at.read('person.get', { id: made.out })).out.consents.at(-1).wording, 'Yes, send me news');
  sql(shop, `UPDATE person SET erased_at = 1 WHERE id = ${made.out}`);
  for (const [name, args] of [['person.get', {}], ['consent', { channel: 'email' }]]) assert.equal((await at.read(name, { id: made.out, ...args })).code, NOT_FOUND, name);
  for (const [name, args] of [['person.raise', { stage: 'regular' }], ['consent_set', { ...yes }], ['event.record', { kind: 'probe_kit.x', person: made.out }]])
    assert.equal((await at.task(name, { id: made.out, ...args })).code, NOT_FOUND, name);
}));

test('who asks: visitor, person, staff', () => kit({}, async (shop, at) => {
  assert.equal((await at.read('person.current')).out, '0');
  assert.equal((await at.read('person.staff')).out, '0');
  const browser = call(shop, { 'user-agent': 'Mozilla/5.0 (X11) Firefox/130.0' });
  const visitor = (await browser.read('person.visitor')).out;
  assert.notEqual(visitor, '0');
  assert.equal((await browser.task('person.visitor')).out, visitor);
  assert.equal((await call(shop, { 'user-agent': 'Googlebot/2.1' }).read('person.visitor')).out, '0');
  assert.equal((await call(shop, { 'user-agent': 'Mozilla/5.0 (X11) Firefox/130.0', 'sec-gpc': '1' }).read('person.visitor')).out, '0');
  const desk = await staff(shop, 'boss@shop.example');
  const there = JSON.parse((await desk.get('/admin/p/probe_kit/desk/person.staff')).text);
  assert.match(there.out, /^[1-9]\d+$/);
  assert.equal(JSON.parse((await desk.get('/x/probe_kit/read/person.staff')).text).out, there.out, 'on a public page too');
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const customer = new Browser(shop);
  await customer.post('/account/register', { email: 'ada@x.example', name: 'Ada', password: 'correct horse' }, form);
  const signed = await customer.post('/account/sign-in', { email: 'ada@x.example', password: 'correct horse' }, form);
  assert.equal(signed.status, 303, signed.text);
  const id = JSON.parse((await customer.get('/x/probe_kit/read/person.current')).text).out;
  assert.match(id, /^[1-9]\d+$/);
  assert.equal((await at.read('person.get', { id })).out.name, 'Ada');
  assert.equal(JSON.parse((await customer.post('/x/probe_kit/write/person.current', {}, { origin: shop.url })).text).out, id);
}));

test('content: pages, safe HTML, templates', () => kit({}, async (shop, at) => {
  const page = { key: 'club', status: 'active', text: { en: { title: 'Our club', slug: 'club', body: '# Hello\n<script>alert(1)</script>' } } };
  assert.equal((await at.read('content.page', { key: 'club' })).code, NOT_FOUND);
  const made = await at.task('content.save', { page });
  assert.equal(made.code, OK);
  assert.equal((await at.write('content.save', { page: { key: 'club', text: { en: { title: 'The club' } } } })).out, made.out);
  assert.equal((await at.read('content.page', { key: 'club' })).out.text.en.title, 'The club');
  const shown = await shop.get('/pages/club');
  assert.match(shown.text, /<h1>The club<\/h1>|The club/);
  assert.doesNotMatch(shown.text, /alert\(1\)/);
  const wrong = await at.task('content.save', { page: { key: 'club', status: 'sometimes' } });
  assert.equal(wrong.code, INVALID);
  assert.match(wrong.why, /status/);
  const bad = '*bold* <b onclick="x()">b</b><script>x()</script>';
  const { out: html } = await at.read('content.html', { text: bad });
  assert.doesNotMatch(html, /script|onclick/);
  assert.equal((await at.read('content.plain', { text: '# A title\n\nwith *many* words in it', most: 20 })).out.length <= 23, true);
  const part = await at.read('content.render', { name: 'part', locale: 'bg', text: '<i>' });
  assert.equal(part.code, OK, part.why);
  assert.match(part.out, /^<p>&lt;i&gt;\|.*\|https:\/\/souk\.example\/bg\/cart\|bg<\/p>$/s);
  assert.doesNotMatch((await at.task('content.render', { name: 'part', text: bad })).out, /<script|<b onclick/);
  assert.equal((await at.task('content.render', { name: 'mail/bare.txt', text: '<i>' })).out, 'Bare\n\nNothing but <i>\n', 'nothing is escaped in text');
  assert.equal((await at.task('content.render', { name: 'absent' })).code, NOT_FOUND);
  assert.equal((await at.task('content.render', { name: 'page/home' })).code, NOT_FOUND, 'its own templates alone');
}));

test('language and time', () => kit({}, async (shop, at) => {
  assert.deepEqual((await at.read('locale.list')).out, ['en', 'bg']);
  assert.equal((await at.read('locale.money', { minor: 1299, currency: 'EUR' })).out, '€12.99');
  assert.equal((await at.read('locale.money', { locale: 'bg', minor: 1299, currency: 'EUR' })).out, '12,99\u00a0€');
  assert.match((await at.read('locale.money', { minor: 5, currency: 'XQQ' })).out, /XQQ/);
  assert.equal((await at.read('locale.money', { minor: 5, currency: 'EURO' })).out, '');
  const at10 = '2026-11-27T08:00:00Z';
  assert.equal((await at.read('locale.date', { at: at10 })).out, '27 November 2026');
  assert.equal((await at.read('locale.date', { at: at10, style: 1 })).out, '27 November 2026, 10:00', 'the shop\'s zone');
  assert.equal((await at.read('locale.date', { at: at10, style: 2, zone: 'America/New_York' })).out, '03:00');
  assert.equal((await at.read('locale.date', { at: at10, style: 1, locale: 'bg' })).out, '27 ноември 2026 г., 10:00');
  assert.equal((await at.read('locale.date', { at: at10, zone: 'Mars/Olympus' })).out, '');
  assert.equal((await at.read('locale.t', { locale: 'bg', one: 'Unsubscribe' })).out, 'Отписване');
  assert.equal((await at.read('locale.t', { locale: 'tlh', one: 'one', many: '{count} many', n: 5 })).out, '{count} many');
  assert.equal((await at.read('time.civil', { at: at10 })).out, '2026-11-27 10:0:0 5 7200 2026-11-27T08:00:00Z');
  assert.equal((await at.read('time.civil', { at: '2026-10-25T01:30:00Z' })).out, '2026-10-25 3:30:0 0 7200 2026-10-25T00:30:00Z', 'of two the earlier');
  assert.equal((await at.read('time.civil', { at: at10, zone: '../../etc/passwd' })).code, NOT_FOUND);
  assert.equal((await at.read('time.civil', { at: 'tomorrow' })).code, INVALID);
  assert.equal((await at.read('crypto', { algorithm: 3, key: 'k', data: 'd' })).out, createHmac('sha512', 'k').update('d').digest('hex'));
  const pair = generateKeyPairSync('ed25519');
  const key = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  const signature = sign(null, Buffer.from('said'), pair.privateKey).toString('base64');
  assert.equal((await at.read('verify', { key, signature, data: 'said' })).code, OK);
  assert.equal((await at.read('verify', { key, signature, data: 'Said' })).code, DENIED);
  assert.equal((await at.read('verify', { key, signature: 'AAAA', data: 'said' })).code, DENIED);
  assert.equal((await at.read('verify', { key: key.slice(2), signature, data: 'said' })).code, INVALID);
}));

test('the event log', () => kit({}, async (shop, at) => {
  const browser = call(shop, { 'user-agent': 'Mozilla/5.0 (X11) Firefox/130.0' });
  const person = (await at.task('person.make', { lead: { email: 'ada@x.example' } })).out;
  assert.equal((await browser.write('event.record', { kind: 'probe_kit.poured', person, subject: 'product:17', data: { cups: 2 } })).code, OK);
  assert.equal((await at.task('event.record', { kind: 'lead.made', subject: `person:${person}` })).code, OK);
  for (const kind of ['order.placed', 'other.thing', 'Probe_kit.x', 'probe_kit', 'probe_kit.', 'payment.captured']) assert.equal((await at.task('event.record', { kind })).code, INVALID, kind);
  assert.equal((await at.task('event.record', { kind: 'probe_kit.x', person: '77' })).code, NOT_FOUND);
  assert.equal((await at.task('event.record', { kind: 'probe_kit.x', data: { text: 'x'.repeat(9000) } })).code, TOO_LARGE);
  const all = await at.read('event.recent');
  assert.deepEqual(all.out.slice(0, 2).map((e) => e.kind), ['lead.made', 'probe_kit.poured'], 'the latest first');
  const [poured] = (await at.read('event.recent', { kind: 'probe_kit.poured', person })).out;
  assert.equal(poured.subject, 'product:17');
  assert.deepEqual(poured.data, { cups: 2 });
  assert.ok(poured.visitor);
  assert.deepEqual((await at.read('event.recent', { kind: 'lead.made', person })).out, []);
  assert.ok(all.ids.every((id) => BigInt(id) > 0n));
  const older = await at.read('event.recent', { before: all.ids[0], limit: 1 });
  assert.equal(older.out[0].kind, 'probe_kit.poured');
}));

test('carts: changed as over REST, all or nothing', () => market({}, async (open, at, shop) => {
  const started = await at.task('cart.change', { id: '', change: { add: [{ sku: 'TEA', quantity: 2, note: 'wrapped' }, { sku: 'CUP' }] } });
  assert.equal(started.code, OK, started.why);
  const { id } = started.out;
  assert.match(id, /^[0-9a-z]{26}$/);
  const rest = (await shop.get(`/api/v1/carts/${id}`)).json;
  assert.deepEqual(rest.lines.map((l) => [l.sku, l.quantity]), [['TEA', 2], ['CUP', 1]]);
  assert.equal(rest.lines[0].note, 'wrapped');
  assert.deepEqual(started.out.quote.totals, rest.quote.totals);
  const got = await at.read('cart.get', { id });
  assert.deepEqual(got.out.quote.totals, rest.quote.totals);
  // one wrong part, and nothing is changed
  for (const [change, code, why] of [[{ add: [{ sku: 'CUP' }, { sku: 'TEA', quantity: 9 }] }, CONFLICT, /only 5/], [{ add: [{ sku: 'CUP' }, { sku: 'NONE' }] }, NOT_FOUND, /no such product/],
    [{ add: [{ sku: 'CUP' }], set: [{ line: '77', quantity: 1 }] }, NOT_FOUND, /not in the cart/], [{ add: [{ sku: 'CUP', quantity: 0 }] }, INVALID, /at least 1/],
    [{ add: [{ sku: 'CUP', quantity: 20000 }] }, INVALID, /10,000/], [{ coupons: { remove: ['NOTHERE'] } }, NOT_FOUND, /code/], [{ add: [{}] }, INVALID, /sku/], [{ add: 'x' }, INVALID, /add/],
    [{ set: [{ quantity: 1 }] }, INVALID, /line/], [{ ad: [] }, INVALID, /\/ad/], [{ add: [{ sku: 'CUP', quantity: 1.5 }] }, INVALID, /whole/]]) {
    const refused = await at.task('cart.change', { id, change });
    assert.equal(refused.code, code, JSON.stringify(change));
    assert.match(refused.why, why);
  }
  assert.deepEqual((await shop.get(`/api/v1/carts/${id}`)).json.lines.map((l) => l.quantity), [2, 1]);
  const carts = () => Number(sql(shop, 'SELECT count(*) FROM cart'));
  const before = carts();
  assert.equal((await at.task('cart.change', { id: '', change: { add: [{ sku: 'NONE' }] } })).code, NOT_FOUND);
  assert.equal(carts(), before, 'no empty cart is left behind');
  const set = await at.task('cart.change', { id, change: { set: [{ line: rest.lines[0].id, quantity: 5 }, { line: rest.lines[1].id, quantity: 0 }] } });
  assert.equal(set.code, OK, set.why);
  assert.deepEqual(set.out.lines.map((l) => [l.sku, l.quantity]), [['TEA', 5]]);
  // words for people
  const bare = await shop.post('/x/probe_kit/bare', { id, change: { add: [{ sku: 'TEA' }] } });
  assert.equal(bare.status, 409);
  assert.match(bare.text, /only 5 of this product can be had now/);
  // the log is told as by REST
  const told = sql(shop, `SELECT kind || ' ' || (data ->> 'quantity') FROM event WHERE kind LIKE 'cart.%' ORDER BY id`).split('\n');
  assert.deepEqual(told, ['cart.added 2', 'cart.added 1', 'cart.added 3', 'cart.removed 1']);
  // an ordered one is changed no more
  assert.equal((await open.checkout(id)).status, 201);
  assert.equal((await at.task('cart.change', { id, change: { add: [{ sku: 'CUP' }] } })).code, CONFLICT);
  for (const wrong of ['nothing', 'x'.repeat(26)]) assert.equal((await at.read('cart.get', { id: wrong })).code, NOT_FOUND);
  // whose it is
  const customer = new Browser(shop);
  await customer.post('/cart/add', { sku: 'CUP', quantity: '3' });
  const current = JSON.parse((await customer.get('/x/probe_kit/read/cart.current')).text).out;
  assert.deepEqual((await at.read('cart.get', { id: current })).out.lines.map((l) => [l.sku, l.quantity]), [['CUP', 3]]);
  assert.equal((await at.read('cart.current')).out, '');
}));

test('carts: many at once, and codes', () => market({}, async (open, at, shop) => {
  const { id } = (await at.task('cart.change', { id: '', change: {} })).out;
  const done = await Promise.all(Array.from({ length: 6 }, () => at.task('cart.change', { id, change: { add: [{ sku: 'CUP' }] } })));
  const good = done.filter((one) => one.code === OK).length;
  assert.ok(done.every((one) => one.code === OK || one.code === CONFLICT), JSON.stringify(done.map((one) => one.why)));
  assert.equal((await at.read('cart.get', { id })).out.lines[0].quantity, good, 'none is lost, none counts twice');
  // wrong codes are kept, explained, and counted: after ten nobody listens
  const first = await at.task('cart.change', { id, change: { coupons: { add: ['WRONG-0'] } } });
  assert.equal(first.code, OK, first.why);
  assert.equal(first.out.quote.coupons[0].accepted, false);
  let busy;
  for (let i = 1; i < 14 && !busy; i++) {
    const tried = await at.task('cart.change', { id, change: { coupons: { add: [`WRONG-${i}`], remove: [`WRONG-${i - 1}`] } } });
    if (tried.code === BUSY) busy = [i, tried.why];
    else assert.equal(tried.code, OK, tried.why);
  }
  assert.equal(busy?.[0], 10);
  assert.match(busy[1], /too many codes/);
  const rest = await shop.post(`/api/v1/carts/${id}/coupons`, { code: 'WRONG-99' });
  assert.equal(rest.status, 429, 'counted together with REST');
}));

test('orders: listed, taken along by steps', () => market({}, async (open, at, shop) => {
  const numbers = [];
  for (let i = 0; i < 3; i++) numbers.push((await open.buy([['CUP', 1]], { email: `b${i}@x.example` })).json.number);
  const all = await at.read('order.list');
  assert.equal(all.code, OK, all.why);
  assert.deepEqual(all.out.map((o) => o.number), numbers);
  assert.ok(all.out[0].lines.length === 1 && all.out[0].totals);
  assert.ok(all.out.every((o) => o.token === undefined && o.id && o.person), 'what opens the customer\'s page is not for plugins');
  assert.deepEqual((await at.read('order.list', { query: { limit: 2 } })).out.map((o) => o.number), numbers.slice(0, 2));
  const wanted = { query: { since: '2020-01-01', until: '2100-01-01T00:00:00Z', state: 'cancelled' } };
  assert.deepEqual((await at.read('order.list', wanted)).out, []);
  for (const [q, why] of [[{ limit: 101 }, /limit/], [{ limit: 0 }, /limit/], [{ colour: 1 }, /colour/], [{ since: 'yesterday' }, /since/], [{ person: 'x' }, /person/], [{ state: 7 }, /state/]]) {
    const refused = await at.read('order.list', { query: q });
    assert.equal(refused.code, INVALID, JSON.stringify(q));
    assert.match(refused.why, why);
  }
  const [id] = all.ids;
  const illegal = await at.task('order.step', { id, step: 'deliver' });
  assert.equal(illegal.code, CONFLICT);
  assert.match(illegal.why, /cancel|confirm/, 'it says what is legal');
  assert.equal((await at.task('order.step', { id, step: 'cancel', args: { reason: 'no tea', colour: 1 } })).code, INVALID);
  assert.equal((await at.task('order.step', { id, step: 'cancel', args: { reason: 'no tea' } })).code, OK);
  assert.equal((await at.task('order.step', { id, step: 'explode' })).code, NOT_FOUND);
  assert.equal((await at.task('order.step', { id: '77', step: 'cancel' })).code, NOT_FOUND);
  const shown = await open.order(numbers[0]);
  assert.equal(shown.status, 'cancelled');
  const step = shown.history.find((row) => row.to === 'cancelled');
  assert.equal(step.actor, 'plugin:probe_kit');
  assert.equal(step.reason, 'no tea');
  assert.equal((await at.read('order.list', wanted)).out.length, 1);
}));

const mailConfig = (smtp) => `notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", sender = "shop@souk.example" }
shop = { name = "Kit", currency = "EUR", country = "BG", url = "https://souk.example", locales = { "en", "bg" } }`;
async function withMail(fn, answer) {
  const smtp = await Smtp.start(answer);
  try {
    return await withShop({ plugins: ['notify_mail', 'probe_kit'], config: mailConfig(smtp) }, (shop) => fn(shop, call(shop), smtp));
  } finally {
    await smtp.stop();
  }
}
const mailTo = (smtp, address, n = 1) => until(`mail ${n} to ${address}`, () => smtp.mails.filter((m) => m.to.includes(address))[n - 1]);

test('letters: rendered in the receiver\'s language, once, and not to who left', () => withMail(async (shop, at, smtp) => {
  const person = (await at.task('person.make', { lead: { name: 'Ада', email: 'ada@x.example', locale: 'bg' } })).out;
  const sent = await at.task('letter', { name: 'notice', person, key: 'first', view: { text: 'чай & "more"' } });
  assert.equal(sent.code, OK, sent.why);
  assert.notEqual(sent.out, '0');
  const mail = await mailTo(smtp, 'ada@x.example');
  assert.equal(mail.subject, 'Отписване & чай & "more"');
  assert.match(mail.text, /чай & "more" for Ада/);
  assert.match(mail.html, /чай &amp; &#34;more&#34;/);
  assert.equal(mail.headers['list-unsubscribe'], undefined, 'no news');
  assert.doesNotMatch(mail.text, /unsubscribe\?token/);
  assert.equal((await at.write('letter', { name: 'notice', person, key: 'first' })).out, '0', 'this occasion was written about');
  assert.equal((await at.task('letter', { name: 'bare', recipient: ' Eve@X.example', key: 'second', view: { text: 'tea' } })).code, OK);
  const bare = await mailTo(smtp, 'eve@x.example');
  assert.equal(bare.subject, 'Bare');
  assert.equal(bare.text.trim(), 'Nothing but tea');
  assert.equal(bare.html, undefined, 'without HTML there is text alone');
  for (const [letter, code] of [[{ name: 'absent', recipient: 'a@x.example', key: 'k' }, NOT_FOUND], [{ name: 'notice', key: 'k' }, INVALID], [{ name: 'notice', recipient: 'a@x.example', key: '' }, INVALID],
    [{ name: 'notice', person: '77', key: 'k' }, NOT_FOUND], [{ name: 'notice', recipient: 'nonsense', key: 'k' }, INVALID], [{ name: '../notice', recipient: 'a@x.example', key: 'k' }, INVALID],
    [{ name: 'notice', recipient: 'a@x.example', key: 'k', locale: 'tlh' }, INVALID], [{ name: 'notice', recipient: 'a@x.example\r\nBcc: b@x.example', key: 'k' }, INVALID],
    [{ name: 'notice', recipient: 'a@x.example', key: 'k', view: { text: 'x'.repeat(70000) } }, TOO_LARGE], [{ name: 'notice', person, channel: 'sms', key: 'k' }, NOT_FOUND]])
    assert.equal((await at.task('letter', letter)).code, code, JSON.stringify(letter).slice(0, 100));
  sql(shop, `INSERT INTO suppression (channel, value, why, at) VALUES ('email', 'gone@x.example', 'bounced', 1)`);
  assert.equal((await at.task('letter', { name: 'notice', recipient: 'gone@x.example', key: 'third' })).code, DENIED);
  // news go to a proven address of who said yes
  const news = (key) => at.task('letter', { name: 'notice', person, key, marketing: 1, view: { text: 'sale' } });
  assert.equal((await news('n1')).code, DENIED, 'never asked');
  await at.task('consent_set', { id: person, channel: 'email', granted: 1, source: 'popup', wording: 'Yes' });
  assert.equal((await news('n1')).code, DENIED, 'nobody has proved the address');
  sql(shop, `UPDATE contact SET confirmed_at = 1 WHERE value = 'ada@x.example'`);
  assert.equal((await news('n1')).code, OK);
  const offer = await mailTo(smtp, 'ada@x.example', 2);
  const [, path] = /<https:\/\/souk\.example(\/bg\/unsubscribe\?token=[^>]+)>/.exec(offer.headers['list-unsubscribe'][0]);
  assert.equal(offer.headers['list-unsubscribe-post'][0], 'List-Unsubscribe=One-Click');
  assert.ok(offer.text.includes(`https://souk.example${path}`), offer.text);
  assert.ok(offer.html.includes('unsubscribe?token='));
  // opening the link changes nothing; the button does
  const page = await shop.get(path);
  assert.equal(page.status, 200);
  assert.match(page.text, /Отписване/);
  assert.equal((await at.read('consent', { id: person, channel: 'email' })).code, 1);
  for (const wrong of ['', 'x', '1~email~AAAA', path.split('=')[1].replace('email', 'sms')]) {
    assert.equal((await shop.get(`/unsubscribe?token=${wrong}`)).status, 404, wrong);
    assert.equal((await shop.post(`/unsubscribe?token=${wrong}`, 'x=1', { 'content-type': 'application/x-www-form-urlencoded' })).status, 404);
  }
  const clicked = await shop.post(path, 'List-Unsubscribe=One-Click', { 'content-type': 'application/x-www-form-urlencoded' });
  assert.equal(clicked.status, 200, clicked.text);
  assert.equal((await at.read('consent', { id: person, channel: 'email' })).code, 0);
  assert.equal((await at.read('person.get', { id: person })).out.consents.at(-1).source, 'unsubscribe');
  assert.equal((await news('n2')).code, DENIED);
  const button = await shop.post(path, 'x=1', { 'content-type': 'application/x-www-form-urlencoded', origin: shop.url });
  assert.equal(button.status, 200, 'twice is no error');
}));

test('a letter about an order gets the address of its page, and only the buyer does', async () => {
  const smtp = await Smtp.start();
  try {
    await market({ plugins: ['notify_mail', 'probe_kit'], terms: '{ name = "Kit", currency = "EUR", country = "BG", url = "https://souk.example", locales = { "en", "bg" } }',
      config: `notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", sender = "shop@souk.example" }` }, async (open, at) => {
      const { number, token } = (await open.buy([['CUP', 1]], { email: 'buyer@x.example' })).json;
      const [id] = (await at.read('order.list')).ids;
      const link = `/order/${number}?token=${token}`;
      const write = (key, recipient, more = {}) => at.task('letter', { name: 'bare', key, recipient, view: { text: key, order: id }, ...more });
      for (const [key, recipient, more] of [['mine', 'buyer@x.example'], ['bulgarian', 'buyer@x.example', { locale: 'bg' }], ['other', 'eve@x.example']]) assert.equal((await write(key, recipient, more)).code, OK);
      const letter = (key) => until(key, () => smtp.mails.find((mail) => mail.text?.includes(`Nothing but ${key}`)));
      assert.ok((await letter('mine')).text.includes(`https://souk.example${link}`));
      assert.ok((await letter('bulgarian')).text.includes(`https://souk.example/bg${link}`));
      assert.doesNotMatch((await letter('other')).text, /token=|\/order\//, 'somebody else');
    });
  } finally {
    await smtp.stop();
  }
});

test('letters of a plugin that is off wait, and say why', () => withMail(async (shop, at, smtp) => {
  await shop.souk('plugin', 'disable', 'notify_mail');
  const person = (await at.task('person.make', { lead: { name: 'Ada', email: 'ada@x.example' } })).out;
  await at.task('consent_set', { id: person, channel: 'email', granted: 1, source: 'popup', wording: 'Yes' });
  sql(shop, `UPDATE contact SET confirmed_at = 1`);
  const waiting = (await at.task('letter', { name: 'notice', person, key: 'a', view: { text: 'late' } })).out;
  const news = (await at.task('letter', { name: 'notice', person, key: 'b', marketing: 1, view: { text: 'sale' } })).out;
  await at.task('consent_set', { id: person, channel: 'email', granted: 0, source: 'call', wording: '' });
  await shop.souk('plugin', 'disable', 'probe_kit');
  await shop.souk('plugin', 'enable', 'notify_mail');
  const row = (id) => sql(shop, `SELECT state || ': ' || why FROM message WHERE id = ${id}`);
  await until('why it waits', () => /^waiting: plugin "probe_kit".*is off/.test(row(waiting)));
  assert.match(await until('the no', () => { const told = row(news); return told.startsWith('failed') && told; }), /said no/);
  assert.equal(smtp.mails.length, 0);
  await shop.souk('plugin', 'enable', 'probe_kit');
  await until('sent', () => { // the last try may not be over yet when its row says why it waits
    sql(shop, `UPDATE job SET due = 0 WHERE kind = 'souk:message' AND state = 'waiting' AND due > 0`);
    return row(waiting).startsWith('sent');
  });
  await mailTo(smtp, 'ada@x.example');
  assert.equal(smtp.mails.length, 1);
}));
