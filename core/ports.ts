import type { AlarmDecisions } from './alarms/decide-alarms.ts';
import type { ExceedanceNotice } from './alarms/exceedance-notice.ts';
import type { NoticeMessage, WaitingNotice } from './alarms/notice-message.ts';
import type { PlantState } from './alarms/plant-state.ts';
import type { Reconciliation, StoredRun, Surroundings } from './compliance/exceedance-runs.ts';
import type { UnlimitedHours } from './compliance/limits.ts';
import type { AgentReport, ResendCommand } from './contracts/agent-report.ts';
import type { ComplianceRecord } from './contracts/compliance-record.ts';
import type { Device } from './contracts/device.ts';
import type { EmissionHour } from './contracts/emission-hour.ts';
import type { MonitoringPlan } from './contracts/monitoring-plan.ts';
import type { Notice } from './contracts/notice.ts';
import type { LookBack } from './quality/look-back.ts';

/** A facility as the functions see it: its plan and the numbers its sources have in the store. */
export interface PlannedFacility {
  readonly plan: MonitoringPlan;
  readonly sourceIds: ReadonlyMap<string, number>;
}

export interface PlanStore {
  /**
   * The plan in force, or undefined when no such facility is known. May be a cached copy, at most a minute old; `fresh`
   * wants one at most a few seconds old, and is for refusing what the plan does not know.
   */
  planOf(facility: string, wanted?: { readonly fresh: boolean }): Promise<PlannedFacility | undefined>;
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
   * Stores minutes, marks their hours for recomputation and moves each facility's watermark. A large call may be stored
   * in part when it fails; each part is marked with what it stored, and the whole call may be repeated.
   * For one source-minute the greatest (revision, content) stays, whatever the order of arrival.
   */
  storeMinutes(batches: readonly MinuteBatch[]): Promise<void>;
}

/** A source-minute by its names, for a store that knows no monitoring plan. */
export interface NamedMinute {
  readonly facility: string;
  readonly source: string;
  /** Counted from 1970 in UTC. */
  readonly minute: number;
  /** From 1. Of one source-minute the greatest version stays. */
  readonly version: number;
  readonly firedSeconds: number;
  readonly grossLoad: number | null;
  /** Channel of each position; empty where there is none. */
  readonly channels: readonly string[];
  readonly readings: readonly (number | null)[];
  readonly statuses: string;
}

/** What became of the minutes of a call. Only the last count asks for somebody's attention. */
export interface TimeSeriesCounts {
  readonly stored: number;
  /** Too old for the store to take. */
  readonly outsideRetention: number;
  /** The store, or the same call, had a greater version, or this version with other readings. */
  readonly olderVersion: number;
  /** More or longer names than the store takes. */
  readonly overLimit: number;
}

/** A second, write-only home of the minutes, for time-series queries. The regulation's record is the MinuteStore. */
export interface TimeSeriesStore {
  /**
   * Writes minutes. The whole call may be repeated, also after it failed half-way: the stored minutes are the same
   * whatever the order and however often.
   */
  writeMinutes(minutes: readonly NamedMinute[]): Promise<TimeSeriesCounts>;
}

export interface SourceHour {
  readonly sourceId: number;
  readonly hour: number;
}

export interface StoredHour extends SourceHour {
  readonly document: EmissionHour;
  readonly lookBack: LookBack;
}

/** An hour to recompute, with all that its recomputation needs. */
export interface HourInput extends SourceHour {
  /** Stored minutes of the hour, in order. */
  readonly minutes: readonly SourceMinute[];
  readonly stored: StoredHour | undefined;
  /** The latest stored hour before this one. */
  readonly before: (SourceHour & { readonly lookBack: LookBack }) | undefined;
  /** The first stored hour after this one. */
  readonly nextHour: number | undefined;
}

/** A marked hour whose time has come. */
export interface DueHour extends SourceHour {
  readonly facility: string;
}

export interface DueHours {
  /** Only these facilities' hours. */
  readonly among: readonly string[] | 'all';
  /** But not these'. */
  readonly except: readonly string[];
  /** A facility that has been silent for so long will not complete its hour. */
  readonly idleMinutes: number;
  readonly limit: number;
}

