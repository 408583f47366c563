// Does what a guide of sdk/docs says, word by word, as its reader would: writes the files, changes them, types the commands, and looks
// whether what should be seen is seen. In the guide's text:
//   <!-- file: PATH -->    before a block: it is the file PATH
//   <!-- end: PATH -->     it comes at the end of PATH
//   <!-- above: WORDS -->  it comes above the first line of the C file that begins with WORDS
//   <!-- instead: WORDS --> it takes the place of that line
//   <!-- within: PATH -->  the two above mean the file PATH from here on
//   <!-- from: PATH -->    it stands in PATH, line by line ("…": some are left out)
//   <!-- start: PAGE -->   the files of another page stand there already
//   <!-- log -->           what the shop has logged
//   <!-- needs: gdb -->    left out where this tool is not there, or may not look into processes
//   <!-- output -->        what the last command has printed; "…" stands for anything
//   In the descriptor: `.jobs = SOUK_TABLE(jobs)`     prose, that goes into SOUK_PLUGIN
// Blocks of sh are typed, one command a line. A remark "# → words" behind one says what it prints, and lets it fail; "…" is anything.
// `souk serve … &` starts the shop on a free port, whatever the guide's port is.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, writeFileSync, rmSync, symlinkSync, realpathSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, dirname, resolve } from 'node:path';
import net from 'node:net';
import { run, until, build, sanitized } from './souk.mjs';

const mark = /^<!-- (file|end|above|instead|within|from|start|needs|log|output)(?:: (.+?))? -->$/;

