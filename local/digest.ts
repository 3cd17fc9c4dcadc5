import { createHash } from 'node:crypto';
import type { ComplianceRecord } from '#core/contracts/compliance-record';
import type { EmissionHour } from '#core/contracts/emission-hour';
import { complianceLine, hourLine } from '#core/hour/digest';

/**
 * SHA-256 of the stored state: every hour, then every compliance record, a line each, in the order given. It holds
 * nothing of how the state came about: no revisions, no times of arrival, no run data.
 */
export const stateDigest = async (
  hours: AsyncIterable<EmissionHour> | Iterable<EmissionHour>,
  records: AsyncIterable<ComplianceRecord> | Iterable<ComplianceRecord>,
): Promise<string> => {
  const hash = createHash('sha256');
  for await (const hour of hours) hash.update(`${hourLine(hour)}\n`);
  for await (const record of records) hash.update(`${complianceLine(record)}\n`);
  return hash.digest('hex');
};
