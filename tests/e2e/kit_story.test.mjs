// Stories of plugins: played in the host and, unchanged, against the real server; and what is said of stories that do not hold.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { build, run, souk, until } from './souk.mjs';

const host = join(build, 'souk-host');
const file = (plugin) => [join(build, 'plugins', `${plugin}.so`), join(build, 'tests/plugins', `${plugin}.so`)].find(existsSync);
const play = (story, plugin, ...more) => run(host, ['play', story, file(plugin), ...more], { timeout: 600000 });

async function told(story, plugin, ...more) {
  const done = await play(story, plugin, '--json', ...more);
  const answer = JSON.parse(done.stdout);
  assert.equal(done.code, answer.ok ? 0 : 1, done.stderr);
  return answer;
}

// A story's plugin is called as its file; `broken` is about stories, not about a plugin.
for (const name of readdirSync('tests/stories').filter((story) => story !== 'broken.lua')) {
  const plugin = name.replace('.lua', '');
  for (const [where, ...more] of [['in the host'], ['against a server', '--shop', souk]])
    test(`the stories of ${plugin} hold ${where}`, async () => {
      const answer = await told(`tests/stories/${name}`, plugin, '--plugins', join(build, 'tests/plugins'), ...more);
      assert.deepEqual(answer.stories.filter((story) => story.verdict !== 'yes'), []);
      assert.ok(answer.stories.length >= 2, 'there are stories');
    });
}

test('what a story prints is whole, and stands beside the report', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    const story = join(dir, 'story.lua');
    writeFileSync(story, "story('looks', function() print('it', 1, nil, { a = { 1, 2 } }, ('x'):rep(3000)) expect(true, 'yes') end)");
    const done = await play(story, 'hello');
    assert.equal(done.code, 0, done.stderr);
    assert.ok(done.stderr.includes(`it 1 nil {"a":[1,2]} ${'x'.repeat(3000)}\n`), done.stderr.slice(0, 300));
    assert.doesNotMatch(done.stdout, /xxx/);
  } finally { rmSync(dir, { recursive: true }); }
});

test('a story that does not hold says where and why, and the others are played all the same', async () => {
  for (const more of [[], ['--shop', souk]]) {
    const { ok, stories } = await told('tests/stories/broken.lua', 'hello', ...more);
    assert.equal(ok, false);
    const words = Object.fromEntries(stories.map((story) => [story.story, story.words]));
    assert.equal(words.holds, '');
    assert.equal(words['expects too much'], 'tests/stories/broken.lua:8: the greeting fails');
    assert.match(words.compares, /^tests\/stories\/broken\.lua:12: who it is: got \{.*"Ada".*\}, wanted \{.*"Bob".*\}$/);
    assert.match(words['is no Lua'], /^tests\/stories\/broken\.lua:15: .*nothing/);
    assert.match(words['does not come to an end'], /^tests\/stories\/broken\.lua:17: does not come to an end$/);
    assert.match(words['asks for a job that is not there'], /^tests\/stories\/broken\.lua:19: hello has no job "daily"$/);
    assert.match(words['buys what there is not'], /^tests\/stories\/broken\.lua:21: .*404.*no such product/);
  }
  const text = await play('tests/stories/broken.lua', 'hello', '--story', 'expects too much');
  assert.equal(text.code, 1);
  assert.equal(text.stdout, 'no   expects too much\n     tests/stories/broken.lua:8: the greeting fails\nhello: 0 yes, 1 no\n');
});

function folder(fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  return Promise.resolve(fn(dir)).finally(() => rmSync(dir, { recursive: true, force: true }));
}

