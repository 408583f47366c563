// The life of an account through the real server: registering, proving, signing in and out, forgetting, changing, erasing; what a
// stranger may not learn; letters to the shop. Links that would go out by mail are kept by tests/plugins/probe_account.c.
import test from 'node:test';
import assert from 'node:assert/strict';
import { raw, sanitized, until, withShop } from './souk.mjs';

const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const options = { plugins: ['probe_account'], config: 'http = { trusted_proxies = { "127.0.0.1" } }' };
let addresses = 0;

// A browser: keeps cookies, says where a form was sent from, follows nothing. Each has an address of its own.
class Browser {
  constructor(shop) { this.shop = shop; this.cookies = {}; this.address = `198.51.100.${++addresses % 250}`; }
  get headers() {
    const cookie = Object.entries(this.cookies).map(([k, v]) => `${k}=${v}`).join('; ');
    return { 'user-agent': agent, 'x-forwarded-for': this.address, ...(cookie && { cookie }) };
  }
  keep(answer) {
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '' || /max-age=0/i.test(line)) delete this.cookies[name]; else this.cookies[name] = value;
    }
    return answer;
  }
  async get(path) { return this.keep(await this.shop.get(path, this.headers)); }
  async post(path, fields = {}, headers = {}) {
    return this.keep(await this.shop.post(path, new URLSearchParams(fields).toString(),
      { ...this.headers, origin: this.shop.url, 'content-type': 'application/x-www-form-urlencoded', ...headers }));
  }
  async signIn(email, password, next) { return this.post('/account/sign-in', { email, password, ...(next && { next }) }); }
}

const facts = async (shop) => (await shop.get('/x/probe_account/facts')).json.items;
const fact = (shop, topic, email, n = 1) => until(`${topic} ${email}`, async () =>
  (await facts(shop)).filter((f) => f.topic === topic && (!email || f.email === email))[n - 1]);
const goes = (answer, to) => { assert.equal(answer.status, 303, answer.text); assert.equal(answer.headers.get('location'), to); };
const unescaped = (text) => text.replace(/&amp;/g, '&').replace(/&#39;/g, "'").replace(/&quot;/g, '"');

async function register(shop, email, more = {}) {
  const browser = new Browser(shop);
  goes(await browser.post('/account/register', { email, name: 'Ada', password: 'correct horse', ...more }), '/account/sent');
  return browser;
}
async function member(shop, email, more) {
  const browser = await register(shop, email, more);
  goes(await browser.signIn(email, 'correct horse'), '/account');
  return browser;
}
const linkOf = async (shop, topic, email, n) => (await fact(shop, topic, email, n)).path;

test('from registering to confirming', () => withShop({ ...options, config: `${options.config}\nlog = { level = "debug" }` }, async (shop) => {
  const browser = new Browser(shop);
  const page = await browser.get('/account/register');
  assert.equal(page.status, 200);
  assert.equal(page.headers.get('cache-control'), 'no-store');
  assert.match(page.text, /<label for="email">/);
  assert.match(page.text, /type="email" autocomplete="email"/);
  goes(await browser.post('/account/register', { email: 'Ada@X.example', name: 'Ada', password: 'correct horse', newsletter: 'yes' }), '/account/sent');
  assert.match((await browser.get('/account/sent')).text, /Look into your mail/);
  assert.deepEqual(browser.cookies, {}, 'registering signs nobody in');
  goes(await browser.get('/account'), '/account/sign-in');
  goes(await browser.get('/account/privacy'), '/account/sign-in?next=/account/privacy');

  goes(await browser.signIn(' ADA@x.example ', 'correct horse', '/account/privacy'), '/account/privacy');
  assert.ok(browser.cookies.souk);
  assert.match((await browser.get('/account')).text, /not confirmed yet/);
  const link = await linkOf(shop, 'account.confirm_requested', 'ada@x.example');
  assert.match(link, /^\/account\/confirm\?token=[\w-]{43}$/);
  const stranger = new Browser(shop);
  const looked = await stranger.get(link);
  assert.equal(looked.status, 200, 'looking does not use it up');
  const ticket = /name="ticket" value="([^"]+)"/.exec(looked.text)[1];
  goes(await browser.post('/account/confirm', { ticket }), '/account?done=confirmed');
  const over = await browser.post('/account/confirm', { ticket });
  assert.equal(over.status, 410);
  assert.match(over.text, /does not work any more/);
  assert.doesNotMatch((await browser.get('/account')).text, /not confirmed yet/);
  const data = (await browser.get('/account/privacy/data')).json;
  assert.equal(data.stage, 'subscriber');
  assert.equal(data.consents[0].channel, 'email');
  assert.match(data.consents[0].wording, /news and offers/);
  assert.doesNotMatch(shop.stderr, /token=|[\w-]{43}/, 'no link in the log');
}));

