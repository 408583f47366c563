// Mails of the shop, from the fact to the server: what they say in each language, that each goes out once, what the server's answers
// lead to, and that they are whole: signed, encoded, without a way in for headers.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { run, Shop, until, withShop } from './souk.mjs';
import { staff } from './browser.mjs';
import { putOrders } from './orders.mjs';
import { parseMail, Smtp } from './smtp.mjs';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const mailer = (smtp, more = '') => `notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", sender = "shop@souk.example", name = "Соук" ${more} }`;
const shopConfig = 'shop = { name = "Соук & Co", url = "https://souk.example", locales = { "en", "bg", "hu", "hy", "bn" }, email = "help@souk.example" }';
const register = (shop, email, name = 'Ada', locale = '') => shop.post(`${locale}/account/register`,
  new URLSearchParams({ email, name, password: 'correct horse' }).toString(), { ...form, origin: shop.url });
const mailTo = (smtp, address, n = 1) => until(`mail ${n} to ${address}`, () => smtp.mails.filter((m) => m.to.includes(address))[n - 1]);

async function withMail(options, fn) {
  const smtp = await Smtp.start(options.answer);
  try {
    return await withShop({ plugins: ['notify_mail'], ...options, config: `${mailer(smtp, options.mail)}\n${shopConfig}\n${options.config ?? ''}` },
      (shop) => fn(shop, smtp));
  } finally {
    await smtp.stop();
  }
}

test('a mail of an account: parts, headers, languages', () => withMail({}, async (shop, smtp) => {
  for (const [locale, subject] of [['', 'Please confirm your address'], ['/bg', 'Моля, потвърдете адреса си']]) {
    const address = `ada${locale.slice(1)}@x.example`;
    assert.equal((await register(shop, address, 'Ада "Л"', locale)).status, 303);
    const mail = await mailTo(smtp, address);
    assert.equal(mail.subject, subject);
    assert.deepEqual(mail.to, [address]);
    assert.equal(mail.from, 'shop@souk.example');
    assert.deepEqual(mail.types, ['text/plain; charset=utf-8', 'text/html; charset=utf-8']);
    assert.match(mail.fromName, /^Соук <shop@souk\.example>$/);
    assert.match(mail.toName, /^Ада "Л" </);
    assert.equal(mail.headers['auto-submitted'][0], 'auto-generated');
    assert.match(mail.headers['message-id'][0], /^<[0-9a-f]{32}@souk\.example>$/);
    const link = `https://souk.example${locale}/account/confirm?token=`;
    assert.ok(mail.text.includes(link), mail.text);
    assert.ok(mail.html.includes(`href="${link}`), mail.html);
    assert.match(mail.html, /Соук &amp; Co/);
    assert.match(mail.text, /Соук & Co/, 'text is not escaped');
    assert.doesNotMatch(mail.raw.toString('latin1'), /[\x80-\xff]/, 'only ASCII on the wire');
    assert.ok(mail.raw.toString('latin1').split('\r\n').every((line) => line.length <= 78), 'no long lines');
    const token = /confirm\?token=([\w-]{43})/.exec(mail.text)[1];
    if (!locale) {
      await shop.post('/account/confirm', new URLSearchParams({ ticket: token }).toString(), { ...form, origin: shop.url });
      assert.match((await mailTo(smtp, address, 2)).subject, /^Welcome to Соук & Co$/);
    }
  }
}));

test('later for 4xx with the same id, never again for 5xx, and nobody twice', () => {
  const seen = {};
  const answer = (verb, line) => {
    if (verb !== 'RCPT') return undefined;
    const to = /<(.*?)>/.exec(line)[1];
    seen[to] = (seen[to] ?? 0) + 1;
    if (to.startsWith('later') && seen[to] < 3) return '451 4.7.1 try again';
    if (to.startsWith('nobody')) return `550 5.1.1 <${to}> no such user here`;
    if (to.startsWith('full')) return '552 5.2.2 mailbox full';
    return undefined;
  };
  return withMail({ answer }, async (shop, smtp) => {
    await register(shop, 'later@x.example');
    await register(shop, 'nobody@x.example');
    await register(shop, 'full@x.example');
    assert.ok(await mailTo(smtp, 'later@x.example'));
    assert.equal(seen['later@x.example'], 3);
    await until('the refusals', () => seen['nobody@x.example'] && seen['full@x.example']);
    const ask = (email) => shop.post('/account/forgot', new URLSearchParams({ email }).toString(), { ...form, origin: shop.url });
    await until('both to be settled', () => (shop.stderr.match(/message\.failed/g) ?? []).length >= 2);
    assert.doesNotMatch(shop.stderr, /nobody@x/, 'the log has no addresses');
    await ask('nobody@x.example');
    await ask('full@x.example');
    await ask('later@x.example');
    await mailTo(smtp, 'later@x.example', 2);
    await until('the full one to be tried', () => seen['full@x.example'] === 2);
    assert.equal(seen['nobody@x.example'], 1, 'an unknown mailbox is written to no more');
    assert.equal(smtp.mails.length, 2);
  });
});

