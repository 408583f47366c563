// Rules in the admin pages and over REST for staff: the list with state and result, the page of a rule with its source, dry runs on carts
// and orders, preview links, switches with their audit rows, drafts checked, tested, explained and replayed, codes; and who may do what.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ask, until } from './souk.mjs';
import { Market, goods } from './buying.mjs';
import { Browser, add, staff, unescape } from './browser.mjs';
import { sql } from './orders.mjs';

const rule = (id, fields) => `promotion { id = "${id}", ${fields} }\n`;
const off10 = 'give = { order_percent = { percent = 10 } }';
const base = '/api/v1/admin/promotions';

function put(dir, files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}
const serving = {
  'scripts/promotions/a.lua': '-- a comment with <b>HTML</b>\n' + rule('tenth', `name = "A <tenth>", when = { items_total_at_least = 3000 }, budget = { amount = 1000 }, limits = { uses = 5 }, ${off10}`),
  'scripts/promotions/b.lua': rule('sleeping', `name = "Sleeping", enabled = false, ${off10}`) + rule('spring', 'coupon = "SPRING", give = { order_fixed = { amount = 200 } }') +
    rule('vip', `name = "For regulars", when = { customer_group_in = { "vip" } }, ${off10}`),
};

async function withMarket(fn, files = serving) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  put(dir, files);
  const market = await Market.open({ dir });
  try {
    await market.product(goods('TEA', 1000, 500, { variant: { cost: 400 } }));
    await market.product(goods('CUP', 2500, 500));
    await fn(market, market.shop, dir);
  } catch (error) {
    error.message += `\n--- shop's log (end) ---\n${market.shop.stderr.slice(-3000)}`;
    throw error;
  } finally {
    await market.down();
  }
}
const text = (page) => unescape(page.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ');

test('the list shows state, uses, budget and what was given; a broken file is told on top and serves on', () => withMarket(async (market, shop, dir) => {
  const ann = await staff(shop);
  assert.equal((await market.buy([['TEA', 5]])).status, 201);
  const page = await ann.get('/admin/promotions');
  assert.equal(page.status, 200);
  const row = text(/<tr><td[^>]*><a href="\/admin\/promotions\/tenth">[^]*?<\/tr>/.exec(page.text)[0]);
  assert.match(row, /A <tenth> tenth on 1 \/ 5 €5\.00 1 €5\.00 €45\.00/);
  assert.match(text(page.text), /Sleeping sleeping off enabled = false stands in the script/);
  assert.ok(!page.text.includes('<tenth>'), 'names are escaped');
  const off = await ann.get('/admin/promotions?state=off');
  assert.ok(off.text.includes('/admin/promotions/sleeping') && !off.text.includes('/admin/promotions/tenth"'));
  assert.match(page.text, /<a href="\/admin\/promotions" aria-current="page">/);

  put(dir, { 'scripts/promotions/a.lua': '-- one\n-- two\n' + rule('tenth', `prioritty = 3, ${off10}`) });
  const reload = await ann.post('/admin/promotions/reload', {});
  assert.equal(reload.status, 303);
  const broken = await ann.get('/admin/promotions');
  assert.match(text(/id="errors"[^]*?<\/div>/.exec(broken.text)[0]), /promotions\/a\.lua:3 .*prioritty/);
  assert.match(broken.text, /href="\/admin\/promotions\/tenth"/, 'what served serves on');
  assert.match(text((await ann.get('/admin/promotions/tenth')).text), /Its file is wrong .*promotions\/a\.lua:3/);
  put(dir, { 'scripts/promotions/c.lua': 'promotion {' });
  await ann.post('/admin/promotions/reload', {});
  assert.match(text((await ann.get('/admin/promotions?state=broken')).text), /promotions\/c\.lua:1/);
}));

test('a rule has its source with numbers; it is switched with a reason, at once, and the audit log says who', () => withMarket(async (market, shop) => {
  const ann = await staff(shop);
  const page = await ann.get('/admin/promotions/tenth');
  assert.equal(page.status, 200, page.text);
  assert.match(page.text, /<tr id="L1"><th scope="row">1<\/th><td><code>-- a comment with &lt;b&gt;HTML&lt;\/b&gt;<\/code>/);
  assert.match(page.text, /<tr id="L2" class="first">/);
  const none = await ann.post('/admin/promotions/tenth/switch', { to: 'off', why: ' ' });
  assert.equal(none.status, 422);
  assert.match(none.text, /say why in a few words/);
  const off = await ann.post('/admin/promotions/tenth/switch', { to: 'off', why: 'too <dear>' });
  assert.equal(off.status, 303, off.text);
  assert.match(off.location, /\/admin\/promotions\/tenth\?done=off$/);
  assert.match(text((await ann.get(off.location)).text), /It is switched off\. .*too <dear>/);
  const cart = await market.cart([['TEA', 5]]);
  assert.equal((await shop.get(`/api/v1/carts/${cart}`)).json.quote.totals.discount, 0);
  assert.equal(sql(shop, "SELECT actor LIKE 'staff:%', detail FROM audit WHERE action = 'promotion.off' AND subject = 'promotion:tenth'"), '1|{"why":"too <dear>"}');
  assert.equal((await ann.post('/admin/promotions/tenth/switch', { to: 'on' })).status, 303);
  const other = await market.cart([['TEA', 5]]);
  assert.equal((await shop.get(`/api/v1/carts/${other}`)).json.quote.totals.discount, 500);
  assert.equal((await ann.get('/admin/promotions/nothing')).status, 404);
  assert.equal((await ann.post('/admin/promotions/nothing/switch', { to: 'off', why: 'x' })).status, 404);
}));

test('a dry run says why, for an order, a cart and typed goods; its preview is for who has the link', () => withMarket(async (market, shop) => {
  const ann = await staff(shop);
  const cart = await market.cart([['TEA', 2]]);
  const order = await market.buy([['TEA', 4]]);
  assert.equal(order.status, 201, order.text);
  const byCart = text((await ann.get(`/admin/promotions/tenth?cart=${cart}`)).text);
  assert.match(byCart, /does not apply .*items_total_at_least €30\.00 €20\.00 no/);
  const byOrder = text((await ann.get(`/admin/promotions/tenth?order=${order.json.number}`)).text);
  assert.match(byOrder, /applies − €4\.00 .*items_total_at_least €30\.00 €40\.00 yes .*Thing TEA TEA : − €4\.00/);
  const vip = text((await ann.get(`/admin/promotions/vip?order=${order.json.number}`)).text);
  assert.match(vip, /customer_group_in \["?vip"?\]|customer_group_in vip/);
  const asIfOn = await ann.get('/admin/promotions/sleeping?goods=TEA+2,+CUP&codes=spring');
  assert.match(text(asIfOn.text), /applies − €4\.05 .*The other promotions \(3\) tenth applies − €4\.50/);
  for (const [query, words] of [['order=99999', /no order with the number/], ['cart=nonsense', /no such cart/], ['goods=NOPE+1', /not in the catalogue/], ['goods=TEA&at=soon', /must be a time/]])
    assert.match(text((await ann.get(`/admin/promotions/tenth?${query}`)).text), words);

  const link = unescape(/href="(\/admin\/promotions\/preview\?token=[^"]+)"/.exec(asIfOn.text)[1]);
  const boss = new Browser(shop);
  const preview = await boss.get(link);
  assert.equal(preview.status, 200, preview.text);
  assert.match(text(preview.text), /with sleeping switched on/);
  assert.match(text(preview.text), /A <tenth> − €4\.50 Sleeping − €4\.05/);
  assert.ok(!preview.text.includes('/admin/orders'), 'no menu for who is not signed in');
  for (const wrong of [link.slice(0, -3) + 'abc', link.replace('token=', 'token=x'), '/admin/promotions/preview', '/admin/promotions/preview?token=a.b'])
    assert.equal((await boss.get(wrong)).status, 404, wrong);
  assert.equal((await boss.get('/admin/promotions/tenth')).status, 303, 'everything else is for staff');
}));

