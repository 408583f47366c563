// What the kit says to a developer whose plugin falls: where a rule crashed, what a sanitizer saw, why a sanitized plugin is not loaded, that
// the shop went down under a command; symbols that gdb finds; options on the command line of souk-host; many keys in one query.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, badPlugins, run, sanitized, until, withShop } from './souk.mjs';
import { Market, Peer, goods } from './buying.mjs';
import { follow } from './guide.mjs';

const host = join(build, 'souk-host');
const plugin = join(badPlugins, 'probe_faults.so');
const conform = async (file, ...more) => {
  const done = await run(host, ['conform', file, '--json', ...more], { timeout: 600000 });
  assert.equal(done.stderr, '');
  return JSON.parse(done.stdout).rules;
};
const words = (rules, rule) => rules.find((row) => row.rule === rule && row.verdict === 'no')?.words;

// The plugin again, with a sanitizer, in a folder of its own.
async function withSanitized(kind, fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    const file = join(dir, 'probe_faults.so');
    const made = await run('gcc', ['-std=gnu11', '-g', '-O0', '-fPIC', '-shared', '-fvisibility=hidden', `-fsanitize=${kind}`, '-Wl,-z,noexecstack', '-Isdk/include',
      'tests/plugins/probe_faults.c', '-o', file]);
    assert.equal(made.code, 0, made.stderr);
    await fn(file, dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
const library = async (name) => (await run('gcc', [`-print-file-name=${name}.so`])).stdout.trim();

test('a rule that crashes says where, as a shop does', { skip: sanitized }, async () => {
  const rules = await conform(plugin, '--rule', 'text-utf8', '--set', 'how=crash');
  assert.match(words(rules, 'text-utf8'), /^it crashes: SIGSEGV at probe_faults-\w+-\d+\.so\+0x[0-9a-f]+ in GET \/x\/probe_faults\/walk$/);
  const place = /\+(0x[0-9a-f]+)/.exec(words(rules, 'text-utf8'))[1];
  assert.match((await run('addr2line', ['-f', '-e', plugin, place])).stdout, /^walk\n.*probe_faults\.c:\d/);
  assert.match(words(await conform(plugin, '--rule', 'text-utf8', '--set', 'how=exit'), 'text-utf8'), /^it ends the process: exit\(\).* in GET \/x\/probe_faults\/walk$/);
});

test('what a sanitizer reports while a rule is tried is the finding', { skip: sanitized }, () => withSanitized('address,undefined', async (file) => {
  const env = { ...process.env, LD_PRELOAD: `${await library('libasan')} ${await library('libubsan')}` };
  const tried = async (how) => {
    const done = await run(host, ['conform', file, '--rule', 'text-utf8', '--set', `how=${how}`, '--json'], { timeout: 600000, env });
    return JSON.parse(done.stdout).rules.find((row) => row.rule === 'text-utf8');
  };
  const past = await tried('past');
  assert.match(past.words ?? '', /^AddressSanitizer: heap-buffer-overflow .*WRITE of size 1 .*in walk .*probe_faults\.c:\d+/);
  assert.match((await tried('overflow')).words ?? '', /probe_faults\.c:\d+:\d+: runtime error: signed integer overflow/, 'also when it goes on');
  assert.equal((await tried('nothing')).verdict, 'yes');
}));

test('a sanitized plugin in a souk that is not: the library and the way out', { skip: sanitized }, async () => {
  for (const [kind, said] of [['address', /SANITIZE=address and needs libasan\.so.*make SANITIZE=address.*LD_PRELOAD="\$\(gcc -print-file-name=libasan\.so\)"/],
    ['thread', /SANITIZE=thread and needs libtsan\.so.*make SANITIZE=thread.*libtsan\.so/]])
    await withSanitized(kind, async (file, dir) => {
      const tried = await run(host, ['conform', file]);
      assert.equal(tried.code, 1);
      assert.match(tried.stderr, said);
      assert.doesNotMatch(tried.stderr, /constructors/);
      await withShop({ plugins: [], path: [dir] }, async (shop) => {
        const answer = await shop.souk('plugin', 'enable', 'probe_faults');
        assert.equal(answer.code, 1);
        assert.match(answer.stderr, said);
        assert.equal((await shop.get('/')).status, 200);
      });
    });
  await withSanitized('undefined', async (file) => assert.deepEqual((await conform(file, '--rule', 'loads')).map((row) => row.verdict), ['yes'], 'that one may come later'));
});

test('a plugin that ends the shop while it is switched on: said so, with the next step', () => withShop({ plugins: [] }, async (shop) => {
  const old = shop.shopPid();
  const answer = await shop.souk('plugin', 'enable', 'bad_init');
  assert.equal(answer.code, 1, answer.stdout);
  assert.match(answer.stderr, /the shop went down while it was to enable bad_init.*souk plugin list --data .*log/);
  assert.doesNotMatch(answer.stderr, /in use|stop it first|no shop is running/);
  await shop.newShopPid(old);
  await until('the shop says whose fault it was', async () => (await shop.plugin('bad_init'))?.faults);
}));

test('copies stay when that is asked for: a debugger finds them', async () => {
  const copies = (shop) => readdirSync(join(shop.data, 'run/plugins')).filter((name) => name.endsWith('.so'));
  await withShop({ plugins: ['hello'] }, async (shop) => assert.deepEqual(copies(shop), []));
  await withShop({ plugins: ['hello'], env: { SOUK_KEEP_COPIES: '1' } }, async (shop) => {
    assert.equal(copies(shop).length, 1);
    assert.match(copies(shop)[0], /^hello-[0-9a-f]{16}-\d+\.so$/);
    const old = shop.shopPid();
    process.kill(old, 'SIGKILL');
    await shop.newShopPid(old);
    await until('served again', async () => (await shop.get('/x/hello/greet?name=Ada').catch(() => ({}))).status === 200);
    assert.equal(copies(shop).length, 1, 'those of the dead are gone');
  });
});

test('--set takes a secret, a list, a text of digits and a yes, as conform.lua does', async () => {
  const rules = await conform(plugin, '--rule', 'loads', '--set', 'key=sk_live_123', '--set', 'names=one, two', '--set', 'open=true', '--set', 'number=007');
  assert.match(words(rules, 'loads'), /key of 11, 2 names, open 1/);
  const wrong = await conform(plugin, '--rule', 'loads', '--set', 'open=perhaps');
  assert.match(words(wrong, 'loads'), /open.*perhaps/);
});

test('many keys, one query', async () => {
  const market = await Market.open({ plugins: ['probe_faults'], goods: [goods('TEA', 1000, 5), goods('MUG', 500, 5), goods('POT', 700, 5)] });
  try {
    const { json, text } = await market.shop.get(`/x/probe_faults/keys?list=${encodeURIComponent('["MUG","NONE","TEA"]')}`);
    assert.deepEqual(json, { found: ['MUG', 'TEA'], mark: 'seen' }, text);
  } finally {
    await market.down();
  }
});

test('a provider that fails is called by its name in the log', async () => {
  const peer = await Peer.open();
  const market = await Market.open({ config: peer.config, goods: [goods('TEA', 1000, 5)] });
  try {
    peer.before = (asked, known) => { known.status = 500; };
    await market.buy([['TEA', 1]], { payment: { method: 'peer' } });
    await until('the line', () => /event=call\.failed plugin=probe_sell where="payment begin of peer"/.test(market.shop.stderr));
  } finally {
    await market.down();
    await peer.close();
  }
});

test('debugging.md: what it says is done, step by step', { skip: sanitized, timeout: 3600000 }, () => follow('sdk/docs/debugging.md'));
