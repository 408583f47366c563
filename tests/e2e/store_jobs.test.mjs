// Jobs from outside: they outlive the process, wait for their plugin, die after their attempts and come back by hand.
import test from 'node:test';
import assert from 'node:assert/strict';
import { sql } from './orders.mjs';
import { until, withShop } from './souk.mjs';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const add = async (shop, fields) => {
  const answer = await shop.post('/x/probe_jobs/add', new URLSearchParams(fields).toString(), FORM);
  assert.equal(answer.status, 201, answer.text);
};
const runs = async (shop) => (await shop.get('/x/probe_jobs/runs')).json.runs;
const jobs = async (shop) => (await shop.souk('jobs', '--json')).json.items;
const work = async (shop) => (await jobs(shop)).filter((job) => job.kind === 'probe_jobs:work');
const seconds = (job) => (Date.parse(job.due) - Date.now()) / 1000;

test('a job that was running when the shop was killed is tried again soon', () => withShop({ plugins: ['probe_jobs'] }, async (shop) => {
  await add(shop, { what: 'wait', hold: 'yes' });
  await until('the job to run', async () => (await runs(shop)).length === 1);
  const pid = shop.shopPid();
  process.kill(pid, 'SIGKILL');
  await shop.newShopPid(pid);
  await until('an answer', () => shop.get('/').catch(() => undefined));
  await add(shop, { what: '', hold: 'no' });
  await until('the second run', async () => (await runs(shop)).length === 2);
  await until('its end', async () => (await work(shop)).length === 0);
}));

test('failures rest, die, and are retried or cancelled by hand', () => withShop({ plugins: ['probe_jobs'] }, async (shop) => {
  await add(shop, { what: 'fail' });
  await until('the first failure', async () => /: the peer does not answer$/.test((await work(shop))[0]?.why));
  const [dead] = await until('its death', async () => { const list = await work(shop); return list[0]?.state === 'dead' && list; });
  assert.equal((await runs(shop)).length, 2);
  assert.match((await shop.souk('jobs')).stdout, new RegExp(`^${dead.id} +dead +probe_jobs:work +2 tries +.*: the peer does not answer$`, 'm'));
  assert.equal((await shop.souk('jobs', 'retry', dead.id)).code, 0);
  await until('its second death, after as many tries', async () => (await runs(shop)).length === 4 && (await work(shop))[0]?.state === 'dead');
  assert.equal((await shop.souk('jobs', 'cancel', dead.id)).code, 0);
  assert.deepEqual(await work(shop), []);
  await add(shop, { what: 'ok', due: (Date.now() + 3600e3) * 1000 });
  const [waits] = await work(shop);
  assert.equal(waits.state, 'waiting');
  assert.equal((await shop.souk('jobs', 'cancel', waits.id)).code, 0);
  assert.deepEqual(await work(shop), []);
  const gone = await shop.souk('jobs', 'retry', dead.id);
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /there is no job/);
}));

test('the jobs of a plugin that is off wait, and go on at once when it is on', () => withShop({ plugins: ['probe_jobs'] }, async (shop) => {
  await add(shop, { what: 'ok', due: (Date.now() + 3600e3) * 1000 });
  assert.equal((await shop.souk('plugin', 'disable', 'probe_jobs')).code, 0);
  sql(shop, "UPDATE job SET due = 1 WHERE kind = 'probe_jobs:work'"); // an hour later
  const from = Date.now();
  await until('the worker to look', () => Date.now() - from > 1500);
  const [waiting] = await work(shop);
  assert.equal(waiting.state, 'waiting');
  assert.equal(waiting.attempt, 0);
  assert.equal((await shop.souk('plugin', 'enable', 'probe_jobs')).code, 0);
  await until('the run', async () => (await runs(shop)).length === 1);
}));

test('a stop and a start leave a waiting job as it is', () => withShop({ plugins: ['probe_jobs'] }, async (shop) => {
  await add(shop, { what: 'ok', due: (Date.now() + 3600e3) * 1000 });
  assert.equal((await shop.stop()).code, 0);
  await shop.up();
  const [job] = await work(shop);
  assert.equal(job.attempt, 0);
  assert.ok(seconds(job) > 3500);
}));

test('the calendar is planned: the core\'s own night, a plugin\'s year', () => withShop({ plugins: ['probe_jobs'] }, async (shop) => {
  const list = await jobs(shop);
  const night = list.find((job) => job.kind === 'souk:housekeeping');
  assert.match(night.due, /T03:17:00/);
  assert.match(list.find((job) => job.kind === 'probe_jobs:yearly').due, /-01-01T00:00:00/);
  assert.equal((await shop.souk('jobs', 'retry', night.id)).code, 0);
  const next = await until('the next night', async () =>
    (await jobs(shop)).find((job) => job.kind === 'souk:housekeeping' && job.id !== night.id));
  assert.equal(next.state, 'waiting');
  assert.ok(seconds(next) > 0 && seconds(next) <= 86400);
}));
