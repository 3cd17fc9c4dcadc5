import type { MonitoringPlan, SourceVersion } from '#core/contracts/monitoring-plan';
import type { PlannedFacility } from '#core/ports';
import { minuteOfText } from '#core/time';
import { plant } from '../../functions/plant.ts';

/** The wall clock of every run. */
export const NOW_MINUTE = minuteOfText('2026-01-05T12:00Z');

const version = plant('X', ['X']).sources[0]!.versions[0]!;

/** Two years with other channels at other positions, and a position that is free. */
const later: SourceVersion = {
  ...version,
  effectiveFrom: '2024-01-01T00:00Z',
  channels: [
    { ...version.channels[0]!, position: 1 },
    { ...version.channels[1]!, position: 2 },
    { ...version.channels[2]!, position: 3 },
    { ...version.channels[1]!, channel: 'so2', position: 6, range: { low: -5, high: 500 } },
  ],
};

const wide: MonitoringPlan['sources'] = Array.from({ length: 60 }, (_, s) => ({
  source: `W${s}`,
  versions: [
    {
      ...version,
      formulas: [],
      limits: [],
      channels: Array.from({ length: 64 }, (_, c) => ({ ...version.channels[0]!, channel: `c${c}`, position: c + 1 })),
    },
  ],
}));

const plans: readonly MonitoringPlan[] = [
  plant('P1', ['A', 'B']),
  { ...plant('7953', ['**GT2']), sources: [{ source: '**GT2', versions: [version, later] }] },
  { ...plant('wide', []), sources: wide },
];

export const PLANNED: ReadonlyMap<string, PlannedFacility> = new Map(
  plans.map((plan, p) => [
    plan.facility,
    { plan, sourceIds: new Map(plan.sources.map(({ source }, s) => [source, 1000 * p + s + 1])) },
  ]),
);
