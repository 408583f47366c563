// `souk new`: a stranger with the installed kit alone, in an empty folder. For every kind: made, compiled, all rules in all modes,
// its story against the host's shop and against the real server, installed into a running shop and used there over HTTP.
import test, { before, after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { createHmac } from 'node:crypto';
import { mkdtempSync, mkdirSync, rmSync, readdirSync, readFileSync, writeFileSync, existsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop, run, until, build } from './souk.mjs';

const kit = mkdtempSync(join(tmpdir(), 'souk-kit-'));
const empty = join(kit, 'empty');
const prefix = join(kit, 'prefix');
// Whoever uses the kit has its programs on the PATH and its .pc file where pkg-config looks; of the source tree they know nothing.
const env = { ...process.env, PATH: `${prefix}/bin:${process.env.PATH}`, PKG_CONFIG_PATH: `${prefix}/share/pkgconfig` };
for (const name of ['SOUK_SDK', 'SOUK_HOST', 'BUILD', 'MAKEFLAGS', 'MAKELEVEL', 'NAME', 'OUT']) delete env[name];
const souk = join(prefix, 'bin/souk'), host = join(prefix, 'bin/souk-host');
const inEmpty = (file, ...args) => run(file, args, { cwd: empty, env, timeout: 600000 });

before(async () => {
  mkdirSync(empty);
  // `-o all`: what is tested is what was built, not what a neighbour is writing just now
  const made = await run('make', ['-o', 'all', 'install', `BUILD=${build}`, `PREFIX=${prefix}`], { env: { ...process.env, SANITIZE: '' }, timeout: 600000 });
  assert.equal(made.code, 0, made.stderr);
});
after(() => rmSync(kit, { recursive: true, force: true }));

const kinds = { plain: 'tea', payment: 'acme', delivery: 'rapid', notify: 'ping', tax: 'lands', track: 'pals', feed: 'bazaar' };
const folder = (kind) => (kind === 'plain' ? kinds[kind] : `${kind}_${kinds[kind]}`);

// The other end: answers what `answer` says, and remembers what it was asked.
async function withPeer(answer, fn) {
  const asked = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => { body += piece; });
    request.on('end', () => {
      const said = { method: request.method, path: request.url, headers: request.headers, json: body ? JSON.parse(body) : undefined };
      asked.push(said);
      const { status = 200, json = {} } = answer(said);
      response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(json));
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  try { return await fn(`http://127.0.0.1:${server.address().port}`, asked); } finally { server.close(); }
}

const products = [{ product: { key: 'tea', status: 'active', tax_class: 'standard', text: { en: { name: 'Tea' } },
  variants: [{ sku: 'TEA-100', stock: 40, weight_g: 120, prices: [{ currency: 'EUR', amount: 690 }] }] } }];

// A shop of this kit that runs; the plugin comes into it by `souk plugin install` and `enable`, and works at once.
async function inShop(kind, options, fn) {
  const name = folder(kind), own = join(kit, `shop-${kind}`), plugins = join(own, 'plugins');
  mkdirSync(plugins, { recursive: true, mode: 0o755 });
  const shop = new Shop({ dir: own, path: [join(prefix, 'lib/souk/plugins')], env: { KIT_KEY: 'k1', KIT_SECRET: 's1' }, keep: true });
  shop.configure(kind === 'delivery' ? ['payment_cod'] : ['delivery_courier', 'payment_cod'],
    `shop = { name = "Kit", currency = "EUR", country = "BG", url = "http://shop.test" }\nhttp_client = { allow = { "127.0.0.1" } }\n` +
    `delivery_courier = { zones = "all | * | *", rates = "all | 100 | 4.90" }\n` + (options ? `${name} = ${options}\n` : ''));
  const lines = join(own, 'products.jsonl');
  writeFileSync(lines, products.map((line) => JSON.stringify(line)).join('\n'));
  const put = async (...to) => {
    const answer = await inEmpty(souk, 'plugin', 'install', `${name}/${name}.so`, ...to);
    assert.equal(answer.code, 0, answer.stderr);
    assert.match(answer.stdout, new RegExp(`souk plugin enable ${name}`));
    assert.match(answer.stdout, /\d+ yes, 0 no/, 'the record that make conform has left');
  };
  if (options) await put('--to', plugins); // souk.lua can only speak of plugins that are there
  const imported = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', lines], { env });
  assert.equal(imported.code, 0, imported.stderr + imported.stdout);
  await shop.up();
  try {
    if (!options) await put('--data', shop.data);
    const on = await run(souk, ['plugin', 'enable', name, '--data', shop.data], { env });
    assert.equal(on.code, 0, on.stderr);
    await fn(shop, (...args) => run(souk, [...args, '--data', shop.data], { env }));
  } catch (error) {
    error.message += `\n--- shop's log (end) ---\n${shop.stderr.slice(-3000)}`;
    throw error;
  } finally {
    await shop.down();
  }
}

async function buy(shop, { delivery = 'courier:standard', payment = 'cod', cookies, ...more } = {}) {
  const cart = (await shop.post('/api/v1/carts', {})).json;
  await shop.post(`/api/v1/carts/${cart.id}/lines`, { sku: 'TEA-100', quantity: 1 });
  const answer = await shop.post(`/api/v1/carts/${cart.id}/checkout`, { email: 'ada@example.org', name: 'Ada', phone: '+359888123456',
    address: { country: 'BG', city: 'Sofia', postcode: '1000', line1: 'ul. Shipka 1' }, delivery: { method: delivery }, payment: { method: payment }, terms: true, ...more },
  { 'idempotency-key': `kit-${Math.random()}`, ...(cookies ? { cookie: cookies } : {}) });
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

const used = {
  plain: () => inShop('plain', '', async (shop, command) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    assert.equal((await shop.post('/x/tea/wish', 'text=Mint', form)).status, 303);
    assert.match((await shop.get('/tea')).text, /<li>Mint /);
    assert.match((await shop.get('/tea')).text, /Wish for it/);
    assert.equal((await command('tea', 'list')).stdout, 'Mint\n');
  }),

  payment: () => withPeer(({ json }) => ({ json: { id: 'ch_1', state: 'pending', amount: json?.amount, url: 'https://pay.invalid/ch_1' } }), (url, asked) =>
    inShop('payment', `{ url = "${url}", key = env "KIT_KEY", webhook_secret = env "KIT_SECRET" }`, async (shop) => {
      const order = await buy(shop, { payment: 'acme' });
      assert.equal(order.payment.next.redirect, 'https://pay.invalid/ch_1');
      assert.equal(asked[0].json.amount, order.totals.total);
      const body = JSON.stringify({ id: 'evt_1', kind: 'captured', charge: 'ch_1', amount: order.totals.total, currency: 'EUR' });
      const seconds = Math.floor(Date.now() / 1000);
      const tell = (secret) => shop.post('/hooks/payment_acme/event', body,
        { 'content-type': 'application/json', 'x-signature': `${seconds}.${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}` });
      assert.equal((await tell('another')).status, 400);
      assert.equal((await tell('s1')).status, 200);
      await until('the order is paid', async () => (await shop.get(`/api/v1/orders/${order.number}?token=${order.token}`)).json.payment_status === 'paid');
    })),

  delivery: () => inShop('delivery', '{ rates = "2 | 3.30", cash = true }', async (shop) => {
    const order = await buy(shop, { delivery: 'rapid:standard' });
    assert.equal(order.totals.delivery, 330);
  }),

  notify: () => withPeer(() => ({ status: 202, json: { id: 'm1' } }), (url, asked) =>
    inShop('notify', `{ url = "${url}", key = env "KIT_KEY" }`, async (shop, command) => {
      assert.equal((await command('notify_ping', 'test', '+359888123456')).code, 0);
      await until('the message is out', () => asked.length);
      assert.equal(asked[0].json.to, '+359888123456');
      assert.match(asked[0].json.text, /^A test of Kit: text messages arrive\./);
    })),

  tax: () => inShop('tax', '{ rates = "BG | * | 10 | VAT 10 %" }', async (shop) => {
    const order = await buy(shop);
    assert.equal(order.totals.tax_included, Math.round(690 / 11) + Math.round(490 / 11));
  }),

  track: () => withPeer(() => ({ json: { id: 'c1' } }), (url, asked) =>
    inShop('track', `{ url = "${url}", key = env "KIT_KEY" }`, async (shop) => {
      const page = await shop.get('/?pals_click=abc', { accept: 'text/html', 'sec-fetch-dest': 'document', 'user-agent': 'Mozilla/5.0' });
      const cookies = page.headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
      const cart = (await shop.post('/api/v1/carts', {}, { cookie: cookies })).json;
      const order = await buy(shop, { cookies, cart });
      await until('the conversion is told', () => asked.length);
      assert.equal(asked[0].json.click, 'abc');
      assert.equal(asked[0].json.order, order.number);
    })),

  feed: () => inShop('feed', '', async (shop, command) => {
    const token = (await command('admin', 'token', '--scope', '*', '--name', 'kit')).stdout.trim();
    const answer = await shop.post('/api/v1/admin/feeds', { name: 'offers', format: 'bazaar' }, { authorization: `Bearer ${token}` });
    assert.equal(answer.status, 201, answer.text);
    const file = await until('the file', async () => { const got = await shop.get('/feeds/offers.xml'); return got.status === 200 && got; });
    assert.match(file.text, /<offer id="TEA-100" available="true">.*<price>6\.90<\/price>/);
  }),
};

// KIND=feed in the environment: that one alone.
test('every kind: compiles, keeps all rules, plays its story, works in a running shop', { concurrency: 2 }, async (t) => {
  const all = Object.entries(kinds).filter(([kind]) => !process.env.KIND || kind === process.env.KIND).map(([kind, name]) => t.test(`souk new ${kind} ${name}`, async () => {
    const made = await inEmpty(souk, 'new', kind, name), own = folder(kind), dir = join(empty, own);
    assert.equal(made.code, 0, made.stderr);
    const files = readdirSync(dir, { recursive: true }).filter((file) => statSync(join(dir, file)).isFile());
    for (const file of ['Makefile', 'README.md', 'story.lua', `${own}.c`, 'locale/bg.po']) assert.ok(files.includes(file), `${file} is in ${files}`);
    assert.equal(readFileSync(join(dir, 'Makefile'), 'utf8').trim().split('\n').length, 3, 'a Makefile of three lines');
    assert.ok(files.some((file) => file.startsWith('templates/')));
    for (const file of files) {
      const text = readFileSync(join(dir, file), 'utf8');
      assert.doesNotMatch(text + file, /example/i, `${file} names the new plugin`);
      assert.doesNotMatch(text, new RegExp(process.cwd()), `${file} knows nothing of the source tree`);
    }
    const built = await inEmpty('make', '-C', own);
    assert.equal(built.code, 0, built.stderr + built.stdout);
    const tried = await inEmpty('make', '-C', own, 'conform');
    assert.equal(tried.code, 0, tried.stdout);
    const record = JSON.parse(readFileSync(join(dir, `${own}.conform.json`), 'utf8'));
    assert.deepEqual([record.plugin, record.no], [own, 0]);
    assert.deepEqual(record.suites, kind === 'plain' ? ['general'] : ['general', kind]);
    assert.ok(record.yes >= (kind === 'plain' ? 25 : 50), `${record.yes} rules say yes`);
    const played = await inEmpty('make', '-C', own, 'play');
    assert.equal(played.code, 0, played.stdout + played.stderr);
    assert.match(played.stdout, new RegExp(`^${own}: [2-9] yes, 0 no$`, 'm'));
    const real = await inEmpty(host, 'play', `${own}/story.lua`, `${own}/${own}.so`, '--shop', souk);
    assert.equal(real.code, 0, real.stdout + real.stderr);
    await used[kind]();
  }));
  await Promise.all(all);
});

test('what cannot be made is refused, and nothing is left', async () => {
  const before = readdirSync(empty).sort();
  mkdirSync(join(empty, 'there'), { recursive: true });
  writeFileSync(join(empty, 'file'), 'x');
  const cases = [
    [['fruit', 'tea'], 2, /no kind "fruit"[\s\S]*plain[\s\S]*payment[\s\S]*feed/], [['paymnt', 'x'], 2, /did you mean payment/], [[], 2, /which kind/],
    [['plain'], 2, /a name/], [['plain', 'a', 'b'], 2, /"b"/], [['plain', 'x'], 1, /2 to 32/], [['plain', 'Tea'], 1, /cannot be a plugin's name/],
    [['payment', 'a-b'], 1, /cannot be/], [['payment', '../up'], 1, /cannot be/], [['plain', '9lives'], 1, /a letter first/], [['plain', 'shop'], 1, /uses itself/],
    [['delivery', 'a'.repeat(24)], 1, /2 to 32/], [['plain', 'there'], 1, /is there already/], [['plain', 'file'], 1, /is there already/],
    [['plain', 'nowhere', '--dir', 'no/such'], 1, /no\/such/], [['plain', 'kept', '--dir', 'file'], 1, /file/],
  ];
  for (const [args, code, words] of cases) {
    const answer = await inEmpty(souk, 'new', ...args);
    assert.equal(answer.code, code, `${args}: ${answer.stderr}`);
    assert.match(answer.stderr, words);
    assert.equal(answer.stdout, '');
  }
  assert.deepEqual(readdirSync(empty).sort(), [...before, 'file', 'there'].sort(), 'nothing is made, nor left half made');
  assert.deepEqual(readdirSync(join(empty, 'there')), []);
});

test('a kind before the name is not said twice; --dir, and a kit without templates', async () => {
  mkdirSync(join(empty, 'deep'));
  const made = await inEmpty(souk, 'new', 'feed', 'feed_plain', '--dir', 'deep');
  assert.equal(made.code, 0, made.stderr);
  assert.ok(existsSync(join(empty, 'deep/feed_plain/feed_plain.c')));
  const bare = join(kit, 'bare');
  mkdirSync(join(bare, 'bin'), { recursive: true });
  writeFileSync(join(bare, 'bin/souk'), readFileSync(souk), { mode: 0o755 });
  const none = await run(join(bare, 'bin/souk'), ['new', 'plain', 'lone'], { cwd: empty, env });
  if (none.code) assert.match(none.stderr, /make install|SOUK_SDK/); // unless this machine has a souk of its own at the built-in prefix
  const told = await run(join(bare, 'bin/souk'), ['new', 'plain', 'told'], { cwd: empty, env: { ...env, SOUK_SDK: join(prefix, 'share/souk') } });
  assert.equal(told.code, 0, told.stderr);
});
