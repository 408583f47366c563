// The demo shop's catalogue: complete in five languages, sound in itself (keys, codes, links, pictures, barcodes, prices), the same as what
// its sources make, and taken by `souk import` without a word of complaint; a second time it changes nothing.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, cpSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, souk } from './souk.mjs';

const demo = new URL('../../core/app/demo/', import.meta.url).pathname;
const file = join(demo, 'catalogue.jsonl');
const locales = ['en', 'bg', 'hu', 'hy', 'bn'];
const rows = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const of = (kind) => rows.filter((row) => kind in row).map((row) => row[kind]);
const products = of('product');

// A text in a language is written in its letters.
const letters = { en: /[a-z]/i, bg: /[а-я]/i, hu: /[a-záéíóöőúüű]/i, hy: /[Ա-ֆ]/, bn: /[\u0980-\u09ff]/ };
const words = (text) => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
function speaks(where, text, members) {
  assert.deepEqual(Object.keys(text), locales, where);
  for (const locale of locales)
    for (const member of members)
      assert.match(text[locale][member] ?? '', member === 'name' ? /[\p{L}\p{N}]/u : letters[locale], `${where}: ${member} in ${locale}`);
}
function unique(what, list) {
  const twice = list.filter((item, i) => list.indexOf(item) !== i);
  assert.deepEqual(twice, [], `${what} that stand twice`);
}

test('texts stand in all five languages', () => {
  for (const page of of('page')) speaks(page.key, page.text, ['title', 'body', 'seo_description']);
  for (const category of of('category')) speaks(category.key, category.text, ['name', 'description']);
  for (const attribute of of('attribute')) {
    speaks(attribute.code, attribute.text, ['name']);
    for (const value of attribute.values) speaks(`${attribute.code}=${value.code}`, value.text, ['name']);
  }
  for (const product of products) {
    speaks(product.key, product.text, ['name', 'summary', 'description']);
    for (const locale of ['bg', 'hy', 'bn']) assert.match(product.text[locale].name, letters[locale], `${product.key}: name in ${locale}`);
    for (const locale of locales) {
      const length = words(product.text[locale].description);
      assert.ok(length >= (locale === 'en' ? 40 : 28) && length <= 90, `${product.key}: ${length} words in ${locale}`);
    }
    for (const image of product.images)
      for (const locale of locales) assert.ok(image.alt[locale]?.length > 2, `${product.key}: alt in ${locale}`);
  }
  assert.ok(of('page').every((page) => page.footer));
});

test('the catalogue is what was promised', () => {
  assert.ok(products.length >= 64);
  assert.equal(of('category').filter((category) => !category.parent).length, 8);
  assert.ok(products.filter((product) => product.variants.length > 1).length >= 18);
  assert.ok(products.every((product) => product.variants.length >= 1 && product.variants.length <= 12));
  assert.ok(products.filter((product) => product.variants.some((variant) => variant.prices.some((price) => price.list === 'sale'))).length >= 10);
  assert.ok(products.filter((product) => product.featured).length >= 8);
  assert.deepEqual(products.filter((product) => product.type === 'digital').length, 1);
  assert.equal(products.find((product) => product.type === 'bundle').links.bundle.length, 3);
  const variants = products.flatMap((product) => product.variants);
  assert.ok(variants.some((variant) => variant.stock === 0 && variant.backorder === 'no'), 'something is sold out');
  assert.ok(variants.some((variant) => variant.stock > 0 && variant.stock <= variant.low_stock), 'something is low');
  assert.ok(variants.some((variant) => variant.backorder !== 'no'), 'something can be ordered all the same');
  const brands = new Set(products.map((product) => product.brand));
  assert.ok(brands.size >= 10 && brands.size <= 14, `${brands.size} makers`);
});

