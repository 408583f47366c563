// The guides of the kit are true: every step is done, every command typed, every fault provoked; the reference is that of the headers.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, existsSync, statSync, mkdtempSync, cpSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, relative, dirname } from 'node:path';
import { run } from './souk.mjs';
import { steps, follow, says, commands } from './guide.mjs';

const docs = 'sdk/docs';
const pages = readdirSync(docs).filter((name) => name.endsWith('.md')).sort();
const others = ['reference.md', 'conformance.md', 'stories.md', 'cookbook.md', 'debugging.md']; // each has a test of its own kind

for (const page of pages.filter((name) => !others.includes(name)))
  test(`${page}: what it says is done, step by step`, { timeout: 3600000 }, () => follow(join(docs, page)));

test('every block of code has its place', () => {
  for (const page of pages.filter((name) => !others.slice(0, 4).includes(name)))
    for (const step of steps(join(docs, page)))
      if (/^(c|lua|make|liquid|po|sql|css)$/.test(step.lang ?? ''))
        assert.ok(step.how, `${page}:${step.line}: a block of ${step.lang} that nobody tries`);
});

// As GitHub makes them.
const anchor = (heading) => heading.trim().toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
const anchors = (text) => [...text.replace(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.*)$/gm)].map((m) => anchor(m[1]));

test('links lead somewhere, in the tree and where the kit is installed', () => {
  // What `make install` puts beside share/souk/docs, seen from the tree.
  const installed = (path) => /^sdk\/(docs\/[^/]+\.md|(examples|conform|new)\/.+|plugin\.mk)$/.test(path);
  for (const page of pages) {
    const text = readFileSync(join(docs, page), 'utf8');
    for (const [, target] of text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      const [file, name] = target.split('#');
      const path = file ? relative('.', resolve(docs, file)) : join(docs, page);
      assert.ok(existsSync(path), `${page}: ${target} is not there`);
      if (statSync(path).isFile()) assert.ok(installed(path), `${page}: ${target} would not be there when the kit is installed`);
      if (name) assert.ok(anchors(readFileSync(path, 'utf8')).includes(name), `${page}: ${target}: no such heading`);
    }
  }
});

test('every page of the guides is on the map', () => {
  const map = readFileSync(join(docs, 'README.md'), 'utf8');
  for (const page of pages) if (page !== 'README.md') assert.ok(map.includes(`](${page})`), page);
});

test('the reference is that of the headers', async () => {
  const made = await run('awk', ['-f', 'sdk/reference.awk', 'sdk/include']);
  assert.equal(made.code, 0, made.stderr);
  assert.ok(made.stdout === readFileSync(join(docs, 'reference.md'), 'utf8'), 'sdk/docs/reference.md is not up to date: make reference');
  for (const header of readdirSync('sdk/include/souk'))
    for (const [, name] of readFileSync(join('sdk/include/souk', header), 'utf8').matchAll(/^static inline .*?\b(souk_\w+)\(/gm))
      assert.match(made.stdout, new RegExp(`\\b${name}\\(`), `${header}: ${name} is in the reference`);
});

test('a function without its bracket, or a header without its paragraph, is named', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    const broken = async (header, change) => {
      cpSync('sdk/include', dir, { recursive: true });
      const path = join(dir, 'souk', header);
      const before = readFileSync(path, 'utf8');
      writeFileSync(path, change(before));
      assert.notEqual(readFileSync(path, 'utf8'), before);
      const made = await run('awk', ['-f', 'sdk/reference.awk', dir]);
      assert.equal(made.code, 1, header);
      return made.stderr;
    };
    assert.match(await broken('kv.h', (text) => text.replace('[serving; 0.1]', '')), /souk\/kv\.h:\d+: int souk_kv_get\(.*does not end with \[from where/);
    assert.match(await broken('kv.h', (text) => text.replace('[serving; 0.1]', '[anywhere; 0.1]')), /kv_get.*\[anywhere; 0\.1\]/);
    assert.match(await broken('time.h', (text) => text.replace(/\/\* RFC 3339 in UTC.*\*\//, '')), /souk_time_print/);
    assert.match(await broken('kv.h', (text) => text.replace(/^\/\*[\s\S]*?\*\/\n/, '')), /souk\/kv\.h:1: the header does not open/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a guide that is wrong is found out', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  const wrong = async (text, words) => {
    writeFileSync(join(dir, 'page.md'), text);
    await assert.rejects(follow(join(dir, 'page.md')), words);
  };
  try {
    await wrong('```sh\nfalse\n```\n', /page\.md:1: false/);
    await wrong('```sh\necho one   # → two\n```\n', /should say: two/);
    await wrong('```sh\necho one\n```\n\n<!-- output -->\n```text\none … two\n```\n', /should be printed/);
    await wrong('<!-- file: tea/tea.c -->\n```c\nint x;\n```\n\n<!-- above: int y -->\n```c\nint z;\n```\n', /begins with int y/);
    await wrong('<!-- from: sdk/plugin.mk -->\n```c\nint z;\n```\n', /no line "int z;"/);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  assert.ok(says('a  b\nc', 'a … c') && !says('a b', 'b a'));
  assert.deepEqual(commands('# no\nmake -C tea   # builds\ncurl x \\\n  y   # → hi\n').map((one) => one.expected), [undefined, 'hi']);
});
