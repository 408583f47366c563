// A receiver of webhooks for tests, and a check of signatures by node's crypto, as Standard Webhooks 1.0 has them.
import assert from 'node:assert/strict';
import { createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';

// A receiver: keeps what came, answers what `answer(count)` says: a status, or {status, headers}; a promise waits.
export async function receiver(answer = () => 200) {
  const got = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => { body += bytes; });
    request.on('end', async () => {
      got.push({ headers: request.headers, body, json: JSON.parse(body), at: Date.now() });
      const said = await answer(got.length, got.at(-1));
      if (response.destroyed) return;
      response.writeHead(said.status ?? said, said.headers);
      response.end('ok');
    });
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { got, url: `http://127.0.0.1:${server.address().port}/hook`, stop: () => { server.closeAllConnections(); return new Promise((done) => server.close(done)); } };
}

export function signedBy(delivery, secret) {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures } = delivery.headers;
  assert.ok(Math.abs(Date.now() / 1000 - Number(at)) < 300);
  const right = createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64')).update(`${id}.${at}.${delivery.body}`).digest();
  return signatures.split(' ').some((one) => {
    const [version, sign] = one.split(',');
    const bytes = Buffer.from(sign, 'base64');
    return version === 'v1' && bytes.length === right.length && timingSafeEqual(bytes, right);
  });
}
