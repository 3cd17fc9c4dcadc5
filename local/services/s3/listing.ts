import { AwsError } from '../aws-json.ts';
import type { Bucket } from './bucket.ts';
import type { ObjectVersion } from './object-log.ts';

export interface Listing {
  readonly objects: readonly ObjectVersion[];
  /** Keys up to the delimiter, each once. */
  readonly commonPrefixes: readonly string[];
  readonly nextToken: string | undefined;
}

/** ListObjectsV2: keys with a prefix, in order; those with the delimiter after the prefix are folded into one entry. */
export const listObjects = (
  bucket: Bucket,
  query: {
    readonly prefix: string;
    readonly delimiter: string;
    /** Keys up to this one are left out. */
    readonly after: string;
    readonly token: string | undefined;
    readonly maxKeys: number;
  },
): Listing => {
  const { prefix, delimiter, after, token, maxKeys } = query;
  const keys = bucket.keys();
  const objects: ObjectVersion[] = [];
  const commonPrefixes: string[] = [];
  const resumed = token === undefined ? after : readToken(token);
  // A page that ended with a folded entry resumes behind all of its keys.
  let folded =
    token !== undefined && delimiter && resumed.endsWith(delimiter) && resumed !== prefix ? resumed : undefined;
  let last = resumed;
  for (let at = Math.max(firstFrom(keys, prefix), firstFrom(keys, resumed)); at < keys.length; at += 1) {
    const key = keys[at]!;
    if (!key.startsWith(prefix)) break;
    if (key === resumed || (folded !== undefined && key.startsWith(folded))) continue;
    if (objects.length + commonPrefixes.length === maxKeys) {
      return { objects, commonPrefixes, nextToken: maxKeys > 0 ? tokenOf(last) : undefined };
    }
    const cut = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
    if (cut < 0) {
      objects.push(bucket.current(key)!);
      last = key;
    } else {
      folded = key.slice(0, cut + delimiter.length);
      commonPrefixes.push(folded);
      last = folded;
    }
  }
  return { objects, commonPrefixes, nextToken: undefined };
};

const firstFrom = (keys: readonly string[], from: string): number => {
  const wanted = Buffer.from(from);
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare(Buffer.from(keys[middle]!), wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
};

const tokenOf = (key: string): string => Buffer.from(key).toString('base64url');
const readToken = (token: string): string => {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (tokenOf(key) !== token) throw new AwsError('InvalidArgument', 'the continuation token provided is incorrect');
  return key;
};
