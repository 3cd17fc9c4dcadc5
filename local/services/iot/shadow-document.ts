export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The state after an update: objects are merged, null removes, anything else replaces. */
export const merged = (state: JsonObject, update: JsonObject): JsonObject => {
  const result: Record<string, Json> = { ...state };
  for (const [name, value] of Object.entries(update)) {
    const before = result[name];
    if (value === null) delete result[name];
    else if (isObject(value)) result[name] = merged(isObject(before) ? before : {}, value);
    else result[name] = value;
  }
  return result;
};

/** When each value was last set: the metadata of an update, in the shape of the state. */
export const stamped = (value: Json, timestamp: number): Json => {
  if (Array.isArray(value)) return value.map((item) => stamped(item, timestamp));
  if (isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, inner === null ? null : stamped(inner, timestamp)]),
    );
  return { timestamp };
};

/** What of `desired` is not so in `reported`; undefined when nothing. */
export const difference = (desired: JsonObject, reported: JsonObject): JsonObject | undefined => {
  const result: Record<string, Json> = {};
  for (const [name, value] of Object.entries(desired)) {
    const other = reported[name];
    if (isObject(value) && isObject(other)) {
      const inner = difference(value, other);
      if (inner) result[name] = inner;
    } else if (JSON.stringify(value) !== JSON.stringify(other)) result[name] = value;
  }
  return Object.keys(result).length > 0 ? result : undefined;
};

/** The part of the metadata that belongs to a part of the state. */
export const picked = (metadata: JsonObject, state: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(state).map(([name, value]) => {
      const inner = metadata[name];
      return [name, isObject(value) && isObject(inner) ? picked(inner, value) : (inner ?? null)];
    }),
  );

/** Levels of objects and lists below this one. */
export const depthOf = (value: Json): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value as JsonObject).map((inner) => depthOf(inner)))
    : 0;