test('codes, links and prices are sound', () => {
  for (const kind of ['product', 'category', 'page']) unique(`${kind} keys`, of(kind).map((doc) => doc.key));
  unique('attribute codes', of('attribute').map((attribute) => attribute.code));
  const variants = products.flatMap((product) => product.variants);
  unique('SKUs', variants.map((variant) => variant.sku));
  const barcodes = variants.map((variant) => variant.barcode).filter(Boolean);
  unique('barcodes', barcodes);
  assert.ok(barcodes.length >= variants.length * 0.4);
  for (const code of barcodes) {
    assert.match(code, /^200\d{10}$/);
    const sum = [...code].reduce((all, digit, i) => all + Number(digit) * (i % 2 ? 3 : 1), 0);
    assert.equal(sum % 10, 0, `check digit of ${code}`);
  }
  const keys = new Set(products.map((product) => product.key)), skus = new Set(variants.map((variant) => variant.sku));
  const categories = new Set(of('category').map((category) => category.key));
  const values = new Map(of('attribute').map((attribute) => [attribute.code, new Set(attribute.values.map((value) => value.code))]));
  for (const category of of('category')) {
    assert.ok(!category.parent || categories.has(category.parent), category.key);
    for (const code of category.attributes) assert.ok(values.has(code), `${category.key}: ${code}`);
    assert.ok(category.attributes.length <= 8, category.key);
  }
  for (const product of products) {
    for (const key of product.categories) assert.ok(categories.has(key), `${product.key}: category ${key}`);
    for (const { code, values: used } of [...product.attributes, ...product.options])
      for (const value of used) assert.ok(values.get(code)?.has(value), `${product.key}: ${code}=${value}`);
    for (const list of Object.values(product.links))
      for (const link of list) {
        const found = typeof link === 'string' ? keys.has(link) && link !== product.key : link.sku ? skus.has(link.sku) : keys.has(link.key);
        assert.ok(found, `${product.key}: link to ${JSON.stringify(link)}`);
      }
    const expected = product.options.reduce((all, option) => all * option.values.length, 1);
    assert.equal(product.variants.length, expected, product.key);
    for (const variant of product.variants) {
      const base = variant.prices.find((price) => price.list === 'base').amount;
      assert.match(String(base), /(90|50|00)$/, `${variant.sku}: ${base}`);
      for (const price of variant.prices) assert.ok(price.list === 'base' || price.amount < base, variant.sku);
      if (product.type !== 'digital') assert.ok(variant.weight_g > 0 && variant.length_mm > 0 && variant.stock >= 0, variant.sku);
    }
  }
});

test('every picture is there, small and harmless', () => {
  const there = new Set(readdirSync(join(demo, 'pictures')));
  const sources = [...of('category').map((category) => category.image), ...products.flatMap((product) => [...product.images.map((image) => image.source), ...product.variants.map((variant) => variant.image)])];
  const used = new Set(sources.filter(Boolean).map((source) => source.replace(/^demo:pictures\//, '')));
  assert.deepEqual([...there].filter((name) => !used.has(name)), [], 'pictures that nobody shows');
  assert.ok(products.every((product) => product.images.length >= 1));
  for (const name of used) {
    assert.ok(there.has(name), name);
    const drawing = readFileSync(join(demo, 'pictures', name), 'utf8');
    assert.ok(Buffer.byteLength(drawing) <= 8192, `${name} is too large`);
    assert.match(drawing, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 800 800"/);
    assert.doesNotMatch(drawing.slice(40), /<script|<style|<text|<image|href|\bon\w+=|https?:|NaN|undefined/i, name);
    unique(`ids in ${name}`, [...drawing.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
  }
});

test('the built files are what the sources make', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-demo-'));
  try {
    cpSync(demo, dir, { recursive: true });
    const made = await run(process.execPath, [join(dir, 'generate.mjs')]);
    assert.equal(made.code, 0, made.stderr);
    assert.equal(readFileSync(join(dir, 'catalogue.jsonl'), 'utf8'), readFileSync(file, 'utf8'));
    for (const name of readdirSync(join(demo, 'pictures'))) assert.equal(readFileSync(join(dir, 'pictures', name), 'utf8'), readFileSync(join(demo, 'pictures', name), 'utf8'), name);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('an empty shop takes it, and the second time nothing changes', { skip: !existsSync(souk) }, async () => {
  const data = mkdtempSync(join(tmpdir(), 'souk-demo-'));
  try {
    const reports = [];
    for (let i = 0; i < 2; i++) {
      const answer = await run(souk, ['import', '--format', 'souk', file, '--data', data, '--json']);
      assert.equal(answer.code, 0, answer.stderr);
      reports.push(JSON.parse(answer.stdout));
    }
    const variants = products.flatMap((product) => product.variants).length;
    const [first, second] = reports;
    for (const report of reports) assert.deepEqual([report.rejected, report.warning_count], [0, 0], JSON.stringify(report.warnings));
    assert.deepEqual([first.created, first.updated], [products.length, 0]);
    assert.equal(first.variants.created, variants);
    assert.equal(first.others.created + first.others.unchanged, rows.length - products.length);
    assert.deepEqual([second.created, second.updated, second.unchanged], [0, 0, products.length]);
    assert.deepEqual([second.variants.created, second.variants.updated, second.variants.unchanged], [0, 0, variants]);
    assert.deepEqual([second.others.created, second.others.updated], [0, 0]);
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
});
