import type { Alarm } from '#core/contracts/alarm';
import type { FacilitySummary } from '#core/contracts/api/facilities';
import type { HourState } from '#core/contracts/api/measurements';
import type { Pipeline, Quarantined } from '#core/contracts/api/pipeline';
import type { GapClass } from '#core/contracts/continuity-report';
import type { Exceedance } from '#core/contracts/exceedance';
import type { ReportEntry } from '#core/contracts/report';
import type { LimitLevel } from './headroom.ts';

/** How urgent a state looks; the style sheet has a colour for each. */
export type Tone = 'bad' | 'warn' | 'good' | 'idle' | 'info';

/** A state as it is shown: a symbol of its own shape and a word, so that colour is never the only sign. */
export interface Sign {
  readonly tone: Tone;
  readonly symbol: string;
  readonly word: string;
}

const sign = (tone: Tone, symbol: string, word: string): Sign => ({ tone, symbol, word });

export const FACILITY_SIGNS: Readonly<Record<FacilitySummary['state'], Sign>> = {
  stopped: sign('bad', '■', 'Data stopped'),
  exceedance: sign('bad', '▲', 'Limit exceeded'),
  warning: sign('warn', '◆', 'Near a limit'),
  ok: sign('good', '●', 'Within limits'),
};

export const LIMIT_SIGNS: Readonly<Record<LimitLevel, Sign>> = {
  over: sign('bad', '▲', 'Over the limit'),
  near: sign('warn', '◆', 'Near the limit'),
  within: sign('good', '●', 'Within the limit'),
  'no-data': sign('idle', '○', 'No average'),
};

export const HOUR_SIGNS: Readonly<Record<HourState, Sign>> = {
  measured: sign('good', '●', 'Measured'),
  substituted: sign('info', '◐', 'Substituted'),
  'substitute-due': sign('warn', '◇', 'Substitute due'),
  'not-operating': sign('idle', '○', 'Not operating'),
};

export const EXCEEDANCE_SIGNS: Readonly<Record<Exceedance['state'], Sign>> = {
  lasting: sign('bad', '▲', 'Lasting'),
  ended: sign('idle', '■', 'Ended'),
  retracted: sign('info', '↺', 'Retracted'),
};

/** One that has become part of another is no error. */
export const exceedanceSign = ({ state, mergedInto }: Pick<Exceedance, 'state' | 'mergedInto'>): Sign =>
  mergedInto === null ? EXCEEDANCE_SIGNS[state] : sign('idle', '↳', `Merged into #${mergedInto}`);

export const REPORT_SIGNS: Readonly<Record<ReportEntry['state'], Sign>> = {
  running: sign('info', '◌', 'Being made'),
  archived: sign('good', '●', 'Archived'),
  failed: sign('bad', '■', 'Failed'),
};

export const QUARANTINE_SIGNS: Readonly<Record<Quarantined['state'], Sign>> = {
  open: sign('warn', '◆', 'Open'),
  reprocessing: sign('info', '◌', 'Being processed again'),
  reprocessed: sign('good', '●', 'Processed again'),
};

export const SYSTEM_SIGNS: Readonly<Record<Pipeline['alarms'][number]['state'], Sign>> = {
  ALARM: sign('bad', '▲', 'Alarm'),
  OK: sign('good', '●', 'OK'),
  INSUFFICIENT_DATA: sign('idle', '○', 'No data yet'),
};

/** From the worst to the mildest, as the continuity check classes what is missing. */
export const GAP_SIGNS: Readonly<Record<GapClass, Sign>> = {
  lost: sign('bad', '✕', 'Lost'),
  recoverable: sign('warn', '◆', 'Recoverable'),
  'edge-offline': sign('bad', '■', 'Edge offline'),
  'resend-requested': sign('info', '↺', 'Asked for again'),
  buffered: sign('info', '◌', 'Buffered at the edge'),
  'not-reported': sign('warn', '◇', 'Not reported'),
  'analyser-down': sign('warn', '▽', 'Analyser down'),
};

const OPEN = sign('bad', '▲', 'Open');
const ESCALATED = sign('bad', '⇈', 'Escalated');
const SEEN = sign('warn', '◆', 'Acknowledged');
const CLEARED = sign('idle', '○', 'Cleared');
const CLEARED_UNSEEN = sign('warn', '◇', 'Cleared, not acknowledged');

/** Where an alarm stands: what nobody has seen is the loudest. */
export const alarmSign = ({ clearedAt, acknowledgedAt, escalatedAt }: Alarm): Sign => {
  if (clearedAt !== null) return acknowledgedAt === null ? CLEARED_UNSEEN : CLEARED;
  if (acknowledgedAt !== null) return SEEN;
  return escalatedAt === null ? OPEN : ESCALATED;
};
