// Promotion cases in neutral words (one JSON object a line) in souk's own: a promotion as Lua text, the cart as the file of `souk quote`, the
// quote back as the case's fields. Nothing is computed here but units (basis points to parts per million); what a field is comes from the quote.

// ---- Lua ----

const quoted = (text) => `"${[...Buffer.from(text)].map((byte) => (byte < 32 || byte === 34 || byte === 92 || byte === 127
  ? `\\${String(byte).padStart(3, '0')}` : String.fromCharCode(byte))).join('')}"`;
const lua = (value) => {
  if (Array.isArray(value)) return `{${value.map(lua).join(', ')}}`;
  if (value && typeof value === 'object')
    return `{ ${Object.entries(value).filter(([, v]) => v !== undefined && v !== null).map(([k, v]) => `${k} = ${lua(v)}`).join(', ')} }`;
  return typeof value === 'string' ? quoted(value) : String(value);
};

// Percentages have at most four decimals; more than all of it is all of it.
const percent = (number) => (number === undefined || number === null ? undefined : Math.min(100, Math.round(number * 10000) / 10000));
const some = (list) => (list?.length ? list : undefined);
const least = (number) => (number ? number : undefined); // 0 stands for no limit
const filter = (given) => given && {
  skus: some(given.skus), products: some(given.products), categories: some(given.categories), price_from: given.unit_price_min_minor, price_to: given.unit_price_max_minor,
};
const tiers = (given) => given?.map((tier) => ({ min: tier.min, percent: percent(tier.percent), amount: tier.amount_minor }));
// What a condition lists, whatever it is called; nobody is in an empty list.
const listed = (condition) => some(Object.values(condition).filter(Array.isArray).flat().map(String)) ?? ['-'];

const conditions = {
  items_total_at_least: (c) => c.amount_minor,
  cart_quantity_at_least: (c) => c.qty,
  line_quantity_at_least: (c) => c.qty,
  contains_product: (c) => ({ skus: listed(c), quantity: c.min_qty ?? 1 }),
  contains_category: (c) => ({ categories: listed(c), quantity: c.min_qty ?? 1 }),
  category_total_at_least: (c) => ({ category: c.category, amount: c.amount_minor }),
  customer_group_in: listed,
  customer_id_in: listed,
  nth_order: (c) => c.n,
  shipping_method_in: listed,
  currency_in: listed,
};

const each = (a) => ({ percent: percent(a.percent), amount: a.amount_minor });
const actions = {
  line_percent: (a) => ({ percent: percent(a.percent), filter: filter(a.filter), base: a.base, max_quantity: least(a.max_qty) }),
  unit_fixed: (a) => ({ amount: a.amount_minor, filter: filter(a.filter), max_quantity: least(a.max_qty) }),
  line_fixed: (a) => ({ amount: a.amount_minor, filter: filter(a.filter) }),
  order_percent: (a) => ({ percent: percent(a.percent), filter: filter(a.filter), cap: a.cap_minor }),
  order_fixed: (a) => ({ amount: a.amount_minor, filter: filter(a.filter) }),
  order_fixed_price: (a) => ({ amount: a.amount_minor, filter: filter(a.filter) }),
  shipping_percent: (a) => ({ percent: percent(a.percent), base: a.base, methods: some(a.methods) }),
  shipping_fixed: (a) => ({ amount: a.amount_minor, allocation: a.allocation, methods: some(a.methods) }),
  buy_get: (a) => ({ buy: filter(a.buy) ?? {}, buy_quantity: a.buy_qty, get: filter(a.get) ?? {}, get_quantity: a.get_qty, ...each(a), pick: a.pick,
    max_get_quantity: least(a.max_get_qty), repeats: a.repeat }),
  cheapest_units: (a) => ({ quantity: a.qty, ...each(a), filter: filter(a.filter) }),
  unit_groups: (a) => ({ group_size: a.group_size, ...each(a), base_percent: percent(a.base_percent), tiers: tiers(a.tiers), filter: filter(a.filter) }),
  tiered_percent: (a) => ({ by: a.by, base_percent: percent(a.base_percent), tiers: tiers(a.tiers), filter: filter(a.filter) }),
  tiered_fixed: (a) => ({ by: a.by, base: a.base_minor, tiers: tiers(a.tiers), filter: filter(a.filter) }),
  first_additional: (a) => ({ first: a.first_minor, additional: a.additional_minor, max_items: a.max_items, filter: filter(a.filter) }),
  add_gift: (a) => ({ sku: a.sku, unit_price: a.unit_price_minor, quantity: a.qty, per: filter(a.per) }),
  unit_percent: (a) => ({ percent: percent(a.percent), filter: filter(a.filter) }),
};
const renamed = { shipping_method_in: 'delivery_method_in', shipping_percent: 'delivery_percent', shipping_fixed: 'delivery_fixed' };

