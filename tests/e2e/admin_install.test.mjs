// What `make install` puts in place works there: the binary finds its plugins, the kit builds one, the unit is sound.
import test from 'node:test';
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, run, sanitized } from './souk.mjs';

test('an installed souk: plugins, kit, examples, unit', { skip: sanitized && 'the same files' }, async () => {
  const dest = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    const env = { ...process.env, MAKEFLAGS: '', SANITIZE: '' };
    const made = await run('make', ['-s', 'install', `BUILD=${build}`, `DESTDIR=${dest}`, 'PREFIX=/usr'], { env });
    assert.equal(made.code, 0, made.stderr);
    const souk = join(dest, 'usr/bin/souk');
    writeFileSync(join(dest, 'souk.lua'), 'plugins = { "hello", "visits" }');
    const check = await run(souk, ['check', '-c', join(dest, 'souk.lua')], { cwd: '/' });
    assert.equal(check.code, 0, check.stderr);
    assert.equal((await run(souk, ['check', '-c', join(dest, 'usr/share/souk/souk.lua')])).code, 0);
    cpSync(join(dest, 'usr/share/souk/examples/hello'), join(dest, 'mine'), { recursive: true });
    writeFileSync(join(dest, 'mine/Makefile'), `NAME := hello\ninclude ${dest}/usr/share/souk/plugin.mk\n`);
    const plugin = await run('make', ['-s', '-C', join(dest, 'mine')], { env });
    assert.equal(plugin.code, 0, plugin.stderr);
    assert.ok(existsSync(join(dest, 'mine/hello.so')));
    for (const name of readdirSync(join(dest, 'usr/share/souk/docs')))
      assert.ok(!readFileSync(join(dest, 'usr/share/souk/docs', name), 'utf8').includes(process.cwd()));
    for (const name of ['contract.md', 'first-plugin.md', 'CONFIGURATION.md', 'TEMPLATES.md', 'SECURITY.md', 'IMPORT.md', 'ADMIN.md'])
      assert.ok(existsSync(join(dest, 'usr/share/souk/docs', name)), name);
    // the demo shop fills from what is installed, with its pictures
    const demo = await run(souk, ['import', '--data', join(dest, 'data'), '-c', join(dest, 'souk.lua'), '--format', 'souk',
      join(dest, 'usr/share/souk/demo/catalogue.jsonl'), '--json'], { cwd: '/', timeout: 600000 });
    assert.equal(demo.code, 0, demo.stderr + demo.stdout);
    assert.deepEqual(readdirSync(join(dest, 'usr/share/souk/demo/pictures')).sort(), readdirSync('core/app/demo/pictures').sort());
    // and finds its rules: the same files, and their tests pass there
    const rules = await run(souk, ['promo', 'list', '--data', join(dest, 'data'), '-c', join(dest, 'usr/share/souk/souk.lua'), '--json'], { cwd: '/' });
    assert.ok(JSON.parse(rules.stdout).items.some((item) => item.id === 'second-half' && item.state === 'off'), rules.stderr);
    const tests = await run(souk, ['promo', 'test', '--scripts', join(dest, 'usr/share/souk/scripts')], { cwd: '/' });
    assert.match(tests.stdout, /^[1-9]\d* passed, 0 failed$/m);
    const unit = readFileSync(join(dest, 'usr/lib/systemd/system/souk.service'), 'utf8');
    assert.match(unit, /^ExecStart=\/usr\/bin\/souk serve /m);
    assert.ok(!/@[A-Z]+@/.test(unit));
    writeFileSync(join(dest, 'souk.service'), unit.replaceAll('/usr/bin/souk', souk));
    if ((await run('systemd-analyze', ['--version'])).code === 0) {
      const verify = await run('systemd-analyze', ['verify', join(dest, 'souk.service')]);
      assert.equal(verify.stderr + verify.stdout, '');
    }
  } finally {
    rmSync(dest, { recursive: true, force: true });
  }
});
