// The rules in scripts/: every one has tests beside it that pass by themselves and on the demo shop's goods, is off until somebody switches
// it on, and does in a running shop what its comment says. And the annotations for editors say what the reader of rules and the functions of
// a cart really know.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Shop, run, souk, until } from './souk.mjs';
import { buyer } from './buying.mjs';

const scripts = resolve('scripts');
const demo = resolve('core/app/demo');
const read = (...path) => readFileSync(join(...path), 'utf8');
const rules = (folder) => readdirSync(join(scripts, folder)).filter((name) => name.endsWith('.lua') && !name.endsWith('_test.lua'));
const ids = (text) => [...text.matchAll(/^\s*(?:\{ )?id = "([a-z0-9-]+)"/gm)].map((m) => m[1]);

// ---- by themselves ----

test('twenty rules and five offers, each with a comment, switched off, and with tests that name it', async () => {
  const names = rules('promotions');
  assert.ok(names.length >= 20, `${names.length} rules`);
  assert.ok(rules('upsell').length >= 5);
  for (const [folder, name] of [...names.map((name) => ['promotions', name]), ...rules('upsell').map((name) => ['upsell', name])]) {
    const text = read(scripts, folder, name);
    assert.match(text, /^-- .{40}/, `${name} begins with what it does`);
    assert.match(text, /enabled = false/, name);
    assert.ok(ids(text).length, name);
    if (folder === 'promotions') for (const id of ids(text)) assert.match(read(scripts, folder, name.replace('.lua', '_test.lua')), new RegExp(`"${id}"`), `${name}: a test of ${id}`);
  }
});

test('all their tests pass without a shop, and a rule that is altered fails its own', async () => {
  const all = await run(souk, ['promo', 'test', '--scripts', scripts]);
  assert.equal(all.code, 0, all.stdout + all.stderr);
  assert.ok(Number(/^(\d+) passed, 0 failed$/m.exec(all.stdout)[1]) >= 60, all.stdout);
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    cpSync(scripts, dir, { recursive: true });
    for (const name of rules('promotions')) {
      const file = join(dir, 'promotions', name), text = read(file);
      // whatever it gives, or wants, becomes another
      const other = text.replace(/(percent|additional|price|quantity|cap|amount) = (\d+|money "[\d.]+"|step\.\w+|saved|rest)(?![\w.])/g, '$1 = 1').replace(/sku = "SPI-0003"/, 'sku = "SPI-0004-50"')
        .replace('cart.now.year - founded', '1');
      assert.notEqual(other, text, name);
      writeFileSync(file, other);
      const failed = await run(souk, ['promo', 'test', '--scripts', dir]);
      assert.equal(failed.code, 1, `${name}: no test misses what it gives`);
      assert.ok(failed.stdout.includes(name.replace('.lua', '_test.lua')), failed.stdout);
      writeFileSync(file, text);
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('souk promo check finds nothing in any of them, and no order that matters among them all', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    const files = rules('promotions').map((name) => join(dir, name));
    for (const name of rules('promotions')) writeFileSync(join(dir, name), read(scripts, 'promotions', name).replace(/^ *enabled = false.*\n/gm, ''));
    for (const file of files) {
      const one = await run(souk, ['promo', 'check', file, '--allow', 'never']); // a birthday is not today
      assert.equal(one.code, 0, one.stdout + one.stderr);
      assert.match(one.stdout, /[1-9]\d* carts tried: 0 findings/);
    }
    const all = await run(souk, ['promo', 'check', ...files, '--allow', 'never,raised']); // whoever takes more off may fall below a threshold
    assert.equal(all.code, 0, all.stdout + all.stderr);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

// ---- in the demo shop ----

let shop;
before(async () => {
  shop = new Shop({});
  shop.file = join(demo, 'souk.lua');
  const filled = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', join(demo, 'catalogue.jsonl')]);
  assert.equal(filled.code, 0, filled.stderr);
  await shop.up();
});
after(() => shop?.down());

const cart = async (...lines) => (await shop.post('/api/v1/carts', { lines: lines.map(([sku, quantity]) => ({ sku, quantity })) })).json;
const seen = async (id) => (await shop.get(`/api/v1/carts/${id}`)).json;
const state = async (id) => (await shop.souk('promo', 'list', '--json')).json.items.find((item) => item.id === id);
async function switched(id, off, fn) {
  const done = await shop.souk('promo', off ? 'off' : 'on', id);
  assert.equal(done.code, 0, done.stderr);
  await until(`${id} is ${off ? 'off' : 'on'}`, fn);
}
// On for the time of a function; `works` says when the shop has taken it up.
async function within(id, works, fn) {
  await switched(id, false, works);
  try {
    return await fn();
  } finally {
    await shop.souk('promo', 'off', id);
    await until(`${id} is off`, async () => !(await works()));
  }
}
const offered = async (id, slot, more = '') => (await shop.get(`/api/v1/carts/${id}/offers?slot=${slot}${more}`)).json.items;

test('the demo shop knows them all, and none is on', async () => {
  const { json } = await shop.souk('promo', 'list', '--json');
  const wanted = [...rules('promotions').flatMap((name) => ids(read(scripts, 'promotions', name))), ...rules('upsell').map((name) => `offer:${ids(read(scripts, 'upsell', name))[0]}`)];
  assert.deepEqual(json.items.map((item) => item.id).sort(), wanted.sort());
  assert.deepEqual([...new Set(json.items.map((item) => item.state))], ['off']);
  const { quote } = await cart(['BTH-0001', 2], ['TEA-0003', 3]);
  assert.equal(quote.totals.discount, 0);
  assert.deepEqual(quote.promotions, []); // nobody hears of what is off
  assert.equal(quote.until ?? null, null); // nor is the cart looked at again when one of them would begin or end
});

test('every test holds with the prices and categories of the demo shop', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    cpSync(scripts, dir, { recursive: true });
    for (const name of rules('promotions')) {
      const file = join(dir, 'promotions', name.replace('.lua', '_test.lua'));
      const bare = read(file).replace(/unit_price = (money "[\d.]+"|price)/g, 'unit_price = nil').replace(/categories = (\{[^}]*\}|paper)/g, 'categories = nil').replace(/\bproduct = "[a-z-]+"/g, 'product = nil');
      writeFileSync(file, bare.replaceAll('{ unit_price = nil }', '{ unit_price = money "25.42" }')); // one that is expected
    }
    const all = await shop.souk('promo', 'test', '--scripts', dir);
    assert.equal(all.code, 0, all.stdout + all.stderr);
    assert.match(all.stdout, /^\d\d passed, 0 failed$/m);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('second item at half price: on while the shop runs, and off again', async () => {
  const { id } = await cart(['BTH-0001', 1], ['BTH-0005', 1]);
  const discount = async () => (await seen(id)).quote.totals.discount;
  assert.equal(await discount(), 0);
  await within('second-half', async () => await discount() === 345, async () => {
    assert.equal((await state('second-half')).state, 'on');
    const { quote } = await seen(id);
    assert.deepEqual(quote.promotions.filter((one) => one.applied).map((one) => [one.id, one.amount]), [['second-half', 345]]);
    const order = await shop.post(`/api/v1/carts/${id}/checkout`, { ...buyer, delivery: { method: 'post:parcel' }, payment: { method: 'transfer' }, accept_total: 2580 - 345 + 320 });
    assert.equal(order.status, 201, order.text);
    assert.equal(order.json.totals.discount, 345);
  });
  assert.equal((await state('second-half')).state, 'off');
});

test('a code that stands alone', async () => {
  const { id } = await cart(['BTH-0001', 2]);
  const asked = await shop.post(`/api/v1/carts/${id}/coupons`, { code: 'FRIENDS' });
  assert.equal(asked.json.quote?.coupons[0]?.accepted ?? false, false);
  await shop.souk('promo', 'on', 'second-half');
  await within('friends', async () => {
    await shop.post(`/api/v1/carts/${id}/coupons`, { code: 'FRIENDS' });
    return (await seen(id)).quote.coupons[0]?.accepted;
  }, async () => {
    assert.deepEqual((await seen(id)).quote.promotions.filter((one) => one.applied).map((one) => one.id), ['friends']);
  });
  await shop.souk('promo', 'off', 'second-half');
});

test('what is missing to free delivery, in the cart and on its page', async () => {
  const { id } = await cart(['CER-0004-20-CM', 4]);
  const nudge = async () => (await seen(id)).quote.nudges.find((one) => one.promotion === 'free-delivery');
  await within('free-delivery', nudge, async () => {
    assert.equal((await nudge()).missing_amount, 40);
    assert.match((await nudge()).text, /^Only €0\.40 more and we bring it for free$/);
    await shop.post(`/api/v1/carts/${id}/lines`, { sku: 'SPI-0003', quantity: 1 });
    assert.equal(await nudge(), undefined);
  });
});

test('a gift comes from stock, with the purchase, and goes with it', async () => {
  const { id, lines } = await cart(['CER-0003-CLA', 3]);
  const gifts = async () => (await seen(id)).quote.lines.filter((line) => line.gift).map((line) => line.sku);
  await within('gift', async () => (await gifts()).length, async () => {
    assert.deepEqual(await gifts(), ['SPI-0003']);
    const less = await fetch(`${shop.url}/api/v1/carts/${id}/lines/${lines[0].id}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"quantity":2}' });
    assert.equal(less.status, 200, await less.text());
    assert.deepEqual(await gifts(), []);
  });
});

test('a bundle by a function', async () => {
  const { id } = await cart(['TEA-0005-MOS', 1], ['TEA-0001-100', 1]);
  let totals;
  await within('tea-set', async () => { ({ totals } = (await seen(id)).quote); return totals.discount === 880; }, async () => {
    assert.equal(totals.items - totals.discount, 5900);
  });
});

// ---- offers ----

async function accept(id, offer) {
  const taken = await shop.post(`/api/v1/carts/${id}/offers`, { token: offer.token });
  assert.equal(taken.status, 200, taken.text);
}

test('a soap on the page of a towel', async () => {
  const { id } = await cart();
  const { json: towel } = await shop.get('/api/v1/products/waffle-towel');
  const offers = () => offered(id, 'product', `&product=${towel.id}&sku=BTH-0004-SAN-50-100`);
  await within('offer:soap-for-towel', async () => (await offers()).length, async () => {
    const [soap] = await offers();
    assert.deepEqual([soap.sku, soap.price, soap.price_before], ['BTH-0001', 552, 690]);
    const { json: mug } = await shop.get('/api/v1/products/harbour-mug');
    assert.deepEqual(await offered(id, 'product', `&product=${mug.id}&sku=CER-0002-SEA-250`), []);
    await accept(id, soap); // and the towel with it
    const { lines, quote } = await seen(id);
    assert.deepEqual(lines.map((line) => line.sku).sort(), ['BTH-0001', 'BTH-0004-SAN-50-100']);
    assert.equal(quote.totals.discount, 138);
    const towelLine = lines.find((line) => line.sku.startsWith('BTH-0004'));
    await fetch(`${shop.url}/api/v1/carts/${id}/lines/${towelLine.id}`, { method: 'DELETE' });
    assert.equal((await seen(id)).quote.totals.discount, 0); // its price was that with a towel
  });
});

test('something small that fills the gap to free delivery', async () => {
  const { id } = await cart(['CER-0004-24-CM', 3]); // 56.70: 3.30 are missing
  await within('offer:fill-the-gap', async () => (await offered(id, 'cart')).length, async () => {
    const [jar] = await offered(id, 'cart');
    assert.deepEqual([jar.sku, jar.price, jar.saving, jar.text], ['SPI-0003', 450, 0, 'With this your delivery is free.']);
    await accept(id, jar);
    assert.deepEqual(await offered(id, 'cart'), []);
  });
});

test('wrapping paper is never ticked by itself, and costs less when it is', async () => {
  const { id } = await cart(['CER-0006-ROS', 1]);
  await within('offer:wrapping', async () => (await offered(id, 'bump')).length, async () => {
    assert.equal((await seen(id)).lines.length, 1);
    const [paper] = await offered(id, 'bump');
    assert.deepEqual([paper.sku, paper.price, paper.price_before], ['PAP-0008', 890, 1190]);
    await accept(id, paper);
    assert.deepEqual((await seen(id)).quote.totals, { ...(await seen(id)).quote.totals, items: 3080, discount: 300 });
  });
});

for (const [name, rule, goods, wanted] of [
  ['coffee into the same parcel, after the purchase', 'coffee-after', ['COF-0003-200', 1], ['COF-0001-250-FILTER', 742, 990]],
  ['the planner at half price, with the thanks', 'planner-thanks', ['CER-0004-28-CM', 2], ['DIG-0001', 345, 690]],
]) {
  test(name, async () => {
    const slot = rule === 'coffee-after' ? 'after' : 'thanks';
    await shop.souk('promo', 'on', `offer:${rule}`);
    assert.equal((await shop.souk('promo', 'reload', '--json')).json.ok, true);
    assert.equal((await state(`offer:${rule}`)).state, 'on');
    try {
      let offer, order;
      for (let i = 0; i < 30 && !offer; i++) { // one in ten is never asked
        const { id } = await cart(goods);
        order = await shop.post(`/api/v1/carts/${id}/checkout`, { ...buyer, email: `ada${i}@example.org`, phone: `+3598881234${10 + i}`, delivery: { method: 'post:parcel' }, payment: { method: 'cod' } });
        assert.equal(order.status, 201, order.text);
        const { json } = await shop.get(`/api/v1/orders/${order.json.number}/offers?slot=${slot}&token=${order.json.token}`, { authorization: `Bearer ${order.json.token}` });
        offer = json.items?.[0];
      }
      assert.ok(offer, 'an offer');
      assert.deepEqual([offer.sku, offer.price, offer.price_before], wanted);
    } finally {
      await shop.souk('promo', 'off', `offer:${rule}`);
    }
  });
}
