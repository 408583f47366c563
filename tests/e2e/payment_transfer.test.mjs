// Payment by bank transfer: what the customer is told, a QR code that reads back to the exact payload, and statements (CAMT.053 and CSV) whose
// entries find their orders once, whatever else is in them.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Shop, until } from './souk.mjs';
import { Market, goods } from './buying.mjs';
import { staff } from './browser.mjs';

const account = 'iban = "DE89 3704 0044 0532 0130 00", bic = "COBADEFFXXX", name = "Чайная Tea House"';
const payerAccount = 'BG80BNBG96611020345678';
let market;
before(async () => {
  market = await Market.open({ plugins: ['payment_transfer'], config: `payment_transfer = { ${account}, hold_days = 3 }`, goods: [goods('TEA', 1000, 1000)] });
});
after(() => market?.shop.down());

const order = async (units = 1) => {
  const { json, status, text } = await market.buy([['TEA', units]], { payment: { method: 'transfer' } });
  assert.equal(status, 201, text);
  return json;
};
const reference = (number) => {
  const value = [...`${number}RF00`].map((c) => (c >= 'A' ? c.charCodeAt(0) - 55 : c)).join('');
  return `RF${String(98n - (BigInt(value) % 97n)).padStart(2, '0')}${number}`;
};
const paid = (number, status) => until(`${number} ${status}`, async () => (await market.order(number)).payment_status === status);
const matches = () => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, 'SELECT * FROM payment_match ORDER BY id'], { encoding: 'utf8' }) || '[]');

function entry({ amount, currency = 'EUR', side = 'CRDT', status = 'BOOK', id, details = '' }) {
  return `<Ntry><Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd><Sts><Cd>${status}</Cd></Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>${id}</AcctSvcrRef>${details}</Ntry>`;
}
const transfer = ({ structured, text, amount }) => `<TxDtls>${amount ? `<Amt Ccy="EUR">${amount}</Amt>` : ''}<RltdPties><Dbtr><Nm>Ada &amp; Charles</Nm></Dbtr><DbtrAcct><Id><IBAN>${payerAccount}</IBAN></Id></DbtrAcct></RltdPties><RmtInf>${
  structured ? `<Strd><CdtrRefInf><Ref>${structured}</Ref></CdtrRefInf></Strd>` : `<Ustrd>${text}</Ustrd>`}</RmtInf></TxDtls>`;
const camt = (entries) => `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>S-1</Id>${entries.join('')}</Stmt></BkToCstmrStmt></Document>`;
async function load(name, text) {
  const file = join(market.shop.dir, name);
  writeFileSync(file, text);
  return market.shop.souk('payment_transfer', 'import', file);
}

