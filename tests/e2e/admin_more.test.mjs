// More of the admin pages over HTTP: what strangers try (script in names, other origins, rights of others, ids of others), sessions, tokens
// that are used, categories as a tree, bulk over a whole filter, pictures, people, imports that were cut.
import test from 'node:test';
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { withShop, until } from './souk.mjs';
import { Browser, add, command, fields, password, staff } from './browser.mjs';
import { png } from './picture.mjs';

const product = (key, name, more = {}) => ({ key, status: 'active', text: { en: { name } }, variants: [{ sku: `${key}-1`, stock: 3, prices: [{ list: 'base', amount: 1000 }] }], ...more });

// The control socket's command brings products in without the pages.
async function bring(shop, lines) {
  const file = `${shop.dir}/in.jsonl`;
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n') + '\n');
  const done = await shop.souk('import', '--format', 'souk', file, '--json');
  assert.equal(done.code, 0, done.stderr);
  return done.json;
}

test('script in names stays text, everywhere', () => withShop({}, async (shop) => {
  const evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
  const boss = await staff(shop);
  await bring(shop, [{ category: { key: 'evil', text: { en: { name: evil } } } }, { product: product('evil', evil, { brand: evil, tags: [evil], categories: ['evil'] }) }]);
  const page = await boss.make('pages', { key: 'evil', status: 'active', 'text-en-title': evil, 'text-en-body': evil });
  const list = await boss.make('price-lists', { code: 'evil', name: evil });
  assert.equal((await shop.post('/contact', new URLSearchParams({ name: evil, email: 'eve@people.example', text: evil, message: evil }).toString(), { 'content-type': 'application/x-www-form-urlencoded', origin: shop.url })).status < 500, true);
  await boss.post('/admin/products', { _form: '1', key: evil, 'text-en-name': '' });
  const link = /href="(\/admin\/products\/\d+)"/.exec((await boss.get('/admin/products')).text)[1];
  const category = /href="(\/admin\/categories\/\d+)"/.exec((await boss.get('/admin/categories')).text)[1];
  await boss.change(link, { 'text-en-name': `${evil} again` });
  const id = link.split('/').pop();
  for (const path of ['/admin', '/admin/products', `/admin/products?q=${encodeURIComponent(evil)}&status=${encodeURIComponent(evil)}`, link, page, list, category, `${category}/remove`, '/admin/categories', '/admin/pages',
    '/admin/price-lists', '/admin/people', '/admin/inquiries', '/admin/audit', `/admin/sign-in?next=${encodeURIComponent(evil)}`, `/admin/audit?actor=${encodeURIComponent(evil)}`]) {
    const { text, status } = await boss.get(path);
    assert.ok(status === 200, `${path} ${status}`);
    assert.doesNotMatch(text, /<script>alert|<img src=x/, path);
  }
  const preview = await boss.post('/admin/products/bulk', { action: 'price', id, value: evil });
  assert.doesNotMatch(preview.text, /<script>alert|<img src=x/);
  const refused = await boss.post(link, { _form: '1', _seen: '0', 'text-en-name': evil, status: evil });
  assert.equal(refused.status, 409);
  assert.doesNotMatch(refused.text, /<script>alert|<img src=x/);
}));

test('a request from elsewhere changes nothing', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  for (const headers of [{ origin: 'https://elsewhere.example' }, { origin: 'null' }, { origin: '', 'sec-fetch-site': 'cross-site' }])
    for (const path of ['/admin/sign-out', '/admin/password/sessions', '/admin/roles', '/admin/products/bulk'])
      assert.equal((await boss.post(path, { session: 'others', name: 'x', rights: '*' }, headers)).status, 403, `${path} ${JSON.stringify(headers)}`);
  const stranger = new Browser(shop);
  assert.equal((await stranger.post('/admin/sign-in', { email: 'ann@shop.example', password }, { origin: 'https://elsewhere.example' })).status, 403);
  assert.equal((await boss.get('/admin')).status, 200);
}));

