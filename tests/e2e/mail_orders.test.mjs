// Mails about orders, from real checkouts: in each language a guest buys, pays, gets the parcel, sends something back, and each mail tells
// the sums that GET /orders tells; with several taxes, with prices without tax, with a currency that has no cents.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { staff } from './browser.mjs';
import { address, buyer, goods, Market, Peer } from './buying.mjs';
import { sql } from './orders.mjs';
import { Smtp } from './smtp.mjs';
import { until } from './souk.mjs';

const locales = ['en', 'bg', 'hu', 'hy', 'bn'];
const taxes = (country) => `${JSON.stringify({ tax: { country, name: country, rates: [{ class: 'standard', name: 'VAT', ppm: 200000 }, { class: 'reduced', name: 'Low', ppm: 55000 }] } })}\n`;
const names = { en: 'Tea & <cup>', bg: 'Чай & <чаша>', hu: 'Tea & <csésze>', hy: 'Թեյ & <բաժակ>', bn: 'চা & <কাপ>' };
const text = Object.fromEntries(locales.map((locale) => [locale, { name: names[locale] }]));
const terms = (more) => `{ name = "Соук & Co", url = "https://souk.example", email = "help@souk.example", phone = "+359 2 123", address = "ul. Shipka 1\\n1000 Sofia", locales = { "en", "bg", "hu", "hy", "bn" }, ${more} }`;

let smtp, peer, shops = {};
const open = async (more) => {
  const market = await Market.open({ plugins: ['notify_mail', 'payment_transfer'], terms: terms(more),
    config: `notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", sender = "shop@souk.example", name = "Соук" }
      payment_transfer = { iban = "DE89370400440532013000", bic = "COBADEFFXXX", name = "Tea House" }\n${peer.config}`,
    goods: [goods('TEA', 1250, 1000, { text, tax_class: 'standard' }), goods('CUP', 731, 1000, { tax_class: 'reduced' })] });
  const file = join(market.shop.dir, 'tax.jsonl');
  writeFileSync(file, taxes('BG'));
  const made = await market.shop.souk('import', '--format', 'souk', file, '--json');
  assert.equal(made.code, 0, made.stderr);
  return market;
};
before(async () => {
  smtp = await Smtp.start();
  peer = await Peer.open();
  peer.answer = ({ verb, amount }) => ({ state: { capture: 'captured', refund: 'refunded', cancel: 'cancelled' }[verb] ?? (amount % 2 ? 'failed' : 'captured') });
  shops.euro = await open('currency = "EUR", country = "BG"');
  shops.yen = await open('currency = "JPY", country = "BG", prices_include_tax = false');
});
after(async () => {
  for (const market of Object.values(shops)) await market.down();
  await peer?.close();
  await smtp?.stop();
});

