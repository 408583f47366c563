// A shop for tests: starts the real `souk serve` on a free port with a data directory of its own, waits for its ready line, and
// takes it down again. Nothing here sleeps: whatever has to be waited for is polled through until() against the shop itself.
import { spawn, execFile } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync, readFileSync, readdirSync, copyFileSync, chmodSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import net from 'node:net';

export const build = resolve(process.env.BUILD || 'build');
export const souk = join(build, 'souk');
export const goodPlugins = join(build, 'plugins');
export const badPlugins = join(build, 'tests/plugins');
export const sanitized = Boolean(process.env.SANITIZE);

// Runs a command to its end.
export function run(file, args, options = {}) {
  return new Promise((done) => {
    execFile(file, args, { maxBuffer: 64 << 20, ...options }, (error, stdout, stderr) =>
      done({ code: error ? (error.code ?? 1) : 0, signal: error?.signal, stdout, stderr }));
  });
}

// Is there such a process, and is it more than a row that its parent has not read yet?
export function alive(pid) {
  try { return !/State:\s+Z/.test(readFileSync(`/proc/${pid}/status`, 'utf8')); } catch { return false; }
}

// Asks until `fn` gives something true; the wait between two questions is short and the whole is bounded. The bound is for what never comes:
// it is no measure of time, and a machine may be slow. Between two questions whoever talks to this process is heard, also where several ask at
// once and asking takes longer than the wait: with timers alone node would go from one to the next and never look at its sockets.
export async function until(what, fn, limit = 180000) {
  const end = Date.now() + limit;
  for (;;) {
    const began = Date.now();
    const got = await fn();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waited too long for ${what}`);
    await pause(5 + Date.now() - began);
    await turn();
  }
}

// One request on a connection of its own (a kept one may have died with a shop that was killed); never throws for an HTTP status.
export async function ask(url, options = {}) {
  const { body, headers, method = 'GET' } = options;
  const answer = await fetch(url, { method, body, headers: { ...headers, connection: 'close' }, redirect: 'manual', signal: AbortSignal.timeout(options.limit ?? 90000) });
  const text = await answer.text();
  let json;
  try { json = JSON.parse(text); } catch { json = undefined; }
  return { status: answer.status, headers: answer.headers, text, json };
}

// Bytes in, bytes out, until the peer closes or `enough` says so.
export function raw(shop, bytes, enough = () => false, limit = 90000) {
  return new Promise((done, fail) => {
    const socket = net.connect(shop.port, '127.0.0.1');
    let got = '';
    const timer = setTimeout(() => { socket.destroy(); fail(new Error(`no end after ${limit} ms: ${got}`)); }, limit);
    const end = (closed) => { clearTimeout(timer); socket.destroy(); done({ text: got, closed }); };
    socket.on('connect', () => socket.write(bytes, 'latin1'));
    socket.on('data', (data) => { got += data.toString('latin1'); if (enough(got)) end(false); });
    socket.on('close', () => end(true));
    socket.on('error', () => end(true));
  });
}

export class Shop {
  // options: plugins (names), config (more lines of souk.lua), path (folders of plugins), args, env, dir (keep using it), copy (plugins
  // copied into a private folder so that a test may replace them)
  static async start(options = {}) {
    const shop = new Shop(options);
    await shop.up();
    return shop;
  }

  constructor(options) {
    this.options = options;
    this.dir = options.dir ?? mkdtempSync(join(tmpdir(), 'souk-'));
    this.data = join(this.dir, 'data');
    this.file = join(this.dir, 'souk.lua');
    this.plugins = join(this.dir, 'plugins');
    this.stderr = '';
    mkdirSync(this.plugins, { recursive: true, mode: 0o755 });
    for (const name of options.copy ?? []) this.install(name);
    this.configure(options.plugins ?? [], options.config ?? '');
  }

  install(name, from) {
    const good = join(goodPlugins, `${name}.so`);
    copyFileSync(from ?? (existsSync(good) ? good : join(badPlugins, `${name}.so`)), join(this.plugins, `${name}.so`));
    chmodSync(join(this.plugins, `${name}.so`), 0o644);
  }

  configure(plugins, more = '') {
    const path = [this.plugins, ...(this.options.path ?? [goodPlugins, badPlugins])];
    writeFileSync(this.file, `plugin_path = { ${path.map((p) => JSON.stringify(p)).join(', ')} }\n` +
      `plugins = { ${plugins.map((p) => JSON.stringify(p)).join(', ')} }\n${more}\n`);
  }

  async up() {
    const args = ['serve', '-c', this.file, '--data', this.data, ...(this.options.args ?? ['--listen', '127.0.0.1:0'])];
    this.child = spawn(souk, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...this.options.env } });
    // 'close', not 'exit': by then all that it has said was heard
    this.ended = new Promise((done) => this.child.on('close', (code, signal) => done({ code, signal })));
    this.child.stderr.on('data', (data) => { this.stderr += data; });
    const lines = createInterface({ input: this.child.stdout });
    const ready = new Promise((done) => lines.on('line', (line) => line.startsWith('ready ') && done(line.slice(6))));
    this.ready = await Promise.race([ready, this.ended.then(() => undefined)]);
    if (!this.ready) throw new Error(`souk serve ended before it was ready:\n${this.stderr}`);
    this.url = this.ready;
    this.port = Number(this.ready.split(':').pop());
    return this;
  }

  async get(path, headers) { return this.described('GET', path, await ask(this.url + path, { headers })); }
  async post(path, body, headers = {}) {
    const form = typeof body === 'object' && !(body instanceof Uint8Array);
    return this.described('POST', path, await ask(this.url + path, { method: 'POST', body: form ? JSON.stringify(body) : body,
      headers: form ? { 'content-type': 'application/json', ...headers } : headers }));
  }

  // Every answer of the API that any test gets must be as the shop's own OpenAPI document says.
  async described(method, path, answer) {
    if (!path.startsWith('/api/v1/') || path === '/api/v1/openapi.json') return answer;
    const { openapi } = await import('./openapi.mjs');
    if (answer.status === 503) return answer; // closed or full: it cannot say what it looks like either
    if (!this.api?.knows(method, path)) this.api = await openapi(this); // plugins come and go
    if (this.api.knows(method, path)) return this.api.check(method, path, answer);
    if (answer.status !== 404 && answer.status !== 405) throw new Error(`${method} ${path} answered ${answer.status} and is not in the OpenAPI document`);
    return answer;
  }

  // What stands in its log: a line comes by a pipe, at any time after the answer to the request that it is about.
  async says(words) {
    return until(`${words} in the log`, () => this.stderr.slice(0, this.stderr.lastIndexOf('\n') + 1).split('\n').find((line) => words.test(line)));
  }

  // `souk …` on this shop.
  async souk(...args) {
    const answer = await run(souk, [...args, '--data', this.data], { timeout: 600000 });
    try { answer.json = JSON.parse(answer.stdout.trim().split('\n').pop()); } catch { answer.json = undefined; }
    return answer;
  }

  async plugin(name) {
    const { json } = await this.souk('plugin', 'list', '--json');
    return json?.items.find((item) => item.name === name);
  }

  // The shop process: the child of the supervisor.
  shopPid() {
    const tasks = `/proc/${this.child.pid}/task/${this.child.pid}/children`;
    return Number(readFileSync(tasks, 'utf8').trim().split(' ').pop()) || undefined;
  }

  async newShopPid(old) {
    return until('a new shop process', () => { const pid = this.shopPid(); return pid && pid !== old ? pid : 0; });
  }

  // Threads and descriptors of the shop process, and its resident memory in KiB without file mappings.
  census() {
    const pid = this.shopPid();
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]);
    return { threads: field('Threads'), anonymous: field('RssAnon'), resident: field('VmRSS'),
      descriptors: readdirSync(`/proc/${pid}/fd`).length };
  }

  // Processor time of the shop process in ms: how much work something was, however busy the machine is.
  spent() {
    const [user, system] = readFileSync(`/proc/${this.shopPid()}/stat`, 'utf8').split(') ').pop().split(' ').slice(11, 13);
    return (Number(user) + Number(system)) * 10;
  }

  async stop() {
    this.child.kill('SIGTERM');
    return this.ended;
  }

  async down() {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGTERM');
      const { child } = this, late = setTimeout(() => child.kill('SIGKILL'), 120000);
      await this.ended;
      clearTimeout(late);
    }
    if (!this.options.keep) rmSync(this.dir, { recursive: true, force: true });
  }
}

// start a shop for one test and take it down whatever happens
export async function withShop(options, fn) {
  const shop = await Shop.start(options);
  try {
    return await fn(shop);
  } catch (error) {
    error.message += `\n--- shop's log (end) ---\n${shop.stderr.slice(-4000)}`;
    throw error;
  } finally {
    await shop.down();
  }
}