const translate = (kinds, what) => (given) => {
  if (!kinds[given.type]) throw new Error(`unknown ${what} "${given.type}"`);
  return { [renamed[given.type] ?? given.type]: kinds[given.type](given) };
};

const coupon = (given, now) => given && {
  code: given.code, to: now && given.ends_at, uses: given.usage_limit, per_customer: given.per_customer_limit, again_after_cancel: given.reusable_after_cancel,
};

const amounts = (given) => (given?.type === 'spend' ? { amount: given.limit_minor } : given && { uses: given.limit });

// A price band that is upside down matches no line: such an action does nothing, and no shop saves it.
const isUpsideDown = (band) => band?.unit_price_min_minor > band?.unit_price_max_minor;
const works = (a) => ![a.filter, a.buy, a.get, a.per].some(isUpsideDown);

// Nor does one save "buy nothing, get something", a promotion that gives nothing, or one that ends before it starts: it is refused where it is
// declared, so it is not there.
const stands = (promotion) => promotion.actions.some(works) && promotion.actions.every((a) => a.type !== 'buy_get' || (a.buy_qty >= 1 && a.get_qty >= 1)) &&
  !(Date.parse(promotion.ends_at) <= Date.parse(promotion.starts_at));

const ids = (test) => test.promotions.map((promotion, i) => [`p${i + 1}`, promotion]).filter(([, promotion]) => stands(promotion));

const shelf = (promotion) => promotion.kind === 'catalog';

// Uses that two limits of one promotion count differently are brought to one count.
const counted = (promotion) => {
  const both = [promotion.used, promotion.budget?.used].filter((n) => n !== undefined);
  const used = both.length ? Math.max(...both) : 0;
  const room = (limit, own) => (limit === undefined || limit === null ? undefined : limit + used - (own ?? 0));
  return { used, limit: room(promotion.usage_limit, promotion.used), budget: room(promotion.budget?.limit, promotion.budget?.used) };
};

// No list of channels is all of them, an empty one is none; a cart that says nothing is in none. Without `now` there are no windows.
const NOWHERE = 'nowhere', UNSAID = 'unsaid';

export function rules(test) {
  const groups = new Map(Object.entries(test.groups ?? {}).map(([name, group]) => [name, group.mode]));
  for (const { group } of test.promotions) if (group && !groups.has(group)) groups.set(group, 'stack');
  const text = [...groups].map(([name, mode]) => `group ${lua({ name, mode })}`);
  for (const [id, promotion] of ids(test)) {
    const count = counted(promotion);
    text.push(`promotion ${lua({
      id,
      name: promotion.name || id,
      kind: shelf(promotion) ? 'catalogue' : undefined,
      priority: promotion.priority ?? 0,
      exclusive: promotion.exclusive,
      enabled: shelf(promotion) && count.limit <= count.used ? false : promotion.enabled,
      from: test.now && promotion.starts_at,
      to: test.now && promotion.ends_at,
      channels: promotion.channels && (some(promotion.channels) ?? [NOWHERE]),
      limits: count.limit === undefined || shelf(promotion) ? undefined : { uses: count.limit },
      budget: amounts(promotion.budget && { ...promotion.budget, limit: count.budget }),
      coupon: coupon(promotion.coupon, test.now),
      group: shelf(promotion) ? undefined : promotion.group,
      skip_reduced: promotion.applies_to_discounted === false && !shelf(promotion) ? true : undefined,
      when: some((promotion.conditions ?? []).map(translate(conditions, 'condition'))),
      give: promotion.actions.filter(works).map(translate(actions, 'action')),
    })}`);
  }
  return `${text.join('\n')}\n`;
}

// ---- the cart ----

const ppm = (basisPoints) => (basisPoints === undefined || basisPoints === null ? undefined : Math.round(basisPoints * 100));
// A line without units is no line; it stands in the answer as it came.
const isThere = (one) => one.qty > 0;

