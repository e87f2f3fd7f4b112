import { z } from 'zod';
import { consensusResultSchema } from '../protocol/consensus-result.ts';
import { envelopeSchema } from '../protocol/dsse.ts';
import { taskSchema } from '../protocol/task.ts';
import { COMMON_ERRORS, ERRORS, type ErrorCode } from './errors.ts';
import { EVENTS } from './events.ts';
import { taskExplanation } from './explain-views.ts';
import type { Method } from './method.ts';
import { DOCUMENTED } from './params.ts';
import * as views from './views.ts';

/** The version of the OpenRPC specification that the document is written in. */
const OPENRPC_VERSION = '1.3.2';

type JsonSchema = Record<string, unknown>;

/** The form of the document, as far as this package relies on it; the specification has its own schema. */
export const openRpcSchema = z.looseObject({
  openrpc: z.literal(OPENRPC_VERSION),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  methods: z.array(z.looseObject({ name: z.string() })),
});

/** Schemas with a name of their own in the document; all others stand where they are used. */
const NAMED: Readonly<Record<string, z.ZodType>> = {
  Task: taskSchema,
  ConsensusResult: consensusResultSchema,
  DsseEnvelope: envelopeSchema,
  NodeStatus: views.nodeStatus,
  HealthReport: views.healthReport,
  WorkerMetrics: views.workerMetrics,
  PeerView: views.peerView,
  ValidatorView: views.validatorView,
  TaskView: views.taskView,
  TaskProgress: views.taskProgress,
  TaskExplanation: taskExplanation,
  OpenTaskPage: views.openTaskPage,
  ResultPage: views.resultPage,
  EvidenceView: views.evidenceView,
  Verification: views.verificationView,
  LocalVerdict: views.localVerdict,
};

/** The OpenRPC document of a table of methods. */
export function describeRpc(methods: Record<string, Method>, version: string): z.output<typeof openRpcSchema> {
  const { registry, publish } = createPublisher();
  for (const [name, schema] of Object.entries(NAMED)) registry.add(schema, { id: name });
  for (const [name, schema] of Object.entries(EVENTS)) registry.add(schema, { id: `Event.${name}` });
  for (const [name, { params, result }] of Object.entries(methods)) {
    if (registry.get(result) === undefined) registry.add(result, { id: `${name}.result` });
    registry.add(z.strictObject(params.shape), { id: `${name}.params` });
  }
  const schemas = publish();
  return {
    openrpc: OPENRPC_VERSION,
    info: {
      title: 'pheme validator node',
      description:
        'JSON-RPC 2.0 on POST /, methods that read also as GET /rpc/METHOD?name=value. GET /events streams the events whose data is described in components.schemas under Event.TYPE.',
      version,
      license: { name: 'Apache-2.0' },
    },
    methods: Object.entries(methods).map(([name, method]) => describeMethod(name, method, registry, schemas)),
    components: {
      schemas: withoutParams(schemas),
      errors: Object.fromEntries(Object.keys(ERRORS).map((code) => [code, errorObject(code as ErrorCode)])),
      tags: {
        read: { name: 'read', description: 'Needs no token on loopback, a token that reads beyond it; GET works too.' },
        write: { name: 'write', description: 'Needs the token that allows everything.' },
      },
    },
  };
}

type Names = z.core.$ZodRegistry<{ id: string }>;

function createPublisher() {
  const registry: Names = z.registry<{ id: string }>();
  const publish = (): Record<string, JsonSchema> => {
    const { schemas } = z.toJSONSchema(registry, {
      target: 'draft-7',
      io: 'input',
      uri: (id) => `#/components/schemas/${id}`,
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => {
        const documented = DOCUMENTED.get(zodSchema);
        if (documented === taskSchema) Object.assign(jsonSchema, { $ref: '#/components/schemas/Task' });
      },
    });
    return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema as JsonSchema)]));
  };
  return { registry, publish };
}

/** Inside the document a schema is known by its place. */
function plain({ $id: _id, $schema: _dialect, id: _name, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function withoutParams(schemas: Record<string, JsonSchema>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).filter(([id]) => !id.endsWith('.params')));
}

function describeMethod(
  name: string,
  { summary, access, params, result, errors }: Method,
  registry: Names,
  schemas: Record<string, JsonSchema>,
) {
  const { properties = {}, required = [] } = schemas[`${name}.params`] as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
  };
  return {
    name,
    summary,
    tags: [{ $ref: `#/components/tags/${access}` }],
    paramStructure: 'by-name',
    params: Object.keys(params.shape).map((param) => ({
      name: param,
      required: required.includes(param),
      schema: properties[param] ?? {},
    })),
    result: { name: 'result', schema: { $ref: `#/components/schemas/${registry.get(result)!.id}` } },
    errors: [...COMMON_ERRORS, ...errors].map((code) => ({ $ref: `#/components/errors/${code}` })),
  };
}

function errorObject(code: ErrorCode) {
  const { rpc, meaning } = ERRORS[code];
  return { code: rpc, message: meaning, data: { code } };
}
