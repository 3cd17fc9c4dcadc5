import type { AlarmKind } from '../alarms/alarm-kinds.ts';
import type { ExceedanceRun } from '../compliance/exceedance-runs.ts';
import type { AlarmSettings } from '../contracts/alarm.ts';

/** What the alarms of one facility follow from, at one moment. Minutes and hours are counted from 1970, UTC. */
export interface PlantState {
  readonly facility: string;
  readonly utcOffsetMinutes: number;
  readonly settings: AlarmSettings;
  /** When something was last stored from the facility, milliseconds; null: nothing has ever come. */
  readonly arrivedAt: number | null;
  /** The last minute that it has spoken for. */
  readonly newestMinute: number | null;
  /** Declared outages: of the facility as a whole at this moment, and of sources at the newest minute (null: of all). */
  readonly facilityOutage: boolean;
  readonly sourceOutages: readonly (string | null)[];
  /** The newest window of each limit that comes near a threshold, or has an open alarm. */
  readonly limits: readonly LimitStanding[];
  /** Channels without a valid reading for the time that the settings name, and those of open alarms that still have none. */
  readonly faults: readonly FaultyChannel[];
  /** Runs of windows over a limit that last, and those that have ended and have an open alarm, or contain one that has. */
  readonly runs: readonly RunStanding[];
  readonly open: readonly OpenAlarm[];
}

export interface LimitStanding {
  readonly source: string;
  readonly rule: string;
  /** Hour in which the window ends. */
  readonly windowEnd: number;
  readonly state: 'within' | 'exceedance' | 'no-data';
  readonly operatingHours: number;
  readonly average: string | null;
  readonly limit: string;
  readonly unit: string;
  readonly nextHour: string | null;
  readonly hoursToLimit: number | null;
}

export interface FaultyChannel {
  readonly source: string;
  readonly channel: string;
  /** The newest minute of the source, and the channel's status letter in it. */
  readonly minute: number;
  readonly status: string;
  /** The newest minute is one of calibration or of a quality-assurance test. */
  readonly quiet: boolean;
  /**
   * Minutes up to the newest in which the unit fired and the channel had no valid reading. Minutes of calibration and
   * of quality-assurance tests are passed over; a valid reading, or a minute without firing, ends the count.
   */
  readonly minutes: number;
}

/** Letters that make an analyser quiet: it is known why there is no reading. */
export const QUIET_STATUSES = 'CQ';

export interface RunStanding extends ExceedanceRun {
  readonly id: number;
  readonly source: string;
  readonly rule: string;
}

export interface OpenAlarm {
  readonly id: number;
  readonly source: string | null;
  readonly kind: AlarmKind;
  readonly subject: string;
  /** Of an exceedance, its run, and the run that this was merged into. */
  readonly run: number | null;
  readonly mergedInto: number | null;
  readonly text: string;
  readonly level: number;
  readonly minute: number;
  /** Milliseconds. */
  readonly raisedAt: number;
  readonly acknowledged: boolean;
  readonly escalated: boolean;
}
