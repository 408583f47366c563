// HTTP through the real server: what the gate refuses, what pages and answers carry, caching, languages, push.
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import http from 'node:http';
import net from 'node:net';
import { createHash, randomBytes } from 'node:crypto';
import { Shop, raw, until, ask, withShop } from './souk.mjs';

let shop;
before(async () => { shop = await Shop.start({ plugins: ['hello', 'visits'] }); });
after(() => shop.down());

const head = 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const status = (answer) => Number(answer.text.slice(9, 12));

// What the gate refuses closes the connection: smuggled bytes behind it are never served.
for (const [name, bytes, expected] of [
  ['length with chunked', 'POST /x/hello/sign HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['two different lengths', 'POST /x/hello/sign HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdefGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['unknown transfer encoding', 'POST /x/hello/sign HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n', 501],
  ['identity, chunked', 'POST /x/hello/sign HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity, chunked\r\n\r\n', 501],
  ['space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
  ['CR in a value', `${head}X-Test: a\rb\r\n\r\n`, 400],
  ['%00 in the path', 'GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['bad percent sign', 'GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['dots', 'GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['encoded dots', 'GET /x/%2e%2e/y HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
  ['absolute target of another host', 'GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
  ['control character in the method', 'GE\x01T / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['negative length', 'POST /x/hello/sign HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n', 400],
  ['HTTP/9.9', 'GET / HTTP/9.9\r\nHost: a\r\n\r\n', 505],
]) {
  test(`the gate refuses: ${name}`, async () => {
    const answer = await raw(shop, bytes);
    assert.equal(status(answer), expected, answer.text.slice(0, 300));
    assert.equal(answer.closed, true);
    assert.doesNotMatch(answer.text, /^HTTP\/1\.1 2/m, 'nothing behind it is served');
  });
}

test('a header block of 64 KiB is refused', async () => {
  const answer = await raw(shop, `${head}X-Big: ${'a'.repeat(65536)}\r\n\r\n`);
  assert.ok([400, 413, 431].includes(status(answer)), answer.text.slice(0, 100));
});

test('a slash that was encoded does not separate segments', async () => {
  assert.equal((await shop.get('/x%2fhello/greet')).status, 404);
});

test('the second GET on a connection is answered, without Connection: close', async () => {
  const twice = `${head}\r\n`.repeat(2);
  const answer = await raw(shop, twice, (text) => text.split('</html>').length > 2);
  assert.equal(answer.text.split('HTTP/1.1 200').length, 3);
  assert.doesNotMatch(answer.text, /connection: close/i);
});

test('pages carry the security headers; their policy allows no inline script or style', async () => {
  const { headers, text } = await shop.get('/');
  const policy = headers.get('content-security-policy');
  assert.match(policy, /default-src 'self'/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.ok(headers.get('referrer-policy'));
  assert.match(headers.get('content-type'), /^text\/html; charset=utf-8$/i);
  assert.doesNotMatch(text, /<script(?![^>]*(?:src=|type="application\/ld\+json"))|<style| style=| on[a-z]+=/);
});

test('unknown paths: a page for people, problem+json for programs', async () => {
  const page = await shop.get('/nothing/here', { accept: 'text/html' });
  assert.equal(page.status, 404);
  assert.match(page.text, /Page not found/);
  const api = await shop.get('/api/v1/nothing');
  assert.equal(api.status, 404);
  assert.match(api.headers.get('content-type'), /application\/problem\+json/);
  assert.equal(api.json.status, 404);
  assert.ok(api.json.title && api.json.type);
});

test('a wrong method is a 405 that lists the right ones', async () => {
  const answer = await ask(`${shop.url}/x/hello/sign`, { method: 'PUT' });
  assert.equal(answer.status, 405);
  assert.match(answer.headers.get('allow'), /POST/);
});

test('HEAD answers as GET without the body', async () => {
  const get = await shop.get('/');
  const answer = await ask(`${shop.url}/`, { method: 'HEAD' });
  assert.equal(answer.status, 200);
  assert.equal(answer.text, '');
  assert.equal(answer.headers.get('etag'), get.headers.get('etag'));
});

test('ETag and If-None-Match', async () => {
  const first = await shop.get('/');
  const etag = first.headers.get('etag');
  assert.match(etag, /^(W\/)?"/);
  const again = await shop.get('/', { 'if-none-match': etag });
  assert.equal(again.status, 304);
  assert.equal(again.text, '');
  assert.equal((await shop.get('/', { 'if-none-match': '"other"' })).status, 200);
});

test('static files have hashed names, are immutable and precompressed', async () => {
  const { text } = await shop.get('/');
  const url = /href="(\/assets\/souk\/souk\.[0-9a-f]+\.css)"/.exec(text)[1];
  const plain = await shop.get(url, { 'accept-encoding': 'identity' });
  assert.equal(plain.status, 200);
  assert.match(plain.headers.get('cache-control'), /immutable/);
  assert.match(plain.headers.get('content-type'), /^text\/css/);
  const packed = await raw(shop, `GET ${url} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n`);
  assert.match(packed.text, /content-encoding: gzip/i);
  const body = Buffer.from(packed.text.slice(packed.text.indexOf('\r\n\r\n') + 4), 'latin1');
  assert.equal(gunzipSync(body).toString(), plain.text);
  assert.equal((await shop.get('/assets/souk/souk.000000000000.css')).status, 404);
});

test('every page in every language', async () => {
  for (const [locale, words] of [['en', 'The shop is open'], ['bg', 'Магазинът е отворен'], ['hu', 'A bolt nyitva van'], ['hy', 'Խանութը բաց է'], ['bn', 'দোকান খোলা আছে']]) {
    const page = await shop.get(locale === 'en' ? '/' : `/${locale}/`);
    assert.equal(page.status, 200, locale);
    assert.match(page.text, new RegExp(words));
    assert.match(page.text, new RegExp(`<html lang="${locale}">`));
  }
});

test('state changes need the same origin', async () => {
  const sign = (headers) => shop.post('/x/hello/sign', 'name=Eve', { 'content-type': 'application/x-www-form-urlencoded', ...headers });
  assert.ok((await sign({ origin: shop.url })).status < 400);
  assert.equal((await sign({ origin: 'http://evil.example' })).status, 403);
  assert.equal((await sign({ origin: 'null' })).status, 403);
  // fetch() owns Sec-Fetch-Site, so this one is said by hand
  const cross = await raw(shop, 'POST /x/hello/sign HTTP/1.1\r\nHost: a\r\nSec-Fetch-Site: cross-site\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\nConnection: close\r\n\r\nname=Eve');
  assert.equal(status(cross), 403);
  const cookie = await raw(shop, 'POST /x/hello/sign HTTP/1.1\r\nHost: a\r\nCookie: souk=abc\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\nConnection: close\r\n\r\nname=Eve');
  assert.equal(status(cookie), 403);
});

test('control routes are not for the network', async () => {
  for (const path of ['plugins', 'jobs', 'verify']) {
    const answer = await shop.get(`/api/v1/admin/${path}`);
    assert.ok([401, 403, 404].includes(answer.status), `${path}: ${answer.status}`);
  }
  assert.ok([401, 403, 404].includes((await shop.post('/api/v1/admin/plugins/hello/disable')).status));
  assert.equal((await shop.get('/x/hello/greet')).status, 200);
});

test('a body over the limit is refused before it is read', async () => {
  const answer = await raw(shop, 'POST /x/hello/sign HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99999999\r\n\r\nname=');
  assert.equal(status(answer), 413);
});

test('metrics are Prometheus text and count what happened', async () => {
  const read = async () => {
    const { text, headers } = await shop.get('/metrics');
    assert.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    for (const line of text.trim().split('\n')) assert.match(line, /^(# (HELP|TYPE) [a-z_:0-9]+ .*|[a-z_:0-9]+(\{.*\})? -?[0-9.e+]+(Inf)?)$/);
    return [...text.matchAll(/^souk_requests_total\{.*\} (\d+)$/gm)].reduce((sum, m) => sum + Number(m[1]), 0);
  };
  const before = await read();
  for (let i = 0; i < 10; i++) await shop.get('/');
  await until('all ten are counted', async () => await read() >= before + 10); // an answer is counted when it is over
});

test('a cached page follows what it was built from', async () => {
  const count = (text) => Number(/(\d+)/.exec(/guests?[^0-9]*(\d+)|(\d+)[^0-9]*guests?/i.exec(text)?.[0] ?? '')?.[0] ?? NaN);
  const name = `Guest${randomBytes(4).toString('hex')}`;
  assert.doesNotMatch((await shop.get('/hello')).text, new RegExp(name));
  await shop.post('/x/hello/sign', `name=${name}`, { 'content-type': 'application/x-www-form-urlencoded' });
  assert.match((await shop.get('/hello')).text, new RegExp(name), 'a write to the table that the page read makes it anew');
});

test('text from visitors is escaped on pages', async () => {
  await shop.post('/x/hello/sign', `name=${encodeURIComponent('<script>alert(1)</script>"\'&')}`, { 'content-type': 'application/x-www-form-urlencoded' });
  const { text } = await shop.get('/hello');
  assert.doesNotMatch(text, /<script>alert/);
  assert.match(text, /&lt;script&gt;/);
});

test('page views reach the visits plugin through the outbox', async () => {
  await shop.get('/hello');
  await until('the count', async () => /\/hello/.test((await shop.get('/visits')).text));
});

test('WebSocket: handshake, wrong origin, close at stop', async () => {
  const key = randomBytes(16).toString('base64');
  const ask = (more) => `GET /push HTTP/1.1\r\nHost: 127.0.0.1:${shop.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n${more}\r\n`;
  const good = await raw(shop, ask(''), (text) => text.includes('\r\n\r\n'));
  assert.match(good.text, /^HTTP\/1\.1 101/);
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  assert.ok(good.text.includes(accept));
  const evil = await raw(shop, ask('Origin: http://evil.example\r\n'));
  assert.match(evil.text, /^HTTP\/1\.1 403/);
  const plain = await raw(shop, 'GET /push HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(plain.text, /^HTTP\/1\.1 4(00|26)/);
});

test('slow openers and drippers are ended, good clients do not notice', () => withShop({ config: 'limits = { header_timeout = "1s", keep_alive = "2s" }' }, async (slow) => {
  const drips = Array.from({ length: 40 }, () => new Promise((done) => {
    const socket = net.connect(slow.port, '127.0.0.1');
    let timer;
    socket.on('connect', () => { socket.write('GET / HTTP/1.1\r\nX-Drip: '); timer = setInterval(() => socket.write('a'), 100); });
    socket.on('error', () => {});
    socket.on('close', () => { clearInterval(timer); done(); });
    socket.resume();
  }));
  for (let i = 0; i < 20; i++) assert.equal((await slow.get('/')).status, 200);
  await Promise.all(drips);
}));

test('a full queue is a 503 with Retry-After, not a wait', () => withShop({ plugins: ['hello', 'bad_filter'], config: 'limits = { queue = 16 }\nhttp = { task_threads = 1 }' }, async (busy) => {
  const answers = await Promise.all(Array.from({ length: 40 }, () => busy.post('/x/hello/welcome', 'name=A', { 'content-type': 'application/x-www-form-urlencoded' })));
  const refused = answers.filter((answer) => answer.status === 503);
  assert.ok(refused.length > 0, answers.map((answer) => answer.status).join());
  for (const answer of refused) assert.ok(answer.headers.get('retry-after'));
  assert.ok(answers.some((answer) => answer.status < 300));
}));
