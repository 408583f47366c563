// The web side under inputs that nobody sends by mistake: bytes split at every place, paths that would lead elsewhere, cookies in
// pieces, log lines that want to be two, drips from the first byte on, more clients than descriptors.
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Shop, raw, run, until, withShop } from './souk.mjs';

let shop;
before(async () => { shop = await Shop.start({ plugins: ['hello', 'visits'] }); });
after(() => shop.down());

const status = (answer) => Number(answer.text.slice(9, 12));
const form = 'Content-Type: application/x-www-form-urlencoded\r\n';

test('a Transfer-Encoding with white space behind it is refused at once, and what follows is not served', async () => {
  for (const tail of [' ', '\t', ' \t']) {
    const answer = await raw(shop, `POST /x/hello/sign HTTP/1.1\r\nHost: a\r\n${form}Transfer-Encoding: chunked${tail}\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n`, undefined, 9000); // before header_timeout
    assert.equal(status(answer), 501, JSON.stringify(tail));
    assert.doesNotMatch(answer.text, /^HTTP\/1\.1 2/m);
  }
});

test('a request is the same however its bytes are cut', async () => {
  const body = 'name=Cut%20by%20byte';
  const bytes = `POST /x/hello/sign HTTP/1.1\r\nHost: a\r\n${form}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const answer = await new Promise((done, fail) => {
    const socket = net.connect(shop.port, '127.0.0.1');
    let text = '';
    socket.setNoDelay(true);
    socket.on('data', (data) => { text += data; });
    socket.on('close', () => done({ text }));
    socket.on('error', fail);
    socket.on('connect', async () => { for (const byte of bytes) { socket.write(byte); await pause(1); } });
  });
  assert.equal(status(answer), 201);
});

test('no page links to a host that the path names', async () => {
  assert.equal(status(await raw(shop, 'GET //evil.example/ HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n')), 400);
  const page = await shop.get('/bg//evil.example/', { accept: 'text/html' });
  assert.equal(page.status, 404);
  assert.doesNotMatch(page.text, /(href|src|action)=["']?\/\//);
});

// Without shop.url the head of a page says where it was asked for (the page cache tells hosts apart, so that nobody else sees it); links never do.
test('links do not come from the Host header, and no host gets the page of another', async () => {
  const of = (path, host) => raw(shop, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n`);
  for (const path of ['/', '/hello', '/nothing'])
    for (const [host, other] of [['evil.example', 'good.example'], ['good.example', 'evil.example'], ['evil.example', 'good.example']]) {
      const { text } = await of(path, host);
      assert.ok(!text.includes(other), `${path} for ${host} has what ${other} sent`);
      assert.ok(!text.slice(text.indexOf('<body')).includes(host), `${path} links to ${host}`);
    }
  assert.match((await of('/', 'good.example:81')).text, /<link rel="canonical" href="http:\/\/good\.example:81\/">/);
  for (const host of ['a"b', 'a/b', 'a<b', 'a b', `${'a'.repeat(256)}.example`]) {
    const answer = await of('/', host), { text } = answer;
    assert.ok(status(answer) === 400 || !text.includes(`//${host}`), `${host} stands in a page`);
  }
});

test('an unreadable Cookie header in front does not hide the cookies behind it', async () => {
  for (const first of ['Cookie: \r\n', 'Cookie: a=\xff\r\n']) {
    const answer = await raw(shop, `POST /x/hello/sign HTTP/1.1\r\nHost: a\r\n${first}Cookie: souk=${'a'.repeat(43)}\r\n${form}Content-Length: 8\r\nConnection: close\r\n\r\nname=Eve`);
    assert.equal(status(answer), 403);
  }
});

test('error pages speak the language of their path', async () => {
  for (const [locale, words] of [['bg', 'Страницата не е намерена'], ['hu', 'Az oldal nem található'], ['hy', 'Էջը չի գտնվել'], ['bn', 'পাতাটি পাওয়া যায়নি']]) {
    const page = await shop.get(`/${locale}/nothing`, { accept: 'text/html' });
    assert.equal(page.status, 404);
    assert.match(page.text, new RegExp(`<title>${words} `));
    assert.match(page.text, new RegExp(`<h1>${words}</h1>`));
    assert.doesNotMatch(page.text, /nothing here/i, 'nothing is left in English');
    assert.doesNotMatch(page.text, /<nav[^>]*>\s*<\/nav>/, 'no empty landmark');
  }
});

test('nobody writes a log line of his own', () => withShop({ config: 'log = { format = "json" }' }, async (logged) => {
  const agent = 'a" status=500\u0085\u2028\u009b31m\\';
  await raw(logged, `GET /x%0a%22{"y HTTP/1.1\r\nHost: a\r\nUser-Agent: ${Buffer.from(agent).toString('latin1')}\r\nConnection: close\r\n\r\n`);
  const line = await logged.says(/x%0a/);
  assert.equal(JSON.parse(line).path, '/x%0a%22{"y');
  assert.doesNotMatch(line, /[\u0000-\u001f\u0080-\u009f\u2028\u2029]/);
}));

test('a drip from the first byte on is ended by header_timeout', () => withShop({ config: 'limits = { header_timeout = "6s", keep_alive = "60s" }' }, async (slow) => {
  const started = Date.now();
  await new Promise((done) => {
    const socket = net.connect(slow.port, '127.0.0.1');
    const line = 'GET /aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
    let sent = 0;
    const timer = setInterval(() => { if (socket.writable) socket.write(line[Math.min(sent++, line.length - 1)]); }, 990);
    socket.on('error', () => {});
    socket.on('close', () => { clearInterval(timer); done(); });
    socket.resume();
  });
  // The door knows by the sixth byte, after six seconds nearly, that this is no push: what follows must not have six more.
  assert.ok(Date.now() - started < 10500, `${Date.now() - started} ms`);
}));

