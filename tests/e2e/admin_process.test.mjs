// The processes as an admin meets them: signals at bad moments, kills, sockets, logs, broken files.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, writeFileSync, readFileSync, existsSync, rmSync, renameSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import net from 'node:net';
import { Shop, alive, withShop, run, souk, until, ask, goodPlugins, sanitized } from './souk.mjs';

function folder() {
  return mkdtempSync(join(tmpdir(), 'souk-'));
}

async function inFolder(fn) {
  const dir = folder();
  try { return await fn(dir); } finally { rmSync(dir, { recursive: true, force: true }); }
}

// Starts `souk serve` without waiting for anything.
function begin(args, options = {}) {
  const child = spawn(souk, ['serve', ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const shop = { child, stdout: '', stderr: '' };
  child.stdout.on('data', (data) => { shop.stdout += data; });
  child.stderr.on('data', (data) => { shop.stderr += data; });
  shop.ended = new Promise((done) => child.on('close', (code, signal) => done({ code, signal })));
  return shop;
}

test('a stop at any moment of the start is orderly', () => inFolder(async (dir) => {
  const file = join(dir, 'souk.lua');
  writeFileSync(file, '');
  for (let wait = 0; wait < 60; wait += sanitized ? 20 : 4) {
    const shop = begin(['-c', file, '--data', join(dir, 'data'), '--listen', '127.0.0.1:0']);
    const from = Date.now();
    // until souk itself runs, nobody is there to hear the signal
    await until('the program', () => { try { return /SigBlk:\s+0*[1-9a-f]/.test(readFileSync(`/proc/${shop.child.pid}/status`, 'utf8')); } catch { return false; } });
    await until('the moment', () => Date.now() - from >= wait);
    shop.child.kill('SIGHUP');
    shop.child.kill('SIGTERM');
    shop.child.kill('SIGTERM');
    assert.deepEqual(await shop.ended, { code: 0, signal: null }, `${wait} ms: ${shop.stderr}`);
    assert.ok(!/shop\.died/.test(shop.stderr), shop.stderr);
    assert.ok(shop.stdout.split('\n').length <= 2, shop.stdout);
  }
}));

test('a file that broke does not keep a shop closed that has to be started again', () =>
  withShop({ plugins: ['hello'], config: 'hello = { greeting = "Salut" }' }, async (shop) => {
    const greets = () => until('an answer', () => shop.get('/x/hello/greet?name=Ada').then((answer) => answer.text, () => ''));
    assert.match(await greets(), /Salut/);
    for (const [text, what] of [['plugins = {', /unexpected symbol/], ['plugins = { "hello" }\nhello = { greeting = 5 }', /hello\.greeting/],
      ['plugins = { "nothere" }', /nothere/]]) {
      shop.stderr = '';
      writeFileSync(shop.file, text.includes('nothere') || text.includes('= 5') ? `plugin_path = { ${JSON.stringify(goodPlugins)} }\n${text}` : text);
      shop.child.kill('SIGHUP');
      await until('the refusal', () => /config\.refused/.test(shop.stderr));
      for (let round = 0; round < 2; round++) { // what was recalled is not forgotten by the next start
        const pid = shop.shopPid();
        shop.stderr = '';
        process.kill(pid, 'SIGKILL');
        await shop.newShopPid(pid);
        assert.match(await greets(), /Salut/, shop.stderr);
        await shop.says(/config\.recalled/);
        await shop.says(what);
      }
    }
    shop.configure(['hello'], 'hello = { greeting = "Hej" }');
    shop.child.kill('SIGHUP');
    await until('the mended file', async () => /Hej/.test(await greets()));
  }));

test('forty kills of the shop: not one connection is refused', { skip: sanitized && 'too slow' }, () => withShop({}, async (shop) => {
  let stop = false, refused = 0, connected = 0;
  const knock = (async () => {
    while (!stop) {
      await new Promise((done) => {
        const socket = net.connect(shop.port, '127.0.0.1');
        socket.on('connect', () => { connected++; socket.destroy(); done(); });
        socket.on('error', (error) => { if (error.code === 'ECONNREFUSED') refused++; done(); });
      });
    }
  })();
  for (let round = 0; round < 40; round++) {
    const pid = await until('a shop to kill', () => {
      const found = shop.shopPid(); // may be gone again: the one before, not yet reaped when it was looked up
      try { return found && process.kill(found, 'SIGKILL') && found; } catch { return 0; }
    });
    await until('its end', () => !alive(pid));
    stop = round === 39 ? (assert.equal((await ask(`${shop.url}/healthz`, { limit: 60000 })).status, 200), true) : false;
  }
  await knock;
  assert.equal(refused, 0);
  assert.ok(connected > 40);
  assert.equal((await shop.stop()).code, 0);
}));

test('the shop dies with its supervisor, and a new one starts at once', () => withShop({ keep: false }, async (shop) => {
  const pid = shop.shopPid();
  shop.child.kill('SIGKILL');
  await until('its end', () => !alive(pid));
  await shop.up();
  assert.equal((await shop.get('/')).status, 200);
}));

test('a supervisor that was stopped for long does not blame the shop', { skip: sanitized && 'too slow' }, () => withShop({}, async (shop) => {
  const pid = shop.shopPid();
  shop.child.kill('SIGSTOP');
  process.kill(pid, 'SIGSTOP');
  const from = Date.now();
  await until('eleven seconds to pass', () => Date.now() - from > 11000);
  shop.child.kill('SIGCONT');
  await until('a look', () => Date.now() - from > 11700);
  process.kill(pid, 'SIGCONT');
  assert.equal((await shop.get('/healthz')).status, 200);
  assert.equal(shop.shopPid(), pid);
}));

test('a storm of SIGHUPs is a few reloads', () => withShop({ plugins: ['hello'] }, async (shop) => {
  await Promise.all(Array.from({ length: 32 }, () => shop.get('/x/hello/greet?name=Ada'))); // every thread has opened what it keeps
  const before = shop.census();
  for (let i = 0; i < 3000; i++) shop.child.kill('SIGHUP');
  shop.configure(['hello'], 'hello = { greeting = "Last" }');
  shop.child.kill('SIGHUP');
  await until('the last one', async () => /Last/.test((await shop.get('/x/hello/greet?name=Ada')).text));
  await until('the retired sets to be gone', () => shop.census().descriptors <= before.descriptors + 16);
  assert.ok(shop.census().anonymous < before.anonymous + 32768);
}));

test('a section that takes a restart says so', () => withShop({}, async (shop) => {
  shop.configure([], 'limits = { body = "2M" }');
  shop.child.kill('SIGHUP');
  await until('the word', () => /config\.needs_restart.*limits/.test(shop.stderr));
}));

test('every line of a JSON log is JSON, and stdout has one line', () => withShop({ plugins: ['hello'], config: 'log = { format = "json", level = "debug" }' }, async (shop) => {
  let stdout = '';
  shop.child.stdout.on('data', (data) => { stdout += data; });
  await shop.get('/');
  const pid = shop.shopPid();
  process.kill(pid, 'SIGSEGV');
  await shop.newShopPid(pid);
  await shop.get('/nothing');
  writeFileSync(shop.file, 'plugins = {');
  shop.child.kill('SIGHUP');
  await until('the refusal', () => /config\.refused/.test(shop.stderr));
  process.kill(shop.shopPid(), 'SIGKILL');
  await until('the recall', () => /config\.recalled/.test(shop.stderr));
  await shop.get('/');
  await shop.stop();
  const lines = shop.stderr.trim().split('\n');
  for (const line of lines) assert.doesNotThrow(() => JSON.parse(line), line);
  assert.ok(lines.some((line) => /shop\.died/.test(line)));
  assert.equal(stdout, '');
}));

test('the access log goes to a file, is opened again on SIGHUP, or is off', () => inFolder(async (dir) => {
  const log = join(dir, 'access.log');
  await withShop({ config: `log = { access = ${JSON.stringify(log)} }` }, async (shop) => {
    await shop.get('/?one');
    await until('a line', () => existsSync(log) && /one|path/.test(readFileSync(log, 'utf8')));
    assert.ok(!/"\/"|path=\/ /.test(shop.stderr));
    renameSync(log, `${log}.1`);
    shop.child.kill('SIGHUP');
    await until('the new file', () => existsSync(log));
    await shop.get('/');
    await until('a line in it', () => readFileSync(log, 'utf8').length > 0);
  });
  await withShop({ config: 'log = { access = "off" }' }, async (shop) => {
    await shop.get('/');
    await shop.stop();
    assert.ok(!/GET/.test(shop.stderr), shop.stderr);
  });
}));

test('addresses: IPv6, a stale socket file, a live one, another file, nonsense', () => inFolder(async (dir) => {
  const file = join(dir, 'souk.lua');
  const data = join(dir, 'data');
  const sock = join(dir, 'web.sock');
  writeFileSync(file, '');
  const refused = async (listen, words) => {
    const answer = await run(souk, ['serve', '-c', file, '--data', data, '--listen', listen], { timeout: 600000 });
    assert.equal(answer.code, 1, listen);
    assert.match(answer.stderr, words);
    assert.equal(answer.stdout, '');
    assert.ok(!existsSync(data), `${listen} left a data directory behind`);
  };
  for (const listen of ['garbage', '127.0.0.1', '127.0.0.1:', '127.0.0.1:99999', '127.0.0.1:-1', '::1:80', 'http://127.0.0.1:80', ':x'])
    await refused(listen, /write ADDRESS:PORT/);
  await refused('192.0.2.1:0', /address of this machine/);
  await refused(`unix:${dir}/no/such/web.sock`, /make it first/);
  await refused('unix:', /name a file/);
  await refused(`unix:${file}`, /no socket/);
  assert.ok(existsSync(file));
  await withShop({ args: ['--listen', `unix:${sock}`], keep: true }, async (shop) => {
    await refused(`unix:${sock}`, /another program/);
    shop.child.kill('SIGKILL'); // leaves the file
    await shop.ended;
    assert.ok(existsSync(sock));
    await until('the shop to be gone', async () => (await run('curl', ['-s', '--unix-socket', sock, 'http://x/healthz'])).code !== 0);
    await shop.up();
    assert.equal((await run('curl', ['-s', '--unix-socket', sock, 'http://x/healthz'])).stdout, 'ok\n');
    await shop.stop();
    assert.ok(!existsSync(sock));
    rmSync(shop.dir, { recursive: true, force: true });
  });
  await withShop({}, async (shop) => refused(`127.0.0.1:${shop.port}`, /choose another port/));
  if (existsSync('/proc/net/if_inet6') && /00000001 /.test(readFileSync('/proc/net/if_inet6', 'utf8')))
    await withShop({ args: ['--listen', '[::1]:0'] }, async (shop) => {
      assert.match(shop.ready, /^http:\/\/\[::1\]:\d+$/);
      assert.equal((await ask(`${shop.ready}/healthz`)).text, 'ok\n');
    });
}));

test('a deep data directory: the socket is found all the same, a path that is too long is refused', () => inFolder(async (dir) => {
  const deep = join(dir, 'a'.repeat(120), 'b'.repeat(120));
  mkdirSync(deep, { recursive: true });
  const shop = new Shop({ plugins: ['hello'], dir });
  shop.data = join(deep, 'data');
  await shop.up();
  try {
    assert.equal((await shop.souk('plugin', 'list', '--json')).json.items.find((item) => item.name === 'hello').state, 'active');
    assert.equal((await shop.souk('plugin', 'reload', 'hello')).code, 0);
  } finally {
    await shop.down();
  }
  const answer = await run(souk, ['serve', '-c', shop.file, '--data', join(dir, ...Array(5).fill('c'.repeat(100))), '--listen', '127.0.0.1:0']);
  assert.equal(answer.code, 1);
}));

test('closed standard streams do not become files of the shop', () => inFolder(async (dir) => {
  writeFileSync(join(dir, 'souk.lua'), '');
  const shop = begin(['-c', join(dir, 'souk.lua'), '--data', join(dir, 'data'), '--listen', `unix:${dir}/web.sock`]);
  const sh = spawn('/bin/sh', ['-c', `exec "$0" serve -c "$1/souk.lua" --data "$1/data2" --listen "unix:$1/web2.sock" <&- >&- 2>&-`, souk, dir], { stdio: 'ignore' });
  const ended = new Promise((done) => sh.on('exit', (code) => done(code)));
  await until('both', () => existsSync(join(dir, 'web.sock')) && existsSync(join(dir, 'web2.sock')));
  assert.equal((await run('curl', ['-s', '--retry', '20', '--retry-all-errors', '--unix-socket', join(dir, 'web2.sock'), 'http://x/healthz'])).stdout, 'ok\n');
  for (const fd of [0, 1, 2]) assert.match((await run('readlink', [`/proc/${sh.pid}/fd/${fd}`])).stdout, /^\/dev\/null/);
  sh.kill('SIGTERM');
  shop.child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.equal((await shop.ended).code, 0);
  for (const name of readdirSync(join(dir, 'data2'))) if (name === 'souk.lock') assert.equal(readFileSync(join(dir, 'data2', name), 'utf8'), '');
}));
