// A large file of products for the benchmark of imports, the same at every run:
//   node tests/bench/catalogue.mjs shopify 100000 > big.csv     (five rows a product)
//   node tests/bench/catalogue.mjs woocommerce 100000 > big.csv (simple products)
// A test may import the functions; nothing here needs a package.

let seed = 1;
const random = (n) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return Math.floor((seed / 4294967296) * n);
};
const pick = (list) => list[random(list.length)];

const adjectives = ['Quiet', 'Bright', 'Old', 'Round', 'Soft', 'Heavy', 'Plain', 'Blue', 'Warm', 'Small', 'Fine', 'Rough'];
const materials = ['oak', 'linen', 'clay', 'steel', 'wool', 'glass', 'paper', 'copper', 'cotton', 'stone'];
const things = ['lamp', 'bowl', 'chair', 'rug', 'shelf', 'kettle', 'blanket', 'mug', 'basket', 'mirror', 'table', 'clock'];
const rooms = ['Kitchen', 'Bedroom', 'Hall', 'Garden', 'Office', 'Bath'];
const brands = Array.from({ length: 40 }, (_, i) => `Maker ${i + 1}`);
const colors = ['Red', 'Green', 'Blue', 'Black', 'White'];

const sentence = () => `A ${pick(adjectives).toLowerCase()} ${pick(things)} of ${pick(materials)}, made for the ${pick(rooms).toLowerCase()}.`;
const text = () => `<p>${sentence()} ${sentence()}</p>\n<p>${sentence()}</p>`;
const cell = (value) => (/[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
const line = (values) => `${values.map(cell).join(',')}\n`;

export function* shopify(rows) {
  seed = 1;
  yield line(['Handle', 'Title', 'Body (HTML)', 'Vendor', 'Type', 'Tags', 'Published', 'Option1 Name', 'Option1 Value', 'Variant SKU',
    'Variant Grams', 'Variant Inventory Tracker', 'Variant Inventory Qty', 'Variant Inventory Policy', 'Variant Price',
    'Variant Compare At Price', 'Variant Taxable', 'Image Src', 'Image Position']);
  for (let row = 0; row < rows; row++) {
    const product = Math.floor(row / 5);
    const at = row % 5;
    const price = 500 + random(20000);
    const name = `${pick(adjectives)} ${pick(materials)} ${pick(things)} ${product}`;
    const own = at === 0
      ? [name, text(), pick(brands), pick(rooms), `${pick(materials)}, ${pick(adjectives)}`, 'true', 'Color']
      : ['', '', '', '', '', '', ''];
    yield line([`product-${product}`, ...own, colors[at], `P${product}-${at}`, 100 + random(5000), 'shopify', random(50), 'deny',
      (price / 100).toFixed(2), random(4) ? '' : ((price + 500) / 100).toFixed(2), 'true',
      `https://pictures.example/${product}-${at}.jpg`, at + 1]);
  }
}

export function* woocommerce(rows) {
  seed = 2;
  yield line(['ID', 'Type', 'SKU', 'Name', 'Published', 'Is featured?', 'Visibility in catalog', 'Short description', 'Description',
    'Tax status', 'In stock?', 'Stock', 'Backorders allowed?', 'Weight (kg)', 'Sale price', 'Regular price', 'Categories', 'Tags',
    'Images', 'Brands', 'Attribute 1 name', 'Attribute 1 value(s)', 'Attribute 1 visible', 'Attribute 1 global']);
  for (let row = 0; row < rows; row++) {
    const price = 500 + random(20000);
    yield line([row + 1, 'simple', `W-${row}`, `${pick(adjectives)} ${pick(materials)} ${pick(things)} ${row}`, 1, 0, 'visible', sentence(), text(),
      'taxable', 1, random(50), 0, (random(5000) / 1000).toFixed(3), random(5) ? '' : (price / 200).toFixed(2), (price / 100).toFixed(2),
      `${pick(rooms)} > ${pick(things)}`, pick(materials), `https://pictures.example/${row}.jpg`, pick(brands), 'Material', pick(materials), 1, 1]);
  }
}

const formats = { shopify, woocommerce };

if (import.meta.url === `file://${process.argv[1]}`) {
  const [, , name, rows] = process.argv;
  if (!formats[name] || !Number(rows)) {
    console.error('usage: node catalogue.mjs shopify|woocommerce ROWS');
    process.exit(2);
  }
  let block = '';
  for (const part of formats[name](Number(rows))) {
    block += part;
    if (block.length > 1 << 20) {
      process.stdout.write(block);
      block = '';
    }
  }
  process.stdout.write(block);
}
