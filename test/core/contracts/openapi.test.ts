import { describe, expect, it } from 'vitest';
import { openApi } from '#core/contracts/api/openapi';
import type { Operation } from '#core/contracts/api/operation';
import { OPERATIONS } from '#core/contracts/api/operations';

type Json = Readonly<Record<string, unknown>>;
interface Described {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly required: boolean;
    readonly schema: Json;
  }[];
  readonly requestBody?: Json;
  readonly responses: Readonly<Record<string, Json>>;
}

const document = openApi() as unknown as {
  openapi: string;
  security: unknown;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Json>; securitySchemes: Json };
};

const references = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, item]) => (key === '$ref' ? [item as string] : references(item)));

describe('the OpenAPI document', () => {
  it('is of version 3.1 and asks for a bearer token', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.security).toEqual([{ idToken: [] }]);
    expect(document.components.securitySchemes).toMatchObject({ idToken: { type: 'http', scheme: 'bearer' } });
  });

  it.each(Object.entries<Operation>(OPERATIONS))(
    'describes %s with parameters, answers and problems',
    (name, operation) => {
      const described = document.paths[`/api/v1${operation.path}`]![operation.method.toLowerCase()]!;
      expect(described.operationId).toBe(name);
      const named = (place: string) =>
        described.parameters.filter((each) => each.in === place).map((each) => each.name);
      expect(named('path')).toEqual(Object.keys(operation.params.shape));
      expect(named('query')).toEqual(Object.keys(operation.query.shape));
      expect([...operation.path.matchAll(/\{(\w+)\}/g)].map(([, word]) => word)).toEqual(named('path'));
      expect(described.requestBody !== undefined).toBe(operation.body !== undefined);
      expect(described.responses['200']).toBeDefined();
      for (const status of ['400', '401', '403', '500'])
        expect(described.responses[status]).toMatchObject({
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        });
    },
  );

  it('says which parameters one may leave out', () => {
    const { parameters } = document.paths['/api/v1/facilities/{facility}/sources/{source}/minutes']!.get!;
    expect(Object.fromEntries(parameters.map(({ name, required }) => [name, required]))).toEqual({
      facility: true,
      source: true,
      from: true,
      until: true,
      cursor: false,
      limit: false,
    });
    expect(parameters.find(({ name }) => name === 'limit')?.schema).toMatchObject({
      type: 'integer',
      maximum: 1000,
      default: 100,
    });
  });

  it('has no reference that leads nowhere, and none to a thing outside', () => {
    const found = references(document);
    expect(found.length).toBeGreaterThan(50);
    for (const reference of new Set(found)) {
      const [, id] = /^#\/components\/schemas\/(\w+)$/.exec(reference) ?? [];
      expect(document.components.schemas[id ?? reference]).toBeDefined();
    }
  });

  it('names what stands in several answers once', () => {
    const { FacilityAnswer, FacilitySummary, Exceedance, ExceedancesAnswer } = document.components.schemas;
    expect(Exceedance).toMatchObject({ type: 'object', additionalProperties: false });
    expect(JSON.stringify(ExceedancesAnswer)).toContain('#/components/schemas/Exceedance');
    expect(FacilitySummary).toBeDefined();
    expect(JSON.stringify(FacilityAnswer)).toContain('#/components/schemas/SourceSummary');
  });
});
