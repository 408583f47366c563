// `souk plugin install FILE.so` and `souk plugin info`: what is checked before anything changes, every refusal, and what people and
// programs are told of a plugin that is on, off, of a stopped shop, or only a file.
import test, { after } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, mkdirSync, rmSync, readdirSync, readFileSync, writeFileSync, copyFileSync, chmodSync, symlinkSync, statSync, existsSync, chownSync, lstatSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop, run, souk, build, goodPlugins, badPlugins } from './souk.mjs';

const top = mkdtempSync(join(tmpdir(), 'souk-install-'));
const host = join(build, 'souk-host');
after(() => rmSync(top, { recursive: true, force: true }));

let count = 0;
// A folder of its own with a file that somebody handed over, and one to install it to.
function handed(name = 'hello', from = join(goodPlugins, `${name}.so`)) {
  const dir = join(top, `case${count++}`), to = join(dir, 'plugins'), file = join(dir, `${name}.so`);
  mkdirSync(to, { recursive: true });
  chmodSync(dir, 0o755);
  copyFileSync(from, file);
  chmodSync(file, 0o644);
  return { dir, to, file, name, note: join(dir, `${name}.conform.json`) };
}
const install = (...args) => run(souk, ['plugin', 'install', ...args], { timeout: 600000 });
const hash = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');
const record = (given, more = {}) => writeFileSync(given.note, JSON.stringify({ plugin: given.name, version: '1.0.0', sha256: hash(given.file), souk: '0.1.0', abi: '0.2',
  at: '2026-11-22T10:00:00Z', suites: ['general'], modes: ['plain', 'poison'], yes: 30, no: 0, skipped: 1, ...more }));

test('souk-host conform --record says what was tried with this very file', async () => {
  const given = handed('visits');
  const tried = await run(host, ['conform', given.file, '--record'], { timeout: 600000 });
  assert.equal(tried.code, 0, tried.stdout + tried.stderr);
  const said = JSON.parse(readFileSync(given.note, 'utf8'));
  assert.equal(said.sha256, hash(given.file));
  assert.deepEqual([said.plugin, said.suites, said.modes, said.no], ['visits', ['general'], ['plain'], 0]);
  assert.equal(said.yes, Number(/: (\d+) yes/.exec(tried.stdout)[1]));
  assert.match(said.at, /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.equal((await run(host, ['conform', given.file, '--record', '--rule', 'loads'])).code, 2, 'one rule makes no record');
  const put = await install(given.file, '--to', given.to);
  assert.equal(put.code, 0, put.stderr);
  assert.match(put.stdout, new RegExp(`${said.yes} yes, 0 no`));
  assert.deepEqual(readdirSync(given.to).sort(), ['visits.conform.json', 'visits.so']);
});

test('a record with a no is written as it is, and refuses the file', async () => {
  const given = handed('wrong_general', join(badPlugins, 'wrong_general.so'));
  const tried = await run(host, ['conform', given.file, '--record', '--set', 'wrong=no-output'], { timeout: 600000 });
  assert.equal(tried.code, 1, tried.stdout);
  assert.ok(JSON.parse(readFileSync(given.note, 'utf8')).no > 0);
  const refused = await install(given.file, '--to', given.to);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /[1-9]\d* no/);
  assert.deepEqual(readdirSync(given.to), []);
});

