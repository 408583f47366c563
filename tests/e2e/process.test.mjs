// The processes: start, stop, restart, never two at a time, sockets that stay open.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop, alive, withShop, run, souk, until, ask, sanitized } from './souk.mjs';

test('serves, says ready once, and stops with 0 on SIGTERM', async () => {
  const shop = await Shop.start({});
  try {
    assert.match(shop.ready, /^http:\/\/127\.0\.0\.1:\d+$/);
    const home = await shop.get('/');
    assert.equal(home.status, 200);
    assert.match(home.text, /<html lang="en">/);
    assert.deepEqual(await shop.stop(), { code: 0, signal: null });
    await assert.rejects(ask(shop.url));
  } finally {
    await shop.down();
  }
});

test('requests in flight finish before a stop', () => withShop({ plugins: ['hello', 'bad_filter'] }, async (shop) => {
  // bad_filter holds hello's task route for half a second
  const held = [];
  const send = () => {
    const one = { over: false };
    one.answer = shop.post('/x/hello/welcome', 'name=Ada', { 'content-type': 'application/x-www-form-urlencoded' }).finally(() => { one.over = true; });
    held.push(one);
  };
  await until('a request to be running', async () => { // besides the one that asks
    if (held.every((one) => one.over)) send(); // it was over before anybody looked
    return Number(/^souk_requests_in_flight (\d+)/m.exec((await shop.get('/metrics')).text)[1]) >= 2;
  });
  const ended = shop.stop();
  for (const one of held) {
    const answer = await one.answer;
    assert.ok(answer.status < 500, `status ${answer.status}`);
  }
  assert.equal((await ended).code, 0);
}));

test('a killed shop process is replaced and the port never stops listening', () => withShop({}, async (shop) => {
  for (let round = 0; round < 5; round++) {
    const pid = shop.shopPid();
    process.kill(pid, 'SIGKILL');
    const answer = await shop.get('/healthz'); // queued by the kernel meanwhile
    assert.equal(answer.status, 200);
    await shop.newShopPid(pid);
  }
  assert.equal((await shop.stop()).code, 0);
}));

test('a second souk on the same data is refused with the next step', () => withShop({}, async (shop) => {
  const second = await run(souk, ['serve', '-c', shop.file, '--data', shop.data, '--listen', '127.0.0.1:0']);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /in use by a running souk; stop it first/);
}));

test('when everything is killed a new start serves again', async () => {
  const shop = await Shop.start({ keep: true });
  const dir = shop.dir;
  const pid = shop.shopPid();
  shop.child.kill('SIGKILL');
  await shop.ended;
  await until('the orphan to be gone', () => !alive(pid));
  await withShop({ dir }, async (again) => {
    assert.equal((await again.get('/')).status, 200);
  });
});

test('serves on a Unix socket', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  const path = join(dir, 'web.sock');
  try {
    await withShop({ args: ['--listen', `unix:${path}`] }, async (shop) => {
      assert.equal(shop.ready, `unix:${path}`);
      const answer = await run('curl', ['-s', '--unix-socket', path, 'http://shop/healthz']);
      assert.equal(answer.stdout, 'ok\n');
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('SIGHUP reads the configuration again; a broken one changes nothing', () => withShop({ plugins: [] }, async (shop) => {
  assert.equal((await shop.get('/x/hello/greet')).status, 404);
  shop.configure(['hello'], 'hello = { greeting = "Salut" }');
  shop.child.kill('SIGHUP');
  await until('hello to be on', async () => (await shop.get('/x/hello/greet?name=Ada')).status === 200);
  assert.match((await shop.get('/x/hello/greet?name=Ada')).text, /Salut/);
  shop.configure(['hello'], 'hello = { greting = "Oops" }');
  shop.child.kill('SIGHUP');
  await shop.says(/config\.refused/);
  await shop.says(/did you mean .{0,2}greeting/);
  assert.match((await shop.get('/x/hello/greet?name=Ada')).text, /Salut/);
  shop.configure(['hello'], 'hello = { greeting = "Hej" }');
  shop.child.kill('SIGHUP');
  await until('the new greeting', async () => /Hej/.test((await shop.get('/x/hello/greet?name=Ada')).text));
}));

test('the memory of all processes together stays small', { skip: sanitized && 'sanitizers need more' }, () => withShop({}, async (shop) => {
  const resident = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  const total = resident(shop.child.pid) + resident(shop.shopPid());
  assert.ok(total < 30 * 1024, `${total} KiB`);
}));