// Keep-alive load from `connections` sockets on `path` until the returned stop() is called. Counts answers; whatever is not a 200
// (or what `good` accepts), every broken connection and every unanswered request is a failure. A connection that the server ends with
// `Connection: close` after a whole answer is opened again: that is HTTP, not a failure.
export function load(shop, path, { connections = 64, method = 'GET', body = '', good = (status) => status === 200 } = {}) {
  const state = { ok: 0, failed: [], stopping: false };
  const request = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
    (method === 'GET' ? '' : `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`) + `\r\n${body}`;
  const one = () => new Promise((done) => {
    let socket, waiting, buffer;
    const open = () => {
      buffer = ''; waiting = false;
      let over = false;
      socket = net.connect(shop.port, '127.0.0.1');
      socket.setNoDelay(true);
      const lost = (why) => {
        if (over) return;
        over = true;
        if (waiting) state.failed.push(why);
        if (state.stopping) done(); else open();
      };
      socket.on('connect', send);
      socket.on('error', (error) => lost(error.code));
      socket.on('close', () => lost('closed before the answer'));
      socket.on('data', (data) => {
        buffer += data.toString('latin1');
        const head = buffer.indexOf('\r\n\r\n');
        if (head < 0) return;
        const length = Number(/^content-length: (\d+)/im.exec(buffer.slice(0, head))?.[1] ?? 0);
        if (buffer.length < head + 4 + length) return;
        const status = Number(buffer.slice(9, 12));
        const close = /^connection: close/im.test(buffer.slice(0, head));
        waiting = false;
        if (good(status)) state.ok++; else state.failed.push(`${status} ${buffer.slice(head + 4, head + 200)}`);
        buffer = buffer.slice(head + 4 + length);
        if (state.stopping) { over = true; socket.destroy(); done(); }
        else if (close) { over = true; socket.destroy(); open(); }
        else send();
      });
    };
    const send = () => { waiting = true; socket.write(request); };
    open();
  });
  const all = Array.from({ length: connections }, one);
  return { state, stop: async () => { state.stopping = true; await Promise.all(all); return state; } };
}