// Prometheus text, read strictly: families in one piece, HELP and TYPE once, no sample twice, buckets that grow to +Inf = _count.
test('metrics hold under a strict reader', async () => {
  await Promise.all(['/', '/nothing', '/hello', '/x/hello/greet'].map((path) => shop.get(path)));
  const { text } = await shop.get('/metrics');
  const families = new Map(), samples = new Map();
  let family;
  const label = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\\\\\|\\\\"|\\\\n)*"';
  const sample = new RegExp(`^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(${label}(?:,${label})*)\\})? ([-+0-9.e]+|[+-]Inf|NaN)$`);
  assert.ok(text.endsWith('\n'));
  for (const line of text.slice(0, -1).split('\n')) {
    const meta = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (meta) {
      const [, kind, name, value] = meta;
      if (name !== family) { assert.ok(!families.has(name), `${name} comes in two pieces`); families.set(name, {}); family = name; }
      assert.equal(families.get(name)[kind], undefined, line);
      families.get(name)[kind] = value;
      continue;
    }
    const found = sample.exec(line);
    assert.ok(found, line);
    const [, name, labels = '', value] = found;
    const histogram = families.get(family)?.TYPE === 'histogram';
    assert.equal(histogram ? name.replace(/_(bucket|sum|count)$/, '') : name, family, line);
    assert.ok(!samples.has(`${name}{${labels}}`), line);
    samples.set(`${name}{${labels}}`, Number(value.replace('Inf', 'Infinity')));
  }
  const last = new Map();
  for (const [key, value] of samples) {
    const bucket = /^(.*)_bucket\{(.*?),?le="([^"]+)"\}$/.exec(key);
    if (!bucket) continue;
    const series = `${bucket[1]}_count{${bucket[2]}}`;
    assert.ok(value >= (last.get(series) ?? 0), key);
    last.set(series, value);
    if (bucket[3] === '+Inf') assert.equal(samples.get(series), value, series);
  }
  assert.ok(families.size > 5 && last.size > 0);
});

function frame(opcode, data, { fin = 1, mask = true, rsv = 0 } = {}) {
  const key = randomBytes(4);
  const bytes = Buffer.from(data);
  const size = bytes.length < 126 ? [bytes.length] : [126, bytes.length >> 8, bytes.length & 255];
  size[0] |= mask ? 0x80 : 0;
  return Buffer.concat([Buffer.from([(fin << 7) | (rsv << 4) | opcode, ...size]), mask ? key : Buffer.alloc(0),
    mask ? Buffer.from(bytes.map((byte, i) => byte ^ key[i & 3])) : bytes]);
}

test('WebSocket: whoever breaks the protocol is told how, and let go', async () => {
  const open = `GET /push HTTP/1.1\r\nHost: 127.0.0.1:${shop.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`;
  const tell = async (...frames) => (await raw(shop, Buffer.concat([Buffer.from(open), ...frames]).toString('latin1'))).text;
  const code = (text) => { const at = text.indexOf('\r\n\r\n') + 4; return text.charCodeAt(at) === 0x88 ? text.charCodeAt(at + 2) * 256 + text.charCodeAt(at + 3) : 0; };
  for (const [name, expected, ...frames] of [
    ['unmasked', 1002, frame(1, '{}', { mask: false })], ['reserved bit', 1002, frame(1, '{}', { rsv: 4 })], ['unknown opcode', 1002, frame(3, '')],
    ['continuation first', 1002, frame(0, 'a')], ['text inside a fragmented text', 1002, frame(1, 'a', { fin: 0 }), frame(1, 'b')],
    ['bad UTF-8', 1007, frame(1, [0xc3, 0x28])], ['bad UTF-8 over two frames', 1007, frame(1, [0xe2, 0x82], { fin: 0 }), frame(0, [0x28])],
    ['too large', 1009, frame(1, 'x'.repeat(8193))], ['too large in fragments', 1009, ...Array.from({ length: 9 }, (_, i) => frame(i ? 0 : 1, 'x'.repeat(1000), { fin: i === 8 ? 1 : 0 }))],
    ['binary', 1003, frame(2, 'a')], ['a close code that is reserved', 1002, frame(8, [0x03, 0xed])], ['a proper close', 1000, frame(8, [0x03, 0xe8])],
  ]) {
    const text = await tell(...frames);
    assert.match(text, /^HTTP\/1\.1 101/);
    assert.doesNotMatch(text, /sec-websocket-extensions/i, 'compression is not taken up');
    assert.equal(code(text), expected, name);
  }
});

test('300 clients with 64 descriptors: 503 or a wait, and afterwards all is well', () => withShop({}, async (small) => {
  await run('prlimit', ['--pid', String(small.shopPid()), '--nofile=64:64']);
  const clients = await Promise.all(Array.from({ length: 300 }, () => new Promise((done) => {
    const socket = net.connect(small.port, '127.0.0.1');
    let text = '';
    socket.on('connect', () => socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
    socket.on('data', (data) => { text += data; });
    socket.on('error', () => done(text));
    socket.on('close', () => done(text));
  })));
  for (const text of clients) assert.match(text, /^$|^HTTP\/1\.1 (200|503) /);
  assert.ok(clients.filter((text) => text.startsWith('HTTP/1.1 200')).length > 0);
  await until('an answer', async () => (await small.get('/healthz')).status === 200);
}));
