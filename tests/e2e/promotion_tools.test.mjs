// The merchant's tools on the command line: `souk promo check|test|list|at|explain|on|off|reload|simulate`, without a shop, on a running one
// and on its files when it is stopped.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run, souk, until } from './souk.mjs';
import { Market, goods } from './buying.mjs';

// Writes files into a folder of its own and runs in it.
async function inFolder(files, fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-promo-'));
  try {
    put(dir, files);
    return await fn((...args) => promo(dir, ...args), dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
function put(dir, files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), typeof text === 'string' ? text : JSON.stringify(text));
  }
}
async function promo(cwd, ...args) {
  const answer = await run(souk, ['promo', ...args], { cwd, timeout: 600000 });
  try { answer.json = JSON.parse(answer.stdout.trim().split('\n').pop()); } catch { answer.json = undefined; }
  return answer;
}
const kinds = (answer) => answer.json.findings.map((one) => `${one.id}:${one.kind}`).sort();
const rule = (id, fields) => `promotion { id = "${id}", ${fields} }\n`;
const off10 = 'give = { order_percent = { percent = 10 } }';

// ---- without a shop ----

test('wrong usage exits with 2 and says what is right; each verb has its help', async () => {
  const wrong = [
    [[], /say what/], [['lst'], /did you mean list/], [['check'], /name files/], [['simulate'], /name the draft/], [['at'], /say a time/],
    [['at', 'soon'], /say a time/], [['explain'], /one of --cart/], [['explain', '--cart', 'a', '--order', '1'], /one of --cart/], [['on'], /name one promotion/],
    [['simulate', 'x.lua', '--orders', '0'], /above 0/], [['simulate', 'x.lua', '--orders', '3', '--since', '2026-01-01'], /either/],
    [['explain', '--order', '1', '--at', 'soon'], /--at must/], [['list', 'x'], /"x"/], [['check', '--alow', 'zero'], /did you mean --allow/],
  ];
  for (const [args, words] of wrong) {
    const answer = await promo('.', ...args);
    assert.equal(answer.code, 2, `${args}: ${answer.stderr}`);
    assert.match(answer.stderr, words);
    assert.equal(answer.stdout, '');
  }
  for (const verb of ['list', 'check', 'test', 'at', 'explain', 'simulate', 'on', 'off', 'reload']) {
    const help = await promo('.', verb, '--help');
    assert.equal(help.code, 0);
    assert.match(help.stdout, new RegExp(`^souk promo ${verb} `));
    assert.match(help.stdout, /Exit codes/);
  }
});

test('check names mistakes with file, line and the nearest name, all of them', () => inFolder({
  'scripts/promotions/a.lua': rule('a', `prioritty = 3, ${off10}`) + rule('b', 'give = { order_percentt = { percent = 10 } }'),
  'scripts/promotions/b.lua': 'promotion {\n  id = "c",\n',
  'good.lua': rule('fine', off10),
}, async (souk) => {
  const answer = await souk('check', 'scripts');
  assert.equal(answer.code, 1, answer.stderr);
  assert.match(answer.stdout, /^scripts\/promotions\/a\.lua:1: .*prioritty.*did you mean "priority"/m);
  assert.match(answer.stdout, /^scripts\/promotions\/a\.lua:2: .*order_percentt.*did you mean "order_percent"/m);
  assert.match(answer.stdout, /^scripts\/promotions\/b\.lua:\d+: /m);
  const json = await souk('check', 'scripts', '--json');
  assert.equal(json.code, 1);
  assert.equal(json.json.ok, false);
  assert.ok(json.json.findings.every((one) => one.kind === 'error' && one.file && one.line > 0 && one.message));
  const good = await souk('check', 'good.lua', '--json');
  assert.equal(good.code, 0, good.stdout);
  assert.deepEqual([good.json.ok, good.json.promotions, good.json.findings], [true, 1, []]);
  const none = await souk('check', 'missing.lua');
  assert.equal(none.code, 1);
  assert.match(none.stderr, /missing\.lua cannot be read/);
}));

