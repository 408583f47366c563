// 100 slow clients beside 20 good ones. A third of the slow ones drip the request line, a third the headers, a third a form's body, a byte a
// second; whoever is thrown out comes back at once, and the time limits are short, so that the reaper is busy too. The good ones are wrk's.
import net from 'node:net';
import { report, withBenchShop, wrk } from './tools.mjs';

const SLOW = 100;
const GOOD = 20;
const SECONDS = 10;
const LIMITS = 'limits = { header_timeout = "3s", request_timeout = "5s" }';

const LINE = 'GET /bench HTTP/1.1\r\n';
const HEADERS = `Host: shop\r\nX-Slow: ${'a'.repeat(200)}`;
const FORM = 'POST /x/bench_shop/row HTTP/1.1\r\nHost: shop\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 200\r\n\r\n';
const KINDS = [['', LINE + HEADERS], [LINE, HEADERS], [FORM, `name=${'a'.repeat(195)}`]]; // what is said at once, what drips

function slowClient(port, number, state) {
  const [at_once, drip] = KINDS[number % KINDS.length];
  let sent = 0;
  const socket = net.connect(port, '127.0.0.1', () => socket.write(at_once + drip[sent++]));
  const timer = setInterval(() => { if (sent < drip.length && socket.writable) socket.write(drip[sent++]); }, 1000);
  state.open.add(socket);
  socket.on('error', () => {});
  socket.resume();
  socket.on('close', () => {
    clearInterval(timer);
    state.open.delete(socket);
    if (state.stopping) return;
    state.thrown++;
    setTimeout(() => { if (!state.stopping) slowClient(port, number, state); }, 20);
  });
}

export async function slow() {
  await withBenchShop({ limits: LIMITS }, async (shop) => {
    const alone = await wrk(`${shop.url}/bench`, { connections: GOOD, seconds: 2 });
    const state = { open: new Set(), stopping: false, thrown: 0 };
    for (let i = 0; i < SLOW; i++) slowClient(shop.port, i, state);
    const beside = await wrk(`${shop.url}/bench`, { connections: GOOD, seconds: SECONDS });
    state.stopping = true;
    for (const socket of state.open) socket.destroy();
    report('slow.good_p99_alone', alone.p99, 'ms');
    report('slow.good_p99', beside.p99, 'ms', '< 100');
    report('slow.good_rate', beside.rate / alone.rate, 'of the rate alone');
    report('slow.good_errors', beside.errors, 'requests', '0');
    report('slow.thrown_out', state.thrown, 'connections');
  });
}