test('rights: who may read may not switch, and orders are for those who may read orders', () => withMarket(async (market, shop) => {
  const order = await market.buy([['TEA', 4]]);
  await add(shop, 'viv@shop.example', 'viewer');
  const viv = new Browser(shop);
  await viv.signIn('viv@shop.example');
  const page = await viv.get('/admin/promotions/tenth');
  assert.equal(page.status, 200);
  assert.ok(!page.text.includes('/switch"'));
  assert.equal((await viv.post('/admin/promotions/tenth/switch', { to: 'off', why: 'x' })).status, 403);
  assert.equal((await viv.post('/admin/promotions/reload', {})).status, 403);
  await add(shop, 'wanda@shop.example', 'warehouse');
  const wanda = new Browser(shop);
  await wanda.signIn('wanda@shop.example');
  assert.equal((await wanda.get('/admin/promotions')).status, 403);
  await add(shop, 'ed@shop.example', 'editor');
  const ed = new Browser(shop);
  await ed.signIn('ed@shop.example');
  const tried = await ed.get(`/admin/promotions/tenth?order=${order.json.number}`);
  assert.equal(tried.status, 200);
  assert.ok(!tried.text.includes('name="order"'));
  assert.ok(!text(tried.text).includes('Thing TEA'), 'an editor sees no orders here either');

  const token = async (scope) => ({ authorization: `Bearer ${(await shop.souk('admin', 'token', '--scope', scope, '--json')).json.token}` });
  const reader = await token('promotion.read'), nobody = await token('product.read');
  assert.equal((await shop.get(base, reader)).status, 200);
  assert.equal((await shop.get(base, nobody)).status, 403);
  assert.equal((await shop.post(`${base}/tenth/switch`, { off: true }, reader)).status, 403);
  assert.equal((await shop.post(`${base}/reload`, {}, reader)).status, 403);
  assert.equal((await ask(shop.url + base)).status, 401);
}));

