// Webhooks through the real server, judged as a receiver would: signatures by node's crypto as Standard Webhooks 1.0 has them, ids that
// stay, retries, rotation, replay, 410, and a slow receiver that delays nobody.
import test from 'node:test';
import assert from 'node:assert/strict';
import { receiver, signedBy } from './receiver.mjs';
import { until, withShop } from './souk.mjs';

const config = 'http_client = { allow = { "127.0.0.1" } }';
const form = { 'content-type': 'application/x-www-form-urlencoded' };

async function withHooks(fn) {
  await withShop({ plugins: [], config }, async (shop) => {
    const token = (await shop.souk('admin', 'token', '--name', 'test', '--scope', 'webhook.*')).stdout.trim();
    const auth = { authorization: `Bearer ${token}` };
    const stops = [];
    const api = {
      get: (path) => shop.get(`/api/v1/admin/webhooks${path}`, auth),
      post: (path, body) => shop.post(`/api/v1/admin/webhooks${path}`, body, auth),
      call: async (method, path, body) => fetch(`${shop.url}/api/v1/admin/webhooks${path}`, { method, body: body && JSON.stringify(body), headers: { ...auth, 'content-type': 'application/json', connection: 'close' } }),
      hook: async (answer, topics = ['*']) => {
        const to = await receiver(answer);
        stops.push(to.stop);
        const made = await api.post('', { url: to.url, topics });
        assert.equal(made.status, 201, made.text);
        return { ...to, ...made.json };
      },
    };
    try {
      await fn(shop, api);
    } finally {
      for (const stop of stops) await stop();
    }
  });
}
// A fact that any shop can make without a catalogue.
const fact = (shop, email) => shop.post('/account/register', new URLSearchParams({ email, name: 'Ada', password: 'correct horse' }).toString(), { ...form, origin: shop.url });

