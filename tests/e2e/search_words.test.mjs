// Every word of the demonstration catalogue finds what holds it, in all five languages, as a stranger types it: words of names as a whole,
// by their beginning, in another case and with a typo; words of descriptions as a whole and by their beginning.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Shop, sanitized } from './souk.mjs';

const file = new URL('../../core/app/demo/catalogue.jsonl', import.meta.url).pathname;
const locales = ['en', 'bg', 'hu', 'hy', 'bn'];
const products = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line).product).filter((one) => one?.status === 'active' && one.visibility !== 'hidden');
const config = `shop = { name = "Words", currency = "EUR", country = "BG", locales = { ${locales.map((locale) => `"${locale}"`).join(', ')} } }`;

let shop, seed = 12345;
const dice = (sides) => { seed = (seed * 1103515245 + 12345) % 2147483648; return Math.floor(seed / 2147483648 * sides); };

test.before(async () => {
  shop = await Shop.start({ config });
  const made = await shop.souk('import', '--format', 'souk', file);
  assert.equal(made.code, 0, made.stderr);
});
test.after(() => shop?.down());

// {word: names of the products that hold it}
function wordsOf(locale, textOf) {
  const words = new Map();
  for (const product of products) {
    const text = product.text[locale];
    if (!text) continue;
    for (const [word] of textOf(text).toLowerCase().matchAll(/[\p{L}\p{M}\p{N}]+/gu)) {
      if (!words.has(word)) words.set(word, new Set());
      words.get(word).add(text.name);
    }
  }
  return words;
}

const begin = (word) => { const letters = [...word]; return letters.slice(0, Math.max(3, letters.length - 1 - dice(Math.max(1, letters.length - 3)))).join(''); };
function typo(word, alphabet) {
  const letters = [...word], at = dice(letters.length), way = dice(4);
  if (way === 0) letters.splice(at, 1);
  else if (way === 1) letters.splice(at, 0, alphabet[dice(alphabet.length)]);
  else if (way === 2 || at === letters.length - 1) letters[at] = alphabet[dice(alphabet.length)];
  else [letters[at], letters[at + 1]] = [letters[at + 1], letters[at]];
  return letters.join('');
}

async function found(q, locale) {
  const answer = await fetch(`${shop.url}/api/v1/products?${new URLSearchParams({ q, locale, limit: 100 })}`);
  const list = await answer.json();
  assert.equal(answer.status, 200, `${q}: ${JSON.stringify(list)}`);
  return new Set(list.items.map((item) => item.name));
}

// Asks for each [asked, names, word]; gives those that did not find all of their products.
async function misses(locale, questions) {
  const missed = [];
  const queue = [...questions];
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (let one; (one = queue.pop());) {
      const names = await found(one[0], locale);
      if ([...one[1]].some((name) => !names.has(name))) missed.push(`${one[0]} (${one[2]})`);
    }
  }));
  return missed;
}

for (const locale of locales) {
  test(`words of names, ${locale}`, async (t) => {
    const words = [...wordsOf(locale, (text) => text.name)];
    assert.ok(words.length > 30, `${words.length} words`);
    const long = words.filter(([word]) => [...word].length >= 4);
    const alphabet = [...new Set(words.flatMap(([word]) => [...word]))].filter((letter) => /\p{L}/u.test(letter));
    await t.test('whole', async () => assert.deepEqual(await misses(locale, words.map(([word, names]) => [word, names, word])), []));
    await t.test('another case', async () => assert.deepEqual(await misses(locale, words.map(([word, names]) => [word.toUpperCase(), names, word])), []));
    await t.test('beginning', async () => assert.deepEqual(await misses(locale, long.map(([word, names]) => [begin(word), names, word])), []));
    await t.test('one typo', async () => {
      const questions = [1, 2, 3].flatMap(() => long.map(([word, names]) => [typo(word, alphabet), names, word]));
      const missed = await misses(locale, questions);
      t.diagnostic(`${missed.length} of ${questions.length} missed: ${missed.join(', ')}`);
      assert.ok(missed.length <= questions.length * 0.05, `${missed.length} of ${questions.length}: ${missed.join(', ')}`);
    });
  });
  test(`words of descriptions, ${locale}`, { skip: sanitized && 'long' }, async () => {
    const words = [...wordsOf(locale, (text) => `${text.summary ?? ''} ${(text.description ?? '').replace(/\]\([^)]*\)/g, ' ').replace(/<[^>]*>/g, ' ')}`)];
    assert.ok(words.length > 300, `${words.length} words`);
    const long = words.filter(([word]) => [...word].length >= 4);
    assert.deepEqual(await misses(locale, words.map(([word, names]) => [word, names, word])), []);
    assert.deepEqual(await misses(locale, long.map(([word, names]) => [begin(word), names, word])), []);
  });
}

test('a word of one language is found from the page of another', async () => {
  for (const from of locales)
    for (const of of locales) {
      const [word, names] = [...wordsOf(of, (text) => text.name)].filter(([one]) => [...one].length >= 5)[3];
      const product = products.find((one) => one.text[of]?.name === [...names][0]);
      const list = await found(word, from);
      assert.ok(list.has(product.text[from]?.name ?? product.text.en.name), `${word} of ${of} from ${from}: ${[...list]}`);
    }
});

test('what was searched instead is shown as people write it', async () => {
  for (const [locale, typed, shown] of [['bg', 'чайнек', 'чайник'], ['en', 'teaapot', 'teapot']]) {
    const { json } = await shop.get(`/api/v1/products?locale=${locale}&q=${encodeURIComponent(typed)}`);
    assert.equal(json.corrected, shown);
  }
});