test('check finds what never applies, and says what stands in its way', () => inFolder({
  'masked.lua': rule('all', `exclusive = true, priority = 9, ${off10}`) + rule('vip', 'when = { customer_group_in = { "vip" } }, give = { order_percent = { percent = 5 } }'),
  'free.lua': rule('all', `exclusive = true, priority = 9, when = { items_total_at_least = 10000 }, ${off10}`) + rule('vip', 'when = { customer_group_in = { "vip" } }, give = { order_percent = { percent = 5 } }'),
  'never.lua': rule('none', `when = { { customer_group_in = { "a" } }, { customer_group_in = { "b" } } }, ${off10}`),
}, async (souk) => {
  const masked = await souk('check', 'masked.lua', '--json');
  assert.deepEqual(kinds(masked), ['vip:masked']);
  assert.match(masked.json.findings[0].message, /"all" \(masked\.lua:1\)/);
  assert.equal(masked.json.findings[0].line, 2);
  // below its threshold the exclusive one leaves room: nothing is masked
  const free = await souk('check', 'free.lua', '--json');
  assert.ok(!kinds(free).includes('vip:masked'), free.stdout);
  assert.deepEqual(kinds(await souk('check', 'never.lua', '--json')), ['none:never']);
}));

test('check finds pairs whose order matters, and only those of equal priority', () => inFolder({
  'equal.lua': rule('tenth', off10) + rule('five', 'give = { order_fixed = { amount = 500 } }'),
  'apart.lua': rule('tenth', `priority = 5, ${off10}`) + rule('five', 'priority = 4, give = { order_fixed = { amount = 500 } }'),
  'times.lua': rule('tenth', `to = "2026-12-01", ${off10}`) + rule('five', 'from = "2026-12-01", give = { order_fixed = { amount = 500 } }'),
}, async (souk) => {
  const equal = await souk('check', 'equal.lua', '--json');
  assert.equal(equal.code, 1);
  assert.deepEqual(kinds(equal), ['five:order']);
  assert.match(equal.json.findings[0].message, /"tenth" \(equal\.lua:1\).*€/);
  assert.equal((await souk('check', 'apart.lua')).code, 0);
  assert.equal((await souk('check', 'times.lua')).code, 0, 'never on at the same time');
  const allowed = await souk('check', 'equal.lua', '--allow', 'order,zero', '--json');
  assert.equal(allowed.code, 0);
  assert.equal(allowed.json.allowed, 1);
}));

test('check finds goods for nothing, and rules that make a cart dearer', () => inFolder({
  'zero.lua': rule('gone', 'when = { items_total_at_least = 1000 }, give = { order_fixed = { amount = 1000 } }'),
  'two.lua': rule('half', 'priority = 2, coupon = "A", when = { items_total_at_least = 1000 }, give = { order_fixed = { amount = 600 } }') +
    rule('rest', 'priority = 1, coupon = "B", when = { items_total_at_least = { amount = 1000, basis = "original" } }, give = { order_fixed = { amount = 600 } }'),
  'raised.lua': rule('small', 'exclusive = true, priority = 9, when = { items_total_at_least = 5000 }, give = { order_percent = { percent = 1 } }') +
    rule('large', 'give = { order_percent = { percent = 20 } }'),
  'fine.lua': rule('ten', 'when = { items_total_at_least = 5000 }, give = { order_fixed = { amount = 1000 } }'),
}, async (souk) => {
  const zero = await souk('check', 'zero.lua', '--json');
  assert.deepEqual(kinds(zero), ['gone:zero']);
  const two = await souk('check', 'two.lua', '--json');
  assert.deepEqual(kinds(two), ['rest:zero']);
  assert.match(two.json.findings[0].message, /"half".*with the code A, B/);
  const raised = await souk('check', 'raised.lua', '--json');
  assert.deepEqual(kinds(raised), ['small:raised']);
  assert.match(raised.json.findings[0].message, /dearer with it \(€49\.50\) than without it \(€40\.00\).*"large"/);
  assert.equal((await souk('check', 'fine.lua')).code, 0);
}));

test('check looks at rules that are off alone, and with --all as if they were on', () => inFolder({
  'off.lua': rule('all', `enabled = false, exclusive = true, priority = 9, ${off10}`) + rule('vip', `enabled = false, when = { customer_group_in = { "vip" } }, ${off10}`) +
    rule('gone', 'enabled = false, priority = 99, when = { items_total_at_least = 1000 }, give = { order_fixed = { amount = 1000 } }'),
}, async (souk) => {
  assert.deepEqual(kinds(await souk('check', 'off.lua', '--json')), ['gone:zero']);
  assert.ok(kinds(await souk('check', 'off.lua', '--all', '--json')).includes('vip:masked'));
}));

