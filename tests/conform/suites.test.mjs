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

// What a channel does not have: a mail server names no time, a text message no HTML and no codes of mail servers.
const elsewhere = { wrong_notify: ['wait-told'], wrong_sms: ['text-always', 'unknown-suppressed'] };
const suites = { wrong_sms: 'notify' }; // the others have the names of theirs
const refused = (answer) => answer.rules.filter((row) => row.verdict === 'no').map((row) => row.rule);

const broken = {
  wrong_payment: ['key-once', 'amount-exact', 'amount-zero', 'currency-known', 'capture-limit', 'refund-limit', 'cancel-captured',
    'unknown-not-failed', 'declined-final', 'fetch-agrees', 'webhook-signed', 'webhook-once', 'webhook-amount', 'in-page', 'no-secrets'],
  wrong_delivery: ['option-codes', 'option-amounts', 'check-agrees', 'check-unknown', 'no-place', 'too-heavy', 'book-capacity', 'book-undone',
    'send-once', 'unknown-not-failed', 'state-known', 'track-converges', 'label-code'],
  wrong_notify: ['send-once', 'text-always', 'text-exact', 'no-injection', 'refused-final', 'delayed-again', 'unknown-suppressed',
    'one-receiver', 'no-secrets'],
  wrong_sms: ['wait-told'],
  wrong_feed: ['well-formed', 'items-once', 'price-exact', 'hostile-text', 'limits-kept', 'rejected-words', 'empty-feed', 'steady', 'one-pass', 'writes-nothing', 'settings-checked'],
  wrong_tax: ['rates-bounded', 'rates-steady', 'rates-offline', 'rates-dated', 'unknown-place', 'home-taxed', 'number-form', 'number-unknown',
    'number-invalid', 'number-remembered', 'no-secrets'],
  wrong_track: ['key-once', 'amount-exact', 'states-told', 'unknown-not-told', 'refused-final', 'no-injection', 'no-person', 'no-secrets'],
  wrong_general: ['loads', 'no-thread-left', 'no-descriptor-left', 'no-signal-change', 'locale-kept', 'cwd-kept', 'no-output', 'text-utf8',
    'error-has-words', 'stop-clean', 'claims-minor', 'answers', 'names-known', 'options-read', 'jobs-work'],
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
      assert.deepEqual([...new Set(answer.rules.filter((row) => row.verdict === 'skipped').map((row) => row.rule))], elsewhere[plugin] ?? []);
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
  'surfaces-described': 'wrong_mute', 'secrets-declared': 'wrong_secret', 'names-known': 'wrong_named' };
for (const [rule, plugin] of Object.entries(still))
  test(`${plugin}: ${rule} is found, and nothing else`, async () => {
    assert.deepEqual(refused(await conform(plugin)), [rule]);
  });

