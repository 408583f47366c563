// What happens to the catalogue without anybody asking: prices and windows that begin and end, pictures that are fetched.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, until, withShop } from './souk.mjs';
import { png } from './picture.mjs';

async function add(shop, ...products) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    writeFileSync(join(dir, 'a.jsonl'), products.map((product) => JSON.stringify({ product }) + '\n').join(''));
    const answer = await shop.souk('import', '--format', 'souk', join(dir, 'a.jsonl'), '--json');
    assert.equal(answer.code, 0, answer.stderr);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
const mug = (key, more, price = {}) => ({ key, type: 'simple', status: 'active', text: { en: { name: `Mug ${key}` } },
  variants: [{ sku: key, tracked: false, prices: [{ list: 'base', amount: 2000 }, ...(price.amount ? [{ list: 'sale', ...price }] : [])] }], ...more });
const soon = (ms) => new Date(Date.now() + ms).toISOString();
const cached = (shop, path) => { // the second of two equal questions comes from the page cache
  return shop.get(path).then(() => shop.get(path));
};

test('a price that ends and a product that appears change cached pages and lists when their moment comes', () => withShop({}, async (shop) => {
  await add(shop, mug('sale', {}, { amount: 1500, until: soon(2500) }), mug('later', { publish_from: soon(2500) }));
  for (const path of ['/p/mug-sale', '/search?q=mug', '/api/v1/products?q=mug'])
    assert.match((await cached(shop, path)).text, path.includes('api') ? /"amount":1500/ : /€15\.00/, path);
  assert.equal((await cached(shop, '/p/mug-later')).status, 404);
  assert.equal((await cached(shop, '/api/v1/products')).json.total, 1);
  await until('the end of the sale', async () => !/€15\.00/.test((await shop.get('/p/mug-sale')).text));
  assert.match((await shop.get('/p/mug-sale')).text, /€20\.00/);
  await until('the new product', async () => (await shop.get('/api/v1/products')).json.total === 2);
  assert.equal((await shop.get('/p/mug-later')).status, 200);
  await until('both in the search', async () => /€20\.00/.test((await shop.get('/search?q=mug')).text) && !/€15\.00/.test((await shop.get('/search?q=mug')).text));
}));

test('a picture of a product that came over the API is fetched at once, from another host', async () => {
  const peer = createServer((request, answer) => (request.url === '/mug.png' ? answer.end(png(500, 300)) : (answer.statusCode = 404, answer.end())));
  await new Promise((done) => peer.listen(0, '127.0.0.1', done));
  const from = `http://127.0.0.1:${peer.address().port}`;
  try {
    await withShop({ config: 'http_client = { allow = { "127.0.0.1" } }' }, async (shop) => {
      const body = mug('m1', { images: [{ source: `${from}/mug.png`, alt: { en: 'a mug' } }, { source: `${from}/gone.png` }] });
      const made = await run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '--unix-socket', join(shop.data, 'souk.sock'), '-X', 'PUT', '-H', 'content-type: application/json',
        '-d', JSON.stringify(body), 'http://shop/api/v1/admin/products/m1']);
      assert.equal(made.stdout, '201');
      const images = await until('the picture', async () => { const { images } = (await shop.get('/api/v1/products/mug-m1')).json; return images.length && images; });
      assert.deepEqual(images.map(({ width, height, alt }) => [width, height, alt]), [[500, 300, 'a mug']]);
    });
  } finally {
    peer.close();
  }
});
