import type { AlarmKind } from '../alarms/alarm-kinds.ts';
import type { AlarmSettings } from '../contracts/alarm.ts';
import type { FacilitySummary } from '../contracts/api/facilities.ts';
import type { ComplianceRecord } from '../contracts/compliance-record.ts';

/** What the state of a facility follows from. */
export interface Standing {
  /** Whole minutes since anything came from it; null: never. */
  readonly silentMinutes: number | null;
  /** The newest record of the limit that is nearest, or furthest over. */
  readonly worst: ComplianceRecord | null;
  /** Kinds of its open alarms. */
  readonly openAlarms: readonly AlarmKind[];
  readonly settings: AlarmSettings;
}

/** A limit of nothing still has a share: a very large one. */
const LEAST_LIMIT = 1e-9;

/** average / limit, to 4 digits; undefined without data. */
export const shareOfLimit = ({ average, limit }: Pick<ComplianceRecord, 'average' | 'limit'>): number | undefined =>
  average === null ? undefined : Number((Number(average) / Math.max(Number(limit), LEAST_LIMIT)).toPrecision(4));

/** How a facility is doing, from the worst that is true of it. */
export const facilityState = (standing: Standing): FacilitySummary['state'] => {
  const { silentMinutes, worst, openAlarms, settings } = standing;
  if (silentMinutes === null || silentMinutes >= settings.dataStoppedMinutes || openAlarms.includes('data-stopped'))
    return 'stopped';
  if (worst?.state === 'exceedance' || openAlarms.includes('exceedance')) return 'exceedance';
  const [firstShare = 1] = settings.warningShares;
  const share = worst === null ? undefined : shareOfLimit(worst);
  return openAlarms.length > 0 || (share !== undefined && share >= firstShare) ? 'warning' : 'ok';
};
