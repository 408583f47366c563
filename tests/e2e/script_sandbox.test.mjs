// Merchants' Lua against the shop that runs it: hostile samples through `tests/cases/hostile`, what a worker has and may (its process seen from
// outside, its system calls seen by strace), and what becomes of carts when a worker or the script host is killed.
import test from 'node:test';
import assert from 'node:assert';
import { spawn, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop, run, sanitized, souk, until } from './souk.mjs';

// of all its threads: each has its own
const children = (pid) => readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
  try { return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number); } catch { return []; } // it has just ended
});
const name = (pid) => { try { return readFileSync(`/proc/${pid}/comm`, 'utf8').trim(); } catch { return ''; } };
const status = (pid) => Object.fromEntries(readFileSync(`/proc/${pid}/status`, 'utf8').split('\n').map((line) => line.split(/:\s+/)));
const gone = (pid) => { try { return status(pid).State.startsWith('Z'); } catch { return true; } };
const hasStrace = () => { try { execFileSync('strace', ['-V'], { stdio: 'ignore' }); return true; } catch { return false; } };

const rule = `secret = "kept"
promotion { id = "ten", name = "Ten off", when = function(cart) return cart.quantity >= 2 end, give = { order_percent = { percent = 10 } } }`;

async function scriptShop() {
  const shop = new Shop({ path: [], env: { SOUK_SECRET: 'do-not-tell' } });
  mkdirSync(join(shop.dir, 'scripts/promotions'), { recursive: true });
  writeFileSync(join(shop.dir, 'scripts/promotions/ten.lua'), rule);
  shop.configure([], 'shop = { name = "Test", currency = "EUR", country = "BG" }');
  await shop.up();
  shop.host = () => children(shop.shopPid()).find((pid) => name(pid) === 'souk-scripts');
  shop.workers = () => children(shop.host()).filter((pid) => name(pid) === 'souk-script');
  return shop;
}

async function withScripts(fn) {
  const shop = await scriptShop();
  try {
    return await fn(shop);
  } catch (error) {
    error.message += `\n--- shop's log (end) ---\n${shop.stderr.slice(-4000)}`;
    throw error;
  } finally {
    await shop.down();
  }
}

// A cart with the rule, which may be told on a busy machine that there was no time for it: then it is priced once more.
const cart = { currency: 'EUR', lines: [{ sku: 'A', quantity: 2, unit_price: 1000 }] };
async function priced(shop) {
  const file = join(shop.dir, 'cart.json');
  writeFileSync(file, JSON.stringify(cart));
  return until('a worker to be free', async () => {
    const answer = await shop.souk('quote', '--cart', file, '--json');
    assert.equal(answer.code, 0, answer.stderr);
    return answer.json.promotions.every((one) => one.script?.outcome !== 'busy') && answer.json;
  });
}

async function hostile(dir) {
  const answer = await run('tests/cases/hostile', [dir], { timeout: 600000 });
  assert.equal(answer.code, 0, `${answer.stdout}${answer.stderr}`);
  const passed = /^(\d+) passed, 0 failed$/.exec(answer.stdout.trim().split('\n').pop());
  assert.equal(Number(passed?.[1]), readdirSync(dir).filter((file) => file.endsWith('.lua')).length, answer.stdout);
}

test('every hostile sample ends as it says', () => hostile('tests/cases/hostile-samples'));
test('the common hostile scripts too', { skip: !existsSync('../shared/cases/lua-hostile') && 'not here' }, () => hostile('../shared/cases/lua-hostile'));

