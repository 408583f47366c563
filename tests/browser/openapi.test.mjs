// The OpenAPI document lints clean with redocly's recommended rules.
import test from 'node:test';
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withShop, run } from '../e2e/souk.mjs';
import { why } from './shop.mjs';

test('redocly finds nothing', { skip: why }, () => withShop({ plugins: ['hello', 'visits'] }, async (shop) => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-'));
  try {
    const file = join(dir, 'openapi.json');
    writeFileSync(file, (await shop.get('/api/v1/openapi.json')).text);
    const cli = new URL('node_modules/@redocly/cli/bin/cli.js', import.meta.url).pathname;
    const got = await run(process.execPath, [cli, 'lint', '--extends=recommended', '--format=json', file], { cwd: dir, env: { ...process.env, REDOCLY_TELEMETRY: 'off' } });
    const report = JSON.parse(got.stdout.slice(got.stdout.indexOf('{')));
    assert.deepEqual(report.problems.map((p) => `${p.ruleId}: ${p.message} ${p.location?.[0]?.pointer ?? ''}`), []);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}));
