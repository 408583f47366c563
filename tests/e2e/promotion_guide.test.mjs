// scripts/README.md is true: its files are written and its commands run in a filled shop, in the order of the guide, and show what it says. Every
// block of code has a mark: file (written), run (each line is a command), refused (a rule that cannot be read), shows (what the last one printed).
// Its tables, the annotations for editors, and what the reader of rules and the carts of functions really know, name the same things.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Shop, build, run, souk } from './souk.mjs';

const guide = readFileSync('scripts/README.md', 'utf8');
const demo = resolve('core/app/demo');

// "a … b": both, in this order, on one line.
const shown = (output, wanted) => output.split('\n').some((line) => {
  let from = 0;
  return wanted.split('…').map((part) => part.trim()).every((part) => { const at = line.indexOf(part, from); from = at + part.length; return at >= 0; });
});

test('every step of the guide does what it says', async () => {
  const blocks = [...guide.matchAll(/(?:<!-- (file|run|refused|shows)(?:: (\S+))? -->\n)?```(\w+)\n([\s\S]*?)```\n/g)];
  assert.ok(blocks.length > 25);
  const shop = new Shop({});
  const dir = shop.dir;
  mkdirSync(join(dir, 'scripts'));
  writeFileSync(shop.file, readFileSync(join(demo, 'souk.lua'), 'utf8').replace('../../../scripts', 'scripts'));
  const filled = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', join(demo, 'catalogue.jsonl')]);
  assert.equal(filled.code, 0, filled.stderr);
  await shop.up();
  const at = { cwd: dir, env: { ...process.env, PATH: `${build}:${process.env.PATH}` }, timeout: 600000 };
  let output = '';
  try {
    for (const [, kind, name, language, text] of blocks) {
      if (kind === 'file') {
        mkdirSync(dirname(join(dir, name)), { recursive: true });
        writeFileSync(join(dir, name), text);
        if (name.startsWith('scripts/')) {
          const taken = await run('souk', ['promo', 'reload'], at);
          assert.equal(taken.code, 0, `${name}: ${taken.stdout}${taken.stderr}`);
        }
        if (name.endsWith('_test.lua')) {
          const tested = await run('souk', ['promo', 'test', name], at);
          assert.equal(tested.code, 0, tested.stdout + tested.stderr);
          assert.match(tested.stdout, /^[1-9]\d* passed, 0 failed$/m);
        }
      } else if (kind === 'run') {
        output = '';
        for (const line of text.trim().split('\n')) {
          const done = await run('/bin/sh', ['-c', line], at);
          assert.equal(done.code, 0, `${line}: ${done.stdout}${done.stderr}`);
          output += done.stdout;
        }
      } else if (kind === 'refused') {
        writeFileSync(join(dir, 'refused.lua'), text);
        const done = await run('souk', ['promo', 'check', 'refused.lua'], at);
        assert.equal(done.code, 1);
        output = done.stdout;
      } else if (kind === 'shows') {
        for (const line of text.trim().split('\n')) assert.ok(shown(output, line), `wanted: ${line}\ngot:\n${output}`);
      } else assert.fail(`a block of ${language} has no mark: ${text}`);
    }
  } finally {
    await shop.down();
  }
});

