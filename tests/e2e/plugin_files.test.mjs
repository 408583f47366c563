// Plugins as files, made here with nothing but a compiler and sdk/: other sizes of the descriptor, relations, what is claimed twice,
// migrations over a reload, and files that are refused.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync, rmSync, cpSync, chmodSync, symlinkSync, mkdirSync, copyFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withShop, run, goodPlugins } from './souk.mjs';

const handler = 'static int h(struct souk_ctx *c) { return souk_answer_text(c, 200, souk_str("here")); }\n';
const plain = (name, rows = '', tables = '') => `#include <souk.h>\n${tables}\nSOUK_PLUGIN = { SOUK_ABI, .name = "${name}", .version = "1.0.0", ` +
  `.summary = "For a test", .contact = "tests@example.org", .license = "MIT", ${rows} };\n`;
const relation = (name, other, how) => plain(name, '.relations = SOUK_TABLE(needs)', `static const struct souk_require needs[] = {{"${other}", ${how}, 0}};`);
const page = (name, path) => plain(name, '.pages = SOUK_TABLE(pages), .files = SOUK_TABLE(files)', 'static const char html[] = "x";\n' +
  'static int fill(struct souk_ctx *c, struct souk_value *v) { (void)c; (void)v; return 0; }\n' +
  `static const struct souk_page pages[] = {{"${path}", "p", fill, "P", 0, 0}};\n` +
  'static const struct souk_file files[] = {{"templates/p.html", html, html + 1}};');
const provider = (name) => plain(name, '.providers = SOUK_TABLE(providers)', 'static const uint32_t table[4] = {16};\n' +
  'static const struct souk_provider providers[] = {{"payment", "card", table}};');