test('REST: list, one, switch, reload, at a time; refusals name their place', () => withMarket(async (market, shop, dir) => {
  const { auth } = market;
  const list = await shop.get(base, auth);
  assert.deepEqual(list.json.items.map((item) => [item.id, item.state]).sort(), [['sleeping', 'off'], ['spring', 'on'], ['tenth', 'on'], ['vip', 'on']]);
  assert.equal(list.json.report.ok, true);
  const one = await shop.get(`${base}/tenth`, auth);
  assert.deepEqual([one.json.file, one.json.line, one.json.limit, one.json.budget], ['promotions/a.lua', 2, 5, 1000]);
  assert.match(one.json.source, /^-- a comment/);
  assert.equal((await shop.get(`${base}/nothing`, auth)).status, 404);
  const off = await shop.post(`${base}/tenth/switch`, { off: true, why: 'test' }, auth);
  assert.deepEqual([off.status, off.json.state, off.json.why], [200, 'off', 'test']);
  assert.equal((await shop.post(`${base}/tenth/switch`, { off: 'yes' }, auth)).status, 422);
  assert.equal((await shop.post(`${base}/nothing/switch`, { off: true }, auth)).status, 404);
  put(dir, { 'scripts/promotions/later.lua': rule('later', `from = "2031-01-01T00:00:00Z", ${off10}`) });
  assert.equal((await shop.post(`${base}/reload`, {}, auth)).json.promotions, 5);
  const state = async (at) => (await shop.get(`${base}?at=${at}`, auth)).json.items.find((item) => item.id === 'later').state;
  assert.deepEqual([await state('2030-12-31T23:59:59Z'), await state('2031-01-01T00:00:00Z')], ['planned', 'on']);
  assert.equal((await shop.get(`${base}?at=soon`, auth)).status, 400);
}));

test('REST: a draft is checked, tested and explained without being served', () => withMarket(async (market, shop) => {
  const { auth } = market;
  const scripts = (body) => [{ path: 'promotions/x.lua', text: body }];
  const wrong = await shop.post(`${base}/check`, { scripts: scripts(rule('x', 'giv = 1')) }, auth);
  assert.equal(wrong.status, 200);
  assert.deepEqual([wrong.json.ok, wrong.json.findings[0].file, wrong.json.findings[0].line], [false, 'promotions/x.lua', 1]);
  assert.equal((await shop.post(`${base}/check`, { scripts: scripts(rule('x', off10)) }, auth)).json.ok, true);
  for (const [body, place] of [[{}, '/scripts'], [{ scripts: [{ path: 'x', text: '' }] }, '/scripts/0/path'], [{ scripts: [{ path: 'x.lua' }] }, '/scripts/0/text']]) {
    const refused = await shop.post(`${base}/check`, body, auth);
    assert.equal(refused.status, 422);
    assert.equal(refused.json.errors[0].pointer, place);
  }
  const tests = await shop.post(`${base}/test`, { scripts: [...scripts(rule('x', off10)), { path: 'promotions/x_test.lua',
    text: 'test { name = "t", cart = { lines = { { sku = "TEA", quantity = 1 } } }, expect = { total = 900 } }' }] }, auth);
  assert.deepEqual([tests.json.passed, tests.json.failed], [1, 0], JSON.stringify(tests.json));
  const cart = await market.cart([['TEA', 2]]);
  const draft = await shop.post(`${base}/explain`, { token: cart, scripts: scripts(rule('x', off10)) }, auth);
  assert.deepEqual(draft.json.quote.promotions.map((one) => [one.id, one.applied, one.amount]), [['x', true, 200]]);
  assert.equal((await shop.get(`/api/v1/carts/${cart}`)).json.quote.totals.discount, 0, 'a draft serves nobody');
  const broken = await shop.post(`${base}/explain`, { token: cart, scripts: scripts('promotion {') }, auth);
  assert.equal(broken.status, 422);
  assert.match(broken.json.detail, /promotions\/x\.lua:1/);
  assert.equal((await shop.post(`${base}/explain`, { token: cart, order: '1' }, auth)).status, 422);
  assert.equal((await shop.post(`${base}/explain`, { order: 'none' }, auth)).status, 404);
  const file = await shop.post(`${base}/explain`, { cart: { lines: [{ sku: 'TEA', quantity: 4 }] }, at: '2031-01-01' }, auth);
  assert.equal(file.json.quote.totals.discount, 400);
}));