test('a form that is wrong comes back with what was typed, and says where', () => withShop(options, async (shop) => {
  const browser = new Browser(shop);
  const bad = await browser.post('/account/register', { email: '"><script>', name: 'Ada <b>', password: 'short', newsletter: 'yes' });
  assert.equal(bad.status, 422);
  assert.match(bad.text, /value="&#34;&gt;&lt;script&gt;"/);
  assert.match(bad.text, /value="Ada &lt;b&gt;"/);
  assert.doesNotMatch(bad.text, /short"/, 'no password comes back');
  assert.match(bad.text, /name="newsletter" value="yes" checked/);
  assert.match(bad.text, /<a href="#email">This is no e-mail address/);
  assert.match(bad.text, /id="password"[^>]* aria-invalid="true" aria-describedby="password-error"/);
  assert.match(bad.text, /id="password-error">The password is too short/);
  for (const [password, why] of [['1234567890', /first that anybody tries/], ['aaaaaaaaaaaaa', /first that anybody/], ['ada@x.example', /your e-mail address/], ['x'.repeat(201), /too long/]])
    assert.match((await browser.post('/account/register', { email: 'ada@x.example', password })).text, why);
  const empty = await browser.post('/account/sign-in', {});
  assert.equal(empty.status, 422);
  assert.match(empty.text, /An e-mail address is needed/);
  assert.equal((await facts(shop)).length, 0);
}));

test('nothing tells who is a customer', () => withShop(options, async (shop) => {
  await register(shop, 'ada@x.example');
  await fact(shop, 'account.confirm_requested', 'ada@x.example');
  const same = async (what, ask) => {
    const [known, unknown] = [await ask('ada@x.example'), await ask('eve@x.example')];
    assert.equal(known.status, unknown.status, what);
    assert.equal(known.headers.get('location'), unknown.headers.get('location'), what);
    assert.deepEqual([...known.headers.keys()].sort(), [...unknown.headers.keys()].sort(), what);
    assert.equal(known.text.replaceAll('ada@x.example', '@'), unknown.text.replaceAll('eve@x.example', '@'), what);
    return known;
  };
  assert.equal((await same('wrong password', (email) => new Browser(shop).signIn(email, 'a wrong password'))).status, 422);
  assert.equal((await same('forgot', (email) => new Browser(shop).post('/account/forgot', { email }))).status, 303);
  const taken = await same('register', async (email) => new Browser(shop).post('/account/register', { email, name: 'X', password: 'another horse' }));
  assert.equal(taken.status, 303);
  await fact(shop, 'account.exists', 'ada@x.example');
  await fact(shop, 'account.reset_requested', 'ada@x.example');
  const all = await facts(shop);
  assert.equal(all.filter((f) => f.topic === 'account.reset_requested').length, 1, 'no link for a stranger');
  assert.equal(all.filter((f) => f.topic === 'account.confirm_requested' && f.email === 'ada@x.example').length, 1);
  goes(await new Browser(shop).signIn('ada@x.example', 'correct horse'), '/account');
  assert.equal((await new Browser(shop).signIn('ada@x.example', 'another horse')).status, 422, 'the second registration changed nothing');
}));

test('ten failures lock, for known and unknown addresses alike; a new password unlocks', () => withShop(options, async (shop) => {
  await register(shop, 'ada@x.example');
  const pages = {};
  for (const email of ['ada@x.example', 'nobody@x.example']) {
    for (let i = 0; i < 10; i++) assert.equal((await new Browser(shop).signIn(email, `wrong ${i}`)).status, 422);
    const locked = await new Browser(shop).signIn(email, 'correct horse');
    assert.equal(locked.status, 429, 'even with the right password');
    assert.ok(locked.headers.get('retry-after'));
    pages[email] = locked.text.replaceAll(email, '@');
  }
  assert.equal(pages['ada@x.example'], pages['nobody@x.example']);
  await new Browser(shop).post('/account/forgot', { email: 'ada@x.example' });
  const link = await linkOf(shop, 'account.reset_requested', 'ada@x.example');
  const ticket = new URL(link, shop.url).searchParams.get('token');
  goes(await new Browser(shop).post('/account/reset', { ticket, password: 'a new password' }), '/account/sign-in?done=reset');
  goes(await new Browser(shop).signIn('ada@x.example', 'a new password'), '/account');
}));

test('one address may not try for ever', () => withShop(options, async (shop) => {
  const browser = new Browser(shop);
  let status;
  for (let i = 0; i < 400 && status !== 429; i++) ({ status } = await browser.post('/account/sign-in', { email: `a${i}@x.example`, password: '' }));
  assert.equal(status, 429);
  assert.equal((await new Browser(shop).post('/account/sign-in', { email: 'a@x.example', password: '' })).status, 422, 'another address may');
}));

test('a forgotten password: the link works once, proves the address, and ends all sessions', () => withShop(options, async (shop) => {
  const before = await member(shop, 'ada@x.example');
  await new Browser(shop).post('/account/forgot', { email: 'Ada@x.example' });
  const old = await linkOf(shop, 'account.reset_requested', 'ada@x.example');
  await new Browser(shop).post('/account/forgot', { email: 'ada@x.example' });
  const link = await linkOf(shop, 'account.reset_requested', 'ada@x.example', 2);
  const browser = new Browser(shop);
  assert.equal((await browser.get(old)).status, 410, 'the latest link is the one that works');
  const page = await browser.get(link);
  assert.equal(page.status, 200);
  assert.equal(page.headers.get('referrer-policy'), 'same-origin');
  const ticket = /name="ticket" value="([^"]+)"/.exec(page.text)[1];
  const short = await browser.post('/account/reset', { ticket, password: 'short' });
  assert.equal(short.status, 422);
  assert.match(short.text, new RegExp(ticket), 'the form can be sent again');
  goes(await browser.post('/account/reset', { ticket, password: 'a new password' }), '/account/sign-in?done=reset');
  assert.equal((await browser.post('/account/reset', { ticket, password: 'another password' })).status, 410);
  goes(await before.get('/account'), '/account/sign-in');
  assert.equal((await browser.signIn('ada@x.example', 'correct horse')).status, 422);
  goes(await browser.signIn('ada@x.example', 'a new password'), '/account');
  assert.doesNotMatch((await browser.get('/account')).text, /not confirmed yet/);
  await fact(shop, 'account.password_changed', 'ada@x.example');
  for (const path of ['/account/reset', '/account/reset?token=', '/account/confirm?token=%00', `/account/confirm?token=${ticket}`])
    assert.ok([410, 400].includes((await browser.get(path)).status), path);
}));

