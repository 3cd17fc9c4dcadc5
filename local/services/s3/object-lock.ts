import { AwsError } from '../aws-json.ts';
import type { ObjectVersion } from './object-log.ts';

/** COMPLIANCE binds everybody; GOVERNANCE everybody but who may bypass it. */
export type LockMode = 'COMPLIANCE' | 'GOVERNANCE';

/** Until then the version is neither deleted nor overwritten. Milliseconds since 1970. */
export interface Retention {
  readonly mode: LockMode;
  readonly until: number;
}

export interface ObjectLock {
  /** What an object is given that is put without a retention of its own. */
  readonly retention?: { readonly mode: LockMode; readonly days: number };
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const MODE = 'x-amz-object-lock-mode';
const UNTIL = 'x-amz-object-lock-retain-until-date';
const DAY_MS = 86_400_000;

/** The retention that a PutObject asks for in its own headers; undefined when it asks for none. */
export const requestedRetention = (lock: ObjectLock | undefined, headers: Headers): Retention | undefined => {
  const [mode, until] = [headers[MODE], headers[UNTIL]];
  if (mode === undefined && until === undefined) return undefined;
  if (!lock) throw new AwsError('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  if (mode === undefined || until === undefined)
    throw new AwsError('InvalidArgument', `${MODE} and ${UNTIL} must both be supplied`);
  return retentionOf(String(mode), String(until));
};

/** The retention of a new object of the bucket. */
export const defaultRetention = (lock: ObjectLock | undefined, now: number): Retention | undefined =>
  lock?.retention && { mode: lock.retention.mode, until: now + lock.retention.days * DAY_MS };

const retentionOf = (mode: string, date: string): Retention => {
  if (mode !== 'COMPLIANCE' && mode !== 'GOVERNANCE')
    throw new AwsError('InvalidArgument', `Unknown wormMode directive: ${mode}`);
  const until = Date.parse(date);
  if (Number.isNaN(until)) throw new AwsError('InvalidArgument', 'The retain until date must be provided in ISO 8601');
  if (until <= Date.now()) throw new AwsError('InvalidArgument', 'The retain until date must be in the future!');
  return { mode, until };
};

/** Body of PutObjectRetention. */
export const retentionIn = (body: Buffer): Retention => {
  const text = body.toString('utf8');
  const mode = /<Mode>([A-Z]+)<\/Mode>/.exec(text)?.[1];
  const until = /<RetainUntilDate>([^<]+)<\/RetainUntilDate>/.exec(text)?.[1];
  if (mode === undefined || until === undefined)
    throw new AwsError('MalformedXML', 'The XML you provided was not well-formed or did not validate');
  return retentionOf(mode, until);
};

/** @param bypass may and wants to bypass GOVERNANCE */
export const checkDeletable = ({ retention }: ObjectVersion, bypass: () => boolean): void => {
  if (!retention || retention.until <= Date.now()) return;
  if (retention.mode === 'GOVERNANCE' && bypass()) return;
  throw lockedError();
};

/** A retention can be made longer by whoever may set one; shorter or weaker COMPLIANCE never is. */
export const checkRetentionChange = ({ retention }: ObjectVersion, wanted: Retention, bypass: () => boolean): void => {
  if (!retention || retention.until <= Date.now()) return;
  const keeps = wanted.until >= retention.until;
  if (retention.mode === wanted.mode && keeps) return;
  if (retention.mode === 'GOVERNANCE' && ((wanted.mode === 'COMPLIANCE' && keeps) || bypass())) return;
  throw lockedError();
};

const lockedError = () => new AwsError('AccessDenied', 'Access Denied because object protected by object lock.', 403);

export const lockHeaders = ({ retention }: ObjectVersion): Record<string, string> =>
  retention ? { [MODE]: retention.mode, [UNTIL]: new Date(retention.until).toISOString() } : {};