test('into a running shop: its folder, its next step; again is a reload; the bytes and the mode are right', async () => {
  const shop = await Shop.start({ plugins: [], path: [] });
  try {
    const given = handed('visits');
    record(given);
    const put = await install(given.file, '--data', shop.data);
    assert.equal(put.code, 0, put.stderr);
    assert.match(put.stdout, /30 yes, 0 no, 1 skipped \(general\) in the modes plain, poison/);
    assert.match(put.stdout, new RegExp(`next: souk plugin enable visits --data ${shop.data}`));
    assert.equal(put.stderr, '');
    const there = join(shop.plugins, 'visits.so');
    assert.equal(hash(there), hash(given.file));
    assert.equal(statSync(there).mode & 0o777, 0o644);
    assert.deepEqual(readdirSync(shop.plugins).sort(), ['visits.conform.json', 'visits.so'], 'nothing besides');
    assert.match((await install(given.file, '--data', shop.data)).stdout, /next: souk plugin enable visits/, 'still off: nothing to reload');
    assert.equal((await shop.souk('plugin', 'enable', 'visits')).code, 0);
    assert.equal((await shop.plugin('visits')).state, 'active');
    const page = await shop.souk('plugin', 'info', 'visits');
    assert.match(page.stdout, /^visits 1\.\d+\.\d+: /);
    for (const words of [/state +active/, new RegExp(`file +${there}`), /conformance +30 yes/, /table +p_visits_/, /it asks for/, /role +optional/])
      assert.match(page.stdout, words);
    const json = JSON.parse((await shop.souk('plugin', 'info', 'visits', '--json')).stdout);
    assert.deepEqual([json.sha256, json.conformance.of_this_file, json.conformance.yes], [hash(there), true, 30]);
    rmSync(given.note);
    const more = await install(given.file, '--data', shop.data);
    assert.equal(more.code, 0, more.stderr);
    assert.match(more.stdout, /next: souk plugin reload visits/);
    assert.match(more.stderr, /warning: .*no record/);
    assert.deepEqual(readdirSync(shop.plugins), ['visits.so'], 'the record of another build is gone');
    assert.equal((await shop.souk('plugin', 'reload', 'visits')).code, 0);
    await shop.stop();
    const stopped = await shop.souk('plugin', 'info', 'visits');
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.match(stopped.stdout, /conformance +no record/);
    assert.match(stopped.stdout, new RegExp(`file +${there}`));
    record(given);
    const still = await install(given.file, '--data', shop.data, '--json');
    assert.equal(still.code, 0, still.stderr);
    const told = JSON.parse(still.stdout);
    assert.deepEqual([told.name, told.file, told.replaced, told.conformance.yes], ['visits', there, true, 30]);
    chmodSync(shop.plugins, 0o555);
    if (process.getuid() !== 0) assert.match((await install(given.file, '--data', shop.data)).stderr, /--to/);
    chmodSync(shop.plugins, 0o755);
  } finally { await shop.down(); }
});

test('what is no good is refused before anything changes', async () => {
  const cases = {
    'another hash': [(given) => { record(given, { sha256: '0'.repeat(64) }); }, /another file/],
    'another plugin': [(given) => { record(given, { plugin: 'visits' }); }, /another file/],
    'a no': [(given) => { record(given, { no: 2 }); }, /2 no.*souk-host conform.*--force/s],
    'nothing was tried': [(given) => { record(given, { yes: 0 }); }, /0 yes/],
    'no count': [(given) => { record(given, { no: undefined }); }, /cannot be read/],
    'no JSON': [(given) => writeFileSync(given.note, '{'), /cannot be read/],
    'a list': [(given) => writeFileSync(given.note, '[]'), /cannot be read/],
    'writable by all': [(given) => chmodSync(given.file, 0o666), /can be written by anybody.*chmod o-w/],
    'another name': [(given) => { copyFileSync(given.file, join(given.dir, 'other.so')); given.file = join(given.dir, 'other.so'); }, /holds plugin "hello"; call it hello\.so/],
    'no .so': [(given) => { copyFileSync(given.file, join(given.dir, 'hello')); given.file = join(given.dir, 'hello'); }, /called NAME\.so/],
    'a folder': [(given) => { given.file = join(given.dir, 'folder.so'); mkdirSync(given.file); }, /regular file/],
    'nothing': [(given) => { given.file = join(given.dir, 'none.so'); }, /No such file/],
    'no ELF': [(given) => writeFileSync(given.file, '#!/bin/sh\nexit 0\n'), /hello\.so.*is not a shared object/],
    'half of it': [(given) => writeFileSync(given.file, readFileSync(given.file).subarray(0, 9000)), /cut short|shared object/],
    'another major': [(given) => { Object.assign(given, handed('bad_major', join(badPlugins, 'bad_major.so'))); }, /needs ABI/],
    'a newer minor': [(given) => { Object.assign(given, handed('bad_minor', join(badPlugins, 'bad_minor.so'))); }, /needs ABI/],
    'no descriptor': [(given) => { Object.assign(given, handed('bad_symbol', join(badPlugins, 'bad_symbol.so'))); }, /bad_symbol/],
    'no folder to go to': [(given) => { given.to = join(given.dir, 'none'); }, /is no folder/],
    'a folder for anybody': [(given) => chmodSync(given.to, 0o777), /can be written by anybody/],
    'a link in its place': [(given) => symlinkSync('/etc/hostname', join(given.to, 'hello.so')), /no regular file/],
    'in its place already': [(given) => { given.file = join(given.to, 'hello.so'); copyFileSync(join(goodPlugins, 'hello.so'), given.file); }, /already/],
  };
  if (process.getuid() === 0)
    cases['of somebody else'] = [(given) => chownSync(given.file, 12345, 12345), /belongs to another user \(12345\)/];
  for (const [what, [spoil, words]] of Object.entries(cases)) {
    const given = handed();
    spoil(given);
    const seen = existsSync(given.to) ? readdirSync(given.to).map((name) => [name, lstatSync(join(given.to, name)).ino]) : [];
    const refused = await install(given.file, '--to', given.to);
    assert.equal(refused.code, 1, `${what}: ${refused.stdout}`);
    assert.match(refused.stderr, words, what);
    assert.doesNotMatch(refused.stderr, /\.install-/, `${what}: the file is called by its own name`);
    assert.equal(refused.stdout, '');
    assert.deepEqual(existsSync(given.to) ? readdirSync(given.to).map((name) => [name, lstatSync(join(given.to, name)).ino]) : [], seen, what);
  }
});

