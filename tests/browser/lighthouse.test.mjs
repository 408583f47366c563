// Lighthouse, mobile: accessibility, best practices and SEO are 100 on a page of each main kind (SEO where robots may come), and nothing moves
// while a page loads. Performance is printed here and compared by `make bench`; a time is no test.
import test from 'node:test';
import assert from 'node:assert/strict';
import { demoShop, pagesOf, chromium, why } from './shop.mjs';
import { run } from '../e2e/souk.mjs';

export async function scores(url, only = '') {
  const cli = new URL('node_modules/lighthouse/cli/index.js', import.meta.url).pathname;
  const got = await run(process.execPath, [cli, url, '--output=json', '--quiet', '--chrome-flags=--headless=new --no-sandbox --disable-gpu', ...(only ? [`--only-categories=${only}`] : [])],
    { env: { ...process.env, CHROME_PATH: chromium }, timeout: 180000 });
  if (got.code !== 0) throw new Error(`lighthouse failed: ${got.stderr.slice(-1500)}`);
  const report = JSON.parse(got.stdout);
  const failed = Object.values(report.audits).filter((audit) => audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode === 'binary').map((audit) => `${audit.id}: ${audit.title}`);
  return { shift: report.audits['cumulative-layout-shift']?.numericValue, scores: Object.fromEntries(Object.values(report.categories).map((c) => [c.id, Math.round(c.score * 100)])), failed };
}

test('Lighthouse', { skip: why, timeout: 900000 }, async (t) => {
  const shop = await demoShop();
  try {
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
