import { type MeasurementMessage, measurementMessage } from '../contracts/measurement-message.ts';
import type { QuarantineCode } from './quarantine-codes.ts';

export type ReadMessage =
  | { readonly ok: true; readonly message: MeasurementMessage }
  | { readonly ok: false; readonly code: QuarantineCode; readonly reason: string };

const VERSION = 1;
/** Enough to recognise a value, little enough for a log line. */
const SHOWN = 60;

/** A message may be nested as deep as a megabyte allows; JSON.stringify overflows the stack on it. */
const DEPTH = 4;

/** The beginning of a value as JSON. */
const brief = (value: unknown, depth: number): string => {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
  if (typeof value === 'string') return JSON.stringify(value.slice(0, SHOWN));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing';
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (depth === 0) return `${open}...${close}`;
  const items = Array.isArray(value)
    ? value.slice(0, SHOWN).map((item) => brief(item, depth - 1))
    : Object.keys(value)
        .slice(0, SHOWN)
        .map((key) => `${JSON.stringify(key.slice(0, SHOWN))}:${brief(valueAt(value, [key]), depth - 1)}`);
  return `${open}${items.join(',')}${close}`;
};

const shown = (value: unknown): string => {
  const text = brief(value, DEPTH);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text;
};

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null ? (found as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  );

/**
 * Reads the text of a measurement message by its contract. Never throws: what cannot be read is told by code, and the
 * reason names the place and the value.
 */
export const readMessage = (json: string): ReadMessage => {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (error) {
    return { ok: false, code: 'UNREADABLE', reason: `not JSON: ${error instanceof Error ? error.message : error}` };
  }
  const version = valueAt(content, ['v']);
  if (typeof content === 'object' && content !== null && 'v' in content && version !== VERSION)
    return { ok: false, code: 'WRONG_VERSION', reason: `expected v ${VERSION}, got ${shown(version)}` };
  const read = measurementMessage.safeParse(content);
  if (read.success) return { ok: true, message: read.data };
  const [first, ...others] = read.error.issues;
  const path = first?.path ?? [];
  const where = path.length > 0 ? path.map(String).join('.') : 'message';
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  return {
    ok: false,
    code: 'CONTRACT',
    reason: `${where}: ${first?.message}, got ${shown(valueAt(content, path))}${more}`,
  };
};
