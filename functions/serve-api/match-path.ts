import { BASE, type Operation } from '#core/contracts/api/operation';
import { OPERATIONS, type OperationName } from '#core/contracts/api/operations';
import { ApiProblem } from './api-problem.ts';

interface Place {
  readonly name: OperationName;
  readonly method: string;
  readonly segments: readonly string[];
}

const places: readonly Place[] = Object.entries<Operation>(OPERATIONS).map(([name, { method, path }]) => ({
  name: name as OperationName,
  method,
  segments: path.slice(1).split('/'),
}));

export interface Matched {
  readonly name: OperationName;
  /** As they stand in the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/**
 * The operation of a path and method. No path has two operations of one method: where one of the table has a parameter,
 * no other one has a word in its place.
 * @throws ApiProblem 404 for a path that there is not, 405 for a method that it has not
 */
export const matchPath = (method: string, path: string): Matched => {
  const segments = path.startsWith(`${BASE}/`) ? decoded(path.slice(BASE.length + 1)) : undefined;
  const found = segments ? places.filter((place) => fits(place, segments)) : [];
  if (!segments || found.length === 0)
    throw new ApiProblem(404, `there is no path ${shortened(path)}; what there is stands in /openapi.json`);
  const place = found.find((each) => each.method === method);
  if (!place) {
    const allowed = found.map((each) => each.method).join(', ');
    throw new ApiProblem(405, `${method} is not possible here, ${allowed} is`, { headers: { allow: allowed } });
  }
  const params = place.segments.flatMap((word, i) => (isParameter(word) ? [[word.slice(1, -1), segments[i]!]] : []));
  return { name: place.name, params: Object.fromEntries(params) as Record<string, string> };
};

/** Undefined when a part is not what encodeURIComponent gives. */
const decoded = (path: string): string[] | undefined => {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
};

const isParameter = (word: string): boolean => word.startsWith('{');

const fits = ({ segments }: Place, given: readonly string[]): boolean =>
  segments.length === given.length && segments.every((word, i) => isParameter(word) || word === given[i]);

const shortened = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
