// Promotion cases through the real worker and engine: our own, and every other file of cases that lies beside the repository.
import test from 'node:test';
import assert from 'node:assert';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './souk.mjs';

const runner = 'tests/cases/run';
const files = ['tests/cases', '../shared/cases'].filter(existsSync).flatMap((dir) => readdirSync(dir).filter((name) => name.endsWith('.jsonl')).map((name) => join(dir, name)));

for (const file of files) {
  for (const canonical of [false, true]) {
    test(`${file}${canonical ? ' --canonical' : ''}`, async () => {
      const answer = await run(runner, [file, ...(canonical ? ['--canonical'] : [])]);
      const cases = readFileSync(file, 'utf8').split('\n').filter(Boolean).length;
      assert.equal(answer.stdout.trim().split('\n').at(-1), `${cases} passed, 0 failed`, answer.stdout + answer.stderr);
      assert.equal(answer.code, 0);
    });
  }
}

// A runner that cannot fail proves nothing.
test('wrong expectations fail, each with both values', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'souk-cases-'));
  try {
    const [first, second] = readFileSync('tests/cases/promotions.jsonl', 'utf8').split('\n').map((line) => line && JSON.parse(line));
    first.expect = { ...first.expect, total: first.expect.total + 1, applied: ['nobody'] };
    const third = { ...second, id: 'third', promotions: [{ ...second.promotions[0], actions: [{ type: 'half_of_it' }] }] };
    const fourth = { ...first, id: 'fourth', verify: { agrees: ['discount_total'] }, canonical: { total: -1 } };
    const file = join(dir, 'cases.jsonl');
    writeFileSync(file, [first, second, third, fourth].map((one) => JSON.stringify(one)).join('\n'));
    const answer = await run(runner, [file]);
    const lines = answer.stdout.trim().split('\n');
    assert.equal(answer.code, 1);
    assert.equal(lines.at(-1), '2 passed, 2 failed');
    const told = lines.find((line) => line.startsWith(`FAIL ${first.id}: `));
    assert.match(told, new RegExp(`total: wanted ${first.expect.total}, got ${first.expect.total - 1}`));
    assert.match(told, /applied: wanted \["nobody"\], got \["p"\]/);
    assert.match(lines.find((line) => line.startsWith('FAIL third: ')), /unknown action "half_of_it"/);
    const canonical = await run(runner, [file, '--canonical']);
    assert.match(canonical.stdout, /FAIL fourth: total: wanted -1, got /);
    assert.equal((await run(runner, [])).code, 2);
    assert.equal((await run(runner, [join(dir, 'none.jsonl')])).code, 2);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
