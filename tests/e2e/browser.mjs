// A staff member's browser without a browser: keeps its cookie, says where it comes from, fills in forms as they are on the page and signs in
// with both steps; and what makes staff members.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import { souk } from './souk.mjs';

export const password = 'correct horse battery';

function base32(text) {
  let bits = '';
  for (const c of text.replace(/ /g, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}

export function totp(secret, step = Math.floor(Date.now() / 30000)) {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', base32(secret)).update(message).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000).padStart(6, '0');
}

export const unescape = (text) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#39;/g, "'").replace(/&amp;/g, '&');

export class Browser {
  constructor(shop) { this.shop = shop; this.cookie = ''; }

  async ask(method, path, form, headers = {}) {
    const body = form instanceof FormData ? form : form ? new URLSearchParams(form) : undefined;
    const answer = await fetch(this.shop.url + path, { method, body, redirect: 'manual',
      headers: { connection: 'close', ...(this.cookie ? { cookie: this.cookie } : {}), ...(method === 'POST' ? { origin: this.shop.url } : {}), ...headers } });
    const set = answer.headers.get('set-cookie');
    if (set) this.cookie = set.split(';')[0];
    return { status: answer.status, text: await answer.text(), location: answer.headers.get('location'), headers: answer.headers };
  }

  get(path, headers) { return this.ask('GET', path, undefined, headers); }
  post(path, form, headers) { return this.ask('POST', path, form, headers); }

  // The fields of the form on a page, as a browser would send them.
  async form(path, action = path.split('?')[0]) {
    const { text, status } = await this.get(path);
    assert.equal(status, 200, `${path}: ${text}`);
    const start = text.indexOf(`action="${action}"`);
    assert.ok(start > 0, `no form ${action} on ${path}`);
    return fields(text.slice(start, text.indexOf('</form>', start)));
  }

  async signIn(email, secret, step) {
    const first = await this.post('/admin/sign-in', { email, password, next: '/admin' });
    assert.equal(first.status, 303, first.text);
    if (!secret) {
      assert.equal(first.location, '/admin/sign-in/setup');
      const page = await this.get(first.location);
      assert.match(page.text, /<svg class="qr"/);
      secret = /<code class="secret">([A-Z2-7 ]+)</.exec(page.text)[1];
      this.step = Math.floor(Date.now() / 30000); // of the code that was used: in the next half minute there is another
      const done = await this.post('/admin/sign-in/setup', { code: totp(secret, this.step) });
      assert.equal(done.status, 200, done.text);
      this.codes = [...done.text.matchAll(/<li><code>([a-z0-9-]+)</g)].map((m) => m[1]);
      return secret;
    }
    assert.equal(first.location, '/admin/sign-in/code');
    return this.post('/admin/sign-in/code', { code: totp(secret, step) });
  }

  // Makes a record through its form.
  async make(name, values) {
    const form = await this.form(`/admin/${name}/new`, `/admin/${name}`);
    for (const [key, value] of Object.entries(values)) form.set(key, value);
    const made = await this.post(`/admin/${name}`, form);
    assert.equal(made.status, 303, made.text);
    return made.location.split('?')[0];
  }

  async change(path, values) {
    const form = await this.form(path);
    for (const [key, value] of Object.entries(values)) form.set(key, value);
    return this.post(path, form);
  }
}

export function fields(text) {
  const form = new URLSearchParams();
  for (const m of text.matchAll(/<(input|textarea|select)([^>]*)>(?:\n?([^]*?)<\/\1>)?/g)) {
    const [, tag, attributes, inner] = m;
    const name = / name="([^"]*)"/.exec(attributes)?.[1];
    const value = unescape(/ value="([^"]*)"/.exec(attributes)?.[1] ?? '');
    if (!name || (/type="checkbox"/.test(attributes) && !/ checked/.test(attributes))) continue;
    if (tag === 'input') form.append(name, value);
    if (tag === 'textarea') form.append(name, unescape(inner ?? '').replace(/\n/g, '\r\n'));
    if (tag === 'select') form.append(name, unescape(/value="([^"]*)" selected/.exec(inner)?.[1] ?? /value="([^"]*)"/.exec(inner)?.[1] ?? ''));
  }
  return form;
}

export function command(shop, args, input) {
  return new Promise((done) => {
    const child = spawn(souk, [...args, '--data', shop.data], { stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '', stderr = '';
    child.stdout.on('data', (data) => { stdout += data; });
    child.stderr.on('data', (data) => { stderr += data; });
    child.on('close', (code) => done({ code, stdout, stderr }));
    child.stdin.end(input);
  });
}

export async function add(shop, email, role = 'owner') {
  const made = await command(shop, ['admin', 'add', '--email', email, '--name', email.split('@')[0], '--role', role], `${password}\n`);
  assert.equal(made.code, 0, made.stderr);
}

export async function staff(shop, email = 'ann@shop.example', role = 'owner') {
  const browser = new Browser(shop);
  await add(shop, email, role);
  browser.secret = await browser.signIn(email);
  return browser;
}
