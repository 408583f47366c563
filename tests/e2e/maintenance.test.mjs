// The shop is closed for a while: visitors and programs are told to come back, the back office goes on, and one line in souk.lua with SIGHUP
// opens it again.
import test from 'node:test';
import assert from 'node:assert/strict';
import { withShop, until, raw } from './souk.mjs';
import { Browser, add, password } from './browser.mjs';

const html = { accept: 'text/html' };
const config = (closed) => `log = { access = "off" }\nshop = { name = "Anbar", email = "hello@anbar.example", maintenance = ${closed} }`;

async function turn(shop, closed) {
  shop.configure(['hello'], config(closed));
  shop.child.kill('SIGHUP');
  await until(closed ? 'the shop to close' : 'the shop to open', async () => (await shop.get('/', html)).status === (closed ? 503 : 200));
}

test('closed and open again, without a restart', () => withShop({ plugins: ['hello'], config: config(false) }, async (shop) => {
  const pid = shop.shopPid();
  const open = await shop.get('/', html);
  assert.equal(open.status, 200);
  await shop.get('/', html); // now it is in the page cache
  await turn(shop, true);
  for (const [path, lang, words] of [['/', 'en', 'We are just tidying up'], ['/bg', 'bg', 'Тъкмо подреждаме'], ['/hu/search?q=a', 'hu', 'Éppen rendet rakunk'],
    ['/hy/contact', 'hy', 'Հենց հիմա կարգի ենք բերում'], ['/bn/account/sign-in', 'bn', 'আমরা এখন গোছগাছ করছি'], ['/hello', 'en', 'We are just tidying up']]) {
    const { status, headers, text } = await shop.get(path, html);
    assert.equal(status, 503, path);
    assert.equal(headers.get('retry-after'), '300');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.ok(text.includes(`<html lang="${lang}">`) && text.includes(words), `${path}\n${text}`);
    assert.ok(text.includes('mailto:hello@anbar.example') && text.includes('noindex'), path);
  }
  assert.equal((await shop.post('/contact', 'name=Eve', { 'content-type': 'application/x-www-form-urlencoded', origin: shop.url, ...html })).status, 503);
  const api = await shop.get('/api/v1/products');
  assert.deepEqual([api.status, api.headers.get('retry-after'), api.json.type], [503, '300', 'maintenance']);
  assert.match(api.headers.get('content-type'), /^application\/problem\+json/);
  assert.equal((await shop.get('/x/hello/greet?name=Ada')).status, 503);
  for (const path of ['/healthz', '/readyz', '/metrics', '/robots.txt', '/admin/sign-in']) assert.equal((await shop.get(path)).status, 200, path);
  const sheet = /href="(\/assets\/[^"]+\.css)"/.exec((await shop.get('/', html)).text)[1];
  assert.equal((await shop.get(sheet)).status, 200);
  assert.equal((await shop.souk('plugin', 'disable', 'hello')).code, 0, 'commands go on');
  assert.equal((await shop.souk('plugin', 'enable', 'hello')).code, 0);
  for (const bad of ['GET /nothing-at-all HTTP/1.1\r\nHost: a\r\n', 'HEAD / HTTP/1.1\r\nHost: a\r\n'])
    assert.match((await raw(shop, `${bad}Connection: close\r\n\r\n`)).text, /^HTTP\/1\.1 (404|503) /);
  await turn(shop, false);
  assert.equal((await shop.get('/', html)).text, open.text);
  assert.equal(shop.shopPid(), pid, 'the same process all the time');
  assert.doesNotMatch(shop.stderr, /needs_restart/);
}));

test('who is signed in as staff sees the shop, and a shop that starts closed is closed', () => withShop({ plugins: [], config: config(true) }, async (shop) => {
  assert.equal((await shop.get('/', html)).status, 503);
  await add(shop, 'ann@anbar.example');
  const browser = new Browser(shop);
  await browser.post('/admin/sign-in', { email: 'ann@anbar.example', password, next: '/admin' });
  assert.equal((await browser.get('/', html)).status, 503, 'a password alone is not enough');
  await browser.signIn('ann@anbar.example');
  assert.equal((await browser.get('/', html)).status, 200);
  assert.equal((await browser.get('/admin')).status, 200);
  await browser.post('/admin/sign-out');
  assert.equal((await browser.get('/', html)).status, 503);
}));
