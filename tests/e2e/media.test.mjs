// Pictures: from a file beside a catalogue to sizes that browsers get; what cannot be used is listed with its reason and hurts nothing.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop, build, run, souk, until, ask } from './souk.mjs';
import { png } from './picture.mjs';

// The same JPEG with a note of the camera that it lies on its side (orientation 6).
function turned(jpeg) {
  const exif = Buffer.from('457869660000' + '49492a0008000000' + '0100' + '1201' + '0300' + '01000000' + '06000000' + '00000000', 'hex');
  const head = Buffer.from([0xff, 0xe1, 0, 0]);
  head.writeUInt16BE(exif.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, exif, jpeg.subarray(2)]);
}
function sizeOf(jpeg) {
  for (let at = 2; at < jpeg.length - 9;) {
    const marker = jpeg[at + 1];
    if (marker >= 0xc0 && marker <= 0xc3) return [jpeg.readUInt16BE(at + 7), jpeg.readUInt16BE(at + 5)];
    at += 2 + jpeg.readUInt16BE(at + 2);
  }
  return undefined;
}

// souk-image itself
const make = (bytes) => new Promise((done) => {
  const child = spawn(join(build, 'souk-image'), { stdio: ['pipe', 'pipe', 'ignore'] });
  const out = [];
  child.stdout.on('data', (data) => out.push(data));
  child.on('close', (code, signal) => done({ code, signal, out: Buffer.concat(out) }));
  child.stdin.on('error', () => {});
  child.stdin.end(bytes);
});
function filesOf(out) {
  const files = {};
  let at = out.indexOf(10) + 1;
  for (;;) {
    const end = out.indexOf(10, at);
    const [word, width, extension, length] = out.subarray(at, end).toString('latin1').split(' ');
    if (word !== 'file') return files;
    files[`${width}.${extension}`] = out.subarray(end + 1, end + 1 + Number(length));
    at = end + 1 + Number(length);
  }
}

test('souk-image makes sizes, turns pictures upright and keeps nothing but pixels', async () => {
  const { code, out } = await make(png(1000, 500));
  assert.equal(code, 0);
  assert.match(out.toString('latin1', 0, 40), /^picture image\/jpeg 1000 500\n/);
  const files = filesOf(out);
  assert.deepEqual(Object.keys(files).sort(), ['0.jpg', '0.webp', '200.jpg', '200.webp', '400.jpg', '400.webp', '800.jpg', '800.webp'].sort());
  assert.deepEqual(sizeOf(files['400.jpg']), [400, 200]);
  const upright = await make(turned(files['0.jpg']));
  assert.equal(upright.code, 0);
  assert.match(upright.out.toString('latin1', 0, 40), /^picture image\/jpeg 500 1000\n/);
  assert.equal(upright.out.includes('Exif'), false);
  assert.match((await make(png(300, 300, true))).out.toString('latin1', 0, 40), /^picture image\/png 300 300\n/);
});

test('souk-image refuses what it cannot use, with a reason', async () => {
  const bomb = png(8, 8);
  bomb.writeUInt32BE(30000, 16);
  bomb.writeUInt32BE(30000, 20);
  const good = filesOf((await make(png(64, 64))).out)['0.jpg'];
  for (const [bytes, why] of [[Buffer.from('hello'), /no JPEG, PNG/], [Buffer.alloc(0), /no JPEG/], [bomb, /40 million/], [png(50, 50).subarray(0, 90), /broken/],
    [good.subarray(0, 30), /size cannot be read|broken/], [Buffer.from('GIF89a\x10\x00\x10\x00aaaaaaaaaaaa', 'latin1'), /broken/],
    [Buffer.from('RIFF\x20\x00\x00\x00WEBPVP8 \x10\x00\x00\x00aaaaaaaaaaaaaaaaaaaaaaaa', 'latin1'), /broken|million/]]) {
    const { code, out } = await make(bytes);
    assert.equal(code, 1);
    assert.match(out.toString('latin1'), why);
    assert.match(out.toString('latin1'), /^refused /);
  }
});