test('check asks functions again: those that answer differently and those that fail are named', () => inFolder({
  'unstable.lua': 'local asked = { n = 0 }\n' + rule('moody', `when = function(cart)\n  asked.n = asked.n + 1\n  return asked.n % 2 == 0\nend, ${off10}`),
  'failed.lua': rule('broken', `when = function(cart)\n  return cart.nothing.at_all\nend, ${off10}`),
  'good.lua': rule('calm', `when = function(cart) return cart.quantity >= 2 end, ${off10}`) + rule('three', 'when = { cart_quantity_at_least = 3 }, priority = 7, give = { order_fixed = { amount = 1 } }'),
}, async (souk) => {
  const unstable = await souk('check', 'unstable.lua', '--json');
  assert.equal(unstable.code, 1);
  assert.match(kinds(unstable).join(), /moody:(unstable|failed)/, 'what it kept from before does not count, or cannot be kept');
  const failed = await souk('check', 'failed.lua', '--json');
  assert.deepEqual(kinds(failed), ['broken:failed']);
  assert.match(failed.json.findings[0].message, /failed\.lua:2/);
}));

test('tests in Lua: what is expected is compared with the real engine; the last line counts', () => inFolder({
  'scripts/promotions/second.lua': rule('second', 'when = { cart_quantity_at_least = 2 }, give = { cheapest_units = { quantity = 1, percent = 50 } }') +
    rule('spring', `coupon = "SPRING", ${off10}`) + rule('sample', 'when = { items_total_at_least = money "50.00" }, give = { add_gift = { sku = "SAMPLE", unit_price = 100 } }'),
  'scripts/promotions/second_test.lua': `
local tea = { sku = "TEA", quantity = 2, unit_price = 1000 }
test { name = "second half", cart = { lines = { tea } }, expect = { total = 1500, discount = 500, applied = { "second" }, lines = { TEA = 1500 }, promotions = { spring = false } } }
test { name = "with code", cart = { lines = { tea }, coupons = { "spring", "OLD" } },
  expect = { total = 1350, coupons = { SPRING = true, OLD = "unknown" }, applied = { "second", "spring" }, lines = { TEA = { quantity = 2, discount = 650 } } } }
test { name = "gift", cart = { lines = { { sku = "CUP", quantity = 1, unit_price = 6000 } } }, expect = { gifts = { "SAMPLE" }, total = 6000, totals = { items = 6100 } } }
`,
  'wrong_test.lua': `
test { name = "wrong", cart = { lines = { { sku = "TEA", quantity = 1, unit_price = 1000 } } }, expect = { total = 999, lines = { CUP = 1 }, applied = { "x" }, totl = 3 } }
test { name = "empty", cart = { lines = { { sku = "TEA", quantity = 1, unit_price = 1000 } } }, expect = {} }
test { name = "no price", cart = { lines = { { sku = "TEA", quantity = 1 } } }, expect = { total = 1 } }
`,
}, async (souk) => {
  const good = await souk('test');
  assert.equal(good.code, 0, good.stdout + good.stderr);
  assert.equal(good.stdout.trim().split('\n').pop(), '3 passed, 0 failed');
  const beside = await souk('test', 'scripts/promotions/second.lua', '--json');
  assert.deepEqual([beside.json.passed, beside.json.failed], [3, 0], 'a rule comes with its tests');
  const alone = await souk('test', 'scripts/promotions/second_test.lua', '--json');
  assert.deepEqual([alone.json.passed, alone.json.failed], [3, 0], 'tests come with the rules beside them');
  const wrong = await souk('test', 'wrong_test.lua');
  assert.equal(wrong.code, 1);
  assert.match(wrong.stdout, /^wrong_test\.lua:2: wrong: total: wanted 999, got 1000$/m);
  assert.match(wrong.stdout, /^wrong_test\.lua:2: wrong: lines\.CUP: /m);
  assert.match(wrong.stdout, /^wrong_test\.lua:2: wrong: applied: wanted \["x"\], got \[\]$/m);
  assert.match(wrong.stdout, /totl: .*did you mean .*total/);
  assert.match(wrong.stdout, /^wrong_test\.lua:3: empty: expect must name/m);
  assert.match(wrong.stdout, /^wrong_test\.lua:4: no price: .*unit_price/m);
  assert.equal(wrong.stdout.trim().split('\n').pop(), '0 passed, 3 failed');
}));