test('what is asked of the server, and nothing comes in from a name', () => withMail({}, async (shop, smtp) => {
  await register(shop, 'eve@x.example', 'Eve\r\nBcc: all@x.example\r\n\r\nhello');
  const mail = await mailTo(smtp, 'eve@x.example');
  assert.equal(mail.headers.bcc, undefined);
  assert.match(mail.toName, /^"Eve Bcc: all@x\.example hello" <eve@x\.example>$/);
  assert.equal(smtp.commands.filter((c) => c.startsWith('RCPT')).length, 1);
}));

test('without a plugin messages wait; switched on, they go', async () => {
  const smtp = await Smtp.start();
  try {
    await withShop({ plugins: [], config: `${shopConfig}` }, async (shop) => {
      await register(shop, 'ada@x.example');
      await register(shop, 'eve@x.example');
      await until('two wait', async () => /^souk_messages_waiting 2$/m.test((await shop.get('/metrics')).text));
      shop.configure(['notify_mail'], `${mailer(smtp)}\n${shopConfig}`);
      shop.child.kill('SIGHUP');
      await mailTo(smtp, 'ada@x.example');
      await mailTo(smtp, 'eve@x.example');
      assert.equal(smtp.mails.length, 2);
    });
  } finally {
    await smtp.stop();
  }
});

test('a killed shop sends what waits, once started again', async () => {
  let refuse = true;
  const smtp = await Smtp.start((verb) => (verb === 'MAIL' && refuse ? '421 4.3.0 closed' : undefined));
  const shop = new Shop({ plugins: ['notify_mail'], config: `${mailer(smtp)}\n${shopConfig}` });
  try {
    await shop.up();
    await register(shop, 'ada@x.example');
    await until('a first try', () => smtp.commands.some((c) => c.startsWith('MAIL')));
    const old = shop.shopPid();
    process.kill(old, 'SIGKILL');
    await shop.newShopPid(old);
    refuse = false;
    await mailTo(smtp, 'ada@x.example');
    assert.equal(smtp.mails.length, 1);
  } finally {
    await shop.down();
    await smtp.stop();
  }
});

test('DKIM: a verifier of somebody else agrees, for both forms of a key', async (t) => {
  if ((await run('/usr/bin/python3', ['-c', 'import dkim'])).code) return t.skip('python3-dkim is not here');
  for (const type of ['pkcs1', 'pkcs8']) {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const smtp = await Smtp.start();
    const shop = new Shop({ plugins: [] });
    const file = join(shop.dir, 'dkim.pem');
    writeFileSync(file, privateKey.export({ type, format: 'pem' }));
    chmodSync(file, 0o600);
    shop.configure(['notify_mail'], `${mailer(smtp, `, dkim_key = file ${JSON.stringify(file)}, dkim_selector = "test"`)}\n${shopConfig}`);
    try {
      await shop.up();
      await register(shop, 'ada@x.example', 'Ада', '/bg');
      const mail = await mailTo(smtp, 'ada@x.example');
      const key = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      const check = async (raw) => {
        const name = join(shop.dir, 'mail.eml');
        writeFileSync(name, raw);
        const code = `import dkim,sys\nasked=[]\ndef dns(name,timeout=5):\n  asked.append(name)\n  return b"v=DKIM1; k=rsa; p=${key}"\n` +
          `ok=dkim.verify(open(sys.argv[1],"rb").read(),dnsfunc=dns)\nprint(ok,asked[0].decode())`;
        return (await run('/usr/bin/python3', ['-c', code, name])).stdout.trim();
      };
      assert.equal(await check(mail.raw), 'True test._domainkey.souk.example.', type);
      const text = mail.raw.toString('latin1');
      assert.match(await check(Buffer.from(text.replace(/\r\nFrom: /, '\r\nFrom: a'), 'latin1')), /^False/);
      assert.match(await check(Buffer.from(`From: other@x.example\r\n${text}`, 'latin1')), /^False/, 'a second From breaks it');
      assert.match(await check(Buffer.from(text.replace(/--\r\n$/, '-- \r\nx\r\n'), 'latin1')), /^False/);
    } finally {
      await shop.down();
      await smtp.stop();
    }
  }
});

