import { join } from 'node:path';
import * as z from 'zod';
import { depthOf, difference, isObject, type JsonObject, merged, picked, stamped } from './shadow-document.ts';
import { openStateFile } from './state-file.ts';

const json = z.record(z.string(), z.json());
const shadow = z.strictObject({
  version: z.int(),
  timestamp: z.int(),
  desired: json,
  reported: json,
  metadata: z.strictObject({ desired: json, reported: json }),
});
type Shadow = z.infer<typeof shadow>;

export interface ShadowMessage {
  /** Behind `$aws/things/THING/shadow/`. */
  readonly topic: string;
  readonly body: object;
}

/** The classic shadow of each thing. https://docs.aws.amazon.com/iot/latest/developerguide/device-shadow-document.html */
export interface Shadows {
  /** Everything that the service publishes upon an update, or upon one that it refuses. */
  update(thing: string, payload: Buffer): readonly ShadowMessage[];
  /** The answer to a request for the document over MQTT. */
  get(thing: string, payload: Buffer): ShadowMessage;
  /** The document; undefined when the thing has no shadow. */
  document(thing: string): object | undefined;
}

const MAX_BYTES = 8 * 1024;
const MAX_DEPTH = 6;

/** A refusal with the code and the words that AWS documents. */
class Refusal extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const requestOf = (payload: Buffer) => {
  let request: unknown;
  try {
    request = payload.length === 0 ? {} : JSON.parse(payload.toString('utf8'));
  } catch {
    throw new Refusal(400, 'Invalid JSON');
  }
  if (!isObject(request)) throw new Refusal(400, 'Invalid JSON');
  const { clientToken } = request;
  if (clientToken !== undefined && (typeof clientToken !== 'string' || Buffer.byteLength(clientToken) > 64))
    throw new Refusal(400, 'Invalid clientToken');
  return request;
};

const stateOf = (
  request: JsonObject,
): { readonly desired?: JsonObject | null; readonly reported?: JsonObject | null } => {
  const { state } = request;
  if (state === undefined) throw new Refusal(400, 'Missing required node: state');
  if (!isObject(state)) throw new Refusal(400, 'State node must be an object');
  const unknown = Object.keys(state).find((name) => name !== 'desired' && name !== 'reported');
  if (unknown !== undefined) throw new Refusal(400, 'State contains an invalid node');
  const { desired, reported } = state;
  if (desired !== undefined && desired !== null && !isObject(desired))
    throw new Refusal(400, 'Desired node must be an object');
  if (reported !== undefined && reported !== null && !isObject(reported))
    throw new Refusal(400, 'Reported node must be an object');
  if (Math.max(depthOf(desired ?? null), depthOf(reported ?? null)) > MAX_DEPTH)
    throw new Refusal(400, `JSON contains too many levels of nesting; maximum is ${MAX_DEPTH}`);
  return { ...(desired !== undefined && { desired }), ...(reported !== undefined && { reported }) };
};

/** Parts that are empty are left out, as AWS does. */
const parts = (desired: JsonObject, reported: JsonObject) => ({
  ...(Object.keys(desired).length > 0 && { desired }),
  ...(Object.keys(reported).length > 0 && { reported }),
});

const viewOf = ({ desired, reported, metadata, version }: Shadow) => ({
  state: parts(desired, reported),
  metadata: parts(metadata.desired, metadata.reported),
  version,
});

const NONE: Shadow = { version: 0, timestamp: 0, desired: {}, reported: {}, metadata: { desired: {}, reported: {} } };