// The steps of a guide in order: {how, what, lang, text, line}.
export function steps(path) {
  const lines = readFileSync(path, 'utf8').split('\n');
  const list = [];
  let pending;
  for (let i = 0; i < lines.length; i++) {
    const marked = mark.exec(lines[i]);
    if (marked?.[1] === 'start') { list.push(...steps(join(dirname(path), marked[2])).filter((step) => step.how === 'file')); continue; }
    if (marked?.[1] === 'within') { list.push({ how: 'within', what: marked[2], line: i + 1 }); continue; }
    if (marked) { pending = { how: marked[1], what: marked[2] }; continue; }
    const fence = /^```(\w*)$/.exec(lines[i]);
    if (fence) {
      const from = ++i;
      while (lines[i] !== '```') i++;
      list.push({ ...pending, lang: fence[1], text: lines.slice(from, i).map((line) => `${line}\n`).join(''), line: from });
      pending = undefined;
      continue;
    }
    for (const said of lines[i].matchAll(/In the descriptor: ((?:`[^`]+`(?:, | and )?)+)/g))
      for (const row of said[1].matchAll(/`([^`]+)`/g)) list.push({ how: 'descriptor', text: `    ${row[1].replace(/,?$/, ',')}\n`, line: i + 1 });
    if (lines[i].trim()) assert.equal(pending, undefined, `${path}:${i + 1}: the block that was announced does not follow`);
  }
  return list;
}

// "…" is anything; white space is one blank.
export function says(text, words) {
  const flat = (string) => string.replace(/\s+/g, ' ').trim();
  const pattern = flat(words).split('…').map((part) => part.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*?');
  return new RegExp(pattern, 's').test(flat(text));
}

// [{command, expected}] of a block of sh.
export function commands(text) {
  return text.replace(/\\\n/g, ' ').split('\n').filter((line) => line.trim() && !line.startsWith('#')).map((line) => {
    const [, command, remark] = /^(.*?)(?:\s+# (.*))?$/.exec(line);
    return { command, expected: remark?.startsWith('→') ? remark.slice(1).trim() : undefined };
  });
}

const probes = { gdb: ['-q', '-batch', '-ex', 'run', '--args', 'true'], valgrind: ['-q', 'true'] };
async function able(tool) {
  const tried = await run(tool, probes[tool]);
  return !sanitized && tried.code === 0 && !/ptrace|not permitted/i.test(tried.stderr);
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.on('listening', done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

export class Guide {
  constructor(path) {
    this.path = path;
    this.dir = realpathSync(mkdtempSync(join(tmpdir(), 'souk-')));
    symlinkSync(resolve('sdk'), join(this.dir, 'sdk'));
    this.main = undefined; // the C file that "above" means
    this.printed = '';
    this.env = { ...process.env, MAKEFLAGS: '', PATH: `${build}:${process.env.PATH}`, SANITIZE: process.env.SANITIZE ?? '', SOUK_SDK: resolve('sdk') };
    delete this.env.OUT;
  }

  file(name) { return join(this.dir, name); }

  write(name, text) {
    mkdirSync(dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text);
    if (name.endsWith('.c')) this.main = name;
  }

  above(words, text, where, gone = 0) {
    const lines = readFileSync(this.file(this.main), 'utf8').split('\n');
    const at = words === '};' ? lines.lastIndexOf('};') : lines.findIndex((line) => line.trim().startsWith(words));
    assert.ok(at >= 0, `${where}: no line of ${this.main} begins with ${words}`);
    lines.splice(at, gone, ...text.replace(/\n$/, '').split('\n'));
    writeFileSync(this.file(this.main), lines.join('\n'));
  }

  async serve(command, where) {
    this.port ??= await freePort();
    const args = command.replace(/\s*&$/, '').replaceAll(':8080', `:${this.port}`).split(/\s+/).slice(1);
    this.shop = spawn(join(build, 'souk'), args, { cwd: this.dir, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.log = '';
    let out = '';
    this.shop.stderr.on('data', (data) => { this.log += data; writeFileSync(this.file('shop.log'), this.log); });
    this.ended = new Promise((done) => this.shop.on('close', done));
    const ready = new Promise((done) => this.shop.stdout.on('data', (data) => { out += data; if (/^ready /m.test(out)) done(true); }));
    assert.ok(await Promise.race([ready, this.ended.then(() => false)]), `${where}: the shop does not start:\n${this.log}`);
  }

  async type(typed, where) {
    let { command } = typed;
    const { expected } = typed;
    if (/^souk serve .*&$/.test(command)) return this.serve(command, where);
    if (this.shop) command = command.replaceAll('$!', this.shop.pid);
    const exported = /^export (\w+)=(.*)$/.exec(command);
    if (exported) {
      this.env[exported[1]] = (await run('bash', ['-c', `echo ${exported[2]}`], { cwd: this.dir, env: this.env })).stdout.trim();
      return undefined;
    }
    const done = await run('bash', ['-c', command.replaceAll('127.0.0.1:8080', `127.0.0.1:${this.port}`)], { cwd: this.dir, env: this.env, timeout: 600000 });
    this.printed = done.stdout + done.stderr;
    if (expected === '') return undefined;
    if (expected === undefined) assert.equal(done.code, 0, `${where}: ${command}\n${this.printed}\n${this.log ?? ''}`);
    else assert.ok(says(this.printed, expected), `${where}: ${command}\nshould say: ${expected}\nends with ${done.code} and says:\n${this.printed}\n${(this.log ?? '').slice(-2000)}`);
    return undefined;
  }

  async step(step) {
    const where = `${this.path}:${step.line}`;
    if (step.how === 'file') this.write(step.what, step.text);
    else if (step.how === 'end') writeFileSync(this.file(step.what), readFileSync(this.file(step.what), 'utf8') + step.text);
    else if (step.how === 'above') this.above(step.what, step.text, where);
    else if (step.how === 'instead') this.above(step.what, step.text, where, 1);
    else if (step.how === 'within') this.main = step.what;
    else if (step.how === 'descriptor') this.above('};', step.text, where);
    else if (step.how === 'from') {
      const known = readFileSync(existsSync(this.file(step.what)) ? this.file(step.what) : step.what, 'utf8').split('\n').map((line) => line.trim());
      for (const line of step.text.split('\n').map((text) => text.trim()).filter((text) => text && text !== '…'))
        assert.ok(known.includes(line), `${where}: ${step.what} has no line "${line}"`);
    } else if (step.how === 'log') await until(`${where}: in the log`, () => says(this.log, step.text));
    else if (step.how === 'output') assert.ok(says(this.printed, step.text), `${where}: should be printed:\n${step.text}is:\n${this.printed}`);
    else if (step.lang === 'sh') for (const one of commands(step.text)) await this.type(one, where);
  }

  async end() {
    if (this.shop?.exitCode === null && this.shop.signalCode === null) {
      this.shop.kill('SIGCONT'); // a guide may have stopped it
      this.shop.kill('SIGTERM');
      await this.ended;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

export async function follow(path) {
  const guide = new Guide(path);
  try {
    for (const step of steps(path)) await guide.step(step);
  } finally {
    await guide.end();
  }
}
