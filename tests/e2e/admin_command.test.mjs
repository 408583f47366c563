// The command as an admin meets it: right and wrong usage, a running shop, a stopped one, none; themes.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, writeFileSync, existsSync, rmSync, readdirSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop, withShop, run, souk, until, badPlugins } from './souk.mjs';

async function inFolder(fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try { return await fn(dir); } finally { rmSync(dir, { recursive: true, force: true }); }
}

test('wrong usage exits with 2 and says what is right', async () => {
  const wrong = [
    [['serve', 'extra'], /extra/], [['serve', '--data'], /--data/], [['serve', '--data', ''], /--data/], [['serve', '--safe=yes'], /--safe/],
    [['serve', '--lisen', 'x'], /did you mean --listen/], [['check', 'a', 'b'], /"b"/], [['check', '-c', 'a', 'b'], /one file/],
    [['version', 'now'], /now/], [['verify', 'x'], /"x"/], [['backup'], /name one file/], [['backup', 'a', 'b'], /"b"/],
    [['restore'], /name one file/], [['hooks'], /name one event/], [['hooks', 'a', 'b'], /"b"/], [['plugin'], /list, info/],
    [['plugin', 'lst'], /list, info/], [['plugin', 'list', 'x'], /list takes no name/], [['plugin', 'enable'], /name one plugin/],
    [['plugin', 'enable', 'a', 'b'], /"b"/], [['jobs', 'retry'], /retry ID/], [['jobs', 'rety', '1'], /retry ID/],
    [['jobs', 'retry', 'x'], /number/], [['jobs', '--state', 'sleeping'], /waiting, running/], [['new'], /which kind/], [['new', 'fruit', 'tea'], /no kind "fruit"[\s\S]*payment/], [['nwe'], /no command/], [['plugin', 'install'], /name one file/], [['plugin', 'list', '--force'], /for install/], [['exprt', '--json'], /did you mean export/],
    [[], /usage/], [['plugn', '--json'], /did you mean plugin/],
  ];
  for (const [args, words] of wrong) {
    const answer = await run(souk, args);
    assert.equal(answer.code, 2, `${args}: ${answer.stderr}`);
    assert.match(answer.stderr, words);
    assert.equal(answer.stdout, '');
  }
});

test('help lists what there is, and each command has its own', async () => {
  const { stdout, code } = await run(souk, ['--help']);
  assert.equal(code, 0);
  const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map((m) => m[1]);
  assert.deepEqual(names, ['serve', 'check', 'plugin', 'hooks', 'jobs', 'admin', 'backup', 'restore', 'verify', 'version', 'import', 'export', 'quote', 'promo', 'script', 'feed', 'new']);
  for (const name of names) for (const flag of ['--help', '-h']) {
    const help = await run(souk, [name, flag]);
    assert.equal(help.code, 0);
    assert.match(help.stdout, new RegExp(`^souk ${name} `));
    assert.match(help.stdout, /Exit codes/);
  }
});

test('where there is no shop, commands say so and leave nothing behind', () => inFolder(async (dir) => {
  const none = join(dir, 'none'), empty = join(dir, 'empty');
  mkdirSync(empty);
  for (const data of [none, empty])
    for (const args of [['plugin', 'list'], ['plugin', 'info', 'hello'], ['plugin', 'enable', 'hello'], ['hooks', 'order.placed'], ['jobs'], ['jobs', 'retry', '1'],
      ['backup', join(dir, 'copy')], ['verify']]) {
      const answer = await run(souk, [...args, '--data', data]);
      assert.equal(answer.code, 1, `${args}`);
      assert.match(answer.stderr, /souk serve --data/);
      assert.equal(answer.stdout, '');
    }
  assert.equal(existsSync(none), false);
  assert.deepEqual(readdirSync(empty), []);
  const answer = await run(souk, ['hello', 'list', '--data', none]);
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /no shop is running/);
}));

test('every question has the same answer on a running and on a stopped shop', async () => {
  const shop = await Shop.start({ plugins: ['hello', 'visits'], keep: true });
  try {
    const questions = [['hooks', 'page.viewed', '--json'], ['jobs', '--json'], ['jobs', '--state', 'waiting', '--json'], ['verify', '--json']];
    const running = [];
    for (const args of questions) running.push((await shop.souk(...args)).json);
    const info = JSON.parse((await shop.souk('plugin', 'info', 'hello', '--json')).stdout);
    const list = (await shop.souk('plugin', 'list', '--json')).json;
    assert.ok(running[0].items.length > 0);
    assert.ok(running[1].items.length > 0, 'a cron job waits');
    assert.match((await shop.souk('jobs')).stdout, /^\d{5,}/m);
    await shop.stop();
    for (const [i, args] of questions.entries()) {
      const stopped = await shop.souk(...args);
      assert.equal(stopped.code, 0, stopped.stderr);
      assert.deepEqual(stopped.json, running[i], args.join(' '));
    }
    const stopped = JSON.parse((await shop.souk('plugin', 'info', 'hello', '--json')).stdout);
    for (const key of ['name', 'version', 'routes', 'events', 'commands', 'state']) assert.deepEqual(stopped[key], info[key], key);
    const names = (answer) => answer.items.map((item) => [item.name, item.version, item.state]);
    assert.deepEqual(names((await shop.souk('plugin', 'list', '--json')).json), names(list));
    const job = running[1].items[0].id;
    assert.equal((await shop.souk('jobs', 'retry', '1')).code, 1);
    assert.equal((await shop.souk('jobs', 'cancel', job)).code, 0);
    assert.ok(!(await shop.souk('jobs', '--json')).json.items.some((item) => item.id === job));
    assert.equal((await shop.souk('plugin', 'disable', 'hello')).code, 0);
    assert.equal((await shop.plugin('hello')).state, 'disabled');
    assert.equal((await shop.souk('plugin', 'reload', 'hello')).code, 1);
    const copy = join(shop.dir, 'copy.db');
    assert.equal((await shop.souk('backup', copy)).code, 0);
    assert.equal((await shop.souk('restore', copy)).code, 0);
  } finally {
    await shop.down();
    rmSync(shop.dir, { recursive: true, force: true });
  }
});

