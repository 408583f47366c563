// A wrong configuration gives all errors at once, each with a next step, and starts nothing.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync, rmSync, existsSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, souk, goodPlugins, badPlugins } from './souk.mjs';

async function check(text, fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  const file = join(dir, 'souk.lua');
  const path = `plugin_path = { ${JSON.stringify(goodPlugins)}, ${JSON.stringify(badPlugins)} }`;
  writeFileSync(file, `${path}\n${text}`);
  try {
    const answer = await run(souk, ['check', '-c', file, '--json']);
    const report = JSON.parse(answer.stdout);
    assert.equal(answer.code, report.ok ? 0 : 1);
    assert.equal(report.ok, report.errors.length === 0);
    for (const error of report.errors) {
      assert.ok(error.file && error.message, JSON.stringify(error));
      assert.ok(error.hint, `a next step: ${JSON.stringify(error)}`);
    }
    await fn(report.errors, { dir, file });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const one = (errors, key) => errors.find((error) => error.key === key) ?? assert.fail(`no error about ${key}: ${JSON.stringify(errors)}`);

test('a right configuration is right', () => check('plugins = { "hello", "visits" }\nhello = { greeting = "Hi" }', (errors) => assert.deepEqual(errors, [])));

test('every kind of mistake, all at once, with line and hint', () => check(
  `plugins = { "hello", "nothere", "bad_major" }
http = { threads = "many", listn = "x" }
hello = {
  greeting = 12,
  greetng = "Hi",
}
shp = {}
limits = { body = "lots" }
`, (errors) => {
    assert.equal(one(errors, 'http.listn').line, 3);
    assert.match(one(errors, 'http.listn').hint, /listen/);
    assert.match(one(errors, 'http.threads').message, /number|integer/);
    assert.match(one(errors, 'hello.greetng').hint, /greeting/);
    assert.equal(one(errors, 'hello.greetng').line, 4);
    assert.ok(one(errors, 'hello.greeting'));
    assert.match(one(errors, 'shp').hint, /shop/);
    assert.ok(one(errors, 'limits.body'));
    assert.ok(errors.some((error) => /nothere/.test(error.message)), 'the missing plugin');
    assert.ok(errors.some((error) => /ABI/.test(error.message)), 'the wrong ABI');
  }));

test('broken Lua names the line', () => check('plugins = {\n  "hello",\n', (errors) => {
  assert.equal(errors.length, 1);
  assert.ok(errors[0].line >= 3, JSON.stringify(errors[0]));
}));

test('serve with a wrong configuration starts nothing', () => check('plugins = { "nothere" }', async (errors, { dir, file }) => {
  const answer = await run(souk, ['serve', '-c', file, '--data', join(dir, 'data'), '--listen', '127.0.0.1:0'], { timeout: 600000 });
  assert.equal(answer.code, 1);
  assert.equal(answer.stdout, '');
  assert.match(answer.stderr, /nothere/);
  assert.equal(existsSync(join(dir, 'data', 'souk.db')), false);
}));

test('usage: unknown commands and options exit with 2 and the nearest name', async () => {
  const command = await run(souk, ['serv']);
  assert.equal(command.code, 2);
  assert.match(command.stderr, /did you mean serve/);
  const option = await run(souk, ['check', '--jsn']);
  assert.equal(option.code, 2);
  assert.match(option.stderr, /did you mean --json/);
  for (const name of ['serve', 'check', 'plugin', 'hooks', 'jobs', 'backup', 'restore', 'verify', 'version']) {
    const help = await run(souk, [name, '--help']);
    assert.equal(help.code, 0, name);
    assert.match(help.stdout, new RegExp(`^souk ${name}`));
  }
});