test('a fact arrives signed, by its topic, and nothing that opens an account', () => withHooks(async (shop, api) => {
  const all = await api.hook(() => 200);
  const other = await api.hook(() => 200, ['order.*']);
  assert.match(all.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal((await api.get(`/${all.id}`)).json.secret, undefined, 'the secret is shown once');
  await fact(shop, 'ada@x.example');
  const first = await until('a delivery', () => all.got[0]);
  assert.equal(first.json.type, 'person.registered');
  assert.equal(first.json.data.email, 'ada@x.example');
  assert.match(first.json.timestamp, /^\d{4}-\d\d-\d\dT/);
  assert.match(first.headers['webhook-id'], /^msg_\d+$/);
  assert.ok(signedBy(first, all.secret));
  assert.ok(!signedBy(first, other.secret));
  assert.ok(!signedBy({ ...first, body: first.body.replace('ada@', 'eve@') }, all.secret), 'a changed body');
  assert.equal((await api.post(`/${all.id}/test`, {})).status, 202);
  await until('the test', () => all.got.find((one) => one.json.type === 'webhook.test'));
  assert.ok(all.got.every((one) => !one.json.type.startsWith('account.')), 'confirming an account is told to nobody');
  assert.equal(other.got.length, 0);
  await until('it is noted', async () => (await api.get(`/${all.id}/deliveries?state=sent`)).json.items.length === all.got.length);
}));

test('a failure comes again with the same id; rotation signs twice; replay', () => withHooks(async (shop, api) => {
  const hook = await api.hook((n) => (n === 1 ? 500 : 200));
  await api.post(`/${hook.id}/test`, {});
  await until('a second try', () => hook.got.length === 2);
  assert.equal(hook.got[0].headers['webhook-id'], hook.got[1].headers['webhook-id']);
  assert.equal(hook.got[0].body, hook.got[1].body);
  assert.ok(hook.got[1].at - hook.got[0].at >= 4000, 'not at once');
  const rotated = (await api.post(`/${hook.id}/rotate`, {})).json;
  assert.notEqual(rotated.secret, hook.secret);
  await api.post(`/${hook.id}/test`, {});
  const third = await until('one with two signatures', () => hook.got[2]);
  assert.equal(third.headers['webhook-signature'].split(' ').length, 2);
  assert.ok(signedBy(third, hook.secret) && signedBy(third, rotated.secret));
  const list = await until('both are sent', async () => {
    const { items } = (await api.get(`/${hook.id}/deliveries`)).json;
    return items.every((one) => one.state === 'sent') && items;
  });
  assert.equal((await api.post(`/${hook.id}/replay`, { delivery: list[0].id })).json.queued, 1);
  const again = await until('the replay', () => hook.got[3]);
  assert.equal(again.headers['webhook-id'], third.headers['webhook-id']);
  await until('it is done', async () => (await api.get(`/${hook.id}`)).json.waiting === 0);
  assert.equal((await api.post(`/${hook.id}/replay`, { from: '2020-01-01', state: 'sent' })).json.queued, 2);
  await until('the range', () => hook.got.length === 6);
  assert.equal((await api.post(`/${hook.id}/replay`, { delivery: '1' })).status, 404);
  assert.equal((await api.post(`/${hook.id}/replay`, {})).status, 422);
}));

test('410 switches off, 429 is waited for, a pause keeps everything', () => withHooks(async (shop, api) => {
  const gone = await api.hook(() => 410);
  await api.post(`/${gone.id}/test`, {});
  await until('it is disabled', async () => (await api.get(`/${gone.id}`)).json.state === 'disabled');
  const busy = await api.hook((n) => (n === 1 ? { status: 429, headers: { 'retry-after': '3600' } } : 200));
  await api.post(`/${busy.id}/test`, {});
  const waiting = await until('it waits', async () => (await api.get(`/${busy.id}/deliveries`)).json.items.find((one) => one.attempts === 1));
  assert.equal(waiting.status, 429);
  assert.ok(Date.parse(waiting.due_at) - Date.now() > 3500e3);
  const hook = await api.hook();
  assert.equal((await api.call('PATCH', `/${hook.id}`, { state: 'paused' })).status, 200);
  await fact(shop, 'ada@x.example');
  await until('it is kept', async () => (await api.get(`/${hook.id}`)).json.waiting === 1);
  assert.equal(hook.got.length, 0);
  await api.call('PATCH', `/${hook.id}`, { state: 'active' });
  await until('it goes now', () => hook.got.length === 1);
  assert.equal(gone.got.length, 1, 'who is gone gets nothing more');
  assert.equal((await api.call('DELETE', `/${hook.id}`)).status, 204);
  assert.equal((await api.get(`/${hook.id}`)).status, 404);
}));

test('a slow receiver delays nobody', () => withHooks(async (shop, api) => {
  let free;
  const never = new Promise((done) => { free = done; });
  const slow = [];
  for (let i = 0; i < 6; i++) slow.push(await api.hook(() => never.then(() => 200), ['webhook.test']));
  const quick = await api.hook(() => 200, ['person.*']);
  for (const hook of slow) await api.post(`/${hook.id}/test`, {});
  await until('some of the slow ones are on', () => slow.filter((hook) => hook.got.length).length >= 3);
  for (const hook of slow.slice(0, 3)) await api.post(`/${hook.id}/test`, {});
  await fact(shop, 'ada@x.example');
  await until('the quick one', () => quick.got.length === 1);
  assert.ok(slow.every((hook) => hook.got.length <= 1), 'before any of the slow ones was given up, and one at a time for each');
  free();
}));

test('what is no receiver is refused, and private addresses are not called', () => withShop({ plugins: [] }, async (shop) => {
  const token = (await shop.souk('admin', 'token', '--name', 'test', '--scope', 'webhook.*')).stdout.trim();
  const auth = { authorization: `Bearer ${token}` };
  const post = (path, body) => shop.post(`/api/v1/admin/webhooks${path}`, body, auth);
  for (const [body, pointer] of [
    [{ url: 'ftp://x.example/', topics: ['*'] }, '/url'], [{ url: 'https://', topics: ['*'] }, '/url'], [{ url: 'https://x.example/a b', topics: ['*'] }, '/url'],
    [{ url: 'https://x.example/', topics: [] }, '/topics'], [{ url: 'https://x.example/', topics: ['Order'] }, '/topics'],
    [{ url: 'https://x.example/', topics: ['account.reset_requested'] }, '/topics'],
  ]) {
    const answer = await post('', body);
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.json.errors[0].pointer, pointer);
  }
  const to = await receiver();
  try {
    const hook = (await post('', { url: to.url, topics: ['*'] })).json;
    await post(`/${hook.id}/test`, {});
    const tried = await until('it is tried', async () => (await shop.get(`/api/v1/admin/webhooks/${hook.id}/deliveries`, auth)).json.items.find((one) => one.attempts));
    assert.equal(tried.status, 0);
    assert.notEqual(tried.why, '');
    assert.equal(to.got.length, 0);
  } finally {
    await to.stop();
  }
  assert.equal((await shop.get('/api/v1/admin/webhooks')).status, 401);
}));
