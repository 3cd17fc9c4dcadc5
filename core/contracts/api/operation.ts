import type * as z from 'zod';
import type { Group } from './access.ts';

/** Path of the API, before those of its operations. */
export const BASE = '/api/v1';

/** One operation of the API: the router, the OpenAPI document and the console are made of it. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path with its parameters in braces, under /api/v1. */
  readonly path: `/${string}`;
  readonly summary: string;
  /** The first group that may. */
  readonly group: Group;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  /** Undefined: the request has no body. */
  readonly body?: z.ZodType;
  /** Undefined: the answer is not JSON but text/csv. */
  readonly answer?: z.ZodType;
}
