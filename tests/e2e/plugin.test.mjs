// Switching plugins at run time, from the command line, under load.
import test from 'node:test';
import assert from 'node:assert/strict';
import { withShop, load, until, sanitized, Shop } from './souk.mjs';

test('10 reloads and 5 rounds of disable and enable under load: not one failed request, nothing left behind', () =>
  withShop({ plugins: ['hello', 'visits'], copy: ['hello', 'visits'] }, async (shop) => {
    const warm = load(shop, '/x/hello/greet?name=Ada');
    await until('the warm-up', () => warm.state.ok > 3000);
    await warm.stop();
    for (let i = 0; i < 5; i++) await shop.souk('plugin', 'reload', 'visits'); // the heap has room for a set beside another
    const before = shop.census();
    const core = load(shop, '/', { connections: 32 });
    // while hello is off its route is a 404, which is the right answer
    const plugin = load(shop, '/x/hello/greet?name=Ada', { connections: 32, good: (status) => status === 200 || status === 404 });
    for (let i = 0; i < 10; i++) assert.equal((await shop.souk('plugin', 'reload', 'hello')).code, 0);
    assert.equal((await shop.plugin('hello')).generation, 11);
    for (let i = 0; i < 5; i++) {
      assert.equal((await shop.souk('plugin', 'disable', 'hello')).code, 0);
      assert.equal((await shop.get('/x/hello/greet')).status, 404);
      assert.equal((await shop.souk('plugin', 'enable', 'hello')).code, 0);
      assert.equal((await shop.get('/x/hello/greet')).status, 200);
    }
    const a = await core.stop();
    const b = await plugin.stop();
    assert.deepEqual([...a.failed, ...b.failed].slice(0, 5), []);
    assert.ok(a.ok > 100 && b.ok > 100, `${a.ok} and ${b.ok}`);
    await until('threads and descriptors to be back', () => {
      const now = shop.census();
      return now.threads <= before.threads && now.descriptors <= before.descriptors;
    });
    if (!sanitized) assert.ok(shop.census().anonymous < before.anonymous + 8192, `${before.anonymous} KiB before, ${shop.census().anonymous} KiB after`);
  }));

test('disable and enable outlive a restart and win over souk.lua', async () => {
  const shop = await Shop.start({ plugins: ['hello'], keep: true });
  assert.equal((await shop.souk('plugin', 'disable', 'hello')).code, 0);
  assert.equal((await shop.plugin('hello')).state, 'disabled');
  await shop.stop();
  const stopped = await shop.souk('plugin', 'list', '--json');
  assert.equal(stopped.json.items.find((item) => item.name === 'hello').state, 'disabled');
  await withShop({ dir: shop.dir, plugins: ['hello'], keep: true }, async (again) => {
    assert.equal((await again.get('/x/hello/greet')).status, 404);
  });
  const misspelt = await shop.souk('plugin', 'enable', 'helo');
  assert.equal(misspelt.code, 1, 'a name that no plugin has is not kept for the next start');
  assert.match(misspelt.stderr, /helo/);
  const on = await shop.souk('plugin', 'enable', 'hello');
  assert.equal(on.code, 0, on.stderr);
  assert.match(on.stdout, /holds from the next start/);
  await withShop({ dir: shop.dir, plugins: ['hello'] }, async (again) => {
    assert.equal((await again.get('/x/hello/greet')).status, 200);
  });
});

test('unknown plugins and events are answered in words', () => withShop({ plugins: ['hello'] }, async (shop) => {
  const wrong = await shop.souk('plugin', 'enable', 'helo');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /"helo".*did you mean "?hello/);
  const hooks = await shop.souk('hooks', 'nothing.happens', '--json');
  assert.deepEqual(hooks.json.items, []);
  assert.equal((await shop.souk('plugin', 'dance', 'hello')).code, 2);
}));

test('souk hooks lists the listeners in their order', () => withShop({ plugins: ['hello', 'bad_filter'] }, async (shop) => {
  const { json } = await shop.souk('hooks', 'hello.greeting', '--json');
  assert.deepEqual(json.items.map((item) => [item.plugin, item.kind]), [['bad_filter', 'filter'], ['hello', 'filter']]);
  const facts = await shop.souk('hooks', 'page.viewed', '--json');
  assert.deepEqual(facts.json.items, []);
}));

test('info shows what a plugin adds', () => withShop({ plugins: ['hello'] }, async (shop) => {
  const { stdout } = await shop.souk('plugin', 'info', 'hello', '--json');
  const info = JSON.parse(stdout);
  assert.equal(info.name, 'hello');
  assert.ok(info.options.some((option) => option.key === 'greeting'));
  assert.ok(info.routes.length > 0);
}));
