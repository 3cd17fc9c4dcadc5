import type { ComplianceRecord } from './contracts/compliance-record.ts';
import type { EmissionHour } from './contracts/emission-hour.ts';
import type { MonitoringPlan } from './contracts/monitoring-plan.ts';
import type { LookBack } from './quality/look-back.ts';

/** A facility as the functions see it: its plan and the numbers its sources have in the store. */
export interface PlannedFacility {
  readonly plan: MonitoringPlan;
  readonly sourceIds: ReadonlyMap<string, number>;
}

export interface PlanStore {
  /** The plan in force, or undefined when no such facility is known. May be a cached copy, at most a minute old. */
  planOf(facility: string): Promise<PlannedFacility | undefined>;
}

/** One source-minute, as it travels to and from the store. Minutes and hours are counted from 1970 in UTC. */
export interface SourceMinute {
  readonly sourceId: number;
  readonly minute: number;
  readonly revision: number;
  readonly firedSeconds: number;
  readonly grossLoad: number | null;
  readonly readings: readonly (number | null)[];
  readonly statuses: string;
}

export interface MinuteBatch {
  readonly facility: string;
  /** The minute after the last one that the facility has spoken for, even if it had nothing to report. */
  readonly watermark: number;
  readonly minutes: readonly SourceMinute[];
}

export interface MinuteStore {
  /**
   * Stores minutes, marks their hours for recomputation and moves each facility's watermark, all or nothing.
   * For one source-minute the greatest (revision, content) stays, whatever the order of arrival.
   */
  storeMinutes(batches: readonly MinuteBatch[]): Promise<void>;
}

export interface SourceHour {
  readonly sourceId: number;
  readonly hour: number;
}

/** An hour to recompute: its stored minutes in order, and what the checks carry over from before it. */
export interface HourInput extends SourceHour {
  readonly minutes: readonly SourceMinute[];
}

export interface StoredHour extends SourceHour {
  readonly document: EmissionHour;
  readonly lookBack: LookBack;
}

/** Work on one facility's hours while nobody else stores its minutes or recomputes its hours. */
export interface FacilityHours {
  /** Marks that are due, oldest hour first for each source, at most `limit`. */
  dueHours(limit: number): Promise<readonly SourceHour[]>;
  minutesOf(hours: readonly SourceHour[]): Promise<readonly HourInput[]>;
  /** For each given hour: the latest stored hour before it, if there is one. */
  hoursBefore(hours: readonly SourceHour[]): Promise<ReadonlyMap<string, StoredHour>>;
  /** For each given hour: the first stored hour after it, if there is one. */
  hoursAfter(hours: readonly SourceHour[]): Promise<ReadonlyMap<string, StoredHour>>;
  storedHours(hours: readonly SourceHour[]): Promise<ReadonlyMap<string, StoredHour>>;
  /** Writes hours and turns their marks from "recompute" into "publish"; marks of `unchanged` hours are removed. */
  putHours(changed: readonly StoredHour[], unchanged: readonly SourceHour[]): Promise<void>;
}

export interface HourStore {
  /** Facilities with an hour due: closed by the watermark, idle for `idleMinutes`, or computed but not yet published. */
  dueFacilities(among: readonly string[] | 'all', idleMinutes: number): Promise<readonly string[]>;
  /** Runs `work` in one transaction that holds the facility's lock; what it wrote is undone when it throws. */
  withFacility<T>(facility: string, idleMinutes: number, work: (hours: FacilityHours) => Promise<T>): Promise<T>;
  /** Hours computed but not yet published, at most `limit`. */
  unpublished(facility: string, limit: number): Promise<readonly StoredHour[]>;
  /** Removes the "publish" marks of hours, unless they have been marked for recomputation again since. */
  markPublished(hours: readonly SourceHour[]): Promise<void>;
}

/** What check-compliance reads and writes. */
export interface OperatingHour extends SourceHour {
  readonly document: EmissionHour;
}

export interface ComplianceStore {
  /** Runs `work` in one transaction; nobody else checks this facility meanwhile. */
  withFacility<T>(facility: string, work: (records: FacilityCompliance) => Promise<T>): Promise<T>;
}

export interface FacilityCompliance {
  /** Operating hours from `before` operating hours ahead of `from` up to `after` operating hours past `to`, in order. */
  operatingHours(range: {
    readonly sourceId: number;
    readonly from: number;
    readonly to: number;
    readonly before: number;
    readonly after: number;
  }): Promise<readonly OperatingHour[]>;
  /** Replaces the records of these rules whose window ends in [from, to]; what is not given no longer exists. */
  replaceRecords(change: {
    readonly sourceId: number;
    readonly rules: readonly string[];
    readonly from: number;
    readonly to: number;
    readonly records: readonly ComplianceRecord[];
  }): Promise<void>;
}

/** Streams carry text records under a key; records of one key keep their order. */
export interface StreamRecord {
  readonly key: string;
  readonly data: string;
}

export interface Stream {
  /** Returns when every record is accepted; retries what was refused. */
  put(records: readonly StreamRecord[]): Promise<void>;
}

/** The landing bucket: what arrived, as it arrived. */
export interface LandingStore {
  /** Writing the same key again with the same content changes nothing. */
  put(key: string, body: Uint8Array | string, contentType: string): Promise<void>;
}

export interface QuarantinedRecord {
  /** SHA-256 of the record as received: the same record is quarantined once. */
  readonly recordId: string;
  readonly code: string;
  readonly reason: string;
  readonly facility: string | null;
  readonly thing: string | null;
  /** Milliseconds since 1970, UTC, as the topic rule stamped it. */
  readonly received: number | null;
  /** Where the record lies whole. */
  readonly objectKey: string;
}

export interface QuarantineStore {
  add(records: readonly QuarantinedRecord[]): Promise<void>;
}
