import * as z from 'zod';
import { alarm, alarmSettings } from '../alarm.ts';
import { complianceRecord } from '../compliance-record.ts';
import { emissionHour } from '../emission-hour.ts';
import { exceedance } from '../exceedance.ts';
import { reportEntry } from '../report.ts';
import { facilitySummary, sourceSummary } from './facilities.ts';
import { explainedValue } from './measurements.ts';
import { BASE, type Operation } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { facilityContinuity } from './pipeline.ts';
import { problem } from './problem.ts';

type Json = Record<string, unknown>;

/** Things that stand in several answers, by the names of the field. Answers of operations are named after them. */
const NAMED = {
  Problem: problem,
  Alarm: alarm,
  AlarmSettings: alarmSettings,
  ComplianceRecord: complianceRecord,
  EmissionHour: emissionHour,
  Exceedance: exceedance,
  ExplainedValue: explainedValue,
  FacilityContinuity: facilityContinuity,
  FacilitySummary: facilitySummary,
  ReportEntry: reportEntry,
  SourceSummary: sourceSummary,
} as const;

const capitalised = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1)}`;
const reference = (id: string) => `#/components/schemas/${id}`;

/** Every schema of an answer, in JSON Schema 2020-12; those with a name refer to each other. */
const componentSchemas = () => {
  const registry = z.registry<{ id: string }>();
  const ids = new Map<z.ZodType, string>();
  const add = (id: string, schema: z.ZodType) => {
    if (ids.has(schema)) return;
    ids.set(schema, id);
    registry.add(schema, { id });
  };
  for (const [id, schema] of Object.entries(NAMED)) add(id, schema);
  for (const [name, { answer }] of Object.entries<Operation>(OPERATIONS))
    if (answer) add(`${capitalised(name)}Answer`, answer);
  const { schemas } = z.toJSONSchema(registry, { uri: reference, io: 'output' });
  return { ids, schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, bare(schema)])) };
};

/** A schema within a document needs no address of its own. */
const bare = ({ $schema: _, $id: __, ...schema }: Json): Json => schema;

const inputSchema = (schema: z.ZodType): Json => bare(z.toJSONSchema(schema, { io: 'input' }) as Json);

const parametersOf = (place: 'path' | 'query', schema: z.ZodObject): Json[] => {
  const { properties = {}, required = [] } = inputSchema(schema) as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, each]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: each,
  }));
};

const PROBLEM = { 'application/problem+json': { schema: { $ref: reference('Problem') } } };

/** What may go wrong with an operation, by status. */
const problemsOf = ({ path, body, method }: Operation): Json => {
  const statuses = [
    [400, 'The request does not keep to its contract'],
    [401, 'No token, or none of this system'],
    [403, 'The group of the token is not enough'],
    ...(path !== '/me' ? [[404, 'There is none, or none that the token covers'] as const] : []),
    ...(method !== 'GET' || path.endsWith('/download') ? [[409, 'It is not in a state for this'] as const] : []),
    ...(body ? [[413, 'The body is too large'] as const, [415, 'The body is not JSON'] as const] : []),
    [429, 'Too many requests'],
    [500, 'Something that the request is not to blame for; its id stands in the logs'],
  ] as const;
  return Object.fromEntries(statuses.map(([status, description]) => [status, { description, content: PROBLEM }]));
};

const answerOf = ({ answer, method }: Operation, ids: ReadonlyMap<z.ZodType, string>): Json => {
  const content = answer
    ? { 'application/json': { schema: { $ref: reference(ids.get(answer)!) } } }
    : { 'text/csv': { schema: { type: 'string' } } };
  if (method !== 'GET') return { 200: { description: 'As it is now', content } };
  const headers = { ETag: { description: 'Version of the answer', schema: { type: 'string' } } };
  return {
    200: { description: 'As asked for', headers, content },
    304: { description: 'As the version in If-None-Match', headers },
  };
};

/** The API as an OpenAPI 3.1 document, made of the contracts that the requests are checked by. */
export const openApi = (): Json => {
  const { ids, schemas } = componentSchemas();
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries<Operation>(OPERATIONS)) {
    const { method, path, summary, group, params, query, body } = operation;
    const at = `${BASE}${path}`;
    const described = {
      operationId: name,
      summary,
      description: `For the group ${group} and those above it.`,
      parameters: [...parametersOf('path', params), ...parametersOf('query', query)],
      ...(body
        ? { requestBody: { required: true, content: { 'application/json': { schema: inputSchema(body) } } } }
        : {}),
      responses: { ...answerOf(operation, ids), ...problemsOf(operation) },
    };
    paths[at] = { ...paths[at], [method.toLowerCase()]: described };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'EmissionWatch',
      version: '1',
      description: 'Emissions monitoring: what is measured, computed and reported.',
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [{ url: '/' }],
    security: [{ idToken: [] }],
    paths,
    components: {
      schemas,
      securitySchemes: {
        idToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'ID token of the user pool' },
      },
    },
  };
};
