// Every text of the theme is there in every language: looks up what the templates ask for with `t`, what C hands to i18n_text, and the
// titles of error pages in core/app/theme/locale/*.po, and that no translation is empty or loses a {placeholder}.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const theme = new URL('../../core/app/theme/', import.meta.url).pathname;
const core = new URL('../../core/', import.meta.url).pathname;

function files(folder, ending) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? files(join(folder, entry.name), ending) : entry.name.endsWith(ending) ? [join(folder, entry.name)] : []);
}
const plain = (text) => text.replace(/\\(.)/g, (_, c) => (c === 'n' ? '\n' : c));

// What templates ask for: {% t "…" %} with context and plural, and "…" | t.
function templateIds(text) {
  const ids = [];
  for (const [, id, , rest] of text.matchAll(/\{%-?\s*t\s+"((\\.|[^"\\])*)"((?:[^%]|%(?!\}))*)%\}/g)) {
    const context = /context:\s*"((?:\\.|[^"\\])*)"/.exec(rest)?.[1];
    ids.push((context ? `${context}\u0004` : '') + plain(id));
  }
  for (const [, id] of text.matchAll(/"((?:\\.|[^"\\])*)"\s*\|\s*t\b/g)) id.trim() && ids.push(plain(id));
  for (const [, format] of text.matchAll(/\bdate:\s*"([^"]*%-?[aAbB][^"]*)"/g)) ids.push(format); // the order of day, month and year
  for (const [, one] of text.matchAll(/\|\s*pluralize:\s*"((?:\\.|[^"\\])*)"/g)) ids.push(plain(one));
  // Labels and hints of a form's fields are given to a part, which translates them.
  for (const [tag] of text.matchAll(/\{%-?\s*render\s+"(?:[^%]|%(?!\}))*%\}/g))
    for (const [, id] of tag.matchAll(/\b(?:label|hint): "((?:\\.|[^"\\])*)"/g)) ids.push(plain(id));
  return ids;
}
const literal = /"((?:[^"\\\n]|\\.)*)"/g;
// What C hands to templates for `| t` or translates itself: the titles of error pages, what a form refuses, words of consents, names of
// countries, and what the shop says about a wrong password or address.
function sourceIds(file) {
  const text = readFileSync(file, 'utf8');
  const joined = (literals) => plain([...literals.matchAll(literal)].map((m) => m[1]).join(''));
  const ids = [];
  const titles = /status_title\(int status\)\n\{([\s\S]*?)\n\}/.exec(text);
  for (const [, id] of titles ? titles[1].matchAll(literal) : []) ids.push(plain(id));
  for (const [, words] of text.matchAll(/_form_refuse\([^",;]*,\s*"[^"]*",\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)\)/g)) ids.push(joined(words));
  for (const [, words] of text.matchAll(/#define (?:\w+_WORDS|NEWSLETTER)\s+((?:"(?:[^"\\\n]|\\.)*"[\s\\]*)+)/g)) ids.push(joined(words));
  for (const [, country] of text.matchAll(/\{"[A-Z]{2}", "([^"]+)"\}/g)) ids.push(country);
  if (/app\/admin\//.test(file)) {
    // Tables of what staff look after, the menu, the cards of the overview, titles of pages and messages.
    for (const [, words] of text.matchAll(/\.(?:label|title|one|hint|confirm|input) =\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g)) ids.push(joined(words));
    for (const [, words] of text.matchAll(/\{"\w+", "([^"]+)",\s*(?:SOUK|RESOURCE)_/g)) ids.push(words);
    for (const [, group, words] of text.matchAll(/\{"(\w*)", "([^"]+)", "\/admin/g)) ids.push(...[group, words].filter(Boolean));
    for (const [, words] of text.matchAll(/\{"([^"]+)", "\/admin/g)) ids.push(words);
    for (const [, words] of text.matchAll(/\b(?:show|admin_render)\(request, "admin\/[\w-]+", (?:\w+), "([^"]+)"/g)) ids.push(words);
    for (const [, title, words] of text.matchAll(/admin_message\(\s*request, [\w() ]+,\s*"([^"]+)",\s*((?:"(?:[^"\\\n]|\\.)*"\s*)*)/g)) ids.push(...[title, joined(words)].filter(Boolean));
    for (const [, words] of text.matchAll(/show_form\(request, \d+,\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g)) ids.push(joined(words));
    for (const [, words] of text.matchAll(/char failed_words\[\] =\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g)) ids.push(joined(words));
    for (const [, words] of text.matchAll(/\bshow\(request, "admin\/[\w-]+", \w+, "[^"]+",\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g)) ids.push(joined(words));
    for (const [, list] of text.matchAll(/const char \*const (?:sorts|\w*statuses|visibilities|types|availabilities|stages|states|link_kinds|payments|fulfilments|parcels|works|outcomes)\[\] = \{([^}]*)\}/g))
      for (const [, id] of list.matchAll(literal)) ids.push(plain(id).replaceAll('_', ' '));
  }
  if (/app\/admin\/(?:order|return|match|shipment|dashboard)\w*\.c$/.test(file)) {
    // What a form about an order refuses, what a step is called once it is done, spans of the overview.
    for (const [, words] of text.matchAll(/return \s*((?:"(?:[^"\\\n]|\\.)*"\s*)+);/g)) ids.push(joined(words));
    for (const [, words] of text.matchAll(/show\(request, [\w.]+, \d+,\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g)) ids.push(joined(words));
    for (const [, words] of text.matchAll(/show\(request, \d+,\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g)) ids.push(joined(words));
    for (const [, words] of text.matchAll(/err_set\(err, SOUK_\w+,\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)\)/g)) ids.push(joined(words));
    for (const [, words] of text.matchAll(/\{"\w*", "\w+", "([^"]+)"\}/g)) ids.push(words);
    for (const [, words] of text.matchAll(/\{"([^"]+)", (?:\d+|DAYS)\}/g)) ids.push(words);
    for (const [, words] of text.matchAll(/site_words\(request, "souk", "([^"]+)"\)/g)) ids.push(words);
    for (const [, words] of text.matchAll(/admin_render\(request, "[\w\/-]+", \w+, "([^"]+)"/g)) ids.push(words);
  }
  if (/(?:shop\/cart_apply|storefront\/cart)\.c$/.test(file)) {
    // What cannot be done with a cart: whole sentences, without numbers put in ("only %d" is worded by the page itself).
    for (const [, words] of text.matchAll(/err_set\((?:apply->)?err, SOUK_(?:INVALID|NOT_FOUND|CONFLICT),\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)\)/g)) ids.push(joined(words));
  }
  if (/shop\/(?:payment|payment_ask|payment_apply|payment_report|order_return|order_return_step|order_step)\.c$/.test(file)) {
    // Why money or goods do not go back: a sentence, and in brackets what it is about. A place before it is for programs; so are sentences
    // that name members of a body.
    for (const [, words] of text.matchAll(/(?:err_set\([^;"]*?(?:SOUK_\w+|code),|_refuse\([^;"]*?order,|refuse\(arena, &order, SOUK_\w+,|complain\(a,[^;"]*?(?:souk_str\("[^"]*"\)|at|arena_printf\([^)]*\)),)\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)/g)) {
      const id = joined(words).replace(/^\/(?:lines|delivery|fee|inspection): (?=no more|more|the fee|this note)/, '').replace(/ \([^()]*%[^()]*\)$/, '');
      if (!/%|^\/|^there is no such order$/.test(id)) ids.push(id);
    }
  }
  if (/shop\/(?:account|contact|address)\.c$/.test(file)) {
    for (const [, words] of text.matchAll(/err_set\(err, SOUK_INVALID,\s*((?:"(?:[^"\\\n]|\\.)*"\s*)+)\)/g)) ids.push(joined(words));
    for (const [, words] of text.matchAll(/\{"\w+", \d+, "([^"]+)"\}/g)) ids.push(words);
    for (const [, words] of text.matchAll(/const words = "([^"]+)"/g)) ids.push(words);
  }
  return ids;
}

export function used() {
  const ids = new Map();
  for (const file of files(join(theme, 'templates'), '.html'))
    for (const id of templateIds(readFileSync(file, 'utf8'))) ids.set(id, file);
  for (const file of [...files(join(core, 'app'), '.c'), ...files(join(core, 'shop'), '.c'), join(core, 'bridge/render.c')])
    for (const id of sourceIds(file)) ids.set(id, file);
  return ids;
}

export function read(file) {
  const known = new Map();
  let entry = {}, into = null;
  const flush = () => { if (entry.msgid) known.set((entry.msgctxt ? `${entry.msgctxt}\u0004` : '') + entry.msgid, entry); entry = {}; };
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const word = /^(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) "(.*)"$/.exec(line);
    if (word) {
      if (word[1] === 'msgctxt' || (word[1] === 'msgid' && into !== 'msgctxt')) flush();
      into = word[1];
      entry[into] = plain(word[2]);
    } else if (/^".*"$/.test(line) && into) entry[into] += plain(line.slice(1, -1));
  }
  flush();
  return known;
}

const holes = (text) => [...text.matchAll(/\{\w+\}/g)].map((m) => m[0]).sort().join(' ');

for (const locale of ['bg', 'hu', 'hy', 'bn']) {
  test(`the theme speaks ${locale}`, () => {
    const file = join(theme, 'locale', `${locale}.po`);
    assert.ok(existsSync(file));
    const known = read(file);
    const ids = used();
    assert.ok(ids.size > 100, `only ${ids.size} texts found: the patterns do not fit the templates any more`);
    const missing = [...ids].filter(([id]) => !known.has(id)).map(([id, where]) => `${JSON.stringify(id)} (${where.slice(core.length)})`);
    assert.deepEqual(missing, [], `missing translations ${missing.length}`);
    for (const [id, entry] of known) {
      const texts = Object.entries(entry).filter(([word]) => word.startsWith('msgstr'));
      for (const [word, text] of texts) {
        assert.ok(text.trim(), `${locale}: ${id} is empty`);
        if (word === 'msgstr') assert.equal(holes(text), holes(entry.msgid), `${locale}: ${id}`);
      }
    }
  });
}
