import { STATUS_CODES } from 'node:http';
import type { Problem } from '#core/contracts/api/problem';

type Fault = NonNullable<Problem['errors']>[number];

interface More {
  /** Where the request does not keep to its contract. */
  readonly errors?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Why a request is not answered as asked: it becomes a problem document. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly errors: readonly Fault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, { errors, headers = {} }: More = {}) {
    super(detail);
    this.name = 'ApiProblem';
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }
}

/** A request that does not keep to its contract. */
export const violation = (errors: readonly [Fault, ...Fault[]]): ApiProblem => {
  const [{ path, message }] = errors;
  return new ApiProblem(400, `${path}: ${message}; what is expected stands in /openapi.json`, { errors });
};

/** The document by RFC 9457. */
export const problemDocument = ({ status, message, errors }: ApiProblem, instance: string): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Problem',
  status,
  detail: message,
  instance,
  ...(errors ? { errors: [...errors] } : {}),
});
