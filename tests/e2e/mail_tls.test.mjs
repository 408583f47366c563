// How the shop speaks to mail servers: over TLS that it checks, signed in, and without waiting for one that says nothing.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goods, Market } from './buying.mjs';
import { sql } from './orders.mjs';
import { Smtp } from './smtp.mjs';
import { run, Shop, until } from './souk.mjs';

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const register = (shop, email) => shop.post('/account/register', new URLSearchParams({ email, name: 'Ada', password: 'correct horse' }).toString(), { ...form, origin: shop.url });
let folder, good, other;

// A CA, a certificate of it for localhost, and one for another name.
function certificate(ca, name, alt) {
  const at = (file) => join(folder, file);
  const openssl = (...args) => execFileSync('openssl', args, { stdio: 'pipe' });
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${name}`, '-addext', `subjectAltName=${alt}`);
  openssl('x509', '-req', '-in', at(`${name}.csr`), '-CA', at(`${ca}.pem`), '-CAkey', at(`${ca}.key`), '-CAcreateserial', '-days', '30', '-copy_extensions', 'copy', '-out', at(`${name}.pem`));
  return { key: readFileSync(at(`${name}.key`)), cert: readFileSync(at(`${name}.pem`)) };
}
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'souk-tls-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(folder, 'ca.key'), '-out', join(folder, 'ca.pem'), '-days', '30', '-subj', '/CN=Test CA'], { stdio: 'pipe' });
  good = certificate('ca', 'localhost', 'DNS:localhost');
  other = certificate('ca', 'other', 'DNS:mail.other.example');
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function withServer(server, options, fn, answer) {
  const smtp = await Smtp.start(answer, server);
  const shop = new Shop({ plugins: ['notify_mail'], config: `notify_mail = { host = "localhost", port = ${smtp.port}, sender = "shop@souk.example", ${typeof options === 'function' ? options() : options} }\nshop = { url = "https://souk.example", locales = { "en" } }` });
  try {
    await shop.up();
    await fn(shop, smtp);
  } finally {
    await shop.down();
    await smtp.stop();
  }
}
// A secret stands in a file of its own, that nobody else may read.
function secret(text) {
  const file = join(folder, `secret-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`);
  writeFileSync(file, text, { mode: 0o600 });
  return `file ${JSON.stringify(file)}`;
}
const trusted = () => `ca_file = ${JSON.stringify(join(folder, 'ca.pem'))}`;
const waits = (shop, why) => shop.says(RegExp(`^(?=.*message\\.delayed)(?=.*(?:${why.source}))`, why.flags));

for (const [name, server, option] of [['STARTTLS', {}, 'starttls'], ['TLS at once', { direct: true }, 'direct']]) {
  test(`${name}: a good certificate, signed in by PLAIN and by LOGIN`, async () => {
    for (const auth of ['PLAIN', 'LOGIN'])
      await withServer({ ...server, tls: good, users: { shop: 'pässword' }, auth: [auth] }, `tls = "${option}", ${trusted()}, user = "shop", password = ${secret('pässword')}`, async (shop, smtp) => {
        await register(shop, 'ada@x.example');
        const mail = await until('the mail', () => smtp.mails[0]);
        assert.equal(mail.secure, true);
        assert.equal(mail.user, 'shop');
        assert.ok(smtp.commands.some((line) => line.startsWith(`AUTH ${auth}`)));
      });
  });

  test(`${name}: nothing goes to a certificate of nobody known, or of another name`, async () => {
    for (const [tls, options] of [[good, ''], [other, `, ${trusted()}`]])
      await withServer({ ...server, tls, users: { shop: 'p' } }, `tls = "${option}", user = "shop", password = ${secret('p')}${options}`, async (shop, smtp) => {
        await register(shop, 'ada@x.example');
        await waits(shop, /certificate|SSL/i);
        assert.ok(!smtp.commands.some((line) => /^(AUTH|MAIL)/.test(line)), smtp.commands.join('\n'));
        assert.equal(smtp.mails.length, 0);
      });
  });
}

test('a server without TLS gets neither a mail nor a password', () => withServer({}, () => `user = "shop", password = ${secret('p')}`, async (shop, smtp) => {
  await register(shop, 'ada@x.example');
  await waits(shop, /./);
  assert.ok(!smtp.commands.some((line) => /^(AUTH|MAIL)/.test(line)), smtp.commands.join('\n'));
}));

test('a wrong password: the mail waits, and goes once the password is right', async () => {
  const smtp = await Smtp.start(undefined, { tls: good, users: { shop: 'right' } });
  const options = (password) => `notify_mail = { host = "localhost", port = ${smtp.port}, sender = "shop@souk.example", ${trusted()}, user = "shop", password = ${secret(password)} }\nshop = { url = "https://souk.example", locales = { "en" } }`;
  const shop = new Shop({ plugins: ['notify_mail'], config: options('wrong') });
  try {
    await shop.up();
    await register(shop, 'ada@x.example');
    await waits(shop, /let us in|535/);
    await shop.says(/check user and password/);
    assert.doesNotMatch(shop.stderr, /"wrong"|=wrong\b/);
    shop.configure(['notify_mail'], options('right'));
    shop.child.kill('SIGHUP');
    await until('the mail', () => smtp.mails[0]);
  } finally {
    await shop.down();
    await smtp.stop();
  }
});

test('a mail server that says nothing holds up mails only, and no stop', async () => {
  const smtp = await Smtp.start((verb) => (verb === 'HELLO' ? null : undefined));
  const market = await Market.open({ plugins: ['notify_mail'], config: `notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", sender = "shop@souk.example" }`, goods: [goods('TEA', 1000, 1000)] });
  try {
    const numbers = [];
    for (let i = 0; i < 40; i++) numbers.push((await market.buy([['TEA', 1]])).json.number);
    await until('the server to be asked', () => smtp.sockets.size >= 2);
    for (const number of numbers) assert.equal((await market.step(number, 'pay', {})).status, 200);
    await until('each fact is told', () => sql(market.shop, "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM job WHERE kind LIKE 'event:%')") === '0');
    assert.equal(sql(market.shop, "SELECT count(*) FROM message WHERE state = 'waiting'"), '80');
    assert.ok(smtp.sockets.size <= 4, `${smtp.sockets.size} connections at once`);
    const begun = Date.now();
    await market.shop.stop();
    assert.ok(Date.now() - begun < 25000, `the stop took ${Date.now() - begun} ms, a silent server is waited for half a minute`);
  } finally {
    await smtp.stop();
    await market.down();
  }
});

