import { STATUS } from '../contracts/status.ts';
import { counted, plantTime } from './figures.ts';
import { holding, type Matter, openAlarmOf } from './matter.ts';
import type { FaultyChannel, PlantState } from './plant-state.ts';

/** Analysers of fired units that have given no valid reading for too long. Quiet while calibration or a test goes on. */
export const faultMatters = (state: PlantState): Matter[] =>
  state.faults.flatMap((fault): Matter[] => {
    const { source, channel, minute, minutes, quiet } = fault;
    if (state.sourceOutages.some((outage) => outage === null || outage === source)) return [];
    const name = { source, kind: 'analyser-fault', subject: channel, run: null } as const;
    const open = openAlarmOf(state, name);
    if (quiet || minutes < state.settings.analyserFaultMinutes) return open ? [holding(open)] : [];
    return [{ ...name, minute, level: 0, text: textOf(state, fault), stand: 'raise' }];
  });

const textOf = (
  { utcOffsetMinutes }: PlantState,
  { source, channel, minute, minutes, status }: FaultyChannel,
): string =>
  `Analyser ${channel} of source ${source} has had no valid reading in ${counted(minutes, 'minute')} of operation, ` +
  `as of ${plantTime(minute, utcOffsetMinutes)}. Its status is ${status}, ${wordsOf(status)}.`;

const wordsOf = (status: string): string => (STATUS as Readonly<Record<string, string>>)[status] ?? 'not known';