test('signing in makes a new session; signing out ends it; next leads nowhere else', () => withShop(options, async (shop) => {
  await register(shop, 'ada@x.example');
  const browser = new Browser(shop);
  for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)', '/\t/evil.example', '/..//evil.example', '/.//evil.example', '/x//evil.example',
    '/\r\nSet-Cookie: x=1', '/\u0000', '', ' //evil.example', `/${'a'.repeat(600)}`])
    goes(await new Browser(shop).signIn('ada@x.example', 'correct horse', next), '/account');
  goes(await browser.signIn('ada@x.example', 'correct horse', '/account/addresses?a=b'), '/account/addresses?a=b');
  const first = browser.cookies.souk;
  goes(await browser.get('/account/sign-in'), '/account');
  goes(await browser.signIn('ada@x.example', 'correct horse'), '/account');
  assert.notEqual(browser.cookies.souk, first, 'a new id at each sign-in');
  const thief = new Browser(shop);
  thief.cookies.souk = first;
  goes(await thief.get('/account'), '/account/sign-in');
  const other = new Browser(shop);
  await other.signIn('ada@x.example', 'correct horse');
  assert.match((await browser.get('/account')).text, /In \d+ browsers/);
  goes(await browser.post('/account/sessions'), '/account?done=sessions');
  goes(await other.get('/account'), '/account/sign-in');
  assert.equal((await browser.get('/account')).status, 200);
  const kept = browser.cookies.souk;
  goes(await browser.post('/account/sign-out'), '/account/sign-in?done=signed-out');
  assert.deepEqual(browser.cookies, {});
  thief.cookies.souk = kept;
  goes(await thief.get('/account'), '/account/sign-in');
}));