test('a peer that is not there, trips, or takes steps, ends the story with its own words', () => folder(async (dir) => {
  const story = join(dir, 'story.lua');
  const options = ['--plugins', join(build, 'tests/plugins')];
  const shop = (peer) => `shop { options = { peer = "${peer}" }, plugins = { payment_cod = false, delivery_courier = false } }\n`;
  const buy = 'story("x", function() buy { delivery = "flat:standard", payment = "peer" } settled() end)\n';
  const words = async (text) => { writeFileSync(story, text); return (await told(story, 'probe_sell', ...options)).stories[0].words; };
  assert.match(await words(shop('https://nobody.example') + buy), /no peer of this story answers https:\/\/nobody\.example\/begin/);
  const url = '" .. peer_url("acme") .. "';
  assert.match(await words(shop(url) + 'peer("acme", function(request) error("it trips") end)\n' + buy), /peer "acme": .*:2: it trips$/);
  assert.match(await words(shop(url) + 'peer("acme", function(request) get("/") end)\n' + buy), /:2: a peer's function .*takes no steps/);
  // Any address reaches the story in the host: also one that is built into a plugin.
  assert.equal(await words(shop('https://acme.example') + `peer("acme", function(request)
    expect_equal(request.url, "https://acme.example/begin")
    return { body = { reference = "p1", amount = request.json.amount, state = "captured" } }
  end)\n` + buy), '');
}));

test('a refused order says which field; words that are long end with a sign of it; a plugin that the shop leaves out is said', () => folder(async (dir) => {
  const story = join(dir, 'story.lua');
  const words = async (plugin, text, ...more) => { writeFileSync(story, text); return (await told(story, plugin, ...more)).stories[0].words; };
  assert.match(await words('hello', 'story("x", function() buy { payment = "gold" } end)\n'), /answers 422: .*; \/payment\/method: \S/);
  const long = await words('hello', 'story("x", function() expect(false, string.rep("é", 2000)) end)\n');
  assert.ok(long.endsWith('é …') && !long.includes('\ufffd'), long);
  assert.match(await words('wrong_general', 'shop { options = { wrong = "loads" } }\nstory("x", function() end)\n'), /the shop goes on without the plugin: .*it does not want to/);
  // One that crashes in init is quarantined after some starts, and the shop goes on: the crash is told, not the 404 that comes of it.
  assert.match(await words('bad_init', 'story("x", function() expect_equal(get("/x/bad_init/a").status, 200, "its page") end)\n'), /^the shop died on its way up: .*plugin=bad_init where=init/);
}));

test('SANITIZE alone builds a plugin again, and lends the host the library', () => folder(async (dir) => {
  const sdk = `SOUK_SDK=${process.cwd()}/sdk`, make = (...more) => run('make', ['-C', dir, sdk, `SOUK_HOST=${host}`, ...more], { timeout: 600000 });
  writeFileSync(join(dir, 'Makefile'), 'NAME := tea\ninclude $(SOUK_SDK)/plugin.mk\n');
  writeFileSync(join(dir, 'tea.c'), '#include <souk.h>\nSOUK_PLUGIN = {SOUK_ABI, .name = "tea", .version = "1.0.0", .summary = "Tea", .contact = "a@b.example", .license = "MIT"};\n');
  writeFileSync(join(dir, 'story.lua'), 'story("it is there", function() expect_equal(get("/").status, 200, "home") end)\n');
  const builds = async (...more) => / -shared /.test((await make(...more)).stdout);
  assert.deepEqual([await builds(), await builds()], [true, false]);
  assert.deepEqual([await builds('SANITIZE=address'), await builds('SANITIZE=address')], [true, false]);
  const played = await make('play', 'SANITIZE=address');
  assert.equal(played.code, 0, played.stdout + played.stderr);
  assert.deepEqual([await builds(), await builds()], [true, false]);
}));

test('a shop that died on the way is a finding, though no step noticed', () => folder(async (dir) => {
  const story = join(dir, 'story.lua');
  writeFileSync(story, 'story("x", function() pcall(get, "/x/bad_abort/go") wait_until(function() return (pcall(get, "/contact")) end) end)');
  const { stories } = await told(story, 'bad_abort');
  assert.match(stories[0].words, /^the shop died on the way: .*bad_abort/);
}));

test('what cannot be played is said, and nothing is left behind', () => folder(async (dir) => {
  const story = join(dir, 'story.lua');
  const words = async (text, ...more) => { writeFileSync(story, text); return play(story, 'hello', ...more); };
  assert.match((await words('shop { colour = "blue" } story("x", function() end)')).stderr, /no member "colour"/);
  assert.match((await words('story("x", function() end')).stderr, /story\.lua:1: .*expected/);
  assert.match((await words('')).stderr, /tells no story/);
  const options = await words('shop { options = { greetings = 1 } } story("x", function() end)');
  assert.equal(options.code, 1);
  assert.match(options.stdout, /greetings/);
  assert.match((await words('shop { plugins = { nothing = {} } } story("x", function() end)')).stdout, /nothing\.so is in none of the folders/);
  assert.match((await words('story("x", function() end)', '--story', 'y')).stderr, /no story "y"/);
  for (const args of [['play'], ['play', story], ['play', story, file('hello'), '--fast']])
    assert.equal((await run(host, args)).code, 2, args.join(' '));
  for (const args of [['play', story, join(dir, 'no.so')], ['play', join(dir, 'no.lua'), file('hello')], ['play', story, file('hello'), '--shop', join(dir, 'souk')]]) {
    const gone = await run(host, args);
    assert.equal(gone.code, 1);
    assert.match(gone.stderr, /No such file/);
  }
}));

test('the shop of a story ends with its player, however that ends', () => folder(async (dir) => {
  const story = join(dir, 'story.lua');
  writeFileSync(story, 'story("x", function() wait_until(function() return false end) end)');
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    const child = spawn(host, ['play', story, file('hello'), '--shop', souk], { stdio: 'ignore', env: { ...process.env, TMPDIR: dir } });
    const ended = new Promise((done) => child.on('exit', (code, name) => done({ code, name })));
    const children = (pid) => { try { return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]; } catch { return ''; } };
    const serves = (pid) => { try { return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('serve'); } catch { return false; } };
    const [supervisor, shop] = await until('the shop', () => {
      const parent = children(child.pid), own = parent && serves(parent) && children(parent);
      return own ? [parent, own] : undefined;
    });
    child.kill(signal);
    const end = await ended;
    if (signal === 'SIGTERM') assert.equal(end.code, 1);
    await until('both are gone', () => !existsSync(`/proc/${supervisor}`) && !existsSync(`/proc/${shop}`));
  }
}));