const mailsTo = (to) => smtp.mails.filter((mail) => mail.to.includes(to));
const mail = (to, n) => until(`mail ${n} to ${to}`, () => mailsTo(to)[n - 1]);
// Every sum that a text tells, in minor units, whatever digits and signs its language has.
function sums(words, digits) {
  const plain = words.replace(/[০-৯]/g, (c) => String(c.charCodeAt(0) - 0x9e6));
  return [...plain.matchAll(/\d(?:[\d.,\u00a0\u202f' ]*\d)?/g)].map(([one]) => {
    const cents = digits && /[.,](\d\d)$/.exec(one);
    return cents ? Number(one.slice(0, -3).replace(/\D/g, '')) * 100 + Number(cents[1]) : Number(one.replace(/\D/g, '')) * (digits ? 100 : 1);
  });
}
const plainOf = (html) => html.replace(/<style[\s\S]*?<\/style>/g, '').replace(/<[^>]*>/g, '\n').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

function tells(one, order, what, locale) {
  const digits = order.currency === 'JPY' ? 0 : 2;
  for (const [part, words] of [['text', one.text], ['html', plainOf(one.html)]]) {
    const told = sums(words, digits);
    for (const sum of what) assert.ok(told.includes(sum), `${locale} ${part} "${one.subject}" does not tell ${sum}:\n${words}`);
    assert.ok(words.includes('Соук & Co') && words.includes('help@souk.example'), words);
    assert.doesNotMatch(words, /\n[ \t]*\n[ \t]*\n.*\{|\{\{|\{%|undefined|null/);
  }
  assert.doesNotMatch(one.text, /\n\s*\n\s*\n/, 'no holes');
  const link = `https://souk.example${locale === 'en' ? '' : `/${locale}`}/order/${order.number}?token=${order.token}`;
  assert.ok(one.text.includes(link) && one.html.includes(link.replace(/&/g, '&amp;')), one.text);
  assert.ok(one.subject.includes(order.number), one.subject);
  assert.match(one.html, new RegExp(`<html lang="${locale}"`));
}
const show = async (market, placed) => (await market.shop.get(`/api/v1/orders/${placed.number}?token=${placed.token}`)).json;

let count = 0;
async function buy(market, locale, payment, lines = [['TEA', 2], ['CUP', 3]]) {
  const email = `guest${++count}@people.example`;
  const cart = (await market.shop.post('/api/v1/carts', { locale })).json;
  for (const [sku, quantity] of lines) assert.equal((await market.shop.post(`/api/v1/carts/${cart.id}/lines`, { sku, quantity })).status, 201);
  const placed = await market.checkout(cart.id, { email, payment: { method: payment } });
  assert.equal(placed.status, 201, placed.text);
  return { email, ...placed.json };
}
const step = async (market, number, name, body = {}) => {
  const answer = await market.step(number, name, body);
  assert.equal(answer.status, 200, `${name}: ${answer.text}`);
};

for (const [name, locale] of [...locales.map((locale) => ['euro', locale]), ['yen', 'en'], ['yen', 'hu']]) {
  test(`${name}, ${locale}: placed, paid, sent, delivered, paid back in part, to be sent back`, async () => {
    const market = shops[name];
    const { email, ...placed } = await buy(market, locale, name === 'yen' ? 'invoice' : 'transfer');
    const order = await show(market, placed);
    const { totals } = order;
    assert.equal(totals.tax + totals.tax_included > 0, true);
    assert.equal(totals.tax > 0, name === 'yen');
    const all = [...order.lines.map((line) => line.subtotal), totals.delivery, totals.tax || totals.tax_included, totals.total];
    const first = await mail(email, 1);
    tells(first, order, all.filter((sum) => name === 'euro' || sum !== totals.tax), locale);
    assert.ok(first.text.includes(names[locale]), first.text);
    for (const part of [first.text, plainOf(first.html)]) {
      if (name === 'euro') assert.match(part, /DE89 3704 0044 0532 0130 00/);
      if (name === 'euro') assert.match(part, new RegExp(`RF\\d\\d ?${order.number}`));
      for (const line of [address.city, address.line1, buyer.name]) assert.ok(part.includes(line), part);
      assert.match(part, /VAT 20%/);
      assert.match(part, /Low 5\.5%/);
    }
    const rates = sums(first.text.split('\n').filter((line) => /VAT|Low/.test(line)).map((line) => line.replace(/^.*%/, '')).join('\n'), name === 'yen' ? 0 : 2);
    assert.equal(rates.reduce((a, b) => a + b, 0), totals.tax + totals.tax_included, first.text);
    await step(market, order.number, 'pay', { amount: totals.total });
    const paid = await mail(email, 2);
    tells(paid, order, [totals.total], locale);
    assert.doesNotMatch(paid.text, /DE89/, 'what is paid is not asked for again');
    await step(market, order.number, 'pack');
    await step(market, order.number, 'ship', { tracking: `TRACK${order.number}` });
    const sent = await mail(email, 3);
    tells(sent, order, [], locale);
    assert.ok(sent.text.includes(`TRACK${order.number}`) && sent.html.includes(`TRACK${order.number}`), sent.text);
    assert.ok(sent.text.includes(names[locale]), 'what is in the parcel');
    await step(market, order.number, 'deliver');
    tells(await mail(email, 4), order, [], locale);
    await step(market, order.number, 'refund', { amount: 334 });
    const back = await mail(email, 5);
    tells(back, order, [334, totals.total], locale);
    const boss = market.boss ??= await staff(market.shop);
    const path = `/admin/orders/${(await market.order(order.number)).id}`;
    const form = await boss.form(path, `${path}/ask-return`);
    const asked = await boss.post(`${path}/ask-return`, { ...Object.fromEntries(form), [`units-${order.lines[0].id}`]: '1', reason: 'changed_mind' });
    assert.equal(asked.status, 303, asked.text.slice(0, 2000));
    assert.equal(mailsTo(email).length, 5, 'a wish is no answer');
    const approve = await boss.form(asked.location, `${asked.location}/approve`);
    assert.equal((await boss.post(`${asked.location}/approve`, Object.fromEntries(approve))).status, 303);
    const agreed = await mail(email, 6);
    tells(agreed, order, [], locale);
    assert.match(agreed.text, /ul\. Shipka 1\n1000 Sofia/);
    assert.ok(agreed.text.includes(names[locale]), agreed.text);
    assert.equal(new Set(mailsTo(email).map((one) => one.subject)).size, 6);
    const ids = mailsTo(email).map((one) => one.headers['message-id'][0]);
    assert.equal(new Set(ids).size, 6);
  });

  test(`${name}, ${locale}: a payment fails, an order is cancelled`, async () => {
    const market = shops[name];
    const { email, ...placed } = await buy(market, locale, 'peer', name === 'yen' ? [['TEA', 1], ['CUP', 1]] : [['CUP', 1]]);
    const order = await show(market, placed);
    const failed = order.totals.total % 2 === 1;
    await mail(email, 2);
    for (const one of mailsTo(email)) tells(one, order, [order.totals.total], locale);
    assert.equal((await market.order(order.number)).payment_status, failed ? 'failed' : 'paid');
    // both are under way at once, so either may come first
    if (failed && locale === 'en') assert.equal(mailsTo(email).filter((one) => /did not work/.test(one.subject)).length, 1);
    await step(market, order.number, 'cancel', { reason: 'asked for' });
    const cancelled = await until('the cancelling', () => mailsTo(email).find((one, i) => i > 1 && /cancelled|отменена|töröl|չեղարկ|বাতিল/i.test(one.subject)));
    tells(cancelled, order, [order.totals.total], locale);
    if (locale === 'en') assert.match(cancelled.text, failed ? /Nothing has been paid for it/ : /is paid back/);
  });
}

test('what is refused at the door asks nobody to send it back', async () => {
  const market = shops.euro;
  const { email, number } = await buy(market, 'en', 'transfer', [['TEA', 2]]);
  await step(market, number, 'pay', { amount: 3000 });
  await step(market, number, 'pack');
  await step(market, number, 'ship', {});
  const { id, lines } = await market.order(number);
  const parcel = sql(market.shop, `SELECT id FROM shipment WHERE order_id = ${id}`);
  const boss = market.boss ??= await staff(market.shop);
  const form = Object.fromEntries(await boss.form(`/admin/orders/${id}`, `/admin/shipments/${parcel}/deliver`));
  const answer = await boss.post(`/admin/shipments/${parcel}/deliver`, { ...form, [`accepted-${lines[0].id}`]: '1', reason: 'too large' });
  assert.equal(answer.status, 303, answer.text);
  await mail(email, 4);
  await until('the facts are told', () => sql(market.shop, "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM job WHERE kind LIKE 'event:%')") === '0');
  assert.equal(sql(market.shop, `SELECT count(*) FROM order_return WHERE order_id = ${id}`), '1');
  assert.equal(sql(market.shop, `SELECT count(*) FROM message WHERE order_id = ${id} AND kind = 'return_approved'`), '0');
});

test('sent again on purpose it is another mail, and old news is not sent', async () => {
  const market = shops.euro;
  const { email, number } = await buy(market, 'en', 'transfer', [['TEA', 1]]);
  const first = await mail(email, 1);
  const { id } = await market.order(number);
  const row = await until('it is sent', () => sql(market.shop, `SELECT id FROM message WHERE order_id = ${id} AND state = 'sent'`));
  const boss = market.boss ??= await staff(market.shop);
  sql(market.shop, `UPDATE message SET created_at = created_at - ${30 * 86400e6} WHERE id = ${row}`);
  const form = Object.fromEntries(await boss.form('/admin/messages', '/admin/messages/bulk'));
  const again = await boss.post('/admin/messages/bulk', { ...form, action: 'resend', id: row, confirm: '1' });
  assert.ok([200, 303].includes(again.status) && !/Not done/.test(again.text), again.text);
  const second = await mail(email, 2);
  assert.notEqual(second.headers['message-id'][0], first.headers['message-id'][0], 'mailboxes drop what they have');
  assert.equal(second.text, first.text);
});

// The look of it, by hand: MAIL_SHOTS=folder keeps each kind as HTML and text, and pictures of it at 320 and 640 pixels.
test('a mail fits narrow and wide screens', async (t) => {
  const folder = process.env.MAIL_SHOTS;
  let chromium;
  try { ({ chromium } = createRequire(new URL('../browser/package.json', import.meta.url))('playwright-core')); } catch { return t.skip('no browser tools'); }
  const path = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (!path) return t.skip('no browser');
  if (folder) mkdirSync(folder, { recursive: true });
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(600000); // a busy machine is no defect
    const seen = new Set();
    for (const one of smtp.mails) {
      const kind = one.subject.replace(/\d+/g, '').trim();
      if (seen.has(kind)) continue;
      seen.add(kind);
      for (const width of [320, 640]) {
        await page.setViewportSize({ width, height: 700 });
        await page.setContent(one.html);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${one.subject}: ${wide} at ${width}`);
        if (folder) await page.screenshot({ path: join(folder, `${seen.size}-${width}.png`), fullPage: true });
      }
      if (folder) writeFileSync(join(folder, `${seen.size}.txt`), `${one.subject}\n\n${one.text}`);
    }
    assert.ok(seen.size >= 40, `${seen.size} kinds in all languages`);
  } finally {
    await browser.close();
  }
});
