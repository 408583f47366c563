// The cookbook of mistakes: each mistake compiles, each is made for real, and what souk or souk-host says to it is what the page says.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, existsSync, mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, build, badPlugins, withShop, ask, until, load, sanitized } from './souk.mjs';
import { says } from './guide.mjs';
import { buyer, goods } from './buying.mjs';

const page = 'sdk/docs/cookbook.md';
const text = readFileSync(page, 'utf8');

// {how, what, words} of each quotation, {kind, code} of each block.
const quotations = [...text.matchAll(/^<!-- (host|enable|shop|crash|sell|late|load|answer): (.+?) -->\n((?:> .*\n)+)/gm)].map(([, how, what, quoted]) => ({ how, what,
  words: quoted.trim().split('\n').map((line) => line.replace(/^> /, '').replace(/<br>$/, '').replace(/^\*\*`[\w-]+`\*\* /, '').replace(/^`(.*)`$/, '$1')) }));
const blocks = [...text.matchAll(/^<!-- (file|body: (\w+)) -->\n```c\n([\s\S]*?)^```$/gm)].map(([, , kind, code]) => ({ kind, code }));

test('each mistake is C that compiles', async () => {
  assert.equal(blocks.length, (text.match(/^```c$/gm) ?? []).length, 'every block of C is tried');
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  const given = {
    init: '', request: 'struct souk_value *event = 0;', report: 'struct souk_payment_report report = {0};', parcel: 'struct souk_delivery_report report = {0};',
    payment: `struct souk_value *body = 0, *out = 0; const struct souk_payment *payment = 0; const struct souk_payment_move *asked = 0; struct souk_payment_result *result = 0;
      const struct souk_payment_terms *terms = 0; struct souk_http_request request = {0}; const struct souk_http_response *response = 0;`,
    delivery: `struct souk_value *body = 0, *option = 0, *label = 0; const struct souk_delivery_terms *terms = 0; struct souk_delivery_quote *quote = 0; struct souk_str order = {"", 0};
      const struct souk_shipment *shipment = 0; struct souk_shipment_result *result = 0; struct souk_rows *rows = 0; struct souk_http_request request = {0}; const struct souk_http_response *response = 0;`,
    tax: `struct souk_tax_rate *rate = 0; struct souk_tax_result *result = 0; const struct souk_tax_terms *terms = 0; struct souk_http_request request = {0}; const struct souk_http_response *response = 0;`,
    number: `struct souk_tax_number_result *number = 0; struct souk_http_request request = {0}; const struct souk_http_response *response = 0;`,
    track: `struct souk_value *body = 0, *order = 0; const struct souk_conversion *conversion = 0; const struct souk_http_response *response = 0;`,
    feed: `struct souk_feed *feed = 0; struct souk_str name = {"", 0}; int64_t amount = 0;`,
    notify: `const struct souk_message *message = 0; struct souk_message_result *result = 0; struct souk_smtp_request mail_request = {0}; const struct souk_smtp_response *response = 0;`,
  };
  const quiet = (declared) => (declared.match(/\*?(\w+)(?= = )/g) ?? []).map((name) => `(void)${name.replace('*', '')};`).join(' ');
  try {
    for (const { kind, code } of blocks) {
      const head = '#include <souk.h>\n#include <fcntl.h>\n#include <locale.h>\n#include <pthread.h>\n#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <time.h>\n#include <unistd.h>\n' +
        'int wash(struct souk_ctx *ctx, const struct souk_value *payload); void *idle(void *arg); void no_signal(int number); int fill(struct souk_ctx *ctx, struct souk_value *view);\n' +
        'int ask(struct souk_ctx *ctx, const char *path, struct souk_value *body, struct souk_payment_result *result); int mail(struct souk_ctx *ctx, const char *type, struct souk_str text);\n';
      if (kind) assert.ok(kind in given, kind);
      writeFileSync(join(dir, 'try.c'), kind ? `${head}int mistake(struct souk_ctx *ctx)\n{\n${given[kind]}\n${quiet(given[kind])}\n{\n${code}\n}\nreturn SOUK_OK;\n}\n` : head + code);
      const made = await run('gcc', ['-std=gnu11', '-Wall', '-Wno-unused', '-Wno-infinite-recursion', '-Wno-maybe-uninitialized', '-Werror', '-Isdk/include', '-fsyntax-only', join(dir, 'try.c')]);
      assert.equal(made.code, 0, code + made.stderr);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

const provoke = (shop, path, method = 'GET') => ask(shop.url + path, { method }).catch(() => undefined);
const list = async (shop) => (await shop.souk('plugin', 'list')).stdout;

const trials = {
  // A rule that souk-host finds broken.
  async host(what) {
    const [plugin, rule] = what.split(' ');
    const script = `tests/plugins/${plugin}.conform.lua`;
    const mode = { poison: ['--mode', 'poison'], crash: ['--mode', 'fail-nth'] }[plugin === 'wrong_general' ? '' : rule] ?? ['--rule', rule];
    const set = ['wrong_export', 'wrong_silent', 'wrong_table', 'wrong_call', 'wrong_mute', 'wrong_secret', 'wrong_named'].includes(plugin) ? [] : ['--set', `wrong=${rule}`];
    const done = await run(join(build, 'souk-host'), ['conform', join(badPlugins, `${plugin}.so`), ...(existsSync(script) ? ['--with', script] : []), ...set, ...mode]);
    assert.equal(done.code, 1, done.stdout + done.stderr);
    return done.stdout;
  },
  // A plugin that a running shop does not take.
  enable: (name) => withShop({ plugins: [] }, async (shop) => {
    const done = await shop.souk('plugin', 'enable', name);
    assert.equal(done.code, 1);
    return done.stderr;
  }),
  // A request that ends the process.
  async shop(what) {
    const [name, method, path] = what.split(' ');
    return withShop({ plugins: [name] }, async (shop) => {
      const pid = shop.shopPid();
      await provoke(shop, path, method);
      await shop.newShopPid(pid);
      await until('the fault', async () => (await shop.plugin(name))?.faults);
      await shop.says(/shop\.died/);
      return shop.stderr + await list(shop);
    });
  },
  crash: (name) => withShop({ plugins: [name] }, list),
  sell: (name) => withShop({ plugins: [name], config: `${name} = { dies = "begin" }` }, async (shop) => {
    const { json: { token } } = await shop.souk('admin', 'token', '--scope', 'product.edit', '--json');
    await shop.post('/api/v1/admin/products', goods('TEA', 1000, 5), { authorization: `Bearer ${token}` });
    const { json: cart } = await shop.post('/api/v1/carts', { lines: [{ sku: 'TEA', quantity: 1 }] });
    const pid = shop.shopPid();
    await shop.post(`/api/v1/carts/${cart.id}/checkout`, { ...buyer, delivery: { method: 'bad:door' }, payment: { method: 'bad' } }).catch(() => undefined);
    await shop.newShopPid(pid);
    await shop.says(/shop\.died/);
    return shop.stderr;
  }),
  late: (name) => withShop({ plugins: ['hello', name] }, async (shop) => {
    await shop.post('/x/hello/welcome', 'name=Ada', { 'content-type': 'application/x-www-form-urlencoded' });
    await shop.says(/plugin\.late/);
    return shop.stderr;
  }),
  async load(what) {
    const [name, mark] = what.split(' ');
    return withShop({ plugins: [name], config: mark === 'memory' ? 'limits = { memory = "96M" }' : '' }, async (shop) => {
      const pid = shop.shopPid();
      await run('prlimit', ['--pid', String(pid), '--nofile=4096:4096']);
      const running = load(shop, `/x/${name}/go`, { connections: 4 });
      await shop.newShopPid(pid);
      await running.stop();
      await shop.says(/shop\.over_mark/);
      return shop.stderr;
    });
  },
  async answer(what) {
    const [name, path] = what.split(' ');
    return withShop({ plugins: [name] }, async (shop) => { await provoke(shop, path); await shop.says(/call\.failed/); return shop.stderr; });
  },
};

// Under a sanitizer memory, stacks and crashes are the sanitizer's, and so are the words.
const blind = ({ how, what }) => sanitized && (['shop', 'crash', 'sell', 'load'].includes(how) || /stop-clean| crash/.test(what));

for (const quotation of quotations)
  test(`${quotation.how}: ${quotation.what}`, { skip: blind(quotation) }, async () => {
    const said = await trials[quotation.how](quotation.what);
    for (const words of quotation.words) assert.ok(says(said, words), `should say: ${words}\nsays:\n${said}`);
  });

test('every fault of the wrong plugins is on the page', () => {
  const names = new Set(quotations.map(({ what }) => what.split(' ')[0]));
  for (const file of readdirSync('tests/plugins'))
    if (/^(bad|wrong)_\w+\.c$/.test(file)) assert.ok(names.has(file.slice(0, -2)), file);
  // The suites' own list of what each wrong plugin breaks.
  const broken = /const broken = \{([\s\S]*?)^\};/m.exec(readFileSync('tests/conform/suites.test.mjs', 'utf8'))[1];
  for (const [, plugin, rules] of broken.matchAll(/(\w+): \[([^\]]*)\]/g))
    for (const [, rule] of rules.matchAll(/'([\w-]+)'/g))
      assert.ok(quotations.some(({ what }) => what === `${plugin} ${rule}`), `${plugin}: ${rule}`);
});