test('the judge of hostile scripts sees what is wrong', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-hostile-'));
  try {
    writeFileSync(join(dir, 'escapes.lua'), '-- expect: ok\nreturn "ESCAPED"\n');
    writeFileSync(join(dir, 'fine.lua'), '-- expect: denied\n-- also: ok\nreturn "ok"\n');
    writeFileSync(join(dir, 'other.lua'), '-- expect: memory\nreturn "ok"\n');
    const answer = await run('tests/cases/hostile', [dir], { timeout: 600000 });
    assert.equal(answer.code, 1);
    assert.match(answer.stdout, /^FAILED escapes\.lua: /m);
    assert.match(answer.stdout, /^FAILED other\.lua: .*wanted memory, got ok/m);
    assert.match(answer.stdout, /\n1 passed, 2 failed\n$/);
    const usage = await run('tests/cases/hostile', [join(dir, 'none')]);
    assert.equal(usage.code, 2);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a worker has one socket and nothing else', () => withScripts(async (shop) => {
  assert.equal((await priced(shop)).totals.total, 1800);
  const [worker] = shop.workers();
  assert.ok(worker, 'no worker');
  for (const pid of [shop.host(), worker]) {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    assert.doesNotMatch(environment, /[^\0]/, `${name(pid)} has an environment`);
    assert.equal(readFileSync(`/proc/${pid}/cmdline`, 'latin1'), 'souk\0script-host\0');
  }
  const descriptors = readdirSync(`/proc/${worker}/fd`).map((fd) => [fd, readlinkSync(`/proc/${worker}/fd/${fd}`).replace(/\d+/, 'N')]);
  assert.deepEqual(descriptors.filter(([fd]) => !sanitized || fd !== '2'), [['0', 'socket:[N]']]);
  const is = status(worker);
  assert.equal(is.NoNewPrivs, '1');
  assert.equal(is.Threads, '1');
  assert.match(is.CapEff, /^0+$/);
  if (process.getuid() === 0) assert.match(is.Uid, /^65534\s+65534\s+65534\s+65534$/);
  const limits = readFileSync(`/proc/${worker}/limits`, 'utf8');
  assert.match(limits, /^Max core file size\s+0\s+0\s/m);
  assert.match(limits, /^Max file size\s+0\s+0\s/m);
  assert.match(limits, /^Max cpu time\s+60\s+60\s/m);
  if (sanitized) return;
  assert.equal(is.Seccomp, '2');
  assert.match(limits, /^Max open files\s+1\s+1\s/m);
  assert.match(limits, /^Max address space\s+\d+\s+\d+\s/m);
  // not dumpable: its files in /proc are root's, whoever it is
  assert.equal(statSync(`/proc/${worker}/status`).uid, 0);
}));

