import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

type JsonSchema = Record<string, unknown>;

/** What the tests read of the published document. */
export interface OpenRpc {
  openrpc: string;
  methods: {
    name: string;
    summary: string;
    tags: { $ref: string }[];
    params: { name: string; required: boolean; schema: JsonSchema }[];
    result: { name: string; schema: { $ref: string } };
    errors: { $ref: string }[];
  }[];
  components: {
    schemas: Record<string, JsonSchema>;
    errors: Record<string, { code: number; message: string; data: { code: string } }>;
    tags: Record<string, unknown>;
  };
}

/** Checks values with nothing but the published document, as a stranger's client would. */
export function publishedSchemas(document: OpenRpc) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  (formats as unknown as (ajv: Ajv) => void)(ajv);
  ajv.addFormat('base64', true); // zod's pattern beside it checks
  ajv.addSchema({ $id: 'openrpc', components: document.components });
  const compile = (schema: JsonSchema): ValidateFunction => {
    const absolute = JSON.stringify(schema).replaceAll('"#/components', '"openrpc#/components');
    return ajv.compile(JSON.parse(absolute));
  };
  const methodNamed = (name: string) => document.methods.find((method) => method.name === name)!;
  return {
    of: (name: string) => ajv.compile({ $ref: `openrpc#/components/schemas/${name}` }),
    /** What is wrong with a result; undefined if nothing is. */
    faultOfResult(method: string, result: unknown): string | undefined {
      const validate = compile(methodNamed(method).result.schema);
      return validate(result) ? undefined : ajv.errorsText(validate.errors);
    },
    faultOfEvent(type: string, data: unknown): string | undefined {
      const validate = compile({ $ref: `#/components/schemas/Event.${type}` });
      return validate(data) ? undefined : ajv.errorsText(validate.errors);
    },
    takesParams(method: string, params: Record<string, unknown>): boolean {
      const { params: described } = methodNamed(method);
      const required = described.filter((param) => param.required).map((param) => param.name);
      const properties = Object.fromEntries(described.map((param) => [param.name, param.schema]));
      return compile({ type: 'object', required, properties, additionalProperties: false })(params);
    },
  };
}