test('at and explain work on a cart with prices and a folder of rules, without any shop', () => inFolder({
  'scripts/promotions/a.lua': rule('black', `name = "Black Friday", from = "2026-11-27T00:00:00Z", to = "2026-11-28T00:00:00Z", ${off10}`) +
    rule('large', 'when = { items_total_at_least = 5000 }, give = { order_fixed = { amount = 300 } }'),
  'cart.json': { currency: 'EUR', lines: [{ sku: 'TEA', quantity: 2, unit_price: 1000 }] },
  'bad.json': '{"lines": 3}',
}, async (souk) => {
  const at = async (time) => (await souk('at', time, '--cart', 'cart.json', '--scripts', 'scripts', '--json')).json;
  const before = await at('2026-11-26T23:59:59Z'), first = await at('2026-11-27T00:00:00Z'), end = await at('2026-11-28T00:00:00Z');
  assert.deepEqual([before, first, end].map((one) => one.quote.totals.total), [2000, 1800, 2000]);
  assert.deepEqual([before, first, end].map((one) => one.items.map((item) => item.id)), [['large'], ['large', 'black'].sort((a, b) => first.items.findIndex((i) => i.id === a) - first.items.findIndex((i) => i.id === b)), ['large']]);
  const text = await souk('explain', '--cart', 'cart.json', '--scripts', 'scripts', '--at', '2026-11-27T12:00:00Z');
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /black: -€2\.00 {2}\(promotions\/a\.lua:1\)/);
  assert.match(text.stdout, /large: does not apply: .*\n +FAILED items_total_at_least: wanted €50\.00, there is €/);
  const bad = await souk('explain', '--cart', 'bad.json', '--scripts', 'scripts');
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /\/lines/);
  const none = await souk('explain', '--order', '1001', '--scripts', 'scripts');
  assert.equal(none.code, 1);
  assert.match(none.stderr, /holds no shop/);
}));

// ---- with a shop ----

const serving = {
  'scripts/promotions/a.lua': rule('tenth', `name = "A tenth", when = { items_total_at_least = 3000 }, ${off10}`) + rule('spring', 'coupon = "SPRING", give = { order_fixed = { amount = 200 } }'),
  'scripts/promotions/b.lua': rule('sleeping', `enabled = false, ${off10}`) + rule('later', `from = "2100-01-01", ${off10}`) + rule('past', `to = "2001-01-01", ${off10}`),
};

async function withMarket(fn, files = serving) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  put(dir, files);
  const market = await Market.open({ dir });
  try {
    await market.product(goods('TEA', 1000, 500, { variant: { cost: 400 } }));
    await market.product(goods('CUP', 2500, 500));
    await fn(market, (...args) => promo(dir, ...args, '--data', market.shop.data), dir);
  } catch (error) {
    error.message += `\n--- shop's log (end) ---\n${market.shop.stderr.slice(-3000)}`;
    throw error;
  } finally {
    await market.down();
  }
}

