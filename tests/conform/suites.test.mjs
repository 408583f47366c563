// The conformance suites against plugins that break one rule each: exactly that rule says no, with the same plugin unbroken as the control.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { build, run } from '../e2e/souk.mjs';

const host = join(build, 'souk-host');

async function conform(plugin, ...more) {
  const script = `tests/plugins/${plugin}.conform.lua`;
  const args = ['conform', join(build, 'tests/plugins', `${plugin}.so`), ...(existsSync(script) ? ['--with', script] : []), '--json', ...more];
  const done = await run(host, args);
  assert.equal(done.stderr, '', `souk-host ${args.join(' ')}`);
  const answer = JSON.parse(done.stdout);
  assert.equal(answer.ok, done.code === 0);
  return answer;
}

const refused = (answer) => answer.rules.filter((row) => row.verdict === 'no').map((row) => row.rule);

const broken = {
  wrong_payment: ['key-once', 'amount-exact', 'amount-zero', 'currency-known', 'capture-limit', 'refund-limit', 'cancel-captured',
    'unknown-not-failed', 'declined-final', 'fetch-agrees', 'webhook-signed', 'webhook-once', 'webhook-amount', 'in-page', 'no-secrets'],
  wrong_delivery: ['option-codes', 'option-amounts', 'check-agrees', 'check-unknown', 'no-place', 'too-heavy', 'book-capacity', 'book-undone',
    'send-once', 'unknown-not-failed', 'track-converges', 'label-code'],
  wrong_notify: ['send-once', 'text-always', 'text-exact', 'no-injection', 'refused-final', 'delayed-again', 'unknown-suppressed',
    'one-receiver', 'no-secrets'],
  wrong_feed: ['well-formed', 'items-once', 'price-exact', 'hostile-text', 'limits-kept', 'rejected-words', 'empty-feed', 'steady', 'one-pass', 'writes-nothing'],
  wrong_tax: ['rates-bounded', 'rates-steady', 'rates-offline', 'rates-dated', 'unknown-place', 'home-taxed', 'number-form', 'number-unknown',
    'number-invalid', 'number-remembered', 'no-secrets'],
  wrong_track: ['key-once', 'amount-exact', 'states-told', 'unknown-not-told', 'refused-final', 'no-injection', 'no-person', 'no-secrets'],
  wrong_general: ['loads', 'no-thread-left', 'no-descriptor-left', 'no-signal-change', 'locale-kept', 'cwd-kept', 'no-output', 'text-utf8',
    'error-has-words', 'stop-clean', 'claims-minor', 'answers'],
};

// A sanitizer has an allocator of its own: what malloc says of leaks is nothing there.
const blind = (rule) => rule === 'stop-clean' && Boolean(process.env.SANITIZE);

for (const [plugin, rules] of Object.entries(broken)) {
  test(`${plugin} keeps every rule in every mode when it breaks none`, async () => {
    const answer = await conform(plugin, '--mode', 'all');
    assert.deepEqual(answer.rules.filter((row) => row.verdict === 'no'), []);
    for (const mode of ['plain', 'poison', 'fail-nth', 'twice', 'threads', 'census', 'slow', 'old'])
      assert.ok(answer.rules.some((row) => row.mode === mode && row.verdict === 'yes'), `${mode} was run`);
    if (plugin !== 'wrong_general') // nobody plays the peer of its pigeon
      assert.deepEqual(answer.rules.filter((row) => row.verdict === 'skipped'), []);
  });
  for (const rule of rules)
    test(`${plugin}: ${rule} is found, and nothing else`, { skip: blind(rule) }, async () => {
      const answer = await conform(plugin, '--set', `wrong=${rule}`);
      assert.deepEqual(refused(answer), [rule]);
      const row = answer.rules.find((item) => item.rule === rule);
      assert.ok(row.words.length > 10 && row.sentence.length > 10, 'it says what was wrong');
    });
}

// What is wrong in the file itself: a plugin each.
const still = { 'exports-one-symbol': 'wrong_export', 'options-described': 'wrong_silent', abi: 'wrong_table', 'no-forbidden-call': 'wrong_call',
  'surfaces-described': 'wrong_mute', 'secrets-declared': 'wrong_secret' };
for (const [rule, plugin] of Object.entries(still))
  test(`${plugin}: ${rule} is found, and nothing else`, async () => {
    assert.deepEqual(refused(await conform(plugin)), [rule]);
  });

test('every rule of the suites has a plugin that breaks it', async () => {
  const known = { general: new Set(Object.keys(still)) };
  for (const [plugin, rules] of Object.entries(broken)) {
    const suite = plugin.replace('wrong_', '');
    known[suite] = new Set([...(known[suite] ?? []), ...rules]);
    const answer = await conform(plugin);
    const listed = answer.rules.filter((row) => row.suite === suite).map((row) => row.rule);
    assert.deepEqual([...known[suite]].sort(), listed.sort());
  }
});

test('the modes find what the plain run does not', async () => {
  assert.ok(refused(await conform('wrong_payment', '--set', 'wrong=poison', '--mode', 'poison')).length > 0, 'a kept view');
  const failing = await conform('wrong_payment', '--set', 'wrong=crash', '--mode', 'fail-nth');
  assert.deepEqual(refused(failing), ['survives-failure']);
  assert.match(failing.rules.find((row) => row.verdict === 'no').words, /^when call \d+ fails: it (crashes: SIG|ends)/);
});

