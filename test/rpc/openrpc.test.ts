import assert from 'node:assert/strict';
import openRpc from '@open-rpc/meta-schema';
import { Ajv } from 'ajv';
import { COMMON_ERRORS, ERRORS } from '../../src/rpc/errors.ts';
import { EVENT_TYPES } from '../../src/rpc/events.ts';
import { METHODS } from '../../src/rpc/methods.ts';
import { useServer, WRITE_TOKEN } from './fake-node.ts';
import { type OpenRpc, publishedSchemas } from './published.ts';

// Its types lack what it exports.
const { openrpcDocument: metaSchema } = openRpc as unknown as { openrpcDocument: object };

/** Points the schema's references to the web at what ajv holds itself. */
function onlyLocal(_key: string, value: { $ref?: unknown } | undefined): unknown {
  if (value?.$ref === 'https://meta.json-schema.tools') return { $ref: 'http://json-schema.org/draft-07/schema#' };
  return String(value?.$ref).startsWith('https://meta.json-schema.tools/#') ? { type: 'string' } : value;
}

describe('rpc/openrpc', () => {
  const serve = useServer();

  async function discover(): Promise<OpenRpc> {
    const { server } = await serve();
    const response = await fetch(`${server.url}/rpc/rpc.discover`);
    return ((await response.json()) as { result: OpenRpc }).result;
  }

  it("is a document by OpenRPC's own schema", async () => {
    const document = await discover();
    const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
    const { $schema: _dialect, ...schema } = JSON.parse(JSON.stringify(metaSchema), onlyLocal);
    const validate = ajv.compile(schema);
    assert.ok(validate(document), ajv.errorsText(validate.errors));
    assert.equal(validate({ ...document, methods: [{ name: 'x' }] }), false, 'a method without params is refused');
  });

  it('names every method with its summary, access, parameters, answer and errors', async () => {
    const { methods } = await discover();
    assert.deepEqual(
      methods.map(({ name }) => name),
      Object.keys(METHODS),
    );
    for (const method of methods) {
      const definition = METHODS[method.name as keyof typeof METHODS];
      assert.ok(method.summary.length > 10 && !method.summary.endsWith('.'), method.name);
      assert.deepEqual(method.tags, [{ $ref: `#/components/tags/${definition.access}` }]);
      assert.deepEqual(
        method.params.map(({ name }) => name),
        Object.keys(definition.params.shape),
      );
      const errors = [...COMMON_ERRORS, ...definition.errors].map((code) => ({ $ref: `#/components/errors/${code}` }));
      assert.deepEqual(method.errors, errors);
    }
  });

  it('has one number and one word for each error, all of them documented', async () => {
    const { components } = await discover();
    const numbers = Object.values(ERRORS).map(({ rpc }) => rpc);
    assert.equal(new Set(numbers).size, numbers.length);
    for (const [code, { rpc }] of Object.entries(ERRORS)) {
      const standard = rpc >= -32768 && rpc <= -32600;
      assert.ok(standard || (rpc >= -32099 && rpc <= -32000), code);
      assert.deepEqual(components.errors[code]?.data, { code });
      assert.ok(components.errors[code]!.message.endsWith('.'), code);
    }
  });

  it('has schemas that compile, and points at nothing that is not there', async () => {
    const document = await discover();
    const schemas = publishedSchemas(document);
    for (const name of Object.keys(document.components.schemas)) assert.ok(schemas.of(name), name);
    for (const type of EVENT_TYPES) assert.ok(document.components.schemas[`Event.${type}`], type);
    const text = JSON.stringify(document);
    for (const [, kind, name] of text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/g)) {
      const held = document.components[kind as keyof OpenRpc['components']] as Record<string, unknown>;
      assert.ok(Object.hasOwn(held, name!), `${kind}/${name}`);
    }
    assert.ok(!text.includes('__schema'), 'nothing of another dialect');
    assert.ok(text.length < 200_000, `${text.length} characters`);
  });

  it('says in its parameters what the server takes', async () => {
    const document = await discover();
    const schemas = publishedSchemas(document);
    const { server } = await serve();
    const tried: [string, Record<string, unknown>, boolean][] = [
      ['pheme_listResults', { limit: 5, outcome: 'APPROVED' }, true],
      ['pheme_listResults', { outcome: ['APPROVED', 'EXPIRED'] }, true],
      ['pheme_listResults', { limit: 0 }, false],
      ['pheme_listResults', { since: '2026-11-22T10:00:00Z', dissentBy: 3 }, true],
      ['pheme_listResults', { since: 'yesterday' }, false],
      ['pheme_getTask', { taskId: 'A'.repeat(64) }, false],
      ['pheme_getTask', {}, false],
      ['pheme_getTask', { taskId: 'a'.repeat(64), more: 1 }, false],
      ['pheme_listTasks', { cursor: `5-${'a'.repeat(64)}` }, true],
      ['pheme_listTasks', { cursor: '5' }, false],
    ];
    for (const [method, params, expected] of tried) {
      const response = await fetch(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${WRITE_TOKEN}` },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      const taken = !('error' in ((await response.json()) as object));
      assert.deepEqual(
        [schemas.takesParams(method, params), taken],
        [expected, expected],
        `${method} ${JSON.stringify(params)}`,
      );
    }
  });
});
