// The guides are true: what the README says is done word by word.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, mkdtempSync, mkdirSync, writeFileSync, rmSync, cpSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, dirname } from 'node:path';
import { run, withShop, until } from './souk.mjs';

// Blocks that a guide marks with <!-- file: PATH -->.
export function files(guide) {
  const blocks = {};
  for (const m of readFileSync(guide, 'utf8').matchAll(/<!-- file: (\S+) -->\n```\w*\n([\s\S]*?)```/g)) blocks[m[1]] = m[2];
  return blocks;
}

async function build(guide, names, fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    cpSync('sdk', join(dir, 'sdk'), { recursive: true });
    for (const [name, text] of Object.entries(files(guide))) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), text);
    }
    for (const name of names) {
      const made = await run('make', ['--no-print-directory', '-C', join(dir, dirname(name))], { env: { ...process.env, MAKEFLAGS: '', SANITIZE: process.env.SANITIZE ?? '' } });
      assert.equal(made.code, 0, made.stderr + made.stdout);
    }
    return await fn(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

test('the plugin of the README builds, is switched on in a running shop and answers', () => build('README.md', ['plugins/greeter/greeter.c'], async (dir) => {
  await withShop({ path: [join(dir, 'plugins/greeter')] }, async (shop) => {
    assert.equal((await shop.souk('plugin', 'enable', 'greeter')).code, 0);
    assert.equal((await shop.get('/x/greeter/greet?name=Ada')).text, 'Good day, Ada!\n');
    assert.equal((await shop.souk('plugin', 'reload', 'greeter')).code, 0);
    assert.equal((await shop.get('/x/greeter/greet?name=Ada')).text, 'Good day, Ada!\n');
  });
}));

test('the configuration of the README is right', () => build('README.md', [], async (dir) => {
  const text = readFileSync(join(dir, 'souk.lua'), 'utf8');
  await withShop({ plugins: [], config: text.replace(/plugins = .*/, '') }, async (shop) => {
    shop.configure(['hello', 'visits'], text.replace(/plugins = .*/, ''));
    shop.child.kill('SIGHUP');
    await until('hello', async () => /Welcome/.test((await shop.get('/x/hello/greet?name=Ada')).text));
  });
}));

test('every file that the README points to is there', () => {
  for (const m of readFileSync('README.md', 'utf8').matchAll(/\]\(([^)#]+)\)/g)) assert.ok(existsSync(m[1]), m[1]);
});
