// Carts by rules, beside Lua by itself with the same functions: promotions.c measures, its lines are kept for the table.
import { join } from 'node:path';
import { run } from '../e2e/souk.mjs';
import { bench, report } from './tools.mjs';

export async function promotions() {
  const { code, stdout, stderr } = await run(join(bench, 'promotions'), []);
  if (code) throw new Error(stderr);
  for (const line of stdout.trim().split('\n')) {
    const [name, value, unit, bar] = line.split('\t');
    report(name, Number(value), unit, bar);
  }
}
