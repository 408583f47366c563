// Checks answers against the shop's own OpenAPI document. A small JSON Schema reader: what the document uses is understood, anything
// else is refused, so that a new keyword cannot pass unseen.
//
//   const api = await openapi(shop);
//   api.check('GET', '/api/v1/products', answer);      throws with the place of what does not fit
import assert from 'node:assert';
import { ask } from './souk.mjs';

const known = new Set(['$ref', 'type', 'properties', 'required', 'items', 'enum', 'oneOf', 'additionalProperties', 'description', 'format']);

const kinds = {
  null: (value) => value === null,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === 'number',
  array: (value) => Array.isArray(value),
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

// The places where `value` does not fit `schema`: [] when it does.
export function mismatches(document, schema, value, at = '') {
  for (const key of Object.keys(schema)) if (!known.has(key)) throw new Error(`the schema at "${at}" has "${key}", which this checker does not know`);
  if (schema.$ref) {
    const target = schema.$ref.split('/').slice(1).reduce((node, key) => node?.[key], document);
    if (!target) throw new Error(`${schema.$ref} leads nowhere`);
    return mismatches(document, target, value, at);
  }
  if (schema.oneOf) {
    const tries = schema.oneOf.map((one) => mismatches(document, one, value, at));
    const fitting = tries.filter((one) => one.length === 0).length;
    if (fitting === 1) return [];
    return fitting > 1 ? [`${at}: fits more than one of oneOf`] : tries[0];
  }
  const wrong = [];
  if (schema.type !== undefined) {
    const types = [schema.type].flat();
    if (!types.some((type) => kinds[type](value))) return [`${at}: ${JSON.stringify(value)?.slice(0, 80)} is not ${types.join(' or ')}`];
  }
  if (schema.enum && !schema.enum.includes(value)) wrong.push(`${at}: ${JSON.stringify(value)} is none of ${schema.enum}`);
  if (schema.format === 'date-time' && typeof value === 'string' && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value))
    wrong.push(`${at}: ${value} is no moment`);
  if (kinds.object(value)) {
    for (const name of schema.required ?? []) if (!(name in value)) wrong.push(`${at}/${name}: is missing`);
    for (const [name, member] of Object.entries(value)) {
      const own = schema.properties?.[name];
      if (own) wrong.push(...mismatches(document, own, member, `${at}/${name}`));
      else if (kinds.object(schema.additionalProperties)) wrong.push(...mismatches(document, schema.additionalProperties, member, `${at}/${name}`));
      else if (schema.additionalProperties === false) wrong.push(`${at}/${name}: should not be there`);
    }
  }
  if (Array.isArray(value) && schema.items) value.forEach((item, i) => wrong.push(...mismatches(document, schema.items, item, `${at}/${i}`)));
  return wrong;
}

// "/api/v1/products/{slug}" of a path as it was asked for.
function find(document, method, path) {
  const asked = path.split('?')[0].split('/');
  const fitting = Object.entries(document.paths).filter(([template, operations]) => {
    const parts = template.split('/');
    return operations[method.toLowerCase()] && parts.length === asked.length &&
      parts.every((part, i) => part.startsWith('{') || part === asked[i]);
  });
  fitting.sort(([a], [b]) => (a.match(/{/g) ?? []).length - (b.match(/{/g) ?? []).length);
  return fitting[0]?.[1][method.toLowerCase()];
}

export async function openapi(shop) {
  const { status, json: document } = await ask(`${shop.url}/api/v1/openapi.json`);
  assert.equal(status, 200);
  return {
    document,
    knows: (method, path) => find(document, method, path) !== undefined,
    check(method, path, answer) {
      const operation = find(document, method, path);
      assert.ok(operation, `${method} ${path} is not in the document`);
      let said = operation.responses[answer.status] ?? operation.responses[`${String(answer.status)[0]}XX`] ?? operation.responses.default;
      assert.ok(said, `${method} ${path} answered ${answer.status}, which the document does not know: ${answer.text.slice(0, 200)}`);
      if (said.$ref) said = said.$ref.split('/').slice(1).reduce((node, key) => node[key], document);
      if (!said.content) return answer;
      const type = (answer.headers.get('content-type') ?? '').split(';')[0];
      const content = said.content[type] ?? said.content['*/*'];
      assert.ok(content, `${method} ${path} answered ${type}, the document says ${Object.keys(said.content)}`);
      if (type.endsWith('json')) assert.deepEqual(mismatches(document, content.schema, answer.json), [], `${method} ${path} does not fit its schema`);
      return answer;
    },
    // Asks and checks in one.
    async get(path, headers) { return this.check('GET', path, await ask(shop.url + path, { headers })); },
    async send(method, path, body, headers = {}) {
      const answer = await ask(shop.url + path, { method, body: body === undefined ? undefined : JSON.stringify(body),
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers } });
      return this.check(method, path, answer);
    },
  };
}