test('a mail server of somebody else: aiosmtpd with STARTTLS and a password', async (t) => {
  if ((await run('/usr/bin/python3', ['-c', 'import aiosmtpd'])).code) return t.skip('python3-aiosmtpd is not here');
  const code = `import asyncio, socket, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult
class Take:
  async def handle_DATA(self, server, session, envelope):
    print("GOT", session.authenticated, session.ssl is not None, envelope.rcpt_tos[0], flush=True)
    return "250 taken"
def enter(server, session, envelope, mechanism, data):
  return AuthResult(success=data.login == b"shop" and data.password == b"right")
context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(sys.argv[1], sys.argv[2])
async def main():
  server = await asyncio.get_running_loop().create_server(lambda: SMTP(Take(), hostname="localhost", tls_context=context, require_starttls=True, authenticator=enter, auth_required=True), "localhost", 0, family=socket.AF_INET)
  print("PORT", server.sockets[0].getsockname()[1], flush=True)
  await server.serve_forever()
asyncio.run(main())`;
  const server = spawn('/usr/bin/python3', ['-c', code, join(folder, 'localhost.pem'), join(folder, 'localhost.key')], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => server.kill('SIGTERM'));
  let said = '';
  server.stdout.on('data', (bytes) => { said += bytes; });
  const [, port] = await until('the server', () => /PORT (\d+)\n/.exec(said));
  const shop = new Shop({ plugins: ['notify_mail'], config: `notify_mail = { host = "localhost", port = ${port}, sender = "shop@souk.example", ${trusted()}, user = "shop", password = ${secret('right')} }\nshop = { url = "https://souk.example", locales = { "en" } }` });
  try {
    await shop.up();
    await register(shop, 'ada@x.example');
    await until('the mail', () => said.includes('GOT True True ada@x.example'));
  } finally {
    await shop.down();
  }
});
