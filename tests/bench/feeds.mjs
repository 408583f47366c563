// Feeds of a large shop, in each format of feed_market: how long the writing takes beside a bare C program that writes the same bytes with
// the same compressed twin (bare_feed.c), and by how much the shop grows while it writes. In turns; numbers are those of 100,000 offers.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop, ask, run, souk, until } from '../e2e/souk.mjs';
import { bench, median, report } from './tools.mjs';

const OFFERS = Number(process.env.BENCH_OFFERS ?? 100000); // two of a product
const TURNS = 3;
const formats = { yml: { delivery_options: '4.90 | 1-3 | 18' }, google: {}, csv: {} };

function* catalogue() {
  const words = 'porcelain maker valley amber linen harbour lantern cedar walnut kettle copper stitch'.split(' ');
  const text = (i, count) => Array.from({ length: count }, (_, n) => words[(i * 7 + n * n) % words.length]).join(' ');
  for (let i = 0; i < OFFERS / 2; i++)
    yield `${JSON.stringify({ product: { key: `big-${i}`, type: 'variable', status: 'active', visibility: 'both', brand: `Maker ${i % 90}`, categories: [[`Group ${i % 9}`, `Sort ${i % 40}`]],
      text: { en: { name: `Thing ${i}`, slug: `thing-${i}`, description: text(i, 60) } }, options: [{ code: 'size', name: 'Size', values: ['S', 'M'] }],
      variants: ['S', 'M'].map((size) => ({ sku: `BIG-${i}-${size}`, options: { size }, tracked: false, prices: [{ list: 'base', amount: 500 + i }] })) } })}\n`;
}

// A picture for each, as if it had been fetched: Google takes nothing without.
function pictures(file) {
  execFileSync('sqlite3', [file, `BEGIN;
    INSERT INTO image (id, source, state, hash, type, width, height, widths, created_at)
      SELECT id, 'https://pictures.example/' || id, 'ready', printf('%032x', id), 'image/jpeg', 800, 800, '400,800', 1 FROM product;
    INSERT INTO product_image (product_id, position, image_id) SELECT id, 0, id FROM product;
    COMMIT;`]);
}

async function write(shop, auth, name) {
  let most = 0, mapped = 0, done = false;
  const idle = shop.census();
  const begin = process.hrtime.bigint();
  const asked = ask(`${shop.url}/api/v1/admin/feeds/${name}/write`, { method: 'POST', body: '{}', headers: { ...auth, 'content-type': 'application/json' }, limit: 600000 })
    .finally(() => { done = true; });
  await until('the writing', () => { const { anonymous, resident } = shop.census(); most = Math.max(most, anonymous - idle.anonymous); mapped = Math.max(mapped, resident - idle.resident); return done; }, 600000);
  const answer = await asked;
  if (answer.status !== 200) throw new Error(`${name}: ${answer.text}`);
  if (answer.json.items !== OFFERS) throw new Error(`${name}: ${answer.json.items} offers, ${JSON.stringify(answer.json.reasons)}`);
  return { took: Number(process.hrtime.bigint() - begin) / 1e9, most: most / 1024, mapped: mapped / 1024, id: answer.json.id };
}

async function bare(file, to) {
  const { code, stdout, stderr } = await run(join(bench, 'bare_feed'), [file, to], { timeout: 120000 });
  if (code) throw new Error(`bare_feed: ${stderr}`);
  const [took, bytes] = stdout.split(' ').map(Number);
  return { took, bytes };
}

export async function feeds() {
  const dir = mkdtempSync(join(tmpdir(), 'souk-bench-'));
  const file = join(dir, 'catalogue.jsonl');
  writeFileSync(file, [...catalogue()].join(''));
  const shop = new Shop({ plugins: ['feed_market'], config: `log = { access = "off" }\nshop = { name = "Bench", currency = "EUR", country = "BG", url = "https://shop.example" }` });
  try {
    const filled = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', file], { timeout: 900000 });
    if (filled.code !== 0) throw new Error(filled.stderr.slice(-500));
    pictures(join(shop.data, 'souk.db'));
    await shop.up();
    const auth = { authorization: `Bearer ${(await shop.souk('admin', 'token', '--scope', '*', '--json')).json.token}` };
    const got = {};
    for (const [format, settings] of Object.entries(formats)) { // off: written when asked for, and only then
      const made = await ask(`${shop.url}/api/v1/admin/feeds`, { method: 'POST', headers: { ...auth, 'content-type': 'application/json' },
        body: JSON.stringify({ name: format, format, enabled: false, settings }) });
      if (made.status !== 201) throw new Error(made.text);
      got[format] = [];
    }
    for (let turn = 0; turn < TURNS; turn++)
      for (const format of Object.keys(formats)) {
        const one = await write(shop, auth, format);
        got[format].push({ ...one, bare: await bare(join(shop.data, 'feeds', one.id), join(dir, 'bare')) });
      }
    for (const [format, list] of Object.entries(got)) {
      const took = median(list.map((one) => one.took)), scale = 100000 / OFFERS;
      report(`feeds.${format}`, took * scale, 's/100,000 offers', '< 50: out within a minute of a change');
      report(`feeds.${format}.rate`, OFFERS / took, 'offers/s');
      report(`feeds.${format}.size`, list[0].bare.bytes / 1048576, 'MiB');
      report(`feeds.${format}.ratio`, median(list.map((one) => one.took / one.bare.took)), 'of bare C, same bytes');
      report(`feeds.${format}.growth`, Math.max(...list.map((one) => one.most)), 'MiB above idle', '< 64');
      report(`feeds.${format}.resident`, Math.max(...list.map((one) => one.mapped)), 'MiB above idle, pages of the database file that are mapped among them');
    }
  } finally {
    await shop.down();
    rmSync(dir, { recursive: true, force: true });
  }
}