test('an answer that comes too late is asked for again under the same key, and is no refusal', async () => {
  const twice = await conform('wrong_payment', '--set', 'wrong=slow', '--mode', 'slow');
  assert.deepEqual(refused(twice), ['survives-slowness']);
  assert.match(twice.rules.find((row) => row.verdict === 'no').words, /^when answer \d+ is late: .*(charged|paid back)/);
  const denied = await conform('wrong_payment', '--set', 'wrong=late', '--mode', 'slow');
  assert.match(denied.rules.find((row) => row.verdict === 'no').words, /gives SOUK_DENIED for an answer that came too late/);
  assert.deepEqual(refused(await conform('wrong_payment', '--set', 'wrong=slow')), [], 'nothing of it is seen when all are quick');
});

test('a plugin that claims an older minor is held to its table; one that claims the newest has nothing cut off', async () => {
  const old = await conform('wrong_general', '--set', 'wrong=claims-minor', '--mode', 'old');
  assert.deepEqual(refused(old), ['claims-minor']);
  assert.match(old.rules.find((row) => row.verdict === 'no').words, /claims ABI 0\.1 and calls catalogue->version, which is there since 0\.2/);
  assert.ok(old.rules.length > 3, 'all that can run is run with the old table');
  const now = await conform('wrong_payment', '--mode', 'old');
  assert.deepEqual(now.rules.map((row) => row.rule), ['claims-minor']);
});

// What the host does to every function stands in one list; the headers are what it has to agree with.
test('the list of API functions is that of the headers', () => {
  const list = [...readFileSync('sdk/host/api_list.h', 'utf8').matchAll(/^(FAILS|BREAKS|DOES|GIVES)\((.*)\)$/gm)].map(([, kind, rest]) => {
    const [type, area, name, since] = (kind === 'GIVES' ? rest : `${kind === 'DOES' ? 'void' : 'int'}, ${rest}`).split(', ');
    return `${area}->${name} ${type} 0.${since} ${rest.includes('(struct souk_ctx *ctx') || kind !== 'FAILS' ? '' : 'no ctx'}`.trim();
  });
  const headers = readdirSync('sdk/include/souk').flatMap((file) => {
    const text = readFileSync(`sdk/include/souk/${file}`, 'utf8');
    return [...text.matchAll(/struct souk_(\w+)_api \{([\s\S]*?)\n\};/g)].flatMap(([, area, body]) => {
      let since = '0.1';
      return [...body.matchAll(/\/\*([\s\S]*?)\*\/|([\w ]+?[ *]+)\(\*(\w+)\)\(/g)].flatMap(([, comment, type, name]) => {
        if (comment !== undefined) since = /since (\d+\.\d+)/.exec(comment)?.[1] ?? since;
        return name && type.trim() ? [`${area}->${name} ${type.trim()} ${since}`] : [];
      });
    });
  });
  assert.ok(headers.length > 130);
  assert.deepEqual(list.sort(), headers.sort());
});

test('rules are listed with their sentences', async () => {
  const all = JSON.parse((await run(host, ['rules', '--json'])).stdout);
  assert.ok(all.length > 60 && all.every((row) => row.sentence.length > 10));
  const some = await run(host, ['rules', 'payment']);
  assert.match(some.stdout, /^payment +key-once +one key is one movement/);
  assert.equal(some.stdout.trim().split('\n').length, all.filter((row) => row.suite === 'payment').length);
  assert.equal((await run(host, ['rules', 'cooking'])).code, 2);
});

test('a plugin that crashes is a finding, not the end', async () => {
  const answer = await conform('wrong_general', '--set', 'wrong=crash', '--rule', 'text-utf8');
  assert.deepEqual(refused(answer), ['text-utf8']);
  assert.match(answer.rules[0].words, /SIGABRT|exit code/);
});

test('without conform.lua what needs a peer is skipped; a wrong one, or a wrong word, is said', async () => {
  const file = join(build, 'tests/plugins/wrong_delivery.so');
  const bare = JSON.parse((await run(host, ['conform', file, '--json'])).stdout);
  assert.ok(bare.rules.filter((row) => row.suite === 'delivery').every((row) => row.verdict === 'skipped'));
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    const wrong = join(dir, 'conform.lua');
    writeFileSync(wrong, 'while true do end');
    const endless = await run(host, ['conform', file, '--with', wrong]);
    assert.equal(endless.code, 1);
    assert.match(endless.stderr, /does not come to an end/);
    writeFileSync(wrong, 'options = { wrong = os.getenv("HOME") }');
    assert.match((await run(host, ['conform', file, '--with', wrong])).stderr, /conform\.lua: .*os/);
  } finally {
    rmSync(dir, { recursive: true });
  }
  for (const args of [[], ['conform'], ['conform', file, '--mode', 'fast'], ['conform', file, '--rule', 'none'], ['walk', file]])
    assert.equal((await run(host, args)).code, 2, args.join(' '));
  assert.equal((await run(host, ['--help'])).code, 0);
  const gone = await run(host, ['conform', join(build, 'tests/plugins/nothing.so')]);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /nothing\.so/);
});
