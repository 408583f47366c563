// What must not stand anywhere, and what must not happen to who buys: no number of a card, whole account of a payer, password or key in the
// database, the log or a report of a crash; what people write is text on every page and in every mail; a page of another site can buy nothing;
// an order is nobody's without its token; a payment leads to a place that browsers may be sent to, or nowhere.
import test from 'node:test';
import assert from 'node:assert';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ask, until } from './souk.mjs';
import { Market, Peer, address, goods } from './buying.mjs';
import { Browser, staff } from './browser.mjs';
import { Smtp } from './smtp.mjs';

const card = '4111 1111 1111 1111', account = 'BG80BNBG96611020345678', smtpPassword = 'canary-smtp-7f3a';
const evil = '<script>alert("x")</script><img src=x onerror=alert(1)>';

let market, peer, smtp, staffed;
test.before(async () => {
  peer = await Peer.open();
  smtp = await Smtp.start();
  market = await Market.open({ env: { MAIL_PASSWORD: smtpPassword }, plugins: ['payment_transfer', 'notify_mail', 'bad_abort'], goods: [goods('EVIL', 1000, 100, { text: { en: { name: `Thing ${evil}` } } }), goods('TEA', 1000, 100)],
    config: `${peer.config}\npayment_transfer = { iban = "DE89 3704 0044 0532 0130 00", bic = "COBADEFFXXX", name = "Tea" }
notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", password = env "MAIL_PASSWORD", sender = "shop@souk.example" }` });
  staffed = await staff(market.shop);
});
test.after(async () => { await market?.down(); await peer?.close(); await smtp?.stop(); });

const order = async (body = {}, lines = [['TEA', 1]]) => {
  const answer = await market.buy(lines, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
};

function everything() {
  const files = [];
  const walk = (dir) => readdirSync(dir).forEach((name) => {
    const path = join(dir, name), at = statSync(path, { throwIfNoEntry: false }); // the shop makes files and removes them
    if (at?.isDirectory()) walk(path); else if (at?.isFile() && at.size < 64 << 20) files.push(path);
  });
  walk(market.shop.data);
  return [['the log', market.shop.stderr], ['the database', execFileSync('sqlite3', [`${market.shop.data}/souk.db`, '.timeout 60000', '.dump'], { encoding: 'utf8', maxBuffer: 256 << 20 })],
    ...files.filter(existsSync).map((file) => [file, readFileSync(file, 'latin1')])];
}

test('canaries: cards, accounts, passwords and keys are nowhere', async () => {
  const { shop } = market;
  // a client that sends a card where none is asked for: over REST, refused and taken, and through the form
  const cart = await market.cart([['TEA', 1]]);
  await market.checkout(cart, { email: 'no', payment: { method: 'peer', number: card, nested: { pan: card.replaceAll(' ', '') }, cvc: '737' } });
  await market.checkout(cart, { payment: { method: 'peer', number: card } });
  await market.checkout(await market.cart([['TEA', 1]]), { junk: card, payment: { method: 'peer', list: [card.replaceAll(' ', '-')] } });
  const b = new Browser(shop);
  await b.post('/cart/add', { sku: 'TEA', quantity: '1' });
  const page = await b.get('/checkout');
  const token = /name="cart"[^>]* value="([^"]*)"/.exec(page.text)[1];
  await b.post('/checkout', { cart: token, payment: 'peer', 'peer/number': card, delivery: 'flat:standard', email: 'x' });
  const kept = (await shop.get(`/api/v1/carts/${cart}`)).text + (await b.get('/checkout')).text;
  assert.ok(!kept.includes(card));
  // a statement with payers' accounts: one that fits and one that fits nothing
  const paid = await order({ payment: { method: 'transfer' } });
  const entries = [[paid.number, 'E1', '15.00'], ['nothing that we know', 'E2', '3.21']].map(([text, id, amount]) =>
    `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>${id}</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Nm>Ada ${account}</Nm></Dbtr><DbtrAcct><Id><IBAN>${account}</IBAN></Id></DbtrAcct></RltdPties><RmtInf><Ustrd>${text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>`);
  const file = join(shop.dir, 'statement.xml');
  writeFileSync(file, `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S</Id>${entries.join('')}</Stmt></BkToCstmrStmt></Document>`);
  assert.equal((await shop.souk('payment_transfer', 'import', file)).code, 0);
  await until('the entry that fits nothing', () => execFileSync('sqlite3', [`${shop.data}/souk.db`, '.timeout 60000', 'SELECT count(*) FROM payment_match'], { encoding: 'utf8' }).trim() !== '0');
  await until('a mail', () => smtp.mails.length > 0);
  // a report of a crash
  const pid = shop.shopPid();
  await ask(`${shop.url}/x/bad_abort/go`).catch(() => {});
  await shop.newShopPid(pid);
  await until('the shop', async () => { try { return (await ask(`${shop.url}/readyz`)).status === 200; } catch { return false; } });
  const token2 = market.auth.authorization.slice(7);
  for (const [where, text] of everything())
    for (const [what, canary] of [['a card', card], ['a card', card.replaceAll(' ', '')], ['a card', card.replaceAll(' ', '-')], ["a payer's account", account], ['the password of the mail server', smtpPassword], ['a token of staff', token2]])
      assert.ok(!text.includes(canary), `${what} stands in ${where}: ${text.slice(Math.max(0, text.indexOf(canary) - 200), text.indexOf(canary) + 40)}`);
});