export const openShadows = (dataDir: string, now: () => number = Date.now): Shadows => {
  const file = openStateFile(
    join(dataDir, 'shadows.json'),
    z.strictObject({ v: z.literal(1), shadows: z.record(z.string(), shadow) }),
    { v: 1 as const, shadows: {} },
  );
  const shadows = new Map(Object.entries(file.state.shadows));
  const seconds = () => Math.floor(now() / 1000);

  const refused = (operation: string, error: unknown, payload: Buffer): ShadowMessage => {
    if (!(error instanceof Refusal)) throw error;
    return {
      topic: `${operation}/rejected`,
      body: { code: error.code, message: error.message, timestamp: seconds(), ...tokenOf(payload) },
    };
  };

  const apply = (thing: string, request: JsonObject): readonly ShadowMessage[] => {
    const before = shadows.get(thing) ?? NONE;
    const state = stateOf(request);
    const { version } = request;
    if (version !== undefined && !Number.isInteger(version)) throw new Refusal(400, 'Invalid version');
    if (version !== undefined && version !== before.version) throw new Refusal(409, 'Version conflict');
    const timestamp = seconds();
    const next = (part: 'desired' | 'reported') => {
      const update = state[part];
      if (update === undefined) return { state: before[part], metadata: before.metadata[part] };
      // Null takes the whole part away.
      if (update === null) return { state: {}, metadata: {} };
      const metadata = stamped(update, timestamp) as JsonObject;
      return { state: merged(before[part], update), metadata: merged(before.metadata[part], metadata) };
    };
    const [desired, reported] = [next('desired'), next('reported')];
    const after: Shadow = {
      version: before.version + 1,
      timestamp,
      desired: desired.state as Shadow['desired'],
      reported: reported.state as Shadow['reported'],
      metadata: { desired: desired.metadata, reported: reported.metadata } as Shadow['metadata'],
    };
    if (Buffer.byteLength(JSON.stringify(parts(after.desired, after.reported))) > MAX_BYTES)
      throw new Refusal(413, 'The payload exceeds the maximum size allowed');
    shadows.set(thing, after);
    file.state.shadows = Object.fromEntries(shadows);
    file.save();

    const common = {
      version: after.version,
      timestamp,
      ...(request.clientToken !== undefined && { clientToken: request.clientToken }),
    };
    const delta = difference(after.desired, after.reported);
    const metadataOf = (part: JsonObject | null | undefined) => part && stamped(part, timestamp);
    return [
      {
        topic: 'update/accepted',
        body: {
          state: request.state,
          metadata: {
            ...(state.desired && { desired: metadataOf(state.desired) }),
            ...(state.reported && { reported: metadataOf(state.reported) }),
          },
          ...common,
        },
      },
      { topic: 'update/documents', body: { previous: viewOf(before), current: viewOf(after), ...common } },
      ...(delta
        ? [
            {
              topic: 'update/delta',
              body: { state: delta, metadata: picked(after.metadata.desired, delta), ...common },
            },
          ]
        : []),
    ];
  };

  const documentOf = (thing: string) => {
    const found = shadows.get(thing);
    if (!found) return undefined;
    const view = viewOf(found);
    const delta = difference(found.desired, found.reported);
    return { ...view, state: { ...view.state, ...(delta && { delta }) }, timestamp: seconds() };
  };

  return {
    document: documentOf,
    update: (thing, payload) => {
      try {
        return apply(thing, requestOf(payload));
      } catch (error) {
        return [refused('update', error, payload)];
      }
    },
    get: (thing, payload) => {
      try {
        requestOf(payload);
        const document = documentOf(thing);
        if (!document) throw new Refusal(404, `No shadow exists with name: '${thing}'`);
        return { topic: 'get/accepted', body: { ...document, ...tokenOf(payload) } };
      } catch (error) {
        return refused('get', error, payload);
      }
    },
  };
};

/** The token of a request, for its answer, even when nothing else in it could be used. */
const tokenOf = (payload: Buffer): { readonly clientToken?: string } => {
  try {
    const request: unknown = JSON.parse(payload.toString('utf8'));
    return isObject(request) && typeof request.clientToken === 'string' ? { clientToken: request.clientToken } : {};
  } catch {
    return {};
  }
};