test('list, on and off, reload: the same on a running shop and on its files', () => withMarket(async (market, promo, dir) => {
  const states = async () => Object.fromEntries((await promo('list', '--json')).json.items.map((item) => [item.id, item.state]));
  assert.deepEqual(await states(), { tenth: 'on', spring: 'on', sleeping: 'off', later: 'planned', past: 'over' });
  const off = await promo('off', 'tenth', '--why', 'too dear');
  assert.equal(off.code, 0, off.stderr);
  assert.match(off.stdout, /tenth is off/);
  assert.equal((await states()).tenth, 'off');
  assert.equal((await promo('list', '--json')).json.items.find((item) => item.id === 'tenth').why, 'too dear');
  const cart = await market.cart([['TEA', 5]]);
  assert.equal((await market.shop.get(`/api/v1/carts/${cart}`)).json.quote.totals.discount, 0, 'off at once');
  const unknown = await promo('off', 'tent');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /did you mean "tenth"/);

  assert.equal((await promo('on', 'sleeping')).code, 0);
  assert.equal((await states()).sleeping, 'on', 'what staff say stands over the script');
  assert.equal((await promo('off', 'sleeping')).code, 0);
  assert.equal((await states()).sleeping, 'off');

  // a broken file: what served serves on, the list says where, and a switch works all the same
  put(dir, { 'scripts/promotions/c.lua': 'promotion { id = "c", giv = {} }\n' });
  const reload = await promo('reload');
  assert.equal(reload.code, 1);
  assert.match(reload.stderr, /promotions\/c\.lua:1: .*giv/);
  const list = await promo('list');
  assert.equal(list.code, 1);
  assert.match(list.stderr, /promotions\/c\.lua:1/);
  assert.match(list.stdout, /tenth +cart +off/);
  assert.equal((await promo('on', 'tenth')).code, 0);
  const other = await market.cart([['TEA', 5]]);
  assert.equal((await market.shop.get(`/api/v1/carts/${other}`)).json.quote.totals.discount, 500, 'on again beside a broken file');
  rmSync(join(dir, 'scripts/promotions/c.lua'));
  assert.equal((await promo('reload')).code, 0);

  await market.shop.stop();
  assert.equal((await states()).tenth, 'on');
  assert.equal((await promo('off', 'tenth')).code, 0);
  assert.equal((await states()).tenth, 'off');
  assert.equal((await promo('off', 'nothing')).code, 1);
  assert.equal((await promo('reload')).code, 1, 'nobody runs');
  await market.shop.up();
  assert.equal((await states()).tenth, 'off', 'a switch of the stopped shop holds');
}));

test('explain tells a cart of the shop and an order, as it was and as it would be now', () => withMarket(async (market, promo, dir) => {
  const cart = await market.cart([['TEA', 4]]);
  await market.shop.post(`/api/v1/carts/${cart}/coupons`, { code: 'spring' });
  const told = await promo('explain', '--token', cart, '--json');
  assert.equal(told.code, 0, told.stderr);
  assert.deepEqual(told.json.quote.promotions.filter((one) => one.applied).map((one) => [one.id, one.amount]), [['tenth', 400], ['spring', 200]]);
  assert.ok(told.json.quote.promotions.some((one) => one.id === 'later' && !one.applied), 'every rule is told of');
  const order = await market.checkout(cart);
  assert.equal(order.status, 201, order.text);
  const { number } = order.json;
  put(dir, { 'draft/promotions/a.lua': rule('tenth', 'give = { order_percent = { percent = 50 } }') });
  const kept = await promo('explain', '--order', number);
  assert.match(kept.stdout, /tenth: -€4\.00/);
  const again = await promo('explain', '--order', number, '--scripts', 'draft', '--json');
  assert.equal(again.json.quote.totals.discount, 2000);
  assert.equal(again.json.kept.totals.discount, 600);
  const gone = await promo('explain', '--order', '99999');
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /no order with the number "99999"/);
  assert.equal((await promo('explain', '--token', 'nonsense')).code, 1);
  const asIfOn = await promo('explain', '--order', number, '--on', 'sleeping', '--json');
  assert.ok(asIfOn.json.quote.promotions.find((one) => one.id === 'sleeping').applied);
  assert.match((await promo('explain', '--order', number, '--on', 'nobody')).stderr, /no promotion "nobody"/);

  const running = (await promo('explain', '--order', number, '--again', '--json')).json;
  await market.shop.stop();
  const stopped = (await promo('explain', '--order', number, '--again', '--json')).json;
  assert.deepEqual({ ...stopped.quote, version: 0 }, { ...running.quote, version: 0 });
}));

