import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AwsError } from '../aws-json.ts';
import { defaultRetention, type ObjectLock, type Retention } from './object-lock.ts';
import { appendTo, type LogEntry, type ObjectVersion, readLog, rewriteLog } from './object-log.ts';

export interface BucketDefinition {
  readonly name: string;
  /** Keep what is overwritten or deleted. */
  readonly versioned: boolean;
  /** The customer's key that encrypts its objects. @default S3's own, for which nobody needs a permission */
  readonly keyArn?: string;
  /** Objects share a key made from the customer's for the bucket. */
  readonly bucketKey?: boolean;
  /** Objects can be kept from being deleted. Only a versioned bucket has it. */
  readonly objectLock?: ObjectLock;
  /** Where S3 delivers the log of who used the bucket. */
  readonly accessLogs?: { readonly bucket: string; readonly prefix: string };
}

export interface NewObject {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly checksums: Readonly<Record<string, string>>;
  /** @default that of the bucket */
  readonly retention?: Retention;
  /** `If-None-Match: *`: refuse when the key has an object. */
  readonly onlyIfNew?: boolean;
}

export type Bucket = Awaited<ReturnType<typeof openBucket>>;

/** A bucket in a folder: objects as plain files under `objects/`, and `contents.jsonl`, which says what they are. */
export const openBucket = async (folder: string, definition: BucketDefinition) => {
  const { versioned } = definition;
  const incoming = join(folder, 'incoming');
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming, { recursive: true });
  const logFile = join(folder, 'contents.jsonl');
  const versions = replay(logFile);
  const log = await appendTo(logFile);
  const made = new Set<string>();
  const arriving = new Map<string, number>();
  let sorted: string[] | undefined;

  const apply = (entry: LogEntry): void => {
    applyTo(versions, entry);
    sorted = undefined;
  };
  const latest = (key: string): ObjectVersion | undefined => versions.get(key)?.at(-1);
  const current = (key: string): ObjectVersion | undefined => {
    const version = latest(key);
    return version?.deleteMarker ? undefined : version;
  };
  const removeVersion = async (version: ObjectVersion): Promise<void> => {
    const entry = { remove: { key: version.key, versionId: version.versionId } };
    await log.append(entry, () => apply(entry));
    if (!version.deleteMarker) await rm(join(folder, version.file), { force: true });
  };

  /** Durable before it is told: the file, then its line. */
  const put = async ({ key, bytes, headers, checksums, onlyIfNew, ...wanted }: NewObject): Promise<ObjectVersion> => {
    const exists = () => current(key) !== undefined || (onlyIfNew && arriving.has(key));
    if (onlyIfNew && exists()) throw preconditionFailed();
    arriving.set(key, (arriving.get(key) ?? 0) + 1);
    try {
      const versionId = newVersionId();
      const file = join('objects', fileOf(key, versionId));
      await store(join(folder, file), bytes);
      const modified = Date.now();
      const retention = wanted.retention ?? defaultRetention(definition.objectLock, modified);
      const version: ObjectVersion = {
        key,
        versionId,
        file,
        size: bytes.length,
        etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
        modified,
        headers,
        checksums,
        ...(retention && { retention }),
      };
      await log.append({ add: version }, () => apply({ add: version }));
      const list = versions.get(key) ?? [];
      const replaced = versioned ? [] : list.slice(0, Math.max(0, list.indexOf(version)));
      for (const old of replaced) await removeVersion(old);
      return version;
    } finally {
      const others = arriving.get(key)! - 1;
      if (others > 0) arriving.set(key, others);
      else arriving.delete(key);
    }
  };

  const store = async (file: string, bytes: Uint8Array): Promise<void> => {
    const target = dirname(file);
    if (!made.has(target)) {
      mkdirSync(target, { recursive: true });
      made.add(target);
    }
    const fresh = join(incoming, randomBytes(9).toString('hex'));
    const handle = await open(fresh, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  };

  return {
    ...definition,
    put,
    current,
    latest,
    version: (key: string, versionId: string): ObjectVersion | undefined =>
      versions.get(key)?.find((one) => one.versionId === versionId),
    pathOf: ({ file }: ObjectVersion): string => join(folder, file),

    /** With a version: that one is gone. Without: a versioned bucket keeps all and hides them behind a marker. */
    remove: async (key: string, versionId?: string): Promise<ObjectVersion | undefined> => {
      if (versionId === undefined && versioned) {
        const none = { file: '', size: 0, etag: '', headers: {}, checksums: {} };
        const marker: ObjectVersion = {
          ...none,
          key,
          versionId: newVersionId(),
          deleteMarker: true,
          modified: Date.now(),
        };
        await log.append({ add: marker }, () => apply({ add: marker }));
        return marker;
      }
      const found =
        versionId === undefined ? latest(key) : versions.get(key)?.find((one) => one.versionId === versionId);
      if (found) await removeVersion(found);
      return found;
    },

    /** Of one version; whether it may be changed so is asked before. */
    retain: async ({ key, versionId }: ObjectVersion, retention: Retention): Promise<void> => {
      const entry = { retain: { key, versionId, retention } };
      await log.append(entry, () => apply(entry));
    },

    /** Keys with a current object, in S3's order (bytes of UTF-8). */
    keys: (): readonly string[] => {
      sorted ??= inByteOrder([...versions.keys()].filter((key) => current(key)));
      return sorted;
    },
    close: log.close,
  };
};