test('a wrong configuration is refused with words', async () => {
  for (const [options, why] of [
    ['host = "mail.example", sender = "no address"', /sender must be one mail address/],
    ['host = "mail.example", sender = "a@b.example", tls = "none", user = "u"', /password in the clear/],
  ]) {
    const shop = new Shop({ plugins: ['notify_mail'], config: `notify_mail = { ${options} }` });
    try {
      await shop.up().catch(() => undefined);
      await shop.says(why);
      assert.notEqual((await shop.plugin('notify_mail'))?.state, 'active');
    } finally {
      await shop.down();
    }
  }
});

test('every kind of message can be looked at in every language; a cancelled order is told once, with its sums', async () => {
  const smtp = await Smtp.start();
  const shop = await Shop.start({ plugins: [], keep: true });
  try {
    await shop.souk('import', '--format', 'souk', 'core/app/demo/catalogue.jsonl', '--json');
    await shop.stop();
    const [order] = putOrders(shop, [{ number: '1001', email: 'anna@people.example' }]);
    shop.configure(['notify_mail'], `${mailer(smtp)}\n${shopConfig}`);
    await shop.up();
    const boss = await staff(shop);
    const page = await boss.get('/admin/messages/preview');
    const kinds = [...page.text.matchAll(/<option value="([a-z]+_[a-z]+)"/g)].map((m) => m[1]);
    assert.ok(kinds.length >= 14, page.text);
    for (const kind of kinds) {
      const said = new Set();
      for (const locale of ['en', 'bg', 'hu', 'hy', 'bn']) {
        const looked = await boss.get(`/admin/messages/preview/html?kind=${kind}&locale=${locale}&order=1001`);
        assert.equal(looked.status, 200, `${kind} ${locale} ${looked.text}`);
        assert.match(looked.headers.get('content-security-policy'), /^sandbox/);
        assert.doesNotMatch(looked.text, /Green <tea>/);
        said.add(/<h1[^>]*>([^<]*)/.exec(looked.text)[1]);
      }
      assert.equal(said.size, 5, `${kind}: ${[...said]}`);
    }
    const token = (await shop.souk('admin', 'token', '--name', 'test', '--scope', 'order.*')).stdout.trim();
    const cancelled = await shop.post('/api/v1/admin/orders/1001/cancel', { reason: 'asked for' }, { authorization: `Bearer ${token}` });
    assert.equal(cancelled.status, 200, cancelled.text);
    const mail = await mailTo(smtp, order.email ?? 'anna@people.example');
    assert.equal(mail.subject, 'Order 1001 is cancelled');
    for (const part of [mail.text, mail.html.replace(/&lt;/g, '<').replace(/&gt;/g, '>')]) {
      assert.match(part, /Green <tea>/);
      assert.match(part, /€20\.00/);
      assert.match(part, /€35\.00/);
      assert.match(part, /€5\.83/);
      assert.ok(part.includes('https://souk.example/order/1001?token=a-token-that-nobody-guesses-0'), part);
    }
    await until('the list to show it', async () => /order_cancelled/.test((await boss.get('/admin/messages?state=sent')).text));
    assert.equal(smtp.mails.length, 1);
  } finally {
    shop.options.keep = false;
    await shop.down();
    await smtp.stop();
  }
});

test('a mail server of somebody else takes it, letter by letter', async (t) => {
  if ((await run('/usr/bin/python3', ['-c', 'import aiosmtpd'])).code) return t.skip('python3-aiosmtpd is not here');
  const shop = new Shop({ plugins: [] });
  const code = `import asyncio, sys
from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP
async def main():
  server = await asyncio.get_running_loop().create_server(lambda: SMTP(Mailbox(sys.argv[1])), "127.0.0.1", 0)
  print(server.sockets[0].getsockname()[1], flush=True)
  await server.serve_forever()
asyncio.run(main())`;
  const server = spawn('/usr/bin/python3', ['-c', code, join(shop.dir, 'mailbox')], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let port = '';
    server.stdout.on('data', (bytes) => { port += bytes; });
    await until('the server', () => port.endsWith('\n'));
    shop.configure(['notify_mail'], `${mailer({ port: Number(port) })}\n${shopConfig}`);
    await shop.up();
    await register(shop, 'ada@x.example', 'Ада', '/hy');
    const folder = join(shop.dir, 'mailbox/new');
    const [name] = await until('the mail in the box', () => existsSync(folder) && readdirSync(folder).length && readdirSync(folder));
    const mail = parseMail(Buffer.from(readFileSync(join(folder, name), 'latin1').replace(/\r?\n/g, '\r\n'), 'latin1'));
    assert.equal(mail.subject, 'Խնդրում ենք հաստատել ձեր հասցեն');
    assert.match(mail.text, /https:\/\/souk\.example\/hy\/account\/confirm\?token=[\w-]{43}\n/);
  } finally {
    server.kill('SIGTERM');
    await shop.down();
  }
});
