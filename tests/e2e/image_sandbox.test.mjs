// What a picture can do when it has taken over its decoder: nothing. And pictures that try.
import test from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, run, sanitized, until } from './souk.mjs';
import { png } from './picture.mjs';

const skip = sanitized && 'a sanitizer needs the kernel for itself: there is no sandbox';

function make(bytes, env = {}) {
  return new Promise((done) => {
    const child = spawn(join(build, 'souk-image'), { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...env } });
    const out = [];
    child.stdout.on('data', (data) => out.push(data));
    child.on('close', (code, signal) => done({ code, signal, out: Buffer.concat(out) }));
    child.stdin.on('error', () => {});
    child.stdin.end(bytes);
  });
}

test('a decoder that was taken over can open, start and signal nothing', { skip }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-image-'));
  try {
    const shim = join(dir, 'image_intruder.so');
    const built = await run(process.env.CC || 'gcc', ['-std=gnu11', '-O1', '-Wall', '-Werror', '-fPIC', '-shared',
      fileURLToPath(new URL('image_intruder.c', import.meta.url)), '-o', shim]);
    assert.equal(built.code, 0, built.stderr);
    const intrude = async (what) => {
      const { signal, out } = await make(png(8, 8), { LD_PRELOAD: shim, INTRUDE: what });
      return signal ?? out.toString('latin1').trim();
    };
    assert.equal(await intrude('nothing'), 'through', 'the intruder is in place');
    for (const what of ['open', 'socket', 'exec', 'kill', 'ptrace']) assert.equal(await intrude(what), 'SIGSYS', what);
    for (const what of ['fork', 'tgkill', 'unlink', 'mkdir', 'code', 'memory']) assert.equal(await intrude(what), 'stopped', what);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

// Its answer is more than a pipe holds, so it waits in the sandbox to be read.
test('the sandbox is entered before anything is decoded', { skip }, async () => {
  const child = spawn(join(build, 'souk-image'), { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    const ended = new Promise((done) => child.on('close', done));
    child.stdout.pause();
    child.stdin.end(png(1500, 1500, true));
    await until('the filter', () => /^Seccomp:\s+2$/m.test(readFileSync(`/proc/${child.pid}/status`, 'utf8')));
    assert.match(readFileSync(`/proc/${child.pid}/status`, 'utf8'), /^NoNewPrivs:\s+1$/m);
    const limits = readFileSync(`/proc/${child.pid}/limits`, 'utf8');
    assert.match(limits, /^Max cpu time\s+20\s+20 /m);
    assert.match(limits, /^Max address space\s+805306368\s+805306368 /m);
    assert.match(limits, /^Max file size\s+0\s+0 /m);
    child.stdout.resume();
    assert.equal(await ended, 0);
  } finally {
    child.kill('SIGKILL');
  }
});

test('hostile pictures end in a reason, or in a small picture', async () => {
  const good = png(64, 64);
  const jpeg = (() => { let at; return (out) => { at = out.indexOf('file 0 jpg '); const end = out.indexOf(10, at); return out.subarray(end + 1, end + 1 + Number(out.toString('latin1', at + 11, end))); }; })()((await make(good)).out);
  const gif = (width, height, frame = [width, height]) => Buffer.concat([Buffer.from('GIF89a'), le(width), le(height), Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
    Buffer.from([0x2c, 0, 0, 0, 0]), le(frame[0]), le(frame[1]), Buffer.from([0, 2, 2, 0x44, 1, 0, 0x3b])]);
  const le = (n) => Buffer.from([n & 255, n >> 8]);
  const refused = async (bytes, what) => {
    const { code, signal, out } = await make(bytes);
    assert.match(out.toString('latin1', 0, 200), /^refused [ -~]+\n$/, `${what}: ${signal}`);
    assert.equal(code, 1, what);
  };
  const small = async (bytes, what) => {
    const { code, out } = await make(bytes);
    assert.equal(code, 0, `${what}: ${out.toString('latin1', 0, 80)}`);
    assert.ok(out.length < 200000);
    assert.equal(out.includes('<script'), false, what);
  };
  for (let cut = 1; cut < good.length; cut += 7) await refused(good.subarray(0, cut), `PNG of ${cut} bytes`);
  for (const cut of [3, 4, 16, 20, 100]) await refused(jpeg.subarray(0, cut), `JPEG of ${cut} bytes`);
  const huge = Buffer.from(png(8, 8));
  for (const [w, h] of [[30000, 30000], [0x7fffffff, 1], [1, 0xffffffff], [0, 5], [16001, 1]]) {
    huge.writeUInt32BE(w, 16);
    huge.writeUInt32BE(h, 20);
    await refused(huge, `PNG of ${w} times ${h}`);
  }
  const wide = Buffer.from(jpeg);
  const frame = wide.findIndex((b, i) => b === 0xff && (wide[i + 1] === 0xc0 || wide[i + 1] === 0xc2));
  wide.writeUInt32BE(0xffffffff, frame + 5);
  await refused(wide, 'JPEG of 65535 times 65535');
  await refused(gif(8, 8, [65535, 65535]), 'GIF with a frame larger than it says');
  await refused(Buffer.concat([Buffer.from('RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0', 'latin1'), Buffer.alloc(20, 255)]), 'WebP');
  await refused(Buffer.concat([Buffer.from('\0\0\0\x1cftypavif', 'latin1'), Buffer.from('ispe\0\0\0\0\0\0\0\x10\0\0\0\x10', 'latin1'), Buffer.alloc(200)]), 'AVIF');
  await refused(Buffer.from('<?xml version="1.0"?><svg onload="alert(1)"/>'), 'a drawing is no picture of this program');
  await small(Buffer.concat([good, Buffer.from('<script>alert(1)</script><?php system(1); ?>PK\x03\x04')]), 'PNG and page');
  await small(Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xfe, 0, 27]), Buffer.from('<script>alert(1)</script>'), jpeg.subarray(2)]), 'JPEG with a comment');
  await small(png(1, 12000), 'thin and high');
});