// A shop with hello on and a workshop beside it: forge() builds a plugin into the shop's folder, on() and off() switch.
async function withForge(fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  cpSync('sdk/include', join(dir, 'include'), { recursive: true });
  try {
    await withShop({ plugins: ['hello'], path: [goodPlugins] }, async (shop) => {
      const file = (name) => join(shop.plugins, `${name}.so`);
      const forge = async (name, source) => {
        writeFileSync(join(dir, `${name}.c`), source);
        const made = await run('gcc', ['-std=gnu11', '-Wno-override-init', '-fPIC', '-shared', '-fvisibility=hidden', '-Wl,-z,noexecstack',
          `-I${dir}/include`, join(dir, `${name}.c`), '-o', join(dir, `${name}.so`)]);
        assert.equal(made.code, 0, made.stderr);
        rmSync(file(name), { force: true });
        copyFileSync(join(dir, `${name}.so`), file(name));
        chmodSync(file(name), 0o644);
      };
      const step = (what) => async (name, words) => {
        const { code, stderr } = await shop.souk('plugin', what, name);
        assert.equal(code, words ? 1 : 0, `${what} ${name}: ${stderr}`);
        if (words) assert.match(stderr, words);
        assert.equal((await shop.get('/x/hello/greet')).status, 200);
      };
      await fn({ shop, forge, file, dir, on: step('enable'), off: step('disable'), reload: step('reload') });
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('descriptors and rows of another size: smaller and larger ones load, nonsense is refused', () => withForge(async ({ shop, forge, on, off }) => {
  const route = `${handler}struct wide { struct souk_route row; long more[3]; };\n` +
    'static const struct wide routes[] = {{{"GET", "/a", SOUK_READ, SOUK_PUBLIC, h, "A"}, {1}}, {{"GET", "/b", SOUK_READ, SOUK_PUBLIC, h, "B"}, {2}}};';
  await forge('x_one', plain('x_one', '.routes = SOUK_TABLE(routes)', route));
  await on('x_one');
  assert.equal((await shop.get('/x/x_one/b')).text, 'here');
  await off('x_one');
  await forge('x_one', plain('x_one').replace('SOUK_ABI,', 'SOUK_ABI, .size = offsetof(struct souk_plugin, init),'));
  await on('x_one');
  await off('x_one');
  await forge('x_one', '#include <souk.h>\nSOUK_HIDDEN const struct souk_api *souk_api;\nstruct big { struct souk_plugin plugin; long more[9]; };\n' +
    'SOUK_EXPORT extern const struct big big __asm__("souk_plugin");\nconst struct big big = {.plugin = {SOUK_ABI, .size = sizeof(struct big), ' +
    '.name = "x_one", .version = "1.0.0", .summary = "S", .contact = "c", .license = "MIT"}, .more = {1, 2, 3}};\n');
  await on('x_one');
  await off('x_one');
  await forge('x_one', plain('x_one').replace('SOUK_ABI,', 'SOUK_ABI, .size = 40,'));
  await on('x_one', /40 bytes/);
}));

test('requires, conflicts and after; circles', () => withForge(async ({ forge, on, off }) => {
  await forge('x_a', relation('x_a', 'x_b', 'SOUK_NEEDS'));
  await forge('x_b', relation('x_b', 'x_a', 'SOUK_NEEDS'));
  await on('x_a', /needs plugin "x_b"/);
  await forge('x_c', relation('x_c', 'x_d', 'SOUK_AFTER'));
  await forge('x_d', relation('x_d', 'x_c', 'SOUK_AFTER'));
  await on('x_c');
  await on('x_d', /circle: x_c → x_d → x_c/);
  await forge('x_e', relation('x_e', 'hello', 'SOUK_CONFLICTS'));
  await on('x_e', /cannot be on together with plugin "hello"/);
  await forge('x_f', relation('x_f', 'hello', 'SOUK_NEEDS'));
  await on('x_f');
  await off('hello', /needed by plugin "x_f"/);
  await forge('x_g', relation('x_g', 'x_g', 'SOUK_NEEDS'));
  await on('x_g', /itself/);
}));

test('two plugins that claim the same page or provider', () => withForge(async ({ forge, on }) => {
  for (const name of ['x_a', 'x_b']) await forge(name, page(name, '/same'));
  await on('x_a');
  await on('x_b', /GET \/same of x_b.*x_a/);
  for (const [name, path] of [['x_c', '/same/{a}'], ['x_d', '/same/{b}']]) await forge(name, page(name, path));
  await on('x_c');
  await on('x_d', /x_d.*x_c/);
  for (const name of ['x_e', 'x_f']) await forge(name, provider(name));
  await on('x_e');
  await on('x_f', /both provide payment "card"/);
}));

test('migrations: 1 to 2 on reload with the data kept; a changed or missing old one and foreign tables are refused', () => withForge(async ({ shop, forge, on, reload }) => {
  const one = '{1, 0, "a", "CREATE TABLE p_x_m_a (id BIGINT PRIMARY KEY)"}';
  const two = '{2, 0, "b", "ALTER TABLE p_x_m_a ADD COLUMN note TEXT; CREATE INDEX p_x_m_a_note ON p_x_m_a (note)"}';
  const with_ = (...rows) => plain('x_m', '.routes = SOUK_TABLE(routes), .migrations = SOUK_TABLE(migrations)',
    'static int add(struct souk_ctx *c) { int code = souk_exec(c, NULL, "INSERT INTO p_x_m_a (id) VALUES ($1)", SOUK_A_INT(souk_new_id(c)));\n' +
    '    return code ? code : souk_answer_text(c, 200, souk_str("added")); }\n' +
    'static int count(struct souk_ctx *c) { struct souk_rows *r; int code = souk_query(c, &r, "SELECT count(*) FROM p_x_m_a"); souk_next(r);\n' +
    '    return code ? code : souk_answer_text(c, 200, souk_printf(c, "%d", (int)souk_column_int(r, 0))); }\n' +
    'static const struct souk_route routes[] = {{"GET", "/n", SOUK_READ, SOUK_PUBLIC, count, "N"}, {"POST", "/n", SOUK_WRITE, SOUK_PUBLIC, add, "N"}};\n' +
    `static const struct souk_migration migrations[] = {${rows.join(', ')}};`);
  await forge('x_m', with_(one));
  await on('x_m');
  await shop.post('/x/x_m/n', '');
  await forge('x_m', with_(one, two));
  await reload('x_m');
  await shop.post('/x/x_m/n', '');
  const wrong = [
    [[one.replace('PRIMARY KEY', 'PRIMARY KEY, more TEXT'), two], /migration 1 .*has changed/],
    [[one], /at 2, newer than this program/],
    [[one, two, '{3, 0, "c", "DELETE FROM p_hello_guest"}'], /may not write to p_hello_guest/],
    [[one, two, '{3, 0, "c", "CREATE TABLE other (id BIGINT)"}'], /may not create.* other/],
    [[one, two, '{3, 0, "c", "DROP TABLE setting"}'], /may not .*setting/],
  ];
  for (const [rows, words] of wrong) {
    await forge('x_m', with_(...rows));
    await reload('x_m', words);
    assert.equal((await shop.get('/x/x_m/n')).text, '2', 'the one that was on still serves');
  }
}));

test('files that are refused: written by anybody, cut, empty, no file, another name, a link to nothing', () => withForge(async ({ shop, forge, file, dir, on, off }) => {
  await forge('x_one', plain('x_one'));
  await forge('x_two', plain('x_two'));
  chmodSync(file('x_one'), 0o666);
  await on('x_one', /can be written by anybody; run chmod o-w/);
  chmodSync(file('x_one'), 0o644);
  chmodSync(shop.plugins, 0o777);
  await on('x_one', /folder can be written by anybody/);
  chmodSync(shop.plugins, 0o755);
  rmSync(file('x_one'));
  symlinkSync(join(dir, 'nowhere.so'), file('x_one'));
  await on('x_one', /x_one\.so in .* is a link to nothing/);
  rmSync(file('x_one'));
  symlinkSync(join(dir, 'x_one.so'), file('x_one'));
  await on('x_one');
  await off('x_one');
  rmSync(file('x_one'));
  mkdirSync(file('x_one'));
  await on('x_one', /not a regular file/);
  rmSync(file('x_one'), { recursive: true });
  for (const [bytes, words] of [['', /has 0 bytes/], ['#!/bin/sh\n', /not a shared object/]]) {
    writeFileSync(file('x_one'), bytes, { mode: 0o644 });
    await on('x_one', words);
  }
  copyFileSync(file('x_two'), file('x_one'));
  await on('x_one', /holds plugin "x_two"; call it x_two\.so/);
  assert.deepEqual(readdirSync(join(shop.data, 'run/plugins')), [], 'no private copy is left');
}));
