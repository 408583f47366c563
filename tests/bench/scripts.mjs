// Rules in Lua, in ratios of one run: a hundred function rules that all run, through souk's workers, against the same rules in a bare Lua state
// that calls them on one kept table, plus one bare ping over a socket pair; and one evaluation of a rule that does nothing against that ping.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../e2e/souk.mjs';
import { bench, report } from './tools.mjs';

const TURNS = 5;
const SECONDS = 0.5;

// As people write them; each kind with numbers of its own.
const kinds = [
  (n) => `local total = 0 for _, line in ipairs(cart.lines) do if line.unit_price > ${n * 7} then total = total + line.total end end return total >= ${n * 100}`,
  (n) => `local n = 0 for _, line in ipairs(cart.lines) do for _, category in ipairs(line.categories) do if category == "c${n % 5}" then n = n + line.quantity end end end return n >= ${n % 4}, "enough"`,
  (n) => `return cart.customer ~= nil and cart.customer.orders >= ${n % 6} and cart.items_total >= ${n * 50}`,
  (n) => `local cheapest for _, line in ipairs(cart.lines) do if not cheapest or line.unit_price < cheapest.unit_price then cheapest = line end end return cheapest ~= nil and cheapest.unit_price > ${n}`,
  (n) => `local sum = 0 for i = 1, #cart.lines do local line = cart.lines[i] if line.sku:sub(1, 3) == "SKU" and line.quantity >= ${1 + n % 3} then sum = sum + line.quantity * line.unit_price // 10 end end return sum > ${n * 10} and cart.country == "BG"`,
];
const rules = (count) => Array.from({ length: count }, (_, n) => `promotion { id = "r${n}", when = function(cart) ${kinds[n % kinds.length](n)} end }\n`).join('');

const cart = { currency: 'EUR', channel: 'web', locale: 'en', country: 'BG', postcode: '1000', items_total: 30000, quantity: 20,
  lines: Array.from({ length: 10 }, (_, n) => ({ id: String(n + 1), sku: `SKU-${n}`, product: `p${n}`, name: `Product ${n}`, categories: [`c${n % 5}`, 'all'], quantity: 1 + n % 3,
    unit_price: 500 + n * 170, original_price: 500 + n * 170, total: (500 + n * 170) * (1 + n % 3), weight: 250 })),
  delivery: [{ method: 'standard', amount: 500 }], coupons: [], customer: { id: '17', group: 'retail', guest: false, segments: ['new'], orders: 3, orders_cancelled: 0, spent: 40000 },
  now: { unix: 1795775400, year: 2026, month: 11, day: 27, hour: 17, minute: 10, weekday: 'fri' } };
const lua = (value) => Array.isArray(value) ? `{ ${value.map(lua).join(', ')} }` : typeof value === 'object'
  ? `{ ${Object.entries(value).map(([key, inner]) => `${key} = ${lua(inner)}`).join(', ')} }` : JSON.stringify(value);

async function number(program, ...args) {
  const { code, stdout, stderr } = await run(join(bench, program), args.map(String));
  if (code) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout.trim().split(' ').map(Number);
}

export async function scripts() {
  const dir = mkdtempSync(join(tmpdir(), 'souk-bench-'));
  const file = (name, text) => { writeFileSync(join(dir, name), text); return join(dir, name); };
  try {
    const hundred = file('hundred.lua', rules(100));
    const nothing = file('nothing.lua', 'promotion { id = "nothing", when = function() return true end }\n');
    const table = file('cart.lua', `return ${lua(cart)}`);
    const document = file('cart.json', JSON.stringify(cart));
    const small = file('small.json', '{}');
    const best = {}; // of each the quietest turn
    const note = (key, value) => { best[key] = Math.min(best[key] ?? Infinity, value); };
    for (let turn = 0; turn < TURNS; turn++) {
      const [bare, held] = await number('bare_rules', hundred, table, SECONDS);
      const [souk, same] = await number('scripts', hundred, document, SECONDS);
      note('bare', bare);
      note('souk', souk);
      note('fresh', (await number('scripts', hundred, document, SECONDS, 'fresh'))[0]);
      note('ping', (await number('bare_rules', 'ping', 64, SECONDS))[0]);
      note('trip', (await number('scripts', nothing, small, SECONDS))[0]);
      if (held !== same) throw new Error(`${same} rules held through the worker, ${held} in bare Lua`);
    }
    report('scripts.bare_100', best.bare, 'us');
    report('scripts.souk_100', best.souk, 'us');
    report('scripts.souk_100_other_cart', best.fresh, 'us');
    report('scripts.ping', best.ping, 'us');
    report('scripts.round_trip', best.trip, 'us');
    report('scripts.100_rules', best.souk / (best.bare + best.ping), '× bare Lua and a ping', '≤ 1.6, aim 1.15');
    report('scripts.100_rules_other_cart', best.fresh / (best.bare + best.ping), '× bare Lua and a ping', '≤ 1.6');
    report('scripts.round_trip_ratio', best.trip / best.ping, '× a bare ping', '≤ 2');
  } finally {
    rmSync(dir, { recursive: true });
  }
}
