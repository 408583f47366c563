// Searches and lists over 100,000 products, beside FTS5 by itself on the same rows: search.c measures, its lines are kept for the table.
import { join } from 'node:path';
import { run } from '../e2e/souk.mjs';
import { bench, report } from './tools.mjs';

export async function search() {
  const { code, stdout, stderr } = await run(join(bench, 'search'), ['100000']);
  if (code) throw new Error(stderr);
  for (const line of stdout.trim().split('\n')) {
    const [name, value, unit, bar] = line.split('\t');
    report(name, Number(value), unit, bar);
  }
}