/** Work on due hours, while nobody else stores minutes or recomputes hours of their facilities. */
export interface LockedHours {
  /** In the order of the store: by source, then by hour. */
  load(hours: readonly SourceHour[]): Promise<readonly HourInput[]>;
  /** Writes `changed` and notes them as unpublished, takes the marks off `done` and marks `walkOn`. */
  put(result: {
    readonly changed: readonly StoredHour[];
    readonly done: readonly SourceHour[];
    readonly walkOn: readonly DueHour[];
  }): Promise<void>;
}

/** An hour to publish; `version` numbers the change, and no two changes have the same. */
export interface UnpublishedHour extends SourceHour {
  readonly document: EmissionHour;
  readonly version: number;
}

export interface HourStore {
  /**
   * Runs `work` over hours that are due (closed by the watermark, or of a silent facility), by facility, source and
   * hour, in one transaction that holds their facilities' locks; what it wrote is undone when it throws. Without due
   * hours `work` is not run.
   */
  withDueHours(wanted: DueHours, work: (due: readonly DueHour[], locked: LockedHours) => Promise<void>): Promise<void>;
  /** Hours computed but not yet published, at most `limit`. */
  unpublishedHours(among: readonly string[] | 'all', limit: number): Promise<readonly UnpublishedHour[]>;
  /** Takes hours off the list, unless they have changed again since. */
  markPublished(hours: readonly UnpublishedHour[]): Promise<void>;
}

/** Operating hours of one source around a changed range; bounds are inclusive. */
export interface HourRange {
  readonly sourceId: number;
  readonly from: number;
  readonly to: number;
  /** How many operating hours ahead of `from` and past `to` are wanted as well. */
  readonly around: number;
}

export interface OperatingHour extends SourceHour {
  /** The hour as stored, without its channels. */
  readonly document: Omit<EmissionHour, 'channels'>;
}

export interface CheckedRange {
  readonly sourceId: number;
  /** First and last hour at which a window of the range ends. */
  readonly from: number;
  readonly to: number;
  readonly records: readonly ComplianceRecord[];
}

export interface LockedCompliance {
  /** The operating hours of each range, in order, by source. A source is in one range only. */
  operatingHours(ranges: readonly HourRange[]): Promise<ReadonlyMap<number, readonly OperatingHour[]>>;
  /**
   * Replaces the sources' records whose window ends in the range; what is not given no longer exists.
   * @returns whether runs of windows over a limit that are on record may have to change
   */
  replaceRecords(ranges: readonly CheckedRange[]): Promise<boolean>;
  /** What lies around each range: of the rules given with it, and of those that its source has runs of on record. */
  runsAround(ranges: readonly RunRange[]): Promise<readonly RunsAround[]>;
  /** Writes what has changed of runs, with the notices of it. A notice of a run is stored once. */
  keepRuns(changes: readonly RunChanges[]): Promise<void>;
}

export interface RunRange {
  readonly sourceId: number;
  readonly from: number;
  readonly to: number;
  readonly rules: readonly string[];
  /** Of every limit in the source's plan. An operating hour of these without a record of the limit ends a run. */
  readonly unlimited: readonly UnlimitedHours[];
}

export interface RunsAround extends Pick<Surroundings, 'before' | 'after'> {
  readonly sourceId: number;
  readonly rule: string;
  /** Runs on record that overlap the range, and the nearest on both sides of it. */
  readonly stored: readonly StoredRun[];
}

/** Of one source and limit; with each run what people are told of it. */
export interface RunChanges {
  readonly facility: string;
  readonly sourceId: number;
  readonly rule: string;
  readonly created: readonly (Told & { readonly run: Reconciliation['created'][number] })[];
  /** `correction`: from which facts to which; part of the notice's key, so that each is told once. */
  readonly changed: readonly (Told & { readonly run: StoredRun; readonly correction: string })[];
  /** What people have said of a run goes to the one that contains it now, where that has nothing of the kind. */
  readonly retracted: readonly (Told & Reconciliation['retracted'][number])[];
}

interface Told {
  /** Undefined: nothing to tell. */
  readonly notice: ExceedanceNotice | undefined;
}