test('nobody reaches above their own rights', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  await add(shop, 'second@shop.example');
  assert.equal((await boss.post('/admin/roles', { name: 'deputy', rights: 'staff.*\ntoken.*\nproduct.read\ncategory.read\npage.read\nperson.read\norder.read' })).status, 303);
  const deputy = await staff(shop, 'dan@shop.example', 'deputy');
  const ann = /href="(\/admin\/staff\/\d+)"/.exec((await boss.get('/admin/staff?q=second')).text)[1];
  const demoted = await deputy.change(ann, { role: 'viewer' });
  assert.equal(demoted.status, 422, 'an owner is not demoted by a deputy');
  assert.match(demoted.text, /rights that you do not have/);
  const id = ann.split('/').pop();
  assert.match((await deputy.post('/admin/staff/bulk', { action: 'totp_reset', id, confirm: '1' })).text, /Not done: 1/);
  assert.equal((await deputy.post('/admin/roles', { name: 'owner', rights: 'product.read' })).status, 422, 'nor is the role of owners changed');
  assert.equal((await deputy.post('/admin/roles', { name: 'editor', rights: 'product.read' })).status, 422, 'nor one with other rights');
  assert.equal((await deputy.post('/admin/tokens/new', { name: 'x', scopes: '*' })).status, 422);
  assert.equal((await deputy.post('/admin/tokens/new', { name: 'x', scopes: 'product.*' })).status, 422);
  assert.equal((await deputy.post(ann, { role: 'deputy', _seen: 'x' })).status, 409);
  assert.equal((await boss.post('/admin/staff', { email: 'x@y.example', name: 'x', role: 'owner' })).status < 400, false, 'no staff without a password');
}));

test('sessions: seen, ended one by one, all others, and by a new password', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const other = new Browser(shop);
  assert.equal((await other.signIn('ann@shop.example', boss.secret, boss.step + 1)).status, 303);
  const page = await boss.get('/admin/password');
  assert.equal([...page.text.matchAll(/name="session" value="([0-9a-f]{64})"/g)].length, 1);
  assert.match(page.text, /This one/);
  const hash = /name="session" value="([0-9a-f]{64})"/.exec(page.text)[1];
  const stranger = await staff(shop, 'vic@shop.example', 'viewer');
  await stranger.post('/admin/password/sessions', { session: hash });
  assert.equal((await other.get('/admin')).status, 200, "another's session is not ended");
  assert.equal((await boss.post('/admin/password/sessions', { session: hash })).status, 303);
  assert.equal((await other.get('/admin')).status, 303);
  assert.equal((await boss.get('/admin')).status, 200);
  const codes = await command(shop, ['admin', 'reset-totp', '--email', 'ann@shop.example']);
  assert.equal(codes.code, 0);
  assert.equal((await boss.get('/admin')).status, 303, 'a second step set up anew ends them all');
  boss.secret = await boss.signIn('ann@shop.example');
  const third = new Browser(shop);
  await third.signIn('ann@shop.example', boss.secret, boss.step + 1);
  assert.equal((await third.get('/admin')).status, 200);
  assert.equal((await boss.post('/admin/password', { old: password, password: 'a new long password' })).status, 200);
  assert.equal((await third.get('/admin')).status, 303, 'so does a new password, elsewhere');
  assert.equal((await boss.get('/admin')).status, 200);
}));

test('a token tells when it was last used', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const token = (await command(shop, ['admin', 'token', '--scope', '*', '--name', 'deploy'])).stdout.trim();
  const used = async () => /deploy",[^\n]*,([^,\n]*)\n/.exec(`${(await boss.get('/admin/tokens/csv')).text}\n`)[1].trim();
  assert.equal(await used(), '""');
  assert.equal((await shop.get('/api/v1/admin/plugins', { authorization: `Bearer ${token}` })).status, 200);
  const at = await until('the note', async () => { const text = await used(); return /^\d{4}-/.test(text) && text; });
  assert.equal((await shop.get('/api/v1/admin/plugins', { authorization: `Bearer ${token}` })).status, 200);
  assert.equal(await used(), at, 'at most once a minute');
}));