const line = (given, taxed) => ({
  sku: given.sku,
  quantity: given.qty,
  unit_price: given.unit_price_minor,
  categories: some(given.category),
  product: given.product,
  original_price: given.original_price_minor >= given.unit_price_minor ? given.original_price_minor : undefined,
  min_unit_price: given.min_unit_price_minor,
  tax_ppm: taxed ? ppm(given.tax_bp) : undefined,
  tax_included: taxed ? given.tax_included ?? undefined : undefined,
});

// A lone fee has no name; a list says which method each is.
const delivery = (test) => (test.shipping ?? (test.shipping_minor === undefined ? [] : [{ method: 'standard', amount_minor: test.shipping_minor, tax_bp: test.shipping_tax_bp }]))
  .map((one) => ({ method: one.method ?? 'standard', amount: one.amount_minor, tax_ppm: test.tax ? ppm(one.tax_bp) : undefined }));

const customer = (given) => given && {
  id: given.id, group: given.group, guest: given.guest, orders_before: given.orders_before, orders_cancelled: given.orders_cancelled,
  history: given.history?.map((one) => ({ coupon: one.coupon, cancelled: Boolean(one.cancelled) })),
};

const same = (code) => code.trim().replace(/[a-z]+/g, (letters) => letters.toUpperCase());

// A cart keeps a code that was entered twice once.
const entered = (codes) => codes?.filter((code, i) => code.trim() && codes.findIndex((other) => same(other) === same(code)) === i);

export function cart(test) {
  const lines = test.lines.filter(isThere).map((one) => line(one, test.tax));
  const included = test.tax?.prices_include ?? test.lines.some((one) => one.tax_included);
  const used = ids(test).map(([id, promotion]) => ({ promotion: id, used: counted(promotion).used, used_amount: promotion.budget?.used_minor ?? 0 }));
  const codes = test.promotions.filter((promotion) => promotion.coupon).map(({ coupon: { code, used: times } }) => ({ code, used: times ?? 0 }));
  return {
    currency: test.currency, at: test.now, channel: test.channel ?? UNSAID, prices_include_tax: included, round_by_total: false,
    lines, delivery: delivery(test), customer: customer(test.customer) ?? undefined, coupons: some(entered(test.coupons)), usage: some(used), codes: some(codes),
  };
}

// ---- the answer ----

export function fields(test, quote) {
  const names = new Map(ids(test).map(([id, promotion]) => [id, promotion.name || id]));
  const { totals } = quote;
  const lines = [...quote.lines];
  test.lines.forEach((one, i) => { if (!isThere(one)) lines.splice(i, 0, { total: 0, unit_price: one.unit_price_minor }); });
  return {
    items_subtotal: totals.items,
    discount_total: totals.discount,
    items_total: totals.items - totals.discount,
    shipping_discount: totals.delivery_discount,
    shipping_total: totals.delivery - totals.delivery_discount,
    tax_added: totals.tax,
    tax_included: totals.tax_included,
    total: totals.total,
    line_totals: lines.map((one) => one.total),
    line_totals_sorted: lines.map((one) => one.total),
    unit_prices: lines.map((one) => one.unit_price),
    applied: quote.promotions.filter((one) => one.applied).sort((a, b) => a.order - b.order).map((one) => names.get(one.id) ?? one.id),
    rejected_coupons: quote.coupons.filter((one) => !one.accepted).map((one) => one.code),
    gifts: lines.filter((one) => one.gift).map((one) => ({ sku: one.sku, qty: one.quantity })),
  };
}

// What has to be equal: with `canonical` all of it, else what the case's own expectation agrees with it in.
export function wanted(test, canonical) {
  if (canonical) return test.canonical ?? test.expect;
  return Object.fromEntries(Object.entries(test.expect).filter(([name]) => !test.verify || test.verify.agrees.includes(name)));
}

const sorted = (list) => [...list].sort((a, b) => a - b);
const comparable = (name, value) => JSON.stringify(
  name === 'line_totals_sorted' && Array.isArray(value) ? sorted(value)
    : name === 'rejected_coupons' && Array.isArray(value) ? value.map(same)
      : name === 'gifts' && Array.isArray(value) ? value.map(({ sku, qty }) => ({ sku, qty })) : value);

// [{name, wanted, got}] of the fields that differ.
export function differences(expected, got) {
  return Object.keys(expected).filter((name) => comparable(name, expected[name]) !== comparable(name, got[name]))
    .map((name) => ({ name, wanted: expected[name], got: got[name] }));
}