test('commands on a locked data directory name the next step', () => withShop({}, async (shop) => {
  rmSync(join(shop.data, 'souk.sock')); // as if it could not be reached
  for (const args of [['verify'], ['plugin', 'list'], ['jobs'], ['plugin', 'enable', 'hello']]) {
    const answer = await shop.souk(...args);
    assert.equal(answer.code, 1);
    assert.match(answer.stderr, /in use by a running souk; stop it first/);
  }
}));

test('a first start writes a souk.lua that is right as it stands', () => inFolder(async (dir) => {
  const answer = await run(souk, ['serve', '--listen', 'garbage'], { cwd: dir, timeout: 600000 });
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /wrote souk\.lua/);
  assert.equal((await run(souk, ['check'], { cwd: dir })).code, 0);
  assert.deepEqual(readdirSync(dir), ['souk.lua']);
}));

test('a theme changes one block of a page, and is read again on SIGHUP', () => inFolder(async (dir) => {
  const page = (text) => `{% layout "page/home" %}\n{% block content %}<p id="mine">${text}</p>{% endblock %}\n`;
  const shop = new Shop({ dir, plugins: ['hello'], config: 'shop = { theme = "theme", name = "Tea" }' });
  mkdirSync(join(dir, 'theme/page'), { recursive: true });
  mkdirSync(join(dir, 'theme/notthere'));
  writeFileSync(join(dir, 'theme/notthere/card.html'), 'of a plugin that is off');
  writeFileSync(join(dir, 'theme/page/home.html'), page('First'));
  await shop.up();
  try {
    const home = () => shop.get('/').then((answer) => answer.text, () => '');
    assert.match(await home(), /<p id="mine">First<\/p>/);
    assert.match(await home(), /<footer/); // the rest is the shop's own
    writeFileSync(join(dir, 'theme/page/home.html'), page('Second'));
    shop.child.kill('SIGHUP');
    await until('the edited page', async () => /Second/.test(await home()));
    // a broken one is refused, and a restart goes on without the theme
    writeFileSync(join(dir, 'theme/page/home.html'), '{% layout "page/home" %}\n{% block content %}{% nothing %}{% endblock %}\n');
    shop.child.kill('SIGHUP');
    await until('the refusal', () => /config\.refused.*home\.html/.test(shop.stderr));
    assert.match(await home(), /Second/);
    const check = await run(souk, ['check', '-c', shop.file, '--json']);
    assert.equal(check.code, 1);
    const [error] = JSON.parse(check.stdout).errors;
    assert.equal(error.key, 'shop.theme');
    assert.match(error.message, /home\.html:2/);
    assert.ok(error.hint);
    const pid = shop.shopPid();
    process.kill(pid, 'SIGKILL');
    await shop.newShopPid(pid);
    await until('the shop without its theme', async () => /<h1>Tea<\/h1>/.test(await home()));
    await shop.says(/theme\.left_out/);
    await shop.stop();
    const refused = await run(souk, ['serve', '-c', shop.file, '--data', join(dir, 'other'), '--listen', '127.0.0.1:0'], { timeout: 600000 });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /home\.html:2/);
    assert.equal(existsSync(join(dir, 'other')), false);
  } finally {
    shop.options.keep = true;
    await shop.down();
  }
}));

test('secrets: no such variable, no such file, open to others, plain; a file that is not there', () => inFolder(async (dir) => {
  const file = join(dir, 'souk.lua');
  const check = async () => {
    const answer = await run(souk, ['check', '--json', '-c', file]);
    assert.equal(answer.code, 1);
    const [error] = JSON.parse(answer.stdout).errors;
    assert.ok(error.hint);
    return error;
  };
  assert.match((await check()).hint, /-c FILE/);
  writeFileSync(join(dir, 'open'), 'hush');
  chmodSync(join(dir, 'open'), 0o644);
  for (const [value, words] of [['env "SOUK_NO_SUCH"', /not set/], ['file "nothere"', /cannot be read/], ['file "open"', /open to others/], ['"hush"', /may not stand/]]) {
    writeFileSync(file, `plugin_path = { ${JSON.stringify(badPlugins)} }\nplugins = { "probe" }\nprobe = { key = ${value} }`);
    const error = await check();
    assert.equal(error.key, 'probe.key');
    assert.equal(error.line, 3);
    assert.match(error.message, words);
    assert.ok(!/hush/.test(error.message + error.hint));
  }
}));
