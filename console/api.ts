import type * as z from 'zod';
import type { OPERATIONS, OperationName } from '#core/contracts/api/operations';
import type { Problem } from '#core/contracts/api/problem';
import { connection } from './connection.ts';
import { ENDPOINTS } from './endpoints.ts';
import { session } from './session/session.ts';

type Of<Name extends OperationName> = (typeof OPERATIONS)[Name];
/** What may be left out in the request, with the types of what is read of it (a number, not anything like one). */
type Given<Schema extends z.ZodObject> = {
  [Key in keyof z.input<Schema>]: Key extends keyof z.output<Schema> ? z.output<Schema>[Key] : never;
};
type Part<Name extends string, Value> =
  Record<never, never> extends Value ? { readonly [Key in Name]?: Value } : { readonly [Key in Name]: Value };

/** What an operation is asked with. */
export type Request<Name extends OperationName> = Part<'params', Given<Of<Name>['params']>> &
  Part<'query', Given<Of<Name>['query']>> &
  (Of<Name> extends { readonly body: infer Body extends z.ZodType } ? { readonly body: z.input<Body> } : unknown);

/** What an operation answers; CSV comes as a file. */
export type Answer<Name extends OperationName> =
  Of<Name> extends { readonly answer: infer A extends z.ZodType } ? z.output<A> : Blob;

/** The API's own words of what is wrong. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly errors: NonNullable<Problem['errors']>;
  constructor(status: number, detail: string, errors: NonNullable<Problem['errors']> = []) {
    super(detail);
    this.name = 'ApiProblem';
    this.status = status;
    this.errors = errors;
  }
}

/** No answer came, or not one of the API. */
export class ConnectionLost extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ConnectionLost';
  }
}

interface Anything {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

const addressOf = (name: OperationName, { params = {}, query = {} }: Anything): string => {
  const path = ENDPOINTS[name][1].replace(/\{(\w+)\}/g, (_, key: string) => encodeURIComponent(String(params[key])));
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
  return `/api/v1${path}${given.length > 0 ? `?${search}` : ''}`;
};

const send = async (name: OperationName, request: Anything, etag?: string, signal?: AbortSignal): Promise<Response> => {
  const headers: Record<string, string> = {};
  if (request.body !== undefined) headers['content-type'] = 'application/json';
  if (etag !== undefined) headers['if-none-match'] = etag;
  const [method] = ENDPOINTS[name];
  const init: RequestInit = { method, headers, cache: 'no-store' };
  if (request.body !== undefined) init.body = JSON.stringify(request.body);
  if (signal) init.signal = signal;
  let response: Response;
  try {
    // A token may have to be renewed, which is a request too.
    headers.authorization = `Bearer ${await session.token()}`;
    response = await fetch(addressOf(name, request), init);
  } catch (cause) {
    // What the network does to a request is a TypeError.
    if (signal?.aborted || !(cause instanceof TypeError)) throw cause;
    throw new ConnectionLost('the system does not answer', { cause });
  }
  if (response.ok || response.status === 304) return response;
  if (response.status === 401) session.end('the login has expired; sign in again');
  throw await problemOf(response);
};

const problemOf = async (response: Response): Promise<Error> => {
  if (!response.headers.get('content-type')?.startsWith('application/problem+json')) {
    if (response.status >= 500) return new ConnectionLost(`the system answers ${response.status}`);
    return new ApiProblem(response.status, `the system answers ${response.status} without saying why`);
  }
  const { status, detail, errors } = (await response.json()) as Problem;
  return status >= 500 ? new ConnectionLost(detail) : new ApiProblem(status, detail, errors);
};

const answerOf = async <Name extends OperationName>(response: Response): Promise<Answer<Name>> => {
  const json = response.headers.get('content-type')?.startsWith('application/json');
  return (json ? await response.json() : await response.blob()) as Answer<Name>;
};

/**
 * Asks the API once.
 * @throws ApiProblem with the API's own words; ConnectionLost when it does not answer
 */
export const api = async <Name extends OperationName>(
  name: Name,
  ...[request]: Record<never, never> extends Request<Name> ? [Request<Name>?] : [Request<Name>]
): Promise<Answer<Name>> => answerOf<Name>(await send(name, (request ?? {}) as Anything));

export interface Poll<Name extends OperationName> {
  /** How often, in seconds. */
  readonly seconds: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Called with the first answer and with each that differs from the one before. */
  readonly show: (answer: Answer<Name>) => void;
  /** The API refuses (not found, not allowed). The shell shows the words too. A lost connection is the shell's to tell. */
  readonly failed?: (problem: ApiProblem) => void;
}

/**
 * Asks again and again, with the ETag of the last answer; not while nobody looks at the window. After a lost connection
 * it goes on by itself. Returns what asks at once.
 */
export const poll = <Name extends OperationName>(
  name: Name,
  request: Request<Name>,
  { seconds, signal, show, failed }: Poll<Name>,
): (() => void) => {
  const watch = connection.watch(signal);
  let etag: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;

  const ask = async (): Promise<void> => {
    const response = await send(name, request as Anything, etag, signal);
    // Before the page is filled: what it throws is no fault of the connection.
    watch.heard();
    if (response.status === 304) return;
    etag = response.headers.get('etag') ?? undefined;
    const answer = await answerOf<Name>(response);
    if (!signal.aborted) show(answer);
  };
  const round = async (): Promise<void> => {
    clearTimeout(timer);
    if (busy || signal.aborted || document.hidden) return;
    busy = true;
    try {
      await ask();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ConnectionLost) watch.lost(error);
      else {
        if (error instanceof ApiProblem) failed?.(error);
        watch.refused(error);
      }
    } finally {
      busy = false;
      if (!signal.aborted) timer = setTimeout(now, seconds * 1000);
    }
  };
  const now = () => void round();

  document.addEventListener('visibilitychange', now, { signal });
  window.addEventListener('online', now, { signal });
  signal.addEventListener('abort', () => clearTimeout(timer));
  now();
  return now;
};
