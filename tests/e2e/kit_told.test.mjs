// What the kit tells besides rules: notes about texts without a translation, versions, where a plugin talks to; and that the list of
// facts behind the rule names-known is what the headers say and the core tells.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { build, run, souk, withShop } from './souk.mjs';

const host = join(build, 'souk-host');
const notes = async (file, ...more) => {
  const done = await run(host, ['conform', file, '--json', ...more], { timeout: 600000 });
  assert.equal(done.code, 0, `a note fails nothing: ${done.stdout}${done.stderr}`);
  return JSON.parse(done.stdout).notes;
};
function folder(fn) {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  return Promise.resolve(fn(dir)).finally(() => rmSync(dir, { recursive: true, force: true }));
}

// A plugin with texts of every kind: in a template, in C (one that is a merchant's own, one that is built), in labels.
async function tea(dir, translated) {
  mkdirSync(join(dir, 'templates'), { recursive: true });
  mkdirSync(join(dir, 'locale'), { recursive: true });
  writeFileSync(join(dir, 'Makefile'), 'NAME := tea\ninclude $(SOUK_SDK)/plugin.mk\n');
  writeFileSync(join(dir, 'templates/cups.html'), '<p>{{ "In the cup" | t }} {% t "one cup", plural: "{count} cups", count: n %} {{ "Mint" | t: context: "tea" }} {{ "Search" | t }}</p>\n');
  writeFileSync(join(dir, 'tea.c'), `#include <souk.h>
SOUK_EMBED(cups, "templates/cups.html");
${translated ? 'SOUK_EMBED(bg, "locale/bg.mo");' : ''}
static int fill(struct souk_ctx *ctx, struct souk_value *view)
{
    souk_set_str(ctx, view, "said", souk_t(ctx, "Poured by hand"));
    souk_set_str(ctx, view, "in", souk_t_in(ctx, souk_str("bg"), "Drink it hot", NULL, 1));
    souk_set_str(ctx, view, "name", souk_t(ctx, souk_option_text(ctx, "name").ptr));
    souk_set_str(ctx, view, "made", souk_t(ctx, souk_printf(ctx, "%s", "made up").ptr));
    return SOUK_OK;
}
static const struct souk_option options[] = {{"name", SOUK_STRING, 0, "House tea", "What it is called"}};
static const struct souk_page pages[] = {{"/cups", "cups", fill, "All cups"}};
static const struct souk_migration migrations[] = {{1, 0, "cup", "CREATE TABLE p_tea_cup (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL) STRICT"}};
static const struct souk_field fields[] = {{"name", "Kind of cup", SOUK_STRING, SOUK_FIELD_LIST}};
static const struct souk_resource resources[] = {{"cup", "Our cups", "A cup", "p_tea_cup", SOUK_TABLE(fields)}};
static const struct souk_file files[] = {SOUK_FILE("templates/cups.html", cups)${translated ? ', SOUK_FILE("locale/bg.mo", bg)' : ''}};
SOUK_PLUGIN = {SOUK_ABI, .name = "tea", .version = "1.0.0", .summary = "Tea", .contact = "a@b.example", .license = "MIT", .options = SOUK_TABLE(options),
    .pages = SOUK_TABLE(pages), .migrations = SOUK_TABLE(migrations), .resources = SOUK_TABLE(resources), .files = SOUK_TABLE(files)};
`);
  const head = 'msgid ""\nmsgstr ""\n"Language: bg\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n';
  writeFileSync(join(dir, 'locale/bg.po'), head + (translated || []).map((entry) => `${entry}\n\n`).join(''));
  const made = await run('make', ['-C', dir, `SOUK_SDK=${process.cwd()}/sdk`, 'SANITIZE='], { timeout: 600000 });
  assert.equal(made.code, 0, made.stdout + made.stderr);
  return join(dir, 'tea.so');
}

const texts = ['In the cup', 'Poured by hand', 'Drink it hot', 'All cups', 'Kind of cup', 'Our cups', 'A cup'];
const entry = (id) => `msgid "${id}"\nmsgstr "(${id})"`;
const all = [...texts.map(entry), 'msgctxt "tea"\nmsgid "Mint"\nmsgstr "Мента"', 'msgid "one cup"\nmsgid_plural "{count} cups"\nmsgstr[0] "чаша"\nmsgstr[1] "{count} чаши"'];

test('a text that a language of the plugin lacks is a note, and fails nothing', () => folder(async (dir) => {
  assert.deepEqual(await notes(await tea(dir, all)), [], 'all are there; words of the shop, of the merchant and made ones are nobody\'s to translate');
  for (const id of texts)
    assert.deepEqual(await notes(await tea(dir, all.filter((one) => one !== entry(id)))), [`locale/bg.po has no "${id}"`]);
  assert.deepEqual(await notes(await tea(dir, all.filter((one) => !/Mint|one cup/.test(one)))), ['locale/bg.po has no "one cup", "Mint"']);
  assert.deepEqual(await notes(await tea(dir, [entry('In the cup').replace('"(In the cup)"', '""'), all[1]])),
    ['locale/bg.po has no "In the cup", "one cup", "Mint", "Drink it hot", "All cups" and 3 more'], 'what stands there empty is missing');
  const text = await run(host, ['conform', join(dir, 'tea.so')], { timeout: 600000 });
  assert.match(text.stdout, /\nnote +locale\/bg\.po has no "In the cup", .*\ntea: \d+ yes, 0 no/);
  assert.deepEqual(await notes(join(dir, 'tea.so'), '--rule', 'loads'), [], 'one rule is asked for, and nothing else');
  assert.deepEqual(await notes(await tea(dir)), [], 'without languages there is nothing to lack');
}));

