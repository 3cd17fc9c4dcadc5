import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { monitoringPlan } from '#core/contracts/monitoring-plan';
import { minuteOfText, textOfMinute } from '#core/time';
import type { Assignment } from '../../../local/run.ts';

export const ROOT = resolve(import.meta.dirname, '../../..');

/** What can be killed: a worker of a function, the database's server, the edge agent, or all of the cloud at once. */
export const PARTS = ['agent', 'function', 'database', 'runner'] as const;
export type Part = (typeof PARTS)[number];

export interface Task {
  readonly assembly: string;
  readonly dataDir: string;
  /** Minutes of the plant that are sent in all: some whole hours, and what it takes to close the last of them. */
  readonly minutes: number;
  readonly seed: number;
  /** What the runner kills while it runs; it cannot kill itself. */
  readonly kill: { readonly part: Exclude<Part, 'runner'>; readonly times: number } | undefined;
  /** Minutes a second while there is killing to do. */
  readonly speed: number | 'max';
}

/** What a runner says to the one that started it. */
export type Word =
  | { readonly word: 'sending' }
  | { readonly word: 'killed'; readonly times: number; readonly messages: number }
  | {
      readonly word: 'result';
      /** Messages that the broker had taken when the last kill was done. */
      readonly messages: number;
      readonly digest: string;
      readonly hours: number;
      readonly minutes: number;
      readonly failedBatches: number;
      readonly quarantined: number;
    }
  | { readonly word: 'failed'; readonly reason: string };

/** Sources of the simulated plant. */
export const SOURCES = 2;
/** An hour is closed by minutes that are so much later. */
export const CLOSING_MINUTES = 15;

const FROM = minuteOfText('2026-01-05T07:00Z');

/** The simulated plant, some days of it, once. */
export const assignmentOf = ({ minutes, seed, speed }: Task): Assignment => ({
  plans: [
    monitoringPlan.parse(JSON.parse(readFileSync(join(ROOT, 'edge-agent/sources/simulator/plant.plan.json'), 'utf8'))),
  ],
  source: { kind: 'simulator', seed, from: textOfMinute(FROM), until: textOfMinute(FROM + minutes), speed },
  input: `simulator ${seed}`,
});

/** The agents' configurations, where `startRun` writes them. */
export const configFiles = (dataDir: string, { plans }: Assignment): string[] =>
  plans.map(({ facility }) => join(dataDir, 'edge-agent', `${facility}.json`));

/** Changes how fast the next agent's source runs; whole or not at all, since an agent may be reading. */
export const setSpeed = (files: readonly string[], speed: number | 'max'): void => {
  for (const file of files) {
    const config = JSON.parse(readFileSync(file, 'utf8')) as { source: object };
    writeFileSync(`${file}.new`, JSON.stringify({ ...config, source: { ...config.source, speed } }));
    renameSync(`${file}.new`, file);
  }
};
