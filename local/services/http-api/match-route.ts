import type { RouteDefinition } from './definition.ts';

export interface MatchedRoute {
  readonly route: RouteDefinition;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * The route of a request, as API Gateway chooses it: the method named before `ANY`, what is written out before `{name}`,
 * and that before `{name+}`, which takes the rest of the path.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export const routeMatcher = (routes: readonly RouteDefinition[]) => {
  const compiled = routes
    .map((route) => {
      const [method, path] = route.key.split(' ') as [string, string];
      return { route, method, pattern: patternOf(path), rank: rankOf(method, path) };
    })
    .sort((a, b) => a.rank - b.rank);
  return (method: string, path: string): MatchedRoute | undefined => {
    for (const one of compiled) {
      if (one.method !== 'ANY' && one.method !== method) continue;
      const match = one.pattern.exec(path);
      if (match) return { route: one.route, pathParameters: { ...match.groups } };
    }
    return undefined;
  };
};

const patternOf = (path: string): RegExp => {
  const source = path
    .replace(/[.*?^$()|[\]\\]/g, '\\$&')
    .replace(/\{(\w+)\+\}/g, '(?<$1>.+)')
    .replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return new RegExp(`^${source}$`, 's');
};

const rankOf = (method: string, path: string): number => {
  const [greedy, variable] = [path.includes('+}'), path.includes('{')];
  return (greedy ? 4 : variable ? 2 : 0) + (method === 'ANY' ? 1 : 0);
};