// Who asks for a link decides nothing about where it leads.
test('a link by mail never leads to the host that asked for it', () => withShop(options, async (shop) => {
  await register(shop, 'ada@x.example');
  const body = 'email=ada%40x.example';
  const { text } = await raw(shop, ['POST /account/forgot HTTP/1.1', 'Host: evil.example', 'Origin: http://evil.example', 'X-Forwarded-Host: evil.example',
    'Forwarded: host=evil.example', `User-Agent: ${agent}`, 'X-Forwarded-For: 198.51.100.251', 'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`, 'Connection: close', '', body].join('\r\n'));
  assert.match(text, /^HTTP\/1.1 303 /);
  assert.match(text, /^location: \/account\/sent\r$/im);
  assert.match((await fact(shop, 'account.reset_requested', 'ada@x.example')).path, /^\/account\/reset\?token=/);
  assert.doesNotMatch(JSON.stringify(await facts(shop)), /evil/);
}));

test('nobody passes for another by letters that cannot be seen', () => withShop(options, async (shop) => {
  for (const email of ['a\u200bda@x.example', 'ad\u202ea@x.example', '\uff41da@x.example', 'ada@x\u3002example', 'ada@x.example\u0000', 'a\u00adda@x.example',
    'ada@x.example.', 'ada@x.example\r\nBcc: v@x.example', 'ada@x.example,eve@x.example', '<ada@x.example>'])
    assert.equal((await new Browser(shop).post('/account/register', { email, name: 'A', password: 'correct horse' })).status, 422, JSON.stringify(email));
  for (const email of ['ada+tea@x.example', 'иван@пример.бг', 'o\'brien@x.example'])
    goes(await new Browser(shop).post('/account/register', { email, name: 'A', password: 'correct horse' }), '/account/sent');
  assert.equal((await new Browser(shop).post('/account/register', { email: 'b@x.example', name: 'x'.repeat(1 << 20), password: 'correct horse' })).status, 413);
  assert.equal((await new Browser(shop).post('/account/register', { email: 'b@x.example', name: 'x'.repeat(9000), password: 'correct horse' })).status, 422);
  assert.equal((await new Browser(shop).signIn('b@x.example', 'y'.repeat(300000))).status, 422);
}));

// Four at a time: what waits longer than its deadline is told so, and pages go on.
test('many who sign in at once cost neither memory without end nor pages', () => withShop(options, async (shop) => {
  const before = shop.census().anonymous;
  let running = true, most = before;
  const pages = [], begun = performance.now();
  const look = (async () => {
    while (running) {
      const start = performance.now();
      assert.equal((await shop.get(`/search?q=x${pages.length}`)).status, 200);
      pages.push(performance.now() - start);
      most = Math.max(most, shop.census().anonymous);
    }
  })();
  const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => new Browser(shop).signIn(`u${i}@x.example`, 'wrong horse')));
  const all = performance.now() - begun;
  running = false;
  await look;
  assert.ok(answers.every(({ status }) => [422, 429, 503, 504].includes(status)), answers.map((a) => a.status).join());
  assert.ok(answers.some(({ status }) => status === 422));
  pages.sort((a, b) => a - b);
  assert.ok(pages.length > 3 && pages[Math.floor(pages.length * 0.9)] < Math.max(2000, all / 3), `pages took ${pages.map(Math.round)} ms of ${Math.round(all)}`);
  if (!sanitized) assert.ok(most - before < 450 * 1024, `${most - before} KiB more`);
}));

