// Lighthouse, mobile: accessibility, best practices and SEO are 100 on a page of each main kind (SEO where robots may come), and nothing moves
// while a page loads. Performance is printed here and compared by `make bench`; a time is no test.
import test from 'node:test';
import assert from 'node:assert/strict';
import { demoShop, pagesOf, chromium, why } from './shop.mjs';
import { run } from '../e2e/souk.mjs';
import { Browser } from '../e2e/browser.mjs';

export async function scores(url, only = '', cookie = '') {
  const cli = new URL('node_modules/lighthouse/cli/index.js', import.meta.url).pathname;
  const got = await run(process.execPath, [cli, url, '--output=json', '--quiet', '--chrome-flags=--headless=new --no-sandbox --disable-gpu', ...(only ? [`--only-categories=${only}`] : []), ...(cookie ? [`--extra-headers=${JSON.stringify({ cookie })}`, '--disable-storage-reset'] : [])],
    { env: { ...process.env, CHROME_PATH: chromium }, timeout: 600000 });
  if (got.code !== 0) throw new Error(`lighthouse failed: ${got.stderr.slice(-1500)}`);
  const report = JSON.parse(got.stdout);
  const failed = Object.values(report.audits).filter((audit) => audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode === 'binary').map((audit) => `${audit.id}: ${audit.title}`);
  return { shift: report.audits['cumulative-layout-shift']?.numericValue, scores: Object.fromEntries(Object.values(report.categories).map((c) => [c.id, Math.round(c.score * 100)])), failed };
}

export async function bought(shop) {
  const b = new Browser(shop);
  const { json } = await shop.get('/api/v1/products?q=BAG-0001&limit=1');
  const { variants } = (await shop.get(`/api/v1/products/${encodeURIComponent(json.items[0].slug)}`)).json;
  const put = () => b.post('/cart/add', { sku: variants.find((v) => v.available ?? true).sku, quantity: '1' });
  assert.equal((await put()).status, 303);
  const form = Object.fromEntries(await b.form('/checkout', '/checkout'));
  for (const choice of ['delivery', 'payment']) delete form[choice]; // what is chosen already
  const sent = await b.post('/checkout', { ...form, email: 'ana@example.org', name: 'Ana Petrova', postcode: '1000', city: 'Sofia', line1: 'Vitosha 1', do: 'place' });
  assert.match(sent.location ?? sent.text, /^\/order\/\d+\?token=/);
  assert.equal((await put()).status, 303);
  return { cookie: b.cookie, pages: [['cart', '/cart'], ['checkout', '/checkout'], ['order', sent.location]] };
}

test('Lighthouse', { skip: why, timeout: 3600000 }, async (t) => {
  const shop = await demoShop({ plugins: ['probe_sell'] });
  try {
    // Buying is behind a cookie: a browser with something in its cart, and an order of its own.
    const buying = await bought(shop);
    for (const [kind, path] of buying.pages)
      await t.test(kind, async () => {
        const got = await scores(shop.url + path, '', buying.cookie);
        console.log(`lighthouse ${kind}: ${JSON.stringify(got.scores)}`);
        for (const category of ['accessibility', 'best-practices']) assert.equal(got.scores[category], 100, `${category}: ${got.failed.join(', ')}`);
        assert.ok(got.shift < 0.02, `the page moves: ${got.shift}`);
      });
    const kinds = (await pagesOf(shop)).filter(([kind]) => ['home', 'category', 'product with options', 'content page', 'search', 'register'].includes(kind));
    for (const [kind, path] of kinds)
      await t.test(kind, async () => {
        const got = await scores(shop.url + path);
        console.log(`lighthouse ${kind}: ${JSON.stringify(got.scores)}`);
        const open = !['search', 'register'].includes(kind);
        for (const category of ['accessibility', 'best-practices', ...(open ? ['seo'] : [])]) assert.equal(got.scores[category], 100, `${category}: ${got.failed.join(', ')}`);
        assert.ok(got.shift < 0.02, `the page moves: ${got.shift}`);
      });
  } finally {
    await shop.down();
  }
});