test('REST: a simulation runs beside the shop, is looked at and cancelled', () => withMarket(async (market, shop) => {
  const { auth } = market;
  for (let i = 0; i < 3; i++) assert.equal((await market.buy([['TEA', 4]])).status, 201);
  const body = { scripts: [{ path: 'promotions/x.lua', text: rule('x', 'priority = 900, give = { order_fixed = { amount = 100 } }') }], orders: 10 };
  const begun = await shop.post(`/api/v1/admin/promotion-simulations`, body, auth);
  assert.equal(begun.status, 202, begun.text);
  const task = `/api/v1/admin/promotion-simulations/${begun.json.id}`;
  const done = await until('the simulation', async () => { const { json } = await shop.get(task, auth); return json.state !== 'working' && json; });
  assert.equal(done.state, 'done');
  assert.deepEqual([done.report.orders, done.report.touched, done.report.complete], [3, 3, true]);
  assert.equal(done.report.promotions.find((one) => one.id === 'x').amount, 300);
  assert.equal((await shop.post(`${task}/cancel`, {}, auth)).status, 404, 'it is over');
  assert.equal((await shop.get(`/api/v1/admin/promotion-simulations/1`, auth)).status, 404);
  for (const [more, place] of [[{ orders: 0 }, '/orders'], [{ since: 'soon', orders: undefined }, '/since'], [{ since: '2026-01-01' }, '/since']]) {
    const refused = await shop.post(`/api/v1/admin/promotion-simulations`, { ...body, ...more }, auth);
    assert.equal(refused.status, 422);
    assert.equal(refused.json.errors[0].pointer, place);
  }
  assert.equal((await shop.post(`/api/v1/admin/promotion-simulations`, { scripts: [{ path: 'promotions/x.lua', text: 'promotion {' }] }, auth)).status, 422);
}));

test('REST: codes are generated, listed, used and disabled; an audit row does not tell them', () => withMarket(async (market, shop) => {
  const { auth } = market;
  const made = await shop.post(`${base}/codes`, { batch: 'welcome', count: 20, prefix: 'HI', uses: 1 }, auth);
  assert.equal(made.status, 201, made.text);
  assert.equal(new Set(made.json.codes).size, 20);
  assert.ok(made.json.codes.every((code) => code.startsWith('HI')));
  assert.equal((await shop.get(`${base}/codes`, auth)).json.items[0].name, 'welcome');
  const first = await shop.get(`${base}/codes?batch=welcome&limit=15`, auth);
  assert.equal(first.json.items.length, 15);
  const rest = await shop.get(`${base}/codes?batch=welcome&cursor=${first.json.next}`, auth);
  assert.deepEqual([...first.json.items, ...rest.json.items].map((item) => item.code).sort(), [...made.json.codes].sort());
  const gone = await shop.post(`${base}/codes/disable`, { code: made.json.codes[0].toLowerCase() }, auth);
  assert.deepEqual([gone.status, gone.json.count], [200, 1]);
  assert.equal((await shop.post(`${base}/codes/disable`, { batch: 'welcome' }, auth)).json.count, 19);
  assert.equal((await shop.get(`${base}/codes?batch=nothing`, auth)).status, 404);
  for (const [body, place] of [[{ batch: 'x', count: 0 }, '/count'], [{ batch: 'x', cuont: 3 }, '/cuont'], [{ batch: 'x', count: 2, to: 'soon' }, '/to']]) {
    const refused = await shop.post(`${base}/codes`, body, auth);
    assert.ok([400, 422].includes(refused.status), refused.text);
    assert.equal(refused.json.errors[0].pointer, place);
  }
  const audit = sql(shop, "SELECT group_concat(action || detail) FROM audit WHERE action LIKE 'promotion.codes%'");
  assert.match(audit, /promotion\.codes_generated\{"count":20\}/);
  assert.ok(!made.json.codes.some((code) => audit.includes(code)));
}, { ...serving, 'scripts/promotions/codes.lua': rule('welcome', `coupon = { batch = "welcome" }, ${off10}`) }));