test('categories: a tree in its order, moved without script, with a rule and a picture', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  await bring(shop, [
    { category: { key: 'b', position: 0, text: { en: { name: 'Bags' } } } }, { category: { key: 'a', position: 1, text: { en: { name: 'Art' } } } },
    { category: { key: 'b/small', parent: 'b', text: { en: { name: 'Small bags' } } } }, { category: { key: 'late', position: 2, text: { bg: { name: 'Късно' } } } },
    { product: product('one', 'One', { brand: 'Acme', tags: ['sale'] }) }, { product: product('two', 'Two', { tags: ['sale'], variants: [{ sku: 'two-1', stock: 1, prices: [{ list: 'base', amount: 9000 }] }] }) }]);
  const rows = async () => [...(await boss.get('/admin/categories')).text.matchAll(/href="(\/admin\/categories\/\d+)">([^<]+)</g)].map((m) => ({ url: m[1], name: m[2].replace(/[\u2003\u2514 \n]/g, ''), deep: /\u2003/.test(m[2]) }));
  const names = async () => (await rows()).map((row) => row.name);
  assert.deepEqual(await names(), ['Bags', 'Smallbags', 'Art', 'Късно']);
  const [bags, small] = await rows();
  assert.deepEqual([bags.deep, small.deep], [false, true]);
  assert.equal((await boss.post(`${bags.url}/move`, { to: 'down' })).status, 303);
  assert.deepEqual(await names(), ['Art', 'Bags', 'Smallbags', 'Късно']);
  assert.equal((await boss.post(`${bags.url}/move`, { to: 'up' })).status, 303);
  assert.equal((await boss.post(`${bags.url}/move`, { to: 'up' })).status, 303, 'the first stays the first');
  assert.deepEqual(await names(), ['Bags', 'Smallbags', 'Art', 'Късно']);
  assert.equal((await boss.post('/admin/categories/999/move', { to: 'up' })).status, 404);

  assert.equal((await boss.change(small.url, { rule_lines: 'tag: sale\r\nprice below: 50.00' })).status, 303);
  const page = await until('the rule at work', async () => { const p = await shop.get('/c/small-bags'); return /One/.test(p.text) && p; });
  assert.doesNotMatch(page.text, /\/p\/two/);
  assert.equal((await boss.form(small.url)).get('rule_lines'), 'tag: sale\r\nprice below: 50.00');
  const wrong = await boss.change(small.url, { rule_lines: 'whatever' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /is no condition/);
  assert.equal((await boss.change(small.url, { rule_lines: '' })).status, 303);
  assert.doesNotMatch((await shop.get('/c/small-bags')).text, /\/p\/one/);
  const form = new FormData();
  form.set('picture', new Blob([png(600, 600)], { type: 'image/png' }), 'x.png');
  assert.equal((await boss.post(`${small.url}/picture`, form)).status, 303);
  assert.match((await boss.form(small.url)).get('image'), /^upload:[0-9a-f]{64}$/);
}));

test('a product of 2,000 variants is saved through its form, whole', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const most = 2000, sku = (i) => `s${String(i).padStart(4, '0')}`;
  const sizes = Array.from({ length: most }, (_, i) => sku(i));
  await bring(shop, [{ product: product('rug', 'Rug', { options: [{ name: 'Size', values: sizes }], images: ['a', 'b'].map((name) => ({ source: `https://shop.example/${name}.png`, alt: { en: `Rug ${name}` } })),
    variants: sizes.map((size) => ({ sku: size, options: { size }, stock: 1, prices: [{ list: 'base', amount: 1000 }] })) }) }]);
  const link = /href="(\/admin\/products\/\d+)"/.exec((await boss.get('/admin/products')).text)[1];
  const form = await boss.form(link);
  assert.ok([...form].length > 8 * most);
  form.set('text-en-name', 'Carpet');
  form.set(`v${most - 1}-price`, '77.00');
  const begun = shop.spent();
  const saved = await boss.post(link, form);
  assert.equal(saved.status, 303, saved.text.slice(0, 2000));
  assert.ok(process.env.SANITIZE || shop.spent() - begun < 5000, `${shop.spent() - begun} ms`);
  const doc = JSON.parse((await shop.souk('export', '--format', 'souk')).stdout.split('\n').find((line) => line.startsWith('{"product"'))).product;
  assert.equal(doc.text.en.name, 'Carpet');
  assert.deepEqual(doc.variants.map((v) => v.sku), sizes);
  assert.deepEqual([...new Set(doc.variants.slice(0, -1).map((v) => v.prices[0].amount))], [1000]);
  assert.equal(doc.variants.at(-1).prices[0].amount, 7700);
  assert.deepEqual(doc.images.map((image) => image.alt.en), ['Rug a', 'Rug b']);
  for (let i = 0; i < 5000; i++) form.append(`more${i}`, '1'); // over every limit: not half of it is taken
  form.set('text-en-name', 'Half a carpet');
  assert.ok((await boss.post(link, form)).status >= 400);
  assert.match((await boss.get(link)).text, /Carpet/);
  assert.doesNotMatch((await boss.get(link)).text, /Half a carpet/);
}));

