import type { RestRoutes } from '../../rest.ts';
import type { ControlOptions } from '../control-plane.ts';
import { invalid, notFound } from './refusals.ts';

const MOST_THINGS = 250;

/** One page of a list; the token of the next one is its place. */
const pageOf = <T>(all: readonly T[], query: URLSearchParams, most: number) => {
  const start = Number(query.get('nextToken') ?? 0);
  const count = Math.min(Number(query.get('maxResults') ?? most), most);
  if (!Number.isInteger(start) || !Number.isInteger(count) || count < 1)
    throw invalid('maxResults or nextToken is not valid');
  const end = start + count;
  return { page: all.slice(start, end), ...(end < all.length && { nextToken: String(end) }) };
};

export const thingRoutes = ({ registry, jobs, guard, arnPrefix, disconnect }: ControlOptions): RestRoutes => {
  const arnOf = (name: string) => `${arnPrefix}thing/${name}`;
  const found = (name: string) => {
    const thing = registry.thing(name);
    if (!thing) throw notFound(`thing ${name}`);
    return thing;
  };
  const certificateIn = (principal: unknown): string => {
    const prefix = `${arnPrefix}cert/`;
    if (typeof principal === 'string' && principal.startsWith(prefix)) return principal.slice(prefix.length);
    throw invalid(`the principal ${principal} is not a certificate of this account and region`);
  };

  return {
    'GET /things': ({ query, caller }) => {
      guard.check(caller, 'iot:ListThings', '*');
      const [attribute, value, type] = ['attributeName', 'attributeValue', 'thingTypeName'].map((name) =>
        query.get(name),
      );
      const wanted = registry
        .things()
        .filter(({ attributes }) => attribute == null || attributes[attribute] === value)
        .filter(({ thingTypeName }) => type == null || thingTypeName === type);
      const { page, ...next } = pageOf(wanted, query, MOST_THINGS);
      return { things: page.map((thing) => ({ ...thing, thingArn: arnOf(thing.thingName) })), ...next };
    },
    'GET /things/{thingName}': ({ path, caller }) => {
      const { thingName } = path as { thingName: string };
      guard.check(caller, 'iot:DescribeThing', arnOf(thingName));
      return { ...found(thingName), thingArn: arnOf(thingName), defaultClientId: thingName };
    },
    'DELETE /things/{thingName}': ({ path, caller }) => {
      const { thingName } = path as { thingName: string };
      guard.check(caller, 'iot:DeleteThing', arnOf(thingName));
      if (registry.certificatesOf(thingName).length > 0)
        throw invalid(`Cannot delete. Thing ${thingName} is still attached to one or more principals`);
      registry.deleteThing(thingName);
      jobs.removeThing(thingName);
    },
    'GET /things/{thingName}/principals': ({ path, query, caller }) => {
      guard.check(caller, 'iot:ListThingPrincipals', '*');
      const { thingName } = found(path.thingName!);
      const { page, ...next } = pageOf(registry.certificatesOf(thingName), query, MOST_THINGS);
      return { principals: page.map((certificateId) => `${arnPrefix}cert/${certificateId}`), ...next };
    },
    'DELETE /things/{thingName}/principals': ({ path, headers, caller }) => {
      guard.check(caller, 'iot:DetachThingPrincipal', '*');
      const { thingName } = found(path.thingName!);
      const certificateId = certificateIn(headers['x-amzn-principal']);
      if (registry.certificate(certificateId)?.thing !== thingName)
        throw notFound(`attachment of certificate ${certificateId} to thing ${thingName}`);
      registry.changeCertificate(certificateId, { thing: null });
      disconnect([certificateId]);
    },
  };
};
