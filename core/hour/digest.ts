import type { ComplianceRecord } from '../contracts/compliance-record.ts';
import type { EmissionHour } from '../contracts/emission-hour.ts';

/** JSON with the keys of every object in order, so that equal content is equal text, whatever store it came from. */
export const canonicalText = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalText(item)}`);
  return `{${entries.join(',')}}`;
};

/*
 * The lines whose digest is the state of a store. They hold what was measured and what follows from it, and nothing of
 * the run: no revision, no arrival time, no row number.
 */

/** One line for an hour. */
export const hourLine = (document: EmissionHour): string => `hour ${canonicalText(document)}`;

/** One line for a compliance record. */
export const complianceLine = (record: ComplianceRecord): string => `compliance ${canonicalText(record)}`;
