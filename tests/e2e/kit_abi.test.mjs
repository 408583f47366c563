// The ABI as others see it: the headers in C and C++, the written layout, and a plugin that was compiled against the headers of an
// earlier minor.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, run, until, withShop } from './souk.mjs';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const strict = ['-Wall', '-Wextra', '-Werror', '-pedantic'];

async function withFolder(use) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-abi-'));
  try { return await use(dir); } finally { rmSync(dir, { recursive: true }); }
}

async function compile(compiler, ...args) {
  const done = await run(compiler, args);
  assert.equal(done.code, 0, `${compiler} ${args.join(' ')}\n${done.stderr}`);
}

const headersOf = (include) => readdirSync(join(include, 'souk')).sort().map((name) => join(include, 'souk', name));

async function layout(dir, include) {
  const made = await run('awk', ['-f', 'sdk/abi/layout.awk', ...headersOf(include)]);
  assert.equal(made.code, 0, made.stderr);
  writeFileSync(join(dir, 'layout.c'), made.stdout);
  await compile('gcc', '-std=c11', `-I${include}`, join(dir, 'layout.c'), '-o', join(dir, 'layout'));
  return (await run(join(dir, 'layout'), [])).stdout;
}

test('the headers are C11 and C++17 to the letter, together and each alone', () => withFolder(async (dir) => {
  const texts = ['souk.h', ...readdirSync('sdk/include/souk').map((name) => `souk/${name}`)];
  for (const [i, name] of texts.entries()) {
    writeFileSync(join(dir, `${i}.c`), `#include <${name}>\n`);
    writeFileSync(join(dir, `${i}.cpp`), `#include <${name}>\n`);
  }
  const files = (end) => texts.map((_, i) => join(dir, `${i}.${end}`));
  await Promise.all([compile('gcc', '-std=c11', ...strict, '-Isdk/include', '-fsyntax-only', ...files('c')),
    compile('g++', '-std=c++17', ...strict, '-Isdk/include', '-fsyntax-only', ...files('cpp'))]);
}));

test('the written layout is that of the headers', () => withFolder(async (dir) => {
  const now = await layout(dir, 'sdk/include');
  assert.equal(now, readFileSync('sdk/abi/layout.txt', 'utf8'),
    'a public struct or constant has changed: is it meant, and is it in the change log of souk/abi.h? Then: make layout');
  assert.match(now, /^struct souk_plugin\.init offset \d+ size 8$/m);
}));

test('nothing that an earlier minor knew has moved', () => withFolder(async (dir) => {
  const before = (await layout(dir, 'tests/abi/0.1/include')).trim().split('\n');
  const now = (await layout(dir, 'sdk/include')).trim().split('\n');
  const sizes = new Map(now.map((line) => /^struct (\w+) size (\d+)$/.exec(line)).filter(Boolean).map(([, name, size]) => [name, Number(size)]));
  const lines = new Set(now.map((line) => line.replace('souk_plugin.relations', 'souk_plugin.requires'))); // a keyword of C++20, once
  const moved = before.filter((line) => {
    const whole = /^struct (\w+) size (\d+)$/.exec(line);
    return line.startsWith('SOUK_ABI_MINOR ') ? false : whole ? !(sizes.get(whole[1]) >= Number(whole[2])) : !lines.has(line);
  });
  assert.deepEqual(moved, []);
}));

test('a plugin of an earlier minor loads and works', () => withFolder(async (dir) => {
  await compile('gcc', '-std=gnu11', '-shared', '-fPIC', '-fvisibility=hidden', '-Wl,-z,noexecstack', '-Itests/abi/0.1/include', 'tests/abi/0.1/old/old.c',
    '-o', join(dir, 'old.so'));
  await withShop({ plugins: ['old'], path: [dir], config: 'old = { minutes = 7 }' }, async (shop) => {
    assert.equal((await shop.post('/x/old/cups', 'guest=Ada', form)).status, 201);
    const again = await shop.post('/x/old/cups', 'guest=Ada', form);
    assert.deepEqual([again.status, /a guest gets one cup/.test(again.text)], [409, true]);
    assert.deepEqual((await shop.get('/x/old/cups')).json, { guests: ['Ada'], minutes: 7, price: { amount: 1299, currency: 'EUR' }, has_push: true });
    assert.equal((await shop.post('/x/old/later', '', form)).text, '-4');
    await until('the fact', async () => (await shop.get('/x/old/heard')).text === 'cup:Ada');
    assert.match((await shop.souk('plugin', 'info', 'old', '--json')).stdout, /"0\.1"/);
  });
  const host = await run(join(build, 'souk-host'), ['conform', join(dir, 'old.so'), '--mode', 'plain']);
  assert.equal(host.code, 0, host.stdout + host.stderr);
}));

test('a plugin in C++', () => withFolder(async (dir) => {
  writeFileSync(join(dir, 'cup.cpp'), `#include <souk.h>
static int pour(struct souk_ctx *ctx)
{
    int64_t changed = 0;
    int code = souk_exec(ctx, &changed, "INSERT INTO p_cup_guest (name) VALUES ($1)", SOUK_A_STR(souk_form(ctx, "guest")));
    return code ? code : souk_answer_text(ctx, 201, souk_printf(ctx, "%d", (int)changed));
}
static int count(struct souk_ctx *ctx)
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows, "SELECT count(*) FROM p_cup_guest WHERE name <> $1", SOUK_A_CSTR("nobody"));
    if (code != SOUK_OK || souk_next(rows) != 1)
        return code;
    return souk_answer_text(ctx, 200, souk_printf(ctx, "%d", (int)souk_column_int(rows, 0)));
}
static const struct souk_migration migrations[] = {{1, 0, "guest", "CREATE TABLE p_cup_guest (name TEXT NOT NULL)"}};
static const struct souk_route routes[] = {
    {"POST", "/pour", SOUK_WRITE, SOUK_PUBLIC, pour, "Pours", nullptr, 0, 0, 0, 0},
    {"GET", "/count", SOUK_READ, SOUK_PUBLIC, count, "Counts", nullptr, 0, 0, 0, 0},
};
SOUK_PLUGIN = {SOUK_ABI, .name = "cup", .version = "1.0.0", .summary = "Cups", .contact = "you@example.org", .license = "MIT",
    .routes = SOUK_TABLE(routes), .migrations = SOUK_TABLE(migrations)};
`);
  await compile('g++', '-std=c++20', '-Wall', '-Wextra', '-Wno-missing-field-initializers', '-Werror', '-shared', '-fPIC', '-fvisibility=hidden',
    '-fno-exceptions', '-fno-rtti', '-Wl,-z,noexecstack', '-Isdk/include', join(dir, 'cup.cpp'), '-o', join(dir, 'cup.so'));
  await withShop({ plugins: ['cup'], path: [dir] }, async (shop) => {
    assert.equal((await shop.post('/x/cup/pour', 'guest=Ada', form)).text, '1');
    assert.equal((await shop.get('/x/cup/count')).text, '1');
  });
}));