test('the plugins that come along, and those of souk new, speak their languages', () => folder(async (dir) => {
  for (const name of readdirSync('plugins').filter((one) => existsSync(`plugins/${one}/locale`))) {
    const script = `plugins/${name}/conform.lua`;
    assert.deepEqual(await notes(join(build, 'plugins', `${name}.so`), ...(existsSync(script) ? ['--with', script] : [])), [], name);
  }
  for (const kind of readdirSync('sdk/new')) {
    const name = kind === 'plain' ? 'acme' : `${kind}_acme`;
    assert.equal((await run(souk, ['new', kind, 'acme'], { cwd: dir })).code, 0);
    const made = await run('make', ['-C', join(dir, name), `SOUK_SDK=${process.cwd()}/sdk`, 'SANITIZE='], { timeout: 600000 });
    assert.equal(made.code, 0, made.stderr);
    assert.deepEqual(await notes(join(dir, name, `${name}.so`)), [], kind);
  }
}));

test('--version says name, version and ABI, of both programs', async () => {
  const abi = /SOUK_ABI_MAJOR (\d+)\n#define SOUK_ABI_MINOR (\d+)/.exec(readFileSync('sdk/include/souk/abi.h', 'utf8'));
  const version = /^VERSION +:= (.*)$/m.exec(readFileSync('Makefile', 'utf8'))[1];
  for (const [program, name] of [[souk, 'souk'], [host, 'souk-host']]) {
    const done = await run(program, ['--version']);
    assert.deepEqual([done.code, done.stdout, done.stderr], [0, `${name} ${version} (plugin ABI ${abi[1]}.${abi[2]})\n`, '']);
  }
  assert.deepEqual(await run(souk, ['--version']), await run(souk, ['version']));
  assert.deepEqual(JSON.parse((await run(souk, ['--version', '--json'])).stdout), { version, abi_major: Number(abi[1]), abi_minor: Number(abi[2]) });
  assert.equal((await run(souk, ['--version', 'now'])).code, 2);
  assert.equal((await run(host, ['--version', 'now'])).code, 2);
});

test('plugin info says where a plugin talks to in this shop, or would unless somebody says otherwise', async () => {
  const file = join(build, 'plugins/payment_stripe.so');
  const line = (text) => /^ +network +(.*)$/m.exec(text)[1];
  assert.match(line((await run(souk, ['plugin', 'info', file])).stdout), /option base_url \(https:\/\/api\.stripe\.com when not given\)/);
  const probe = join(build, 'tests/plugins/probe_ask.so');
  assert.equal(line((await run(souk, ['plugin', 'info', probe])).stdout), 'option url (must be given)');
  await withShop({ plugins: ['probe_ask'], config: 'probe_ask = { url = "https://acme.example/v1", key = env "ACME" }', env: { ACME: 'k' } }, async (shop) => {
    assert.equal(line((await shop.souk('plugin', 'info', 'probe_ask')).stdout), 'option url (is https://acme.example/v1)');
  });
});

// ---- facts ----

const noun = /^[a-z]+\.[a-z_]+$/;
const listed = () => [.../static const char \*const own\[\] = \{(.*?)NULL\}/s.exec(readFileSync('sdk/conform/general/named.c', 'utf8'))[1].matchAll(/"([^"]+)"/g)].map((one) => one[1]);
const opening = (header) => /^\/\*(.*?)\*\//s.exec(readFileSync(`sdk/include/souk/${header}`, 'utf8'))[1];

// Names in the calls that put a fact into the outbox or ask a filter, and, where a variable stands there, in the file around it.
function told() {
  const calls = /\b(?:outbox_put|payment_fact|shipment_fact|return_fact|order_tell|person_tell|event_filter|views_tell|account_page_tell)\(/;
  const names = new Map();
  for (const floor of ['shop', 'app', 'app/storefront', 'app/admin', 'app/api', 'bridge'])
    for (const name of readdirSync(`core/${floor}`).filter((one) => one.endsWith('.c'))) {
      const text = readFileSync(`core/${floor}/${name}`, 'utf8').replace(/\/\*.*?\*\//gs, '');
      if (!calls.test(text)) continue;
      // What is logged, recorded or audited has names of the same form.
      const bare = text.replace(/\b(?:log_\w+|event_put|\w*audit\w*|event_note|count_\w+|may_\w+)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/g, '');
      for (const [, literal] of bare.matchAll(/"([a-z]+\.[a-z_]+)"/g)) names.set(literal, `core/${floor}/${name}`);
    }
  return names;
}

test('the facts that names-known knows are those of the headers', () => {
  const said = new Set(['order.h', 'event.h'].flatMap((header) => opening(header).match(/\b[a-z]+\.[a-z_]+\b/g))
    .filter((name) => noun.test(name) && !/\.(h|verbed|verbing)$/.test(name)));
  assert.deepEqual(listed().filter((name) => !said.has(name)), [], 'in the list of named.c, in no header');
  assert.deepEqual([...said].filter((name) => !listed().includes(name)), [], 'in a header, not in the list of named.c');
});

test('the facts that names-known knows are those that the core tells', () => {
  const names = told(), list = listed();
  const own = new Set(['page.viewed']); // told from a buffer, by core/bridge/views.c
  assert.deepEqual(list.filter((name) => !names.has(name) && !own.has(name)), [], 'in the list of named.c, and nobody tells of it');
  // The shop's own letters and its webhooks' keeper: they carry tickets, and are no plugin's matter.
  const inner = (name) => name.startsWith('account.') || name === 'webhook.paused';
  assert.deepEqual([...names].filter(([name]) => !list.includes(name) && !inner(name)), [], 'told by the core, not in the list of named.c');
});
