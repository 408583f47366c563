// Pictures for tests, made of numbers.
import { crc32, deflateSync } from 'node:zlib';

const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(8 + body.length);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), 4 + body.length);
  return out;
};
function crc(bytes) {
  if (crc32) return crc32(bytes);
  let c = ~0;
  for (const byte of bytes) { c ^= byte; for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0); }
  return ~c >>> 0;
}
// A PNG whose left half is red and right half blue; with alpha: half transparent.
export function png(width, height, alpha = false) {
  const row = Buffer.alloc(1 + width * (alpha ? 4 : 3));
  for (let x = 0; x < width; x++) {
    const at = 1 + x * (alpha ? 4 : 3);
    row[at] = x < width / 2 ? 230 : 20;
    row[at + 2] = x < width / 2 ? 20 : 230;
    if (alpha) row[at + 3] = 128;
  }
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, alpha ? 6 : 2, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(Buffer.concat(Array(height).fill(row)))), chunk('IEND', Buffer.alloc(0))]);
}