const product = (key, source) => JSON.stringify({ product: { key, type: 'simple', status: 'active', text: { en: { name: key } },
  variants: [{ sku: key, tracked: false, prices: [{ list: 'base', amount: 1000 }] }], images: [{ source, alt: { en: `a ${key}` } }] } });

async function imported(pictures) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  mkdirSync(join(dir, 'pictures'));
  const lines = pictures.map(([key, name, bytes]) => {
    if (bytes) writeFileSync(join(dir, 'pictures', name), bytes);
    return product(key, name.includes(':') ? name : `demo:pictures/${name}`);
  });
  writeFileSync(join(dir, 'catalogue.jsonl'), lines.join('\n') + '\n');
  const shop = new Shop({ plugins: [], dir, keep: true });
  const answer = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', join(dir, 'catalogue.jsonl'), '--json']);
  assert.equal(answer.code, 0, answer.stderr + answer.stdout);
  await shop.up();
  return { shop, down: async () => { await shop.down(); rmSync(dir, { recursive: true, force: true }); } };
}
const images = async (shop, state) => JSON.parse((await run('curl', ['-s', '--unix-socket', join(shop.data, 'souk.sock'), `http://shop/api/v1/admin/images?state=${state}`])).stdout).items;

test('a product shows its picture in several sizes, for ever, and the list says what is missing', async () => {
  const drawing = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><circle cx="4" cy="4" r="3"/></svg>';
  const { shop, down } = await imported([['cup', 'cup.png', png(900, 600)], ['plate', 'plate.svg', drawing], ['text', 'text.png', 'no picture'],
    ['gone', 'gone.png'], ['out', 'demo:../souk.lua'], ['far', 'http://127.0.0.1:1/x.png'], ['odd', 'ftp:picture.png']]);
  try {
    await until('the job', async () => (await images(shop, 'waiting')).length === 0 && (await images(shop, 'missing')).length === 5);
    const missing = Object.fromEntries((await images(shop, 'missing')).map((item) => [item.source, item.why]));
    assert.match(missing['demo:pictures/text.png'], /no JPEG/);
    assert.match(missing['demo:pictures/gone.png'], /cannot be read/);
    assert.match(missing['demo:../souk.lua'], /no such file/);
    assert.match(missing['ftp:picture.png'], /no http/);
    assert.ok(missing['http://127.0.0.1:1/x.png']);
    const cup = (await shop.get('/api/v1/products/cup')).json.images[0];
    assert.equal(cup.width, 900);
    assert.equal(cup.alt, 'a cup');
    const whole = await fetch(new URL(cup.url, shop.url));
    assert.equal(whole.status, 200);
    assert.equal(whole.headers.get('cache-control'), 'public, max-age=31536000, immutable');
    const bytes = Buffer.from(await whole.arrayBuffer());
    assert.ok(bytes.length > 100 && sizeOf(bytes)[0] <= 900);
    const small = await fetch(shop.url + cup.url.replace(/(-\d+)?\.\w+$/, '-400.webp'));
    assert.equal(small.headers.get('content-type'), 'image/webp');
    assert.equal(Buffer.from(await small.arrayBuffer()).toString('latin1', 8, 12), 'WEBP');
    const etag = whole.headers.get('etag');
    assert.equal((await ask(new URL(cup.url, shop.url), { headers: { 'if-none-match': etag } })).status, 304);
    assert.equal((await ask(new URL(cup.url, shop.url), { method: 'HEAD' })).status, 200);
    const plate = (await shop.get('/api/v1/products/plate')).json.images[0];
    const svg = await shop.get(new URL(plate.url, shop.url).pathname);
    assert.equal(svg.text, drawing);
    assert.match(svg.headers.get('content-security-policy'), /default-src 'none'.*sandbox/);
    assert.ok([400, 404].includes((await shop.get('/media/..%2Fsouk.db')).status));
    assert.equal((await shop.get(`/media/${'a'.repeat(32)}.jpg`)).status, 404);
    assert.equal((await shop.get('/api/v1/products/gone')).status, 200);
  } finally {
    await down();
  }
});