test('the customer is told the account, the sum and a reference; the code reads back to the payload', async () => {
  const placed = await order(2);
  assert.equal(placed.payment_status, 'pending');
  const ref = reference(placed.number);
  const page = (await market.shop.get(`/order/${placed.number}?token=${placed.token}`)).text;
  assert.match(page, /DE89 3704 0044 0532 0130 00/);
  assert.ok(page.includes(ref.replace(/(.{4})(?=.)/g, '$1 ')), `${ref} is not on the page`);
  const picture = /\/x\/payment_transfer\/qr\/[^"]+\.svg/.exec(page)[0];
  const answer = await market.shop.get(picture);
  assert.match(answer.headers.get('content-type'), /^image\/svg\+xml/);
  const svg = join(market.shop.dir, 'code.svg'), png = join(market.shop.dir, 'code.png');
  writeFileSync(svg, answer.text);
  execFileSync('rsvg-convert', ['-z', '2', '-o', png, svg]);
  const read = execFileSync('zbarimg', ['--quiet', '--raw', '--oneshot', png], { encoding: 'utf8' });
  assert.equal(read.trim(), `BCD\n002\n1\nSCT\nCOBADEFFXXX\nЧайная Tea House\nDE89370400440532013000\nEUR25.00\n\n${ref}`);
  for (const wrong of [picture.replace(ref, ref.replace('RF', 'RG')), picture.replace(ref, `${ref}1`), picture.replace('2500', '0'), picture.replace('2500', '100000000000'), picture.replace('.svg', '')])
    assert.equal((await market.shop.get(wrong)).status, 404, wrong);
  const row = execFileSync('sqlite3', ['-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, `SELECT (expires_at - placed_at) / 86400000000 FROM shop_order WHERE number = '${placed.number}'`], { encoding: 'utf8' });
  assert.equal(row.trim(), '3');
});

test('a CAMT.053 statement: by reference, by number and sum, in parts, over; once', async () => {
  const [a, b, c, d, e] = [await order(), await order(), await order(), await order(), await order()];
  const before = matches().length;
  const text = camt([
    entry({ amount: '15.00', id: 'E-1', details: `<NtryDtls>${transfer({ structured: reference(a.number) })}</NtryDtls>` }),
    entry({ amount: '15.00', id: 'E-2', details: `<NtryDtls>${transfer({ text: `order ${b.number} thanks` })}</NtryDtls>` }),
    entry({ amount: '30.00', id: 'E-3', details: `<NtryDtls>${transfer({ text: reference(c.number).replace(/(.{4})/g, '$1 '), amount: '10.00' })}${transfer({ structured: reference(d.number), amount: '20.00' })}</NtryDtls>` }),
    entry({ amount: '14.99', id: 'E-4', details: `<NtryDtls>${transfer({ text: `${e.number} from ${payerAccount}` })}</NtryDtls>` }),
    entry({ amount: '15.00', id: 'E-5', side: 'DBIT', details: `<NtryDtls>${transfer({ structured: reference(e.number) })}</NtryDtls>` }),
    entry({ amount: '15.00', id: 'E-6', status: 'PDNG', details: `<NtryDtls>${transfer({ structured: reference(e.number) })}</NtryDtls>` }),
  ]);
  const first = await load('one.xml', text);
  assert.equal(first.code, 0, first.stderr);
  assert.deepEqual(first.json, { entries: 5, known: 0, matched: 2, short: 1, over: 1, unmatched: 1 });
  await paid(a.number, 'paid');
  await paid(b.number, 'paid');
  await paid(c.number, 'part_paid');
  await paid(d.number, 'paid');
  await until('the unmatched', () => matches().length === before + 2);
  assert.deepEqual(matches().slice(before).map((m) => [m.why, m.amount, m.state]).sort(), [['no order', 1499, 'open'], ['over', 500, 'open']]);
  assert.equal((await market.order(e.number)).payment_status, 'pending', 'neither money that went out nor what is only announced');
  assert.equal((await market.order(a.number)).status, 'confirmed');
  const again = await load('again.xml', text);
  assert.deepEqual(again.json, { entries: 5, known: 5, matched: 0, short: 0, over: 0, unmatched: 0 });
  const rest = await load('rest.csv', `date;amount;currency;payer;text;id\n2026-11-21;5,00;EUR;Ada;${reference(c.number)};R-1\n`);
  assert.deepEqual(rest.json, { entries: 1, known: 0, matched: 1, short: 0, over: 0, unmatched: 0 });
  await paid(c.number, 'paid');
  for (const name of readdirSync(market.shop.data).filter((one) => one.startsWith('souk.db')))
    assert.ok(!readFileSync(join(market.shop.data, name)).includes(payerAccount), `${name} has the whole account number`);
  assert.ok(!market.shop.stderr.includes(payerAccount));
  assert.deepEqual(await market.verify(), []);
});

test('files that are not whole change nothing', async () => {
  const count = () => execFileSync('sqlite3', ['-cmd', '.timeout 60000', `${market.shop.data}/souk.db`, 'SELECT count(*) FROM p_payment_transfer_entry'], { encoding: 'utf8' });
  const before = count();
  const good = entry({ amount: '15.00', id: 'X-1', details: `<NtryDtls>${transfer({ text: 'x' })}</NtryDtls>` });
  for (const [name, text, words] of [
    ['dtd.xml', camt([good]).replace('?>', '?>\n<!DOCTYPE Document [<!ENTITY a "aaaa">]>'), /document type/],
    ['cut.xml', camt([good]).slice(0, -40), /line \d+/],
    ['amount.xml', camt([good, good.replace('15.00', '15.005')]), /no amount/],
    ['other.xml', '<html><body/></html>', /no CAMT\.053/],
    ['wrong.csv', 'date,amount,text\n2026-11-20,15.00,a\n2026-11-20,fifteen,b\n', /line 3/],
    ['names.csv', 'when,how much\n1,2\n', /names its columns/],
  ]) {
    const answer = await load(name, text);
    assert.equal(answer.code, 1, name);
    assert.match(answer.stderr + answer.stdout, words, name);
  }
  assert.equal((await market.shop.souk('payment_transfer', 'import', '/nowhere/at/all')).code, 1);
  assert.equal(count(), before);
});

test('staff give a statement on a page', async () => {
  const boss = await staff(market.shop);
  const placed = await order();
  const path = '/admin/p/payment_transfer/statement';
  assert.match((await boss.get(path)).text, /type="file"/);
  const form = new FormData();
  form.set('file', new Blob([`date,amount,text\n2026-11-22,15.00,${reference(placed.number)}\n`]), 'november.csv');
  const done = await boss.post(path, form);
  assert.equal(done.status, 200, done.text);
  assert.match(done.text, /<dt>matched<\/dt><dd>1<\/dd>/);
  await paid(placed.number, 'paid');
  const wrong = new FormData();
  wrong.set('file', new Blob(['<x/>']), 'x.xml');
  assert.equal((await boss.post(path, wrong)).status, 422);
  assert.equal((await market.shop.get(path)).status, 303, 'strangers are sent to sign in');
});

test('an account that does not check out is refused before anybody is told of it', async () => {
  for (const wrong of [account.replace('DE89', 'DE88'), account.replace('Чайная Tea House', 'x'.repeat(71)), account.replace('COBADEFFXXX', 'COBA')]) {
    const shop = new Shop({ plugins: ['payment_transfer'], config: `payment_transfer = { ${wrong} }` });
    try {
      await shop.up().catch(() => {});
      assert.notEqual((await shop.plugin('payment_transfer'))?.state, 'active');
    } finally {
      await shop.down();
    }
  }
});