test('a form from another site is refused, and one without an origin needs the token', () => withShop(options, async (shop) => {
  const browser = await member(shop, 'ada@x.example');
  assert.equal((await browser.post('/account/sign-out', {}, { origin: 'https://evil.example' })).status, 403);
  const old = { ...browser.headers, 'content-type': 'application/x-www-form-urlencoded' };
  const page = await browser.get('/account/addresses/new');
  const token = /name="_token" value="([^"]+)"/.exec(page.text)[1];
  const fields = new URLSearchParams({ name: 'Ada', country: 'BG', city: 'Sofia', line1: '1 High Street' });
  assert.equal((await shop.post('/account/addresses', fields.toString(), old)).status, 403);
  fields.set('_token', token);
  goes(await shop.post('/account/addresses', fields.toString(), old), '/account/addresses?done=saved');
}));

test('details: name and language, password, a new address that has to be proven', () => withShop(options, async (shop) => {
  const browser = await member(shop, 'ada@x.example');
  const ticket = new URL(await linkOf(shop, 'account.confirm_requested', 'ada@x.example'), shop.url).searchParams.get('token');
  goes(await browser.post('/account/profile', { name: 'Ада', language: 'bg' }), '/account/profile?done=profile');
  const page = await browser.get('/account/profile');
  assert.match(page.text, /value="Ада"/);
  assert.match(page.text, /value="bg" selected/);
  assert.equal((await browser.post('/account/profile', { name: 'x'.repeat(101), language: 'xx' })).status, 422);

  const wrong = await browser.post('/account/password', { current_password: 'no idea at all', new_password: 'a new password' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /<a href="#current_password">The password is wrong/);
  assert.equal((await browser.post('/account/password', { current_password: 'correct horse', new_password: 'short' })).status, 422);
  const other = new Browser(shop);
  await other.signIn('ada@x.example', 'correct horse');
  goes(await browser.post('/account/password', { current_password: 'correct horse', new_password: 'a new password' }), '/account/profile?done=password');
  assert.equal((await browser.get('/account')).status, 200, 'still signed in here');
  goes(await other.get('/account'), '/account/sign-in');

  assert.equal((await browser.post('/account/email', { new_email: 'ada@x.example', email_password: 'a new password' })).status, 422);
  assert.equal((await browser.post('/account/email', { new_email: 'new@x.example', email_password: 'wrong password' })).status, 422);
  goes(await browser.post('/account/email', { new_email: 'New@x.example', email_password: 'a new password' }), '/account/sent');
  assert.equal((await browser.post('/account/confirm', { ticket })).status, 410, 'older links are void');
  goes(await new Browser(shop).signIn('ada@x.example', 'a new password'), '/account');
  const link = await linkOf(shop, 'account.confirm_requested', 'new@x.example');
  const fresh = new URL(link, shop.url).searchParams.get('token');
  goes(await browser.post('/account/confirm', { ticket: fresh }), '/account?done=confirmed');
  goes(await new Browser(shop).signIn('new@x.example', 'a new password'), '/account');
  assert.equal((await new Browser(shop).signIn('ada@x.example', 'a new password')).status, 422);
  await fact(shop, 'account.email_changed', 'new@x.example');
}));

test('the same address proven twice is one person', () => withShop(options, async (shop) => {
  const prove = async (browser, email, n) => {
    const ticket = new URL(await linkOf(shop, 'account.confirm_requested', email, n), shop.url).searchParams.get('token');
    goes(await browser.post('/account/confirm', { ticket }), '/account?done=confirmed');
  };
  const ada = await member(shop, 'ada@x.example');
  await prove(ada, 'ada@x.example');
  const two = await member(shop, 'two@x.example');
  goes(await two.post('/account/addresses', { name: 'Two', country: 'BG', city: 'Varna', line1: '2 Low Street' }), '/account/addresses?done=saved');
  goes(await two.post('/account/email', { new_email: 'ada@x.example', email_password: 'correct horse' }), '/account/sent');
  await prove(two, 'ada@x.example', 2);
  await fact(shop, 'person.merged');
  assert.match((await ada.get('/account/addresses')).text, /2 Low Street/);
  const [one, other] = [(await ada.get('/account/privacy/data')).json, (await two.get('/account/privacy/data')).json];
  assert.equal(one.id, other.id);
  goes(await new Browser(shop).signIn('two@x.example', 'correct horse'), '/account');
}));

test('addresses: add, change, choose, remove; nobody else\'s', () => withShop(options, async (shop) => {
  const browser = await member(shop, 'ada@x.example');
  const bad = await browser.post('/account/addresses', { name: '', country: '', city: 'Sofia', line1: '', phone: 'none' });
  assert.equal(bad.status, 422);
  for (const field of ['name', 'country', 'line1', 'phone']) assert.match(bad.text, new RegExp(`href="#${field}"`), field);
  assert.match(bad.text, /value="Sofia"/);
  const home = { name: 'Ada', country: 'BG', city: 'Sofia', postcode: '1000', line1: '1 High Street', phone: '0888 123 456' };
  goes(await browser.post('/account/addresses', home), '/account/addresses?done=saved');
  goes(await browser.post('/account/addresses', { ...home, line1: '7 Work Road' }), '/account/addresses?done=saved');
  const list = (await browser.get('/account/addresses')).text;
  const ids = [...list.matchAll(/href="\/account\/addresses\/(\d+)"/g)].map((m) => m[1]);
  assert.equal(ids.length, 2);
  assert.ok(list.indexOf('7 Work Road') < list.indexOf('1 High Street'), 'the latest first');
  goes(await browser.post(`/account/addresses/${ids[1]}/first`), '/account/addresses?done=first');
  const again = (await browser.get('/account/addresses')).text;
  assert.ok(again.indexOf('1 High Street') < again.indexOf('7 Work Road'));
  const form = await browser.get(`/account/addresses/${ids[0]}`);
  assert.match(form.text, /value="7 Work Road"/);
  assert.match(form.text, /value="BG" selected/);
  goes(await browser.post(`/account/addresses/${ids[0]}`, { ...home, line1: '9 Work Road' }), '/account/addresses?done=saved');
  const eve = await member(shop, 'eve@x.example');
  for (const [method, path] of [['get', ''], ['post', ''], ['post', '/remove'], ['post', '/first']])
    assert.equal((await eve[method](`/account/addresses/${ids[0]}${path}`, method === 'post' ? home : undefined)).status, 404, method + path);
  assert.match((await browser.get('/account/addresses')).text, /9 Work Road/);
  goes(await browser.post(`/account/addresses/${ids[0]}/remove`), '/account/addresses?done=removed');
  assert.doesNotMatch((await browser.get('/account/addresses')).text, /9 Work Road/);
}));

test('privacy: consents, a copy of everything, and the end', () => withShop(options, async (shop) => {
  const browser = await member(shop, 'ada@x.example');
  const other = new Browser(shop);
  await other.signIn('ada@x.example', 'correct horse');
  goes(await browser.post('/account/privacy', { email: 'yes', visits: 'yes' }), '/account/privacy?done=consents');
  goes(await browser.post('/account/privacy', {}), '/account/privacy?done=consents');
  const data = await browser.get('/account/privacy/data');
  assert.match(data.headers.get('content-disposition'), /attachment/);
  assert.match(data.headers.get('content-type'), /json/);
  assert.equal(data.headers.get('cache-control'), 'no-store');
  assert.equal(data.json.contacts[0].value, 'ada@x.example');
  assert.deepEqual(data.json.consents.filter((c) => c.channel === 'email').map((c) => c.granted), [true, false]);
  assert.ok(data.json.events.some((e) => e.kind === 'account.registered'));
  assert.ok(!data.text.includes('argon2'), 'no password in it');

  assert.equal((await browser.post('/account/privacy/erase', { password: 'wrong password', sure: 'yes' })).status, 422);
  assert.equal((await browser.post('/account/privacy/erase', { password: 'correct horse' })).status, 422);
  assert.equal((await browser.get('/account')).status, 200);
  goes(await browser.post('/account/privacy/erase', { password: 'correct horse', sure: 'yes' }), '/account/erased');
  assert.match((await browser.get('/account/erased')).text, /is erased/);
  for (const one of [browser, other]) goes(await one.get('/account'), '/account/sign-in');
  assert.equal((await browser.signIn('ada@x.example', 'correct horse')).status, 422);
  await fact(shop, 'person.erased');
  await register(shop, 'ada@x.example');
  await fact(shop, 'account.confirm_requested', 'ada@x.example', 2);
}));

test('in another language the way stays in it', () => withShop(options, async (shop) => {
  const browser = new Browser(shop);
  goes(await browser.get('/bg/account'), '/bg/account/sign-in');
  goes(await browser.post('/bg/account/register', { email: 'ada@x.example', password: 'correct horse' }), '/bg/account/sent');
  assert.match(await linkOf(shop, 'account.confirm_requested', 'ada@x.example'), /^\/bg\/account\/confirm\?token=/);
  goes(await browser.post('/bg/account/sign-in', { email: 'ada@x.example', password: 'correct horse' }), '/bg/account');
  assert.equal((await browser.get('/bg/account')).status, 200);
}));

test('letters to the shop', () => withShop(options, async (shop) => {
  const browser = new Browser(shop);
  const page = await browser.get('/contact?next=/c/tea');
  assert.equal(page.status, 200);
  assert.match(page.text, /name="from" value="\/c\/tea"/);
  assert.match(page.text, /hidden><label for="website"/);
  const bad = await browser.post('/contact', { name: '', email: 'x', message: '</textarea><b>' });
  assert.equal(bad.status, 422);
  assert.match(unescaped(bad.text), /<a href="#name">A name is needed/);
  assert.match(bad.text, />&lt;\/textarea&gt;&lt;b&gt;<\/textarea>/);
  const letter = { name: 'Ada', email: 'Ada@x.example', message: 'Do you have tea?', from: '/c/tea' };
  goes(await browser.post('/contact', { ...letter, website: 'http://spam.example' }), '/contact/thanks');
  goes(await browser.post('/contact', letter), '/contact/thanks');
  assert.match((await browser.get('/contact/thanks')).text, /has arrived/);
  const first = await fact(shop, 'inquiry.received', 'ada@x.example');
  for (let i = 0; i < 4; i++) goes(await browser.post('/contact', letter), '/contact/thanks');
  const many = await browser.post('/contact', letter);
  assert.equal(many.status, 429);
  assert.ok(many.headers.get('retry-after'));
  assert.match(many.text, /Do you have tea\?/, 'what was written is not lost');
  goes(await new Browser(shop).post('/contact', letter), '/contact/thanks');
  await fact(shop, 'inquiry.received', 'ada@x.example', 6);
  const all = (await facts(shop)).filter((f) => f.topic === 'inquiry.received');
  assert.equal(all.length, 6, 'the trapped and the refused are not kept');
  assert.equal(new Set(all.map((f) => f.subject)).size, 1, 'one lead');
  assert.equal(all[0].subject, first.subject);
  const ada = await member(shop, 'bob@x.example');
  goes(await ada.post('/contact', letter), '/contact/thanks');
  assert.equal((await ada.get('/account/privacy/data')).json.inquiries.length, 1, 'who is signed in writes as themselves');
}));