test('a refused form comes back with everything as it was typed', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  await bring(shop, [{ product: product('tea', 'Tea', { images: ['a', 'b'].map((name) => ({ source: `https://shop.example/${name}.png`, alt: { en: name } })) }) }]);
  const link = /href="(\/admin\/products\/\d+)"/.exec((await boss.get('/admin/products')).text)[1];
  const typed = { 'v0-price': 'cheap', 'v0-barcode': '4006381333931', attributes: 'color: red', 'link-related': 'cup', 'picture1-alt': 'A pot', 'picture1-position': '2', 'picture2-remove': '1', tags: 'warm' };
  const refused = await boss.change(link, typed);
  assert.equal(refused.status, 422);
  const again = fields(refused.text.slice(refused.text.indexOf(`action="${link}"`)));
  for (const [key, value] of Object.entries(typed)) assert.equal(again.get(key)?.trim(), value, key);
  assert.equal(again.get('picture2-alt'), 'b');
}));

test('products in another language than the first are listed by name too, and a language can be taken away', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  await bring(shop, [{ product: product('tea', 'Tea', { text: { en: { name: 'Tea', description: 'Green' }, bg: { name: 'Чай', description: 'Зелен' } } }) },
    { product: product('cup', '', { text: { bg: { name: 'Apple cup' } } }) }]);
  const order = async (query) => [...(await boss.get(`/admin/products${query}`)).text.matchAll(/<a href="(\/admin\/products\/\d+)">([^<]+)</g)].map((m) => m[2].trim());
  assert.deepEqual(await order('?sort=name'), ['Apple cup', 'Tea']);
  assert.deepEqual(await order('?sort=-name'), ['Tea', 'Apple cup']);
  assert.deepEqual(await order('?q=Чай'), ['Tea']);
  const link = /href="(\/admin\/products\/\d+)">Tea/.exec((await boss.get('/admin/products')).text)[1];
  assert.match((await shop.souk('export', '--format', 'souk')).stdout, /Чай/);
  assert.equal((await boss.change(link, { 'text-bg-name': '', 'text-bg-description': '' })).status, 303);
  assert.doesNotMatch((await shop.souk('export', '--format', 'souk')).stdout, /Чай/);
  const emptied = await boss.change(link, { 'text-en-name': '', 'text-en-description': '' });
  assert.equal(emptied.status, 422, 'the first language stays');
}));

test('a bulk action over a whole filter, a thousand rows', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  await bring(shop, Array.from({ length: 1010 }, (_, i) => ({ product: product(`p${i}`, `Thing ${i}`, i < 10 ? { status: 'draft' } : {}) })));
  const list = await boss.get('/admin/products?status=active');
  assert.match(list.text, /name="all" value="1"/);
  assert.match(list.text, /action="\/admin\/products\/bulk\?status=active"/);
  const preview = await boss.post('/admin/products/bulk?status=active', { action: 'price', all: '1' });
  assert.match(preview.text, /1,?000 rows/);
  const begun = shop.spent();
  const done = await boss.post('/admin/products/bulk?status=active', { action: 'price', all: '1', confirm: '1', value: '10' });
  const took = shop.spent() - begun;
  assert.match(done.text, /Done: 1,?000/);
  assert.ok(process.env.SANITIZE || took < 5000, `${took} ms`);
  const lines = (await shop.souk('export', '--format', 'souk')).stdout.split('\n').filter((line) => line.startsWith('{"product"')).map((line) => JSON.parse(line).product);
  const amounts = (status) => [...new Set(lines.filter((p) => p.status === status).map((p) => p.variants[0].prices[0].amount))];
  assert.deepEqual(amounts('active'), [1100]);
  assert.deepEqual(amounts('draft'), [1000]);
  const archived = await boss.post('/admin/products/bulk?status=active', { action: 'archive', all: '1', confirm: '1' });
  assert.match(archived.text, /Done: 1,?000/, 'the filter is read once, before the work changes it');
  assert.match((await boss.get('/admin/audit/check')).text, /the chain is whole/);
}));

test('a picture that is uploaded is on the product page; what is none is refused', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  await bring(shop, [{ product: product('tea', 'Tea') }]);
  const link = /href="(\/admin\/products\/\d+)"/.exec((await boss.get('/admin/products')).text)[1];
  const send = (bytes, name) => { const form = new FormData(); form.set('picture', new Blob([bytes]), name); return boss.post(`${link}/pictures`, form); };
  assert.equal((await send('<script>alert(1)</script>', 'x.png')).status, 422);
  assert.equal((await send('', 'x.png')).status, 422);
  const sent = await send(png(600, 600), '../../../etc/passwd');
  assert.equal(sent.status, 303, sent.text);
  await until('the picture on the page', async () => /\/media\/[0-9a-f]{32}/.test((await shop.get('/p/tea')).text));
  const file = /\/media\/[0-9a-f]{32}[^" ,]*/.exec((await shop.get('/p/tea')).text)[0];
  assert.equal((await fetch(shop.url + file)).status, 200);
}));

