// From a write, through the outbox and a listener, to a browser's WebSocket.
import test from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import { randomBytes } from 'node:crypto';
import { withShop } from './souk.mjs';

// A WebSocket client of a few lines (Node 18 has none): texts come out of next(), whole.
function connect(shop) {
  const socket = net.connect(shop.port, '127.0.0.1');
  const texts = [], waiting = [];
  let buffer = Buffer.alloc(0), open = false;
  socket.on('data', (data) => {
    buffer = Buffer.concat([buffer, data]);
    if (!open) {
      const end = buffer.indexOf('\r\n\r\n');
      if (end < 0) return;
      open = true;
      buffer = buffer.subarray(end + 4);
    }
    while (buffer.length >= 2) {
      const short = buffer[1] & 127;
      const skip = short < 126 ? 2 : 4;
      const length = short < 126 ? short : buffer.length >= 4 ? buffer.readUInt16BE(2) : Infinity;
      if (buffer.length < skip + length) return;
      if ((buffer[0] & 15) === 1) texts.push(buffer.subarray(skip, skip + length).toString());
      buffer = buffer.subarray(skip + length);
      while (texts.length && waiting.length) waiting.shift()(JSON.parse(texts.shift()));
    }
  });
  socket.write(`GET /push HTTP/1.1\r\nHost: 127.0.0.1:${shop.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nSec-WebSocket-Version: 13\r\n\r\n`);
  return {
    next: () => new Promise((done) => texts.length ? done(JSON.parse(texts.shift())) : waiting.push(done)),
    send: (value) => {
      const text = Buffer.from(JSON.stringify(value)), mask = randomBytes(4);
      socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, text.map((byte, i) => byte ^ mask[i % 4])]));
    },
    close: () => socket.destroy(),
  };
}

test('what a write tells reaches the browsers that subscribed, after the commit', () => withShop({ plugins: ['probe_push'] }, async (shop) => {
  const browser = connect(shop), other = connect(shop);
  browser.send({ subscribe: ['public:bell', 'private:bell'] });
  assert.deepEqual(await browser.next(), { subscribed: ['public:bell'], refused: ['private:bell'] });
  other.send({ subscribe: ['public:other'] });
  assert.deepEqual(await other.next(), { subscribed: ['public:other'], refused: [] });
  assert.equal((await shop.post('/x/probe_push/ring?who=Ada')).status, 201);
  assert.deepEqual(await browser.next(), { who: 'Ada' });
  assert.equal((await shop.post('/x/probe_push/ring?who=Eve')).status, 201);
  assert.deepEqual(await browser.next(), { who: 'Eve' });
  browser.close();
  other.close();
}));