test('every example stands in its table, and every link leads somewhere', () => {
  for (const folder of ['promotions', 'upsell'])
    for (const name of readdirSync(join('scripts', folder)).filter((file) => file.endsWith('.lua') && !file.endsWith('_test.lua')))
      assert.ok(guide.includes(`](${folder}/${name})`), name);
  for (const m of guide.matchAll(/\]\(([^)#]+)\)/g)) assert.ok(existsSync(join('scripts', m[1])), m[1]);
  for (const m of guide.matchAll(/\]\(#([^)]+)\)/g)) assert.ok(guide.match(/^## .+$/gm).some((head) => head.slice(3).toLowerCase().replaceAll(' ', '-') === m[1]), m[1]);
});

// ---- names ----

const types = readFileSync('scripts/types/souk.lua', 'utf8');
// Members of a table type, or of a class: { name: what }.
function members(text) {
  const found = {};
  let depth = 0, word = '', inType = false;
  for (const c of text) {
    if ('{[('.includes(c)) depth++;
    if ('}])'.includes(c)) depth--;
    if (depth === 0 && c === ',') { inType = false; word = ''; continue; }
    if (depth === 0 && c === ':' && !inType) { found[word.trim().replace('?', '')] = true; inType = true; }
    word += c;
  }
  return Object.keys(found).sort();
}
const klass = (name) => {
  const text = types.split(`---@class souk.${name}`)[1].split(/\n\n|\n---@(?:class|param|alias)/)[0];
  return Object.fromEntries([...text.matchAll(/^---@field (\w+)\??\s+(.*)$/gm)].map((m) => [m[1], m[2]]));
};
const table = (type) => members(/\{(.*)\}/.exec(type.split('|').find((part) => part.includes('{')) ?? type)[1]);
const inner = (type) => members(type.slice(type.indexOf('{') + 1, type.indexOf('}', type.indexOf('{'))).replace(/"[^"]*"/g, ''));

// What the reader of rules knows: it says so when it is asked for something far off.
async function known(rule) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    writeFileSync(join(dir, 'a.lua'), rule);
    const { stdout } = await run(souk, ['promo', 'check', join(dir, 'a.lua')]);
    const said = /unknown \w+ "qqqqqqqqqqqq": known are ([\w, ]+)/.exec(stdout);
    assert.ok(said, `${rule}\n${stdout}`);
    return said[1].split(', ').sort();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
const far = 'qqqqqqqqqqqq = 1';
const promo = (more) => `promotion { id = "a", ${more} }`;

test('the annotations name what the reader knows, field by field', async () => {
  const wanted = [
    [Object.keys(klass('promotion')), promo(`give = { line_fixed = { amount = 1 } }, ${far}`)],
    [Object.keys(klass('coupon')), promo(`coupon = { ${far} }, give = { line_fixed = { amount = 1 } }`)],
    [inner(klass('promotion').limits), promo(`limits = { ${far} }, give = { line_fixed = { amount = 1 } }`)],
    [inner(klass('promotion').budget), promo(`budget = { ${far} }, give = { line_fixed = { amount = 1 } }`)],
    [Object.keys(klass('when')), promo(`when = { ${far} }, give = { line_fixed = { amount = 1 } }`)],
    [Object.keys(klass('give')), promo(`give = { ${far} }`)],
    [Object.keys(klass('filter')), promo(`give = { line_fixed = { amount = 1, filter = { ${far} } } }`)],
    [Object.keys(klass('offer')), `upsell { id = "a", slot = "cart", skus = { "A" }, ${far} }`],
    [['min', 'percent'], promo(`give = { tiered_percent = { by = "quantity", tiers = { { ${far} } } } }`)],
    [['amount', 'min'], promo(`give = { tiered_fixed = { by = "quantity", tiers = { { ${far} } } } }`)],
    [['mode', 'name'], `group { ${far} }`],
  ];
  for (const [condition, type] of Object.entries(klass('when')).filter(([, type]) => type.includes('{')))
    wanted.push([inner(type), promo(`when = { ${condition} = { ${far} } }, give = { line_fixed = { amount = 1 } }`)]);
  for (const [action, type] of Object.entries(klass('give')))
    wanted.push([members(type.slice(1, type.lastIndexOf('}'))), promo(`${action === 'unit_percent' ? 'kind = "catalogue", ' : ''}give = { ${action} = { ${far} } }`)]);
  assert.ok(wanted.length > 30);
  assert.deepEqual(Object.keys(klass('tier')).sort(), ['amount', 'min', 'percent']);
  await Promise.all(wanted.map(async ([names, rule]) => assert.deepEqual([...names].sort(), await known(rule), rule)));
  for (const [what, name] of [['group', 'group'], ['test', 'test']])
    assert.deepEqual(inner(new RegExp(`---@param ${what} (.*)`).exec(types)[1]), { group: ['mode', 'name'], test: ['at', 'cart', 'expect', 'name', 'only'] }[name]);
});

test('the guide names every condition, action and field', () => {
  for (const name of ['promotion', 'coupon', 'when', 'give', 'filter', 'offer', 'line', 'customer', 'cart'])
    for (const field of Object.keys(klass(name))) assert.match(guide, new RegExp(`\`[^\`]*\\b${field}\\b`), `${name}.${field}`);
});

test('what functions see is what the annotations and the guide say', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  const names = (what) => `(function(t) local all = {} for name in pairs(t) do all[#all + 1] = name end table.sort(all) return table.concat(all, " ") end)(${what})`;
  try {
    const parts = { cart: 'cart', line: 'cart.lines[1]', customer: 'cart.customer', delivery: 'cart.delivery[1]', now: 'cart.now' };
    writeFileSync(join(dir, 'a.lua'), Object.entries(parts).map(([id, what]) => `promotion { id = "${id}", when = function(cart) return false, ${names(what)} end, give = { line_fixed = { amount = 1 } } }`).join('\n'));
    writeFileSync(join(dir, 'cart.json'), JSON.stringify({ coupons: ['A'], country: 'BG', delivery: [{ method: 'post', amount: 1 }], customer: { id: '1', group: 'vip' },
      lines: [{ sku: 'A', quantity: 1, unit_price: 100, weight_g: 5 }] }));
    const { stdout, stderr } = await run(souk, ['quote', '--data', join(dir, 'none'), '--scripts', dir, '--cart', join(dir, 'cart.json'), '--json']);
    const said = Object.fromEntries(JSON.parse(stdout || `"${stderr}"`).promotions.map((one) => [one.id, one.reason.split(' ')]));
    const less = (list, ...out) => list.filter((name) => !out.includes(name)).sort();
    assert.deepEqual(said.cart, less(Object.keys(klass('cart')), 'slot', 'product')); // of offers
    assert.deepEqual(said.line, less(Object.keys(klass('line')), 'cost')); // of the catalogue
    assert.deepEqual(said.customer, Object.keys(klass('customer')).sort());
    assert.deepEqual(said.delivery, inner(klass('cart').delivery));
    assert.deepEqual(said.now, inner(klass('cart').now));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('what scripts have, and what they have not', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    const base = /of Lua `([\w ]+)`/.exec(guide)[1].split(' ');
    const there = [...base, 'money', 'percent_of', 'split', 'log', 'math.floor', 'string.format', 'table.sort', 'utf8.len', 'math.random'];
    const gone = [...[.../no files.*?\(`os`.*?\)/.exec(guide)[0].matchAll(/`(\w+)`/g)].map((m) => m[1]), 'setmetatable', 'coroutine', 'dofile', 'string.dump', 'string.pack', 'collectgarbage'];
    assert.ok(gone.includes('debug') && gone.includes('require'));
    writeFileSync(join(dir, 'a.lua'), `local wrong = {}\n${there.map((name) => `if not ${name} then wrong[#wrong + 1] = "no ${name}" end`).join('\n')}\n${
      gone.map((name) => `if ${name} then wrong[#wrong + 1] = "${name}" end`).join('\n')}\nreturn table.concat(wrong, " ")`);
    const { stdout } = await run(souk, ['script', 'run', join(dir, 'a.lua'), '--json']);
    assert.deepEqual(JSON.parse(stdout), { outcome: 'ok', value: '', message: JSON.parse(stdout).message });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