test('simulate replays a draft on stored orders: touched, sums, margin, displaced, limits used up in order', () => withMarket(async (market, promo, dir) => {
  for (const lines of [[['TEA', 1]], [['TEA', 4]], [['CUP', 2]], [['TEA', 2], ['CUP', 1]]]) {
    const order = await market.buy(lines);
    assert.equal(order.status, 201, order.text);
  }
  // discounts that stand: 0, 400, 500, 450; goods 1000, 4000, 5000, 4500
  put(dir, { 'draft.lua': rule('fifth', 'exclusive = true, priority = 900, when = { contains_product = { "TEA" } }, give = { order_percent = { percent = 20 } }') });
  const both = async (...args) => {
    const running = await promo('simulate', ...args, '--json');
    assert.equal(running.code, 0, running.stderr);
    return running.json;
  };
  const report = await both('draft.lua', '--orders', '100');
  assert.deepEqual([report.complete, report.orders, report.of, report.touched, report.at_zero], [true, 4, 4, 3, 0]);
  assert.deepEqual(report.discount, { before: 1350, after: 200 + 800 + 500 + 900, stored: 1350 });
  assert.equal(report.total.after - report.total.before, -(2400 - 1350));
  assert.equal(report.total.before, report.total.stored);
  assert.deepEqual(report.displaced, [{ id: 'tenth', orders: 2, amount: 850 }]);
  assert.deepEqual(report.promotions.find((one) => one.id === 'fifth'), { id: 'fifth', orders: 3, amount: 1900, orders_before: 0, amount_before: 0 });
  assert.equal(report.margin.lines, 5);
  assert.equal(report.margin.lines_known, 3, 'only tea has a cost');
  assert.ok(report.margin.after < report.margin.before);
  assert.equal((await both('draft.lua', '--orders', '2')).orders, 2);
  assert.equal((await both('draft.lua', '--since', '2100-01-01')).orders, 0);

  // a limit and a budget are used up by the replay itself, the oldest order first
  put(dir, { 'limited.lua': rule('one', 'priority = 900, limits = { uses = 1 }, give = { order_fixed = { amount = 100 } }') +
    rule('pot', 'priority = 800, budget = { amount = 250 }, give = { order_fixed = { amount = 100 } }') });
  const limited = await both('limited.lua');
  assert.equal(limited.promotions.find((one) => one.id === 'one').orders, 1);
  assert.equal(limited.promotions.find((one) => one.id === 'pot').orders, 2);

  // a draft at the place of a file stands for it; alone, nothing else serves
  put(dir, { 'next/promotions/a.lua': rule('tenth', 'when = { items_total_at_least = 3000 }, give = { order_percent = { percent = 100 } }') });
  const all = await both('next');
  assert.equal(all.at_zero, 3);
  assert.equal((await both('draft.lua', '--alone')).discount.after, 200 + 800 + 900);

  // a draft that is still off is looked at as if it were on
  put(dir, { 'still_off.lua': rule('still', 'enabled = false, priority = 900, give = { order_fixed = { amount = 100 } }') });
  assert.equal((await both('still_off.lua')).promotions.find((one) => one.id === 'still').orders, 4);
  // what staff switched off is off on both sides
  assert.equal((await promo('off', 'tenth', '--why', 'for the test')).code, 0);
  const without = await both('limited.lua');
  assert.deepEqual([without.discount.before, without.discount.after], [0, 300]);
  assert.equal((await promo('on', 'tenth')).code, 0);

  const wrong = await promo('simulate', 'missing.lua');
  assert.equal(wrong.code, 1);
  put(dir, { 'bad.lua': 'promotion { id = "x", giv = 1 }' });
  assert.match((await promo('simulate', 'bad.lua')).stderr, /giv/);

  await market.shop.stop();
  assert.deepEqual({ ...(await both('draft.lua')), seconds: 0 }, { ...report, seconds: 0 }, 'a stopped shop says the same');
  const text = await promo('simulate', 'draft.lua');
  assert.match(text.stdout, /4 of 4 orders replayed, 3 touched/);
  assert.match(text.stdout, /displaced: tenth in 2 orders/);
}));

test('a simulation that is interrupted says how far it came', () => withMarket(async (market, promo, dir) => {
  for (let i = 0; i < 3; i++) assert.equal((await market.buy([['TEA', 4]])).status, 201);
  put(dir, { 'slow.lua': rule('slow', `when = function(cart)\n  local n = 0\n  for i = 1, 60000 do n = n + i % 7 end\n  return n > 0\nend, ${off10}`) });
  const child = spawn(souk, ['promo', 'simulate', 'slow.lua', '--data', market.shop.data, '--json'], { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.on('data', (data) => { out += data; });
  child.stderr.on('data', (data) => { err += data; });
  const ended = new Promise((done) => child.on('close', done));
  child.kill('SIGINT');
  const code = await ended;
  // Either it was over before the signal came, or it says how far it came.
  if (code === 0) assert.equal(JSON.parse(out.trim().split('\n').pop()).complete, true);
  else assert.ok(code === null || /stopped after \d of 3 orders/.test(err), err);
}));