test('a worker makes no system call but those it needs', { skip: sanitized ? 'sanitizers make their own' : !hasStrace() && 'no strace' }, () => withScripts(async (shop) => {
  assert.equal((await priced(shop)).totals.total, 1800);
  const log = join(shop.dir, 'trace');
  const before = new Set(shop.workers());
  const strace = spawn('strace', ['-f', '-q', '-o', log, '-p', String(shop.host())], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise((done) => strace.on('exit', done));
  try {
    await until('strace at the script host', () => status(shop.host()).TracerPid !== '0');
    const samples = 'tests/cases/hostile-samples';
    for (const file of ['no-environment', 'table-move-spins', 'honest-text', 'pcall-swallows-kill', 'concat-grows', 'pattern-nested-lazy', 'error-text-bytes'])
      await shop.souk('script', 'run', join(samples, `${file}.lua`), '--json');
    assert.equal((await priced(shop)).totals.total, 1800);
  } finally {
    strace.kill('SIGINT');
    await ended;
  }
  const allowed = new Set(['read', 'write', 'futex', 'mmap', 'munmap', 'mremap', 'mprotect', 'madvise', 'brk', 'clock_gettime', 'timer_settime', 'rt_sigreturn',
    'restart_syscall', 'exit', 'exit_group']);
  const host = shop.host();
  const locked = new Map(); // workers that have given up their rights, and what they called since
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const call = /^(\d+)\s+(?:<\.\.\. )?(\w+)(?:\(| resumed)/.exec(line);
    if (!call || Number(call[1]) === host) continue;
    if (locked.has(call[1])) locked.get(call[1]).add(call[2]);
    else if ((call[2] === 'seccomp' && /SECCOMP_SET_MODE_FILTER/.test(line) && /= 0$/.test(line)) || before.has(Number(call[1]))) locked.set(call[1], new Set());
  }
  assert.ok(locked.size >= 7, `${locked.size} workers were seen`);
  const calls = new Set([...locked.values()].flatMap((set) => [...set]));
  assert.deepEqual([...calls].filter((call) => !allowed.has(call)), []);
  assert.ok(calls.has('read') && calls.has('write') && calls.has('timer_settime'), [...calls].join(' ')); // it did see them
}));

test('whoever tries something else is ended by the kernel', { skip: (sanitized || !existsSync('/usr/bin/gdb')) && 'no gdb, or sanitizers', timeout: 3600000 }, () => withScripts(async (shop) => {
  assert.equal((await priced(shop)).totals.total, 1800);
  for (const call of ['(int)open("/etc/passwd", 0)', '(int)socket(2, 1, 0)', '(int)fork()', '(int)execl("/bin/sh", "sh", 0)', '(int)kill(1, 0)']) {
    const [worker] = shop.workers();
    const { stdout } = await run('gdb', ['-q', '-batch', '-p', String(worker), '-ex', `print ${call}`]);
    assert.match(stdout, /SIGSYS/, `${call}: ${stdout}`);
    await until('the end of the worker', () => !shop.workers().includes(worker) || gone(worker));
    assert.equal((await priced(shop)).totals.total, 1800);
  }
}));

test('a cart is priced with its rules after the worker or the host was killed', () => withScripts(async (shop) => {
  const shopPid = shop.shopPid();
  for (const victim of [() => shop.workers()[0], () => shop.host(), () => shop.workers()[0], () => shop.host()]) {
    process.kill(victim(), 'SIGKILL');
    assert.equal((await priced(shop)).totals.total, 1800);
  }
  assert.equal(shop.shopPid(), shopPid);
  const host = shop.host();
  const workers = shop.workers();
  process.kill(shop.child.pid, 'SIGTERM');
  await shop.ended;
  await until('the end of the script host', () => ![host, ...workers].some((pid) => ['souk-scripts', 'souk-script'].includes(name(pid)) && !gone(pid)));
}));

test('`souk script run` says what came of it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-script-'));
  try {
    const write = (text) => { const file = join(dir, 's.lua'); writeFileSync(file, text); return file; };
    const ask = async (text) => {
      const answer = await run(souk, ['script', 'run', write(text), '--json']);
      return { code: answer.code, ...JSON.parse(answer.stdout) };
    };
    assert.deepEqual(await ask('log("a", 1) return "x"'), { code: 0, outcome: 'ok', value: 'x', message: '', log: ['a 1'] });
    assert.deepEqual(await ask('return 2.5'), { code: 0, outcome: 'ok', value: '2.5', message: '' });
    assert.deepEqual(await ask('return { 1, { a = true } }'), { code: 0, outcome: 'ok', value: '[1,{"a":true}]', message: '' });
    assert.deepEqual(await ask(''), { code: 0, outcome: 'ok', value: null, message: '' });
    assert.deepEqual(await ask('local x = nil; return x.y'),
      { code: 1, outcome: 'denied', value: null, message: "s.lua:1: attempt to index a nil value (local 'x')" });
    assert.equal((await ask('while true do end')).outcome, 'budget');
    assert.equal((await run(souk, ['script', 'run'])).code, 2);
    assert.equal((await run(souk, ['script', 'run', join(dir, 'none.lua')])).code, 1);
    const words = await run(souk, ['script', 'run', write('return "hello"')]);
    assert.equal(words.stdout, 'ok hello\n');
    // a data directory without a shop: it runs by itself
    assert.equal((await run(souk, ['script', 'run', write('return 1'), '--data', join(dir, 'none'), '--json'])).code, 0);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
