// A shop that sells, for tests of carts and orders over REST: goods with stock, delivery "flat" and payments "invoice" and "peer" of the
// plugin probe_sell. Whoever buys gives only what matters to the test.
import { Shop, ask } from './souk.mjs';
import { createServer } from 'node:http';

export const address = { country: 'BG', city: 'София', postcode: '1000', line1: 'ул. Шипка 1' };
export const buyer = { email: 'ada@example.org', phone: '+359888123456', name: 'Ada Lovelace', address,
  delivery: { method: 'flat:standard' }, payment: { method: 'invoice' } };

export const goods = (sku, amount, stock, more = {}) => ({
  key: sku.toLowerCase(), type: 'simple', status: 'active', visibility: 'both', tax_class: 'standard', text: { en: { name: `Thing ${sku}` } }, ...more,
  variants: [{ sku, tracked: stock !== null, ...(stock === null ? {} : { stock }), weight_g: 400, prices: [{ list: 'base', amount }], ...more.variant }],
});

export class Market {
  // options as Shop.start; `goods` a list of products; `alone`: without probe_sell; `terms` instead of the usual table of the shop
  static async open(options = {}) {
    const market = new Market();
    const plugins = [...(options.alone ? [] : ['probe_sell']), ...(options.plugins ?? [])];
    market.shop = await Shop.start({ ...options, plugins,
      config: `shop = ${options.terms ?? '{ name = "Test shop", currency = "EUR", country = "BG", locales = { "en", "bg" } }'}\nhttp_client = { allow = { "127.0.0.1" } }\n${options.config ?? ''}` });
    await market.sign();
    for (const product of options.goods ?? []) await market.product(product);
    return market;
  }

  async sign() {
    const made = await this.shop.souk('admin', 'token', '--scope', '*', '--json');
    if (made.code) throw new Error(made.stderr);
    this.auth = { authorization: `Bearer ${made.json.token}` };
  }

  async product(document) {
    const answer = await this.shop.post('/api/v1/admin/products', document, this.auth);
    if (answer.status !== 201) throw new Error(`product: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  async cart(lines = []) {
    const made = await this.shop.post('/api/v1/carts', {});
    if (made.status !== 201) throw new Error(`cart: ${made.status} ${made.text}`);
    for (const [sku, quantity] of lines) {
      const added = await this.shop.post(`/api/v1/carts/${made.json.id}/lines`, { sku, quantity });
      if (added.status !== 201) throw new Error(`line: ${added.status} ${added.text}`);
    }
    return made.json.id;
  }

  checkout(cart, body = {}, headers = {}) {
    return this.shop.post(`/api/v1/carts/${cart}/checkout`, { ...buyer, ...body }, headers);
  }

  // A cart with these lines, and its order.
  async buy(lines, body, headers) {
    return this.checkout(await this.cart(lines), body, headers);
  }

  async order(number) {
    return (await ask(`${this.shop.url}/api/v1/admin/orders/${number}`, { headers: this.auth })).json;
  }

  step(number, name, body = {}) {
    return this.shop.post(`/api/v1/admin/orders/${number}/${name}`, body, this.auth);
  }

  async stock(sku) {
    const { json } = await this.shop.get(`/api/v1/admin/products/${sku.toLowerCase()}`, this.auth);
    return json.variants[0].stock;
  }

  async verify() {
    const { json, stderr } = await this.shop.souk('verify', '--json');
    if (!json) throw new Error(stderr);
    return json.checks.filter((check) => !check.ok);
  }

  // Down and up again on the same data.
  async restart() {
    this.shop.options.keep = true;
    await this.shop.down();
    this.shop.options.keep = false;
    await this.shop.up();
  }

  down() { return this.shop.down(); }
}

// The peer of payment "peer": keeps what it was asked for by key, so that a repeat gives the same; `answer` says what a payment comes to.
export class Peer {
  static async open() {
    const peer = new Peer();
    peer.calls = [];
    peer.known = new Map();
    peer.answer = () => ({ state: 'captured' });
    peer.server = createServer((request, response) => {
      let body = '';
      request.on('data', (data) => { body += data; });
      request.on('end', async () => {
        const asked = { verb: request.url.slice(1), ...JSON.parse(body) };
        peer.calls.push(asked);
        const name = `${asked.verb === 'fetch' ? 'begin' : asked.verb}:${asked.key}`;
        if (asked.verb !== 'fetch' && !peer.known.has(name)) {
          const reference = asked.verb === 'begin' ? `pay_${peer.known.size + 1}` : `${asked.verb}_${peer.known.size + 1}`;
          peer.known.set(name, { reference, amount: asked.amount, ...peer.answer(asked) });
        }
        const known = peer.known.get(name) ?? { state: 'pending' };
        await peer.before?.(asked, known);
        if (response.destroyed) return;
        response.writeHead(known.status ?? 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(known));
      });
    });
    await new Promise((done) => peer.server.listen(0, '127.0.0.1', done));
    peer.server.unref(); // a test that ends early must not wait for it
    peer.url = `http://127.0.0.1:${peer.server.address().port}`;
    peer.config = `probe_sell = { peer = "${peer.url}" }`;
    return peer;
  }

  // What it did of this sort for an order: asked again under the same key it does it once.
  done(verb, number) {
    const asked = this.calls.filter((call) => call.verb === verb && (!number || call.number === number));
    return [...new Map(asked.map((call) => [call.key, call])).values()];
  }

  // What was really charged, by key.
  charged() { return [...this.known].filter(([name]) => name.startsWith('begin:')); }

  close() {
    this.server.closeAllConnections();
    return new Promise((done) => this.server.close(done));
  }
}
