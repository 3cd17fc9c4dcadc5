import { createHash } from 'node:crypto';
import type { EmissionHour } from '#core/contracts/emission-hour';
import type { Exceedance } from '#core/contracts/exceedance';
import type { SourceReport } from '#core/contracts/quarterly-report';
import { canonicalText, hourLine } from '#core/hour/digest';
import { hourOfText } from '#core/time';

const sha256 = (lines: readonly string[]): string =>
  lines.reduce((hash, line) => hash.update(`${line}\n`), createHash('sha256')).digest('hex');

export const sha256Of = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');

/** Digests of what one source's part of a report is made from: the same records in any order have the same. */
export const madeFrom = (
  hours: readonly EmissionHour[],
  exceedances: readonly Exceedance[],
): SourceReport['madeFrom'] => ({
  hours: hours.length,
  hoursSha256: sha256([...hours].sort((a, b) => hourOfText(a.hour) - hourOfText(b.hour)).map(hourLine)),
  exceedancesSha256: sha256(
    [...exceedances].sort((a, b) => a.id - b.id).map((run) => `exceedance ${canonicalText(run)}`),
  ),
});