test('what people write is text: shop, admin, slips, mails', async () => {
  const { shop } = market;
  const made = await order({ name: `Ada ${evil}`, email: 'evil@example.org', note: `Ring ${evil}`, address: { ...address, city: `Sofia ${evil}`, line1: `Shipka ${evil}`, company: evil }, payment: { method: 'invoice' } }, [['EVIL', 1]]);
  const read = await market.order(made.number);
  assert.match(read.name, /<script>/, 'it is kept as it was written');
  assert.equal((await market.step(made.number, 'confirm')).status, 200);
  assert.equal((await shop.post(`/api/v1/admin/orders/${made.number}/notes`, { text: `note ${evil}`, internal: false }, market.auth)).status, 201);
  const packed = await market.step(made.number, 'pack');
  assert.equal(packed.status, 200, packed.text);
  const cart = await market.cart([['EVIL', 1]]);
  const b = new Browser(shop);
  await b.post('/cart/add', { sku: 'EVIL', quantity: '1' });
  const pages = [[b, '/cart'], [b, '/checkout'], [b, `/order/${made.number}?token=${made.token}`], [staffed, '/admin'], [staffed, '/admin/orders'], [staffed, `/admin/orders/${read.id}`],
    [staffed, `/admin/orders/${read.id}/edit`], [staffed, `/admin/orders/slips?id=${read.id}`], [staffed, '/admin/shipments'], [staffed, '/admin/messages/preview/html?kind=order_placed']];
  let seen = 0;
  for (const [who, path] of pages) {
    const { status, text } = await who.get(path);
    assert.equal(status, 200, `${path} ${status} ${text.slice(0, 300)}`);
    seen += /&lt;script&gt;/.test(text);
    assert.ok(!text.includes('<script>alert') && !text.includes('<img src=x'), `${path}: ${text.slice(text.indexOf('alert') - 200, text.indexOf('alert') + 60)}`);
  }
  assert.ok(seen >= 7, `the words stand on ${seen} pages`);
  const mail = await until('the mail', () => smtp.mails.find((one) => one.to.includes('evil@example.org')));
  assert.ok(mail.html.includes('&lt;script') && !/<script|<img src=x/.test(mail.html), mail.html);
  assert.ok(cart);
});

test('a name with the end of a line makes no header of a mail', async () => {
  await order({ name: 'Ada\r\nBcc: all@example.org', email: 'crlf@example.org', payment: { method: 'invoice' } }).catch((error) => assert.match(error.message, /422|invalid/));
  const refused = await market.buy([['TEA', 1]], { email: 'a@example.org\r\nBcc: all@example.org' });
  assert.equal(refused.status, 422, refused.text);
  for (const mail of smtp.mails) assert.ok(!mail.to.includes('all@example.org'));
});