test('people: an inquiry done, what is known as a file, erased; a merge taken back', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const visitor = new Browser(shop);
  const form = await visitor.form('/contact');
  form.set('name', 'Carla');
  form.set('email', 'carla@people.example');
  for (const name of ['text', 'message']) if (form.has(name)) form.set(name, 'Where is my tea?');
  const letter = await visitor.post('/contact', form);
  assert.ok(letter.status < 400, letter.text);
  const inquiries = await boss.get('/admin/inquiries?done=0');
  assert.match(inquiries.text, /Where is my tea/);
  const id = /name="id" value="(\d+)"/.exec(inquiries.text)[1];
  assert.match((await boss.post('/admin/inquiries/bulk', { action: 'done', id, confirm: '1' })).text, /Done: 1/);
  assert.doesNotMatch((await boss.get('/admin/inquiries?done=0')).text, /Where is my tea/);
  const link = /href="(\/admin\/people\/\d+)"/.exec((await boss.get('/admin/people?q=carla')).text)[1];
  const file = await boss.get(`${link}/export`);
  assert.match(file.headers.get('content-disposition'), /person-\d+\.json/);
  assert.match(file.text, /carla@people\.example/);
  assert.equal((await boss.post(`${link}/unmerge`, { merge: '1' })).status, 409);
  assert.equal((await boss.get(`${link}/erase`)).status, 200);
  assert.equal((await boss.post(`${link}/erase`, {})).status, 303);
  assert.doesNotMatch((await boss.get('/admin/people?q=carla')).text, /carla@people/);
  assert.match((await boss.get('/admin/audit?action=person.exported')).text, /person\.exported/);
  assert.match((await boss.get('/admin/audit?action=person.erased')).text, /person\.erased/);
}));

test('one import at a time, whoever asks; it is cancelled by a page, cut by a stop, and goes on', () => withShop({}, async (shop) => {
  const boss = await staff(shop);
  const lines = Array.from({ length: 6000 }, (_, i) => JSON.stringify({ product: product(`i${i}`, `Item ${i}`) })).join('\n') + '\n';
  const upload = () => { const form = new FormData(); form.set('format', 'souk'); form.set('for_good', '1'); form.set('file', new Blob([lines]), 'shop.jsonl'); return boss.post('/admin/import', form); };
  const begun = await upload();
  assert.equal(begun.status, 303, begun.text);
  assert.equal((await upload()).status, 409, 'one at a time from the page …');
  writeFileSync(`${shop.dir}/other.jsonl`, JSON.stringify({ product: product('other', 'Other') }) + '\n');
  const other = await shop.souk('import', '--format', 'souk', `${shop.dir}/other.jsonl`);
  assert.equal(other.code, 1, '… and from the command');
  assert.match(other.stderr, /is running/);
  const going = await boss.get(begun.location);
  assert.match(going.text, /<progress/);
  assert.equal((await boss.post(`${begun.location}/cancel`, {})).status, 303);
  const cut = await until('the end', async () => { const p = await boss.get(begun.location); return !/<progress/.test(p.text) && p; });
  assert.match(cut.text, /cancelled/);
  const again = fields(cut.text.slice(cut.text.indexOf('action="/admin/import"')));
  const on = await boss.post('/admin/import', again);
  assert.equal(on.location, begun.location, 'the same run goes on');
  // the process dies in the middle
  const pid = shop.shopPid();
  process.kill(pid, 'SIGKILL');
  await shop.newShopPid(pid);
  const dead = await until('the page after a crash', async () => { const p = await boss.get(begun.location).catch(() => undefined); return p?.status === 200 && p; });
  assert.doesNotMatch(dead.text, /<progress/);
  assert.match(dead.text, />cancelled</);
  const last = await boss.post('/admin/import', fields(dead.text.slice(dead.text.indexOf('action="/admin/import"'))));
  assert.equal(last.status, 303, last.text);
  await until('all of them', async () => />done</.test((await boss.get(begun.location)).text));
  assert.match((await boss.get('/admin/products?q=i5999')).text, /Item 5999/);
}));