test('--force is for the record alone', async () => {
  const given = handed();
  record(given, { no: 1 });
  const forced = await install(given.file, '--to', given.to, '--force');
  assert.equal(forced.code, 0, forced.stderr);
  assert.match(forced.stderr, /warning: installed although .*1 no/);
  assert.match((await run(souk, ['plugin', 'info', join(given.to, 'hello.so')])).stdout, /30 yes, 1 no/);
  chmodSync(given.file, 0o666);
  assert.equal((await install(given.file, '--to', given.to, '--force')).code, 1);
});

test('without a shop it says so; a bare file is told of all the same', async () => {
  const given = handed();
  const none = await install(given.file, '--data', join(given.dir, 'none'));
  assert.equal(none.code, 1);
  assert.match(none.stderr, /--to/);
  const page = await run(souk, ['plugin', 'info', given.file]);
  assert.equal(page.code, 0, page.stderr);
  for (const words of [/^hello 1\.0\.0: A guest book/, /state +not installed/, /no record/, /abi +0\.\d/, /GET +\/x\/hello\/greet +Greets/, /page +\/hello +Guest book/,
    /slot +home\.main/, /event +hello\.greeting \(filter\)/, /job +nightly \(30 3 \* \* \*\)/, /souk hello list +Prints/, /greeting +string +How visitors are greeted; Hello when not given/,
    /table +p_hello_guest/, /network +nothing says/, /role +optional/]) assert.match(page.stdout, words);
  assert.deepEqual(readdirSync(given.dir).sort(), ['hello.so', 'plugins'], 'it is only looked at');
  const json = JSON.parse((await run(souk, ['plugin', 'info', given.file, '--json'])).stdout);
  assert.deepEqual([json.name, json.state, json.source, json.conformance, json.tables], ['hello', 'not installed', given.file, null, ['p_hello_guest']]);
  const asks = (await run(souk, ['plugin', 'info', join(goodPlugins, 'payment_stripe.so')])).stdout;
  for (const words of [/payment +"stripe"/, /network +payment provider.*webhooks come in/, /secret_key +secret .*must be given/]) assert.match(asks, words);
  const cod = JSON.parse((await run(souk, ['plugin', 'info', join(goodPlugins, 'payment_cod.so'), '--json'])).stdout);
  assert.deepEqual(cod.rights, ['payment_cod.register', 'payment_cod.due.read', 'payment_cod.due.edit', 'payment_cod.entry.read', 'payment_cod.entry.edit']);
  assert.deepEqual(cod.tables, ['p_payment_cod_due', 'p_payment_cod_parcel', 'p_payment_cod_entry']);
  assert.deepEqual(cod.providers, [{ kind: 'payment', name: 'cod', local: true }]);
  for (const [file, words] of [['none.so', /none/], ['./none', /called NAME\.so/], [join(badPlugins, 'bad_major.so'), /needs ABI/]]) {
    const answer = await run(souk, ['plugin', 'info', file]);
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, words);
  }
});

test('info of a plugin that is off, in a running shop', async () => {
  const shop = await Shop.start({ plugins: [] });
  try {
    const page = await shop.souk('plugin', 'info', 'hello');
    assert.match(page.stdout, /state +disabled/);
    assert.match(page.stdout, new RegExp(`file +${join(goodPlugins, 'hello.so')}`));
    assert.match(page.stdout, /table +p_hello_guest/);
    assert.match((await shop.souk('plugin', 'info', 'helo')).stderr, /did you mean "hello"/);
  } finally { await shop.down(); }
});