test('a page of another site can buy nothing and look nothing up', async () => {
  const made = await order();
  const b = new Browser(market.shop);
  await b.post('/cart/add', { sku: 'TEA', quantity: '1' });
  const where = `/order/${made.number}`, token = made.token;
  for (const [path, form] of [['/cart/add', { sku: 'TEA', quantity: '1' }], ['/cart', { line: '1', quantity: '2' }], ['/checkout', { do: 'place' }], ['/order', { number: made.number, email: 'ada@example.org' }],
    [`${where}/pay`, { token }], [`${where}/again`, { token }], [`${where}/return`, { token }]]) {
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { origin: 'null' }]) {
      const answer = await b.post(path, form, headers);
      assert.equal(answer.status, 403, `${path} ${JSON.stringify(headers)}`);
    }
  }
});

test('an order is nobody\'s without its token', async () => {
  const made = await order();
  const b = new Browser(market.shop);
  const where = `/order/${made.number}`;
  for (const path of [where, `${where}/pay`, `${where}/return`]) {
    const none = await b.get(path);
    assert.equal(none.status, 303, path);
    assert.match(none.location, /\/order$/);
    for (const wrong of ['x', made.token.slice(1), `${made.token}x`, made.token.toLowerCase() === made.token ? made.token.toUpperCase() : made.token.toLowerCase()])
      assert.equal((await b.get(`${path}?token=${wrong}`)).status, 404, path);
  }
  for (const path of [`${where}/pay`, `${where}/again`, `${where}/return`])
    assert.ok([303, 404].includes((await b.post(path, { token: 'x' })).status), path);
  const strange = await b.get('/order/999999');
  assert.deepEqual([strange.status, strange.location], [303, (await b.get(where)).location], 'whether there is such a number is not told');
});

test('looking up and guessing codes has its limit', async () => {
  const b = new Browser(market.shop);
  const answers = [];
  for (let i = 0; i < 25; i++) answers.push((await b.post('/order', { number: String(5000 + i), email: 'ada@example.org' })).status);
  assert.ok(answers.includes(429), answers.join());
  const carts = await Promise.all(Array.from({ length: 20 }, () => market.cart([['TEA', 1]])));
  const codes = await Promise.all(carts.map((cart, i) => market.shop.post(`/api/v1/carts/${cart}/coupons`, { code: `GUESS${i}` })));
  assert.equal(codes.filter((answer) => answer.status === 200).length, 10);
  assert.ok(codes.some((answer) => answer.status === 429), [...new Set(codes.map((answer) => answer.status))].join());
});

test('a payment leads to https or to this machine, or nowhere', async () => {
  for (const [redirect, good] of [['https://pay.example/x', 1], ['http://127.0.0.1:9/x', 1], ['http://localhost/x', 1], ['http://[::1]:8/x', 1], ['http://pay.example/x', 0], ['javascript:alert(1)', 0], ['//evil.example', 0], ['/admin', 0],
    ['http://127.0.0.1.evil.example/', 0], ['http://localhost.evil.example', 0], ['http://localhost:1@evil.example/', 0], ['http://127.0.0.1@evil.example', 0], ['https://a\\evil.example', 0], ['https://a.example/\r\nSet-Cookie: a=b', 0]]) {
    peer.answer = () => ({ state: 'pending', redirect });
    const made = await order({ payment: { method: 'peer' } });
    const leads = async () => (await market.shop.get(`/api/v1/orders/${made.number}?token=${made.token}`)).json.payment?.next?.redirect ?? null;
    if (good) await until(`it leads to ${redirect}`, async () => await leads() === redirect);
    else assert.equal(await leads(), null, redirect);
    const page = await ask(`${market.shop.url}/order/${made.number}?token=${made.token}&pay=1`);
    assert.equal(page.text.includes(`url=${redirect}"`), Boolean(good), redirect);
    assert.ok(good || !page.text.includes(`href="${redirect}"`) || redirect === '/admin', redirect);
  }
});