const inByteOrder = (keys: readonly string[]): string[] =>
  keys
    .map((key) => ({ key, bytes: Buffer.from(key) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ key }) => key);

const newVersionId = (): string => `${Date.now().toString(36)}${randomBytes(8).toString('hex')}`;

const preconditionFailed = () =>
  new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412);

const applyTo = (versions: Map<string, ObjectVersion[]>, entry: LogEntry): void => {
  if ('add' in entry) {
    const list = versions.get(entry.add.key);
    if (list) list.push(entry.add);
    else versions.set(entry.add.key, [entry.add]);
    return;
  }
  if ('retain' in entry) {
    const { key, versionId, retention } = entry.retain;
    const changed = (versions.get(key) ?? []).map((one) => (one.versionId === versionId ? { ...one, retention } : one));
    if (changed.length > 0) versions.set(key, changed);
    return;
  }
  const { key, versionId } = entry.remove;
  const left = (versions.get(key) ?? []).filter((one) => one.versionId !== versionId);
  if (left.length > 0) versions.set(key, left);
  else versions.delete(key);
};

const replay = (file: string): Map<string, ObjectVersion[]> => {
  const versions = new Map<string, ObjectVersion[]>();
  const entries = readLog(file);
  for (const entry of entries) applyTo(versions, entry);
  const live = [...versions.values()].flat();
  // Removed lines are taken out now and then, so that the log does not grow with what is long gone.
  if (entries.length > 1000 && live.length * 2 < entries.length) {
    const order = new Map(entries.map((entry, at) => ['add' in entry ? entry.add.versionId : '', at]));
    live.sort((a, b) => order.get(a.versionId)! - order.get(b.versionId)!);
    rewriteLog(
      file,
      live.map((add) => JSON.stringify({ add })),
    );
  }
  return versions;
};

const LONGEST_NAME = 200;

/** A path that looks like the key. A version's file has a `~`, a folder never has one, so `a` and `a/b` both fit. */
const fileOf = (key: string, versionId: string): string => {
  const segments = key.split('/').map((segment) => {
    const name =
      encodeURIComponent(segment)
        .replace(/[~*'()!]/g, escaped)
        .replace(/^\.+$/, escapedDots) || '%';
    return name.length > LONGEST_NAME ? `%${createHash('sha256').update(segment).digest('hex')}` : name;
  });
  return `${segments.join('/')}~${versionId}`;
};

const escaped = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
const escapedDots = (dots: string): string => dots.replaceAll('.', '%2E');
