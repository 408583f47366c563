// `make bench`: runs the parts one after the other (all, or those named), each prints its lines, and the table comes last. A part that
// cannot run says so and the others go on; the exit code tells of that, never of a number.
import { performance } from 'node:perf_hooks';
import { pages } from './pages.mjs';
import { writes } from './writes.mjs';
import { orders } from './orders.mjs';
import { start } from './start.mjs';
import { slow } from './slow.mjs';
import { reload } from './reload.mjs';
import { products } from './products.mjs';
import { search } from './search.mjs';
import { feeds } from './feeds.mjs';
import { promotions } from './promotions.mjs';
import { scripts } from './scripts.mjs';
import { table } from './tools.mjs';

const parts = { start, pages, products, search, promotions, feeds, writes, orders, slow, reload, scripts };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(parts);
const unknown = wanted.filter((name) => !parts[name]);
if (unknown.length) {
  console.error(`no part "${unknown[0]}"; there are: ${Object.keys(parts).join(' ')}`);
  process.exit(2);
}
const begin = performance.now();
for (const name of wanted) {
  try {
    await parts[name]();
  } catch (error) {
    console.log(`${name}: could not be measured: ${error.message}`);
    process.exitCode = 1;
  }
}
table();
console.log(`took ${Math.round((performance.now() - begin) / 1000)} s`);
process.exit(); // whatever timer is left over
