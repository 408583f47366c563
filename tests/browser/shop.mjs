// What the browser tests share: the demo shop on a free port with its pictures made, Debian's Chromium, and the list of pages that are
// looked at: one of each kind, found by following links as a visitor would.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Shop, run, souk, until, goodPlugins } from '../e2e/souk.mjs';

export const chromium = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
export const catalogue = resolve('core/app/demo/catalogue.jsonl');

export async function demoShop(options = {}) {
  const shop = new Shop({ plugins: [], config: 'log = { access = "off" }\nshop = { name = "The souk" }', ...options });
  const imported = await run(souk, ['import', '--data', shop.data, '-c', shop.file, '--format', 'souk', catalogue, '--json'], { timeout: 600000 });
  if (imported.code !== 0) throw new Error(`the demo catalogue was not imported:\n${imported.stderr}${imported.stdout}`);
  options.before?.(shop); // while it is not running yet
  await shop.up();
  await until('the pictures', async () => /\/media\/[0-9a-f]{32}/.test((await shop.get('/')).text));
  return shop;
}

const link = (text, pattern) => [...text.matchAll(/href="([^"]+)"/g)].map((m) => m[1].replaceAll('&amp;', '&')).find((url) => pattern.test(url));

// [kind, path] for every kind of page
export async function pagesOf(shop) {
  const home = (await shop.get('/')).text;
  const category = link(home, /^\/c\/[^?]+$/);
  const list = (await shop.get(category)).text;
  const [, name, value] = /type="checkbox"[^>]*name="([^"]+)" value="([^"]+)"/.exec(list) ?? [];
  const filtered = `${category}?${encodeURIComponent(name)}=${encodeURIComponent(value.replaceAll('&amp;', '&'))}`;
  const simple = link(list, /^\/p\/[^?]+$/);
  const all = await shop.get('/api/v1/products?limit=100');
  let variable;
  for (const item of all.json.items) {
    const product = (await shop.get(`/api/v1/products/${encodeURIComponent(item.slug)}`)).json;
    if (product.options.length) { variable = `/p/${encodeURIComponent(item.slug)}`; break; }
  }
  const page = link(home, /^\/pages\/[^?]+$/);
  const bg = (await shop.get('/bg/')).text;
  const bn = (await shop.get('/bn/')).text;
  const hy = (await shop.get('/hy/')).text;
  const hu = (await shop.get('/hu/')).text;
  return [
    ['home', '/'], ['category', category], ['filtered category', filtered], ['product', simple], ['product with options', variable],
    ['search', '/search?q=tea'], ['search without a hit', '/search?q=qqqqzzzz'], ['content page', page], ['contact', '/contact'],
    ['sign in', '/account/sign-in'], ['register', '/account/register'], ['forgot', '/account/forgot'], ['your visits', '/privacy'], ['not found', '/no-such-page'],
    ['home in Bulgarian', '/bg/'], ['category in Bengali', link(bn, /^\/bn\/c\//)], ['product in Armenian', link(hy, /^\/hy\/p\//)],
    ['product in Hungarian', link(hu, /^\/hu\/p\//)], ['product in Bulgarian', link(bg, /^\/bg\/p\//)],
    ['admin sign in', '/admin/sign-in'],
  ].filter(([, path]) => path);
}

// How long something takes on a busy machine is nothing that these tests look at.
export async function openBrowser() {
  const { chromium: driver } = await import('playwright-core');
  const browser = await driver.launch({ executablePath: chromium, args: ['--no-sandbox'], timeout: 600000 });
  const open = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await open(options);
    context.setDefaultTimeout(600000);
    return context;
  };
  return browser;
}

export const ready = existsSync(join('tests/browser/node_modules/playwright-core')) && Boolean(chromium) && existsSync(catalogue) && existsSync(goodPlugins);
export const why = !chromium ? 'Chromium is not there' : !ready ? 'the test tools from npm are not there' : false;