// The loader never looks at section headers, so they may be cut off, or lie.
test('a file whose sections lie is told, and nothing in them is believed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'souk-conform-')), file = join(folder, 'wrong_mute.so');
  const sound = readFileSync(join(build, 'tests/plugins/wrong_mute.so')), far = 1n << 40n;
  const table = Number(sound.readBigUInt64LE(0x28)), count = sound.readUInt16LE(0x3c);
  const rows = [...Array(count).keys()].map((i) => table + 64 * i);
  const lies = [(bytes) => bytes.writeBigUInt64LE(far, 0x28), (bytes) => bytes.writeUInt16LE(0, 0x3c),
    ...[0x18, 0x20].map((at) => (bytes) => rows.forEach((row) => bytes.writeBigUInt64LE(far, row + at))),
    (bytes) => rows.forEach((row) => bytes.writeUInt32LE(0xffffffff, row + 0x28))];
  try {
    for (const lie of lies) {
      const bytes = Buffer.from(sound);
      lie(bytes);
      writeFileSync(file, bytes);
      const answer = JSON.parse((await run(host, ['conform', file, '--json'])).stdout);
      assert.deepEqual(refused(answer).sort(), ['exports-one-symbol', 'no-forbidden-call', 'surfaces-described']);
      for (const rule of ['exports-one-symbol', 'no-forbidden-call'])
        assert.match(answer.rules.find((row) => row.rule === rule).words, /section headers/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every rule of the suites has a plugin that breaks it', async () => {
  const known = { general: new Set(Object.keys(still)) }, listed = {};
  for (const [plugin, rules] of Object.entries(broken)) {
    const suite = suites[plugin] ?? plugin.replace('wrong_', '');
    known[suite] = new Set([...(known[suite] ?? []), ...rules]);
    listed[suite] = (await conform(plugin)).rules.filter((row) => row.suite === suite).map((row) => row.rule).sort();
  }
  for (const suite of Object.keys(known)) assert.deepEqual([...known[suite]].sort(), listed[suite], suite);
});

test('the modes find what the plain run does not', async () => {
  assert.ok(refused(await conform('wrong_payment', '--set', 'wrong=poison', '--mode', 'poison')).length > 0, 'a kept view');
  const failing = await conform('wrong_payment', '--set', 'wrong=crash', '--mode', 'fail-nth');
  assert.deepEqual(refused(failing), ['survives-failure']);
  assert.match(failing.rules.find((row) => row.verdict === 'no').words, /^when call \d+ fails \([a-z]+->[a-z_]+\): it (crashes: SIG|ends)/);
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

test('jobs that conform.lua names run before the rules: what they make is there', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  const file = join(build, 'tests/plugins/wrong_sms.so'), script = readFileSync('tests/plugins/wrong_sms.conform.lua', 'utf8');
  const played = async (line) => {
    const at = join(dir, 'conform.lua');
    writeFileSync(at, script.replace(/^jobs = .*$/m, line));
    const { rules } = JSON.parse((await run(host, ['conform', file, '--with', at, '--mode', 'plain,twice,fail-nth', '--rule', 'send-once', '--json'])).stdout);
    assert.ok(rules.length > 0);
    return rules;
  };
  try {
    assert.deepEqual((await played('jobs = { "fetch" }')).filter((row) => row.verdict === 'no'), []);
    for (const [line, words] of [['', /send\(\) gives SOUK_INVALID/], ['jobs = { "fitch" }', /names the job "fitch", which the plugin has not/]])
      for (const row of (await played(line)).filter((one) => one.mode === 'plain')) assert.deepEqual([row.verdict, words.test(row.words)], ['no', true], row.words);
  } finally { rmSync(dir, { recursive: true }); }
});

test('a format that takes nothing at all costs no more memory than another', async () => {
  const { rules } = await conform('wrong_feed', '--set', 'wrong=takes-nothing', '--rule', 'one-pass');
  assert.deepEqual(rules.map((row) => [row.rule, row.verdict]), [['one-pass', 'yes']]);
});

test('a plugin that crashes is a finding, not the end', async () => {
  const answer = await conform('wrong_general', '--set', 'wrong=crash', '--rule', 'text-utf8');
  assert.deepEqual(refused(answer), ['text-utf8']);
  assert.match(answer.rules[0].words, /SIGABRT|exit code/);
});

test('rates of less than a country: places with region and postcode, rows in the tables, certificates of exemption at home', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  const file = join(build, 'tests/plugins/wrong_tax.so'), script = readFileSync('tests/plugins/wrong_tax.conform.lua', 'utf8');
  const place = '{ country = "DE", region = "CA", postcode = "90210" }';
  const row = '{ region = "CA", postcode = "90210", ppm = 95000 }';
  const change = 'change = { country = "FI", region = "CA", postcode = "90210", at = "2030-01-01T00:00:00Z", before = 95000, after = 95000 }';
  const played = async (lines, wrong, rule = 'home-taxed') => {
    const at = join(dir, 'conform.lua');
    writeFileSync(at, `${script}\n${lines}`);
    const args = ['conform', file, '--with', at, '--json', '--set', `wrong=${wrong}`, ...(rule ? ['--rule', rule] : [])];
    const { rules } = JSON.parse((await run(host, args)).stdout);
    assert.ok(rules.length > 0);
    return rules.filter((one) => one.verdict !== 'yes').map((one) => [one.rule, one.words]);
  };
  try {
    const all = `home, abroad = ${place}, ${place}\n${change}\nexempt_at_home = true\ntables = { p_wrong_tax_place = { ${row} } }`;
    assert.deepEqual(await played(all, 'home-taxed', null), []);
    assert.deepEqual(await played(all.replace('exempt_at_home = true', ''), 'home-taxed'),
      [['home-taxed', 'a sale at home with the number DE100000001 is not taxed']]);
    assert.ok((await played(all, 'home-free')).some((one) => one[0] === 'home-taxed'), 'a certificate that nobody was asked about frees nobody');
    assert.ok((await played(all.replace(row, ''), 'home-taxed')).some((one) => one[0] === 'home-taxed'), 'without its rows it has no rates');
    assert.match((await played(all.replace('ppm =', 'pmm ='), 'home-taxed', 'loads'))[0].join(), /loads,.* no column named pmm/);
    assert.match((await played(all.replace('p_wrong_tax_place', 'shop_order'), 'home-taxed', 'loads'))[0].join(), /loads,.* may not write to shop_order/);
    assert.match((await played(all.replace('p_wrong_tax_place', '["a b"]'), 'home-taxed', 'loads'))[0].join(), /loads,.*"a b" is no table/);
  } finally { rmSync(dir, { recursive: true }); }
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

test('a finding ends with the plugin\'s own words; an unknown rule is named, with the one that is meant', async () => {
  const file = join(build, 'plugins/payment_stripe.so');
  const answer = JSON.parse((await run(host, ['conform', file, '--with', 'plugins/payment_stripe/conform.lua', '--set', 'webhook_secret=whsec_other', '--json'])).stdout);
  const words = answer.rules.filter((row) => /event.* is answered with 400/.test(row.words));
  assert.ok(words.length > 0, JSON.stringify(answer.rules.filter((row) => row.verdict === 'no')));
  for (const row of words) assert.match(row.words, / is answered with 400.* \(.*the signature does not fit.*\)$/, row.rule);
  for (const [rule, said] of [['webhok-once', 'did you mean "webhook-once"?'], ['qqqqqqqq', 'souk-host rules prints them']]) {
    const done = await run(host, ['conform', file, '--rule', rule]);
    assert.equal(done.code, 2);
    assert.ok(done.stderr.startsWith(`souk-host: there is no rule "${rule}"; ${said}\n`), done.stderr);
  }
});
