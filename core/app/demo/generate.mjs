// Makes the demo shop: `node core/app/demo/generate.mjs` joins source/*.mjs into catalogue.jsonl and draws pictures/*.svg. Both results
// are kept in the repository, because the shop itself needs no node; run this again after a change in source/ or drawing/.
import { mkdirSync, readdirSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { begin, scene } from "./drawing/pen.mjs";
import * as kitchen from "./drawing/kitchen.mjs";
import * as home from "./drawing/home.mjs";
import * as desk from "./drawing/desk.mjs";
import { attributes, locales, taxes, texts } from "./source/attributes.mjs";
import { pages } from "./source/pages.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const kinds = { ...kitchen, ...home, ...desk };
const hanging = new Set(["lantern", "mosaic", "quilt", "apron", "towels", "calendar", "plates", "platter", "slippers", "letters", "pen", "notebook", "notebooks", "tag"]);
// How much larger than drawn the small things are shown.
const zooms = { jar: 1.38, tin: 1.25, pouch: 1.2, mug: 1.22, soap: 1.2, cups: 1.12, bottle: 1.2, linen: 1.2, blanket: 1.22, candle: 1.2, butter: 1.25, washbag: 1.2, jug: 1.25, mortar: 1.15, bowl: 1.15, wallet: 1.2, balm: 1.25, cushion: 1.15, tealights: 1.2, cezve: 1.15, teapot: 1.1, duffel: 1.1, bathset: 1.2, basket: 1.08, seal: 1.12, ink: 1.1 };
const areas = [];
for (const name of ["tea", "pantry", "ceramics", "textiles", "light", "paper", "bath", "bags"]) areas.push(await import(`./source/${name}.mjs`));
const colors = attributes.find((attribute) => attribute.code === "color").values;

const pictures = new Map();
// Draws the picture once and gives its source, as documents name it. Pictures of one product share their wall.
function picture(name, category, [kind, how], wall = name) {
    begin(name);
    pictures.set(`${name}.svg`, scene(category, wall, kinds[kind](how), hanging.has(kind), zooms[kind]));
    return `demo:pictures/${name}.svg`;
}

const per = (make) => Object.fromEntries(locales.map((locale) => [locale, make(locale)]));
const slugs = (name) => name.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f'’]/g, "").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

function valueDocument(attribute, code, given, position) {
    const [first, names] = Array.isArray(given) ? given : [null, given];
    const value = { code, position, text: texts(names) };
    if (attribute.type === "color") value.color = first;
    if (attribute.type === "number") value.number = first * 1000; // in thousandths
    return value;
}
function attributeDocument(attribute, position) {
    return {
        code: attribute.code, type: attribute.type, unit: attribute.unit ?? "", filterable: true, comparable: true, visible: true, position: position + 1, text: texts(attribute.name),
        values: Object.entries(attribute.values).map(([code, given], i) => valueDocument(attribute, code, given, i + 1)),
    };
}
function valueNames(code, value) {
    const given = attributes.find((attribute) => attribute.code === code).values[value];
    if (!given) throw new Error(`${code} has no value ${value}`);
    return (Array.isArray(given) ? given[1] : given).split("|");
}
// A value in a product goes by its code; the attributes stand before the products.
function term(code, value) {
    valueNames(code, value);
    return value;
}

function categoryDocument(category, position) {
    return {
        key: category.key, parent: category.parent ?? null, position, image: picture(`category-${category.key.replace("/", "-")}`, category.key.split("/")[0], category.draw), attributes: category.attributes,
        text: per((locale) => {
            const [name, description] = category.text[locale];
            return { name, description, seo_description: description, ...(locale === "en" ? { slug: slugs(name) } : {}) };
        }),
    };
}

// EAN-13 of the range that shops use inside (200…), with its check digit.
let articles = 0;
function barcode() {
    const digits = `2000${String(++articles).padStart(8, "0")}`;
    const sum = [...digits].reduce((all, digit, i) => all + Number(digit) * (i % 2 ? 3 : 1), 0);
    return digits + ((10 - (sum % 10)) % 10);
}

function combinations(options) {
    let all = [{}];
    for (const [code, values] of Object.entries(options ?? {})) all = all.flatMap((one) => values.map((value) => ({ ...one, [code]: value })));
    return all;
}

// One picture for every value of the colour or of what else changes its look; one for all otherwise.
function productPictures(product, category) {
    const by = product.options?.color ? "color" : Object.keys(product.draws ?? {})[0];
    const names = (locale, value) => (value ? `${product.text[locale][0]}, ${valueNames(by, value)[locales.indexOf(locale)].toLocaleLowerCase(locale)}` : product.text[locale][0]);
    const of = {}, images = [];
    for (const value of by ? product.options[by] : [""]) {
        const [kind, how] = product.draw;
        const changed = by === "color" ? { c: colors[value][0] } : (product.draws?.[by]?.[value] ?? {});
        of[value] = picture(value ? `${product.key}-${value}` : product.key, category, [kind, { ...how, ...changed }], product.key);
        images.push({ source: of[value], alt: per((locale) => names(locale, value)) });
    }
    if (product.draw2) images.push({ source: picture(`${product.key}-two`, category, product.draw2, product.key), alt: per((locale) => product.text[locale][0]) });
    return { by, of, images };
}

function variantDocuments(product, look) {
    const [priced] = Object.keys(product.prices ?? {});
    return combinations(product.options).map((options, i) => {
        const at = (code) => product.options[code].indexOf(options[code]);
        const amount = priced ? product.prices[priced][at(priced)] : product.price;
        const cut = product.sale ? Math.round(product.sale) : null;
        const suffix = Object.entries(options).map(([code, value]) => (/^\d+-(g|ml)$/.test(value) ? parseInt(value, 10) : code === "color" ? value.slice(0, 3).toUpperCase() : value.slice(0, 6).toUpperCase()));
        const digital = product.type === "digital";
        const sized = product.grams && Object.keys(product.options).find((code) => product.options[code].length === product.grams.length && product.prices?.[code]);
        return {
            sku: [product.code, ...suffix].join("-"), ...(i % 2 === 0 && !digital ? { barcode: barcode() } : {}), enabled: true, options,
            ...(digital ? {} : { weight_g: sized ? product.grams[at(sized)] : product.weight, length_mm: product.size[0], width_mm: product.size[1], height_mm: product.size[2] }),
            cost: Math.round(amount * 0.42), tracked: !digital, ...(digital ? {} : { stock: Array.isArray(product.stock) ? product.stock[i] : product.stock }),
            backorder: product.backorder ?? "no", low_stock: product.low ?? 3, ...(look.of[options[look.by]] && look.by ? { image: look.of[options[look.by]] } : {}),
            prices: [{ list: "base", amount }, ...(cut ? [{ list: "sale", amount: cut, compare_at: amount }] : [])],
        };
    });
}

// What is named in the source first, then what stands in the same category, four in all.
function relatedTo(product) {
    const all = areas.flatMap((area) => area.products);
    const near = [...all.filter((other) => other.categories[0] === product.categories[0]), ...all.filter((other) => other.categories[0].split("/")[0] === product.categories[0].split("/")[0])];
    const keys = [...(product.related ?? []), ...near.map((other) => other.key)];
    return [...new Set(keys)].filter((key) => key !== product.key).slice(0, 4);
}

function productDocument(product) {
    const category = product.categories[0].split("/")[0];
    const look = productPictures(product, category);
    return {
        key: product.key, type: product.type ?? (product.options ? "variable" : "simple"), status: "active", visibility: "both", featured: product.featured ?? false, brand: product.brand, tax_class: product.tax ?? "standard",
        categories: product.categories, tags: product.tags,
        text: per((locale) => {
            const [name, summary, description] = product.text[locale];
            return { name, ...(locale === "en" ? { slug: slugs(name) } : {}), summary, description, seo_description: summary };
        }),
        attributes: Object.entries(product.attributes).filter(([code]) => !product.options?.[code]).map(([code, values]) => ({ code, values: values.map((value) => term(code, value)), visible: true })),
        options: Object.entries(product.options ?? {}).map(([code, values]) => ({ code, values: values.map((value) => term(code, value)) })),
        variants: variantDocuments(product, look), images: look.images,
        links: {
            related: relatedTo(product), ...(product.accessory ? { accessory: product.accessory } : {}),
            ...(product.bundle ? { bundle: product.bundle.map(([key, quantity, sku]) => (sku ? { sku, quantity } : { key, quantity })) } : {}),
        },
    };
}

const rows = [
    ...taxes.map((tax) => ({ tax })),
    ...attributes.map((attribute, i) => ({ attribute: attributeDocument(attribute, i) })),
    ...areas.flatMap((area) => area.categories).map((category, i) => ({ category: categoryDocument(category, i + 1) })),
    ...pages.map((page, i) => ({ page: { key: page.key, status: "active", footer: true, position: i + 1, text: per((locale) => {
        const [title, body, about] = page.text[locale];
        // Links within the shop stay in the language.
        return { title, ...(locale === "en" ? { slug: page.key } : {}), body: locale === "en" ? body : body.replaceAll("](/", `](/${locale}/`), seo_description: about };
    }) } })),
    ...areas.flatMap((area) => area.products).map((product) => ({ product: productDocument(product) })),
];
mkdirSync(join(here, "pictures"), { recursive: true });
for (const file of readdirSync(join(here, "pictures"))) if (file.endsWith(".svg") && !pictures.has(file)) unlinkSync(join(here, "pictures", file));
for (const [file, drawing] of pictures) writeFileSync(join(here, "pictures", file), drawing);
writeFileSync(join(here, "catalogue.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n") + "\n");
const largest = Math.max(...[...pictures.values()].map((drawing) => drawing.length));
console.log(`${rows.length} rows, ${pictures.size} pictures, the largest has ${largest} bytes`);