export interface ComplianceStore {
  /** Runs `work` in one transaction; nobody else checks these facilities meanwhile. */
  withFacilities<T>(facilities: readonly string[], work: (locked: LockedCompliance) => Promise<T>): Promise<T>;
}

export interface AlarmStore {
  /**
   * Runs `decide` over the facilities after `after` by name, at most `limit`, and carries its decisions out with their
   * notices, in one transaction; nobody else decides meanwhile.
   * @param now milliseconds since 1970
   * @returns the last facility; undefined when there is none after `after`
   */
  decideOver(
    page: { readonly after: string; readonly limit: number; readonly now: number },
    decide: (state: PlantState) => AlarmDecisions,
  ): Promise<string | undefined>;
  /** Writes a notice to be told under a key, once. */
  tellOnce(key: string, notice: Notice): Promise<void>;
  /** Notices not yet published, in order, of which `after` is the last that is known. */
  waitingNotices(after: number, limit: number): Promise<readonly WaitingNotice[]>;
  /** Strikes notices off, or counts that they could not be published. */
  noteAttempt(ids: readonly number[], published: boolean): Promise<void>;
}

/** The way to people. */
export interface NoticePublisher {
  /** Returns when the message is accepted. The same message may be published again. */
  publish(message: NoticeMessage): Promise<void>;
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

/** The edge agents, by the names of their things. */
export interface EdgeAgents {
  /** What the agent last said of itself; undefined when it has said nothing, or nothing that can be read. */
  reportOf(thing: string): Promise<AgentReport | undefined>;
  /** Sends the command; an agent that is not connected does not hear it. */
  askToResend(thing: string, command: ResendCommand): Promise<void>;
}

/** The key that signs evidence: ECDSA on the curve P-256. Its private part never leaves where it is kept. */
export interface EvidenceKey {
  /** Name of the key, and its public part as subject public key info, DER. */
  publicKey(): Promise<{ readonly id: string; readonly der: Uint8Array }>;
  /** Signs a SHA-256; the signature is DER. */
  sign(sha256: Uint8Array): Promise<Uint8Array>;
}

export interface DeviceRegistration {
  readonly serialNumber: string;
  readonly facility: string;
  readonly thing: string;
  /** ISO 8601, UTC. */
  readonly registeredAt: string;
  /** The person, as STS names the caller. */
  readonly registeredBy: string;
}

export type RegisterResult =
  | { readonly registered: true; readonly device: Device }
  /** The device that is in the way: this serial number, or another one that holds the same thing. */
  | { readonly registered: false; readonly existing: Device };

/** A request for a certificate, as the provisioning service reports it; only the serial number is the device's word. */
export interface AdmissionRequest {
  readonly serialNumber: string;
  /** The new certificate. */
  readonly certificateId: string;
  /** The certificate of the connection that asks. */
  readonly claimCertificateId: string;
  /** The client id of that connection, for which the policy of its certificate vouches. */
  readonly clientId: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

export type Admission =
  | { readonly admitted: true; readonly device: Device }
  | {
      readonly admitted: false;
      readonly reason: 'not-registered' | 'revoked' | 'already-provisioned' | 'not-its-own-certificate';
    };

/** The allow-list of edge agents: one registration gives one certificate. */
export interface DeviceRegistry {
  /**
   * Puts a device on the list. A serial number that is registered or provisioned stays as it is unless `again`; so does
   * a thing that another serial number holds, always. A revoked device gives both free.
   */
  register(registration: DeviceRegistration, options?: { readonly again?: boolean }): Promise<RegisterResult>;
  find(serialNumber: string): Promise<Device | undefined>;
  /** Decides by `core/devices/admission.ts` and keeps the decision; the same request again gets the same answer. */
  admit(request: AdmissionRequest): Promise<Admission>;
  /** By serial number. */
  list(): Promise<readonly Device[]>;
  /** From here on the device may do nothing. Undefined when it is not on the list. */
  revoke(serialNumber: string, at: string): Promise<Device | undefined>;
  /** By serial number. May be a second behind. */
  ofFacility(facility: string): Promise<readonly Device[]>;
}
