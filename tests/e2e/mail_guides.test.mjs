// What WEBHOOKS.md and the chapter about mails in TEMPLATES.md say is done word by word.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { goods, Market } from './buying.mjs';
import { receiver } from './receiver.mjs';
import { Smtp } from './smtp.mjs';
import { run, until } from './souk.mjs';

const files = (guide) => Object.fromEntries([...readFileSync(guide, 'utf8').matchAll(/<!-- file: (\S+) -->\n```\w*\n([\s\S]*?)```/g)].map((m) => [m[1], m[2]]));

test('the guide of webhooks: both checks take what is sent and refuse what is not; the table of facts is whole', async () => {
  const guide = files('core/app/WEBHOOKS.md');
  const to = await receiver();
  const market = await Market.open({ goods: [goods('TEA', 1000, 100)] });
  try {
    const made = await market.shop.post('/api/v1/admin/webhooks', { url: to.url, topics: ['order.*', 'payment.captured'] }, market.auth);
    await market.buy([['TEA', 1]]);
    const { headers, body } = await until('a fact', () => to.got[0]);
    for (const [name, text] of Object.entries(guide)) writeFileSync(join(market.shop.dir, name), text);
    const { check } = await import(join(market.shop.dir, 'check.mjs'));
    writeFileSync(join(market.shop.dir, 'try.py'), 'import json, sys\nfrom check import check\nsecret, headers, body = json.load(sys.stdin)\nprint(check(secret, headers, body.encode()))\n');
    const python = async (secret, changed, text) => {
      const file = join(market.shop.dir, 'try.json');
      writeFileSync(file, JSON.stringify([secret, changed, text]));
      const done = await run('/bin/sh', ['-c', 'python3 "$0" < "$1"', join(market.shop.dir, 'try.py'), file]);
      assert.equal(done.code, 0, done.stderr);
      return done.stdout.trim() === 'True';
    };
    const other = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    for (const judge of [check, python]) {
      assert.equal(await judge(made.json.secret, headers, body), true);
      assert.equal(await judge(other, headers, body), false);
      assert.equal(await judge(made.json.secret, headers, body.replace('EUR', 'USD')), false);
      assert.equal(await judge(made.json.secret, { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 400) }, body), false);
      assert.equal(await judge(made.json.secret, { ...headers, 'webhook-signature': `v1,xx ${headers['webhook-signature']}` }, body), true);
    }
  } finally {
    await market.down();
    await to.stop();
  }
});

test('the guide of mails: a theme changes one block of a mail in both parts, and the rest stays', async () => {
  const smtp = await Smtp.start();
  const market = new Market();
  const { Shop } = await import('./souk.mjs');
  market.shop = new Shop({ plugins: [] });
  for (const [name, text] of Object.entries(files('core/web/TEMPLATES.md')).filter(([path]) => path.includes('/mail/'))) {
    mkdirSync(dirname(join(market.shop.dir, name)), { recursive: true });
    writeFileSync(join(market.shop.dir, name), text);
  }
  market.shop.configure(['probe_sell', 'notify_mail'], `shop = { name = "Test shop", theme = "theme", currency = "EUR", country = "BG", locales = { "en" } }
    notify_mail = { host = "127.0.0.1", port = ${smtp.port}, tls = "none", sender = "shop@souk.example" }`);
  try {
    await market.shop.up();
    await market.sign();
    await market.product(goods('TEA', 1000, 100));
    await market.buy([['TEA', 2]]);
    const mail = await until('the mail', () => smtp.mails[0]);
    for (const part of [mail.text, mail.html]) {
      assert.match(part, /Dear Ada Lovelace, your tea is being packed by hand\./);
      assert.doesNotMatch(part, /We have received your order/);
      assert.match(part, /€25\.00/);
    }
  } finally {
    await market.shop.down();
    await smtp.stop();
  }
});

test('the chapter about mails names every kind', async () => {
  const chapter = readFileSync('core/web/TEMPLATES.md', 'utf8').split('## Mails')[1];
  const kinds = [...readFileSync('core/app/message.c', 'utf8').matchAll(/\{"[a-z_.]+",\s+"([a-z_]+)",/g)].map((m) => m[1]);
  assert.ok(kinds.length >= 14);
  for (const kind of kinds) assert.ok(chapter.includes(`\`${kind}\``), kind);
});
