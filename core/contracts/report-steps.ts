import * as z from 'zod';
import { sourceName } from './api/words.ts';
import { reportRequest } from './report.ts';

/** What starts the state machine: its input. The name of the execution follows from it (`core/report/names.ts`). */
export const reportOrder = reportRequest.extend({
  revision: z.int().min(1).max(10_000),
  /** Who asked for it, in the words of the audit trail. */
  startedBy: z.string().min(1).max(512),
});
export type ReportOrder = z.infer<typeof reportOrder>;

/**
 * What every step is told from the context object, whatever came before it: `order` is `$$.Execution.Input`,
 * `execution` is `$$.Execution.Id` (the ARN) and `startedAt` is `$$.Execution.StartTime`. The report is dated by the
 * start of its execution, so that a step that is tried again makes the same bytes.
 */
const ofExecution = {
  order: reportOrder,
  execution: z.string().startsWith('arn:'),
  startedAt: z.iso.datetime(),
};

const workKey = z.string().regex(/^work\/[^\p{Cc}]+$/u, 'expected a key under work/');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal');

/**
 * Answer of `plan`: what `collect` is called for, one by one (`ItemsPath` `$.sources`, each item a name); or that there
 * is nothing to make a report from, and why. That is no failure of the system: the execution ends there, in order.
 */
export const planned = z.union([
  z.strictObject({ sources: z.array(sourceName).min(1).max(1000) }),
  z.strictObject({ nothing: z.string().min(1) }),
]);
export type Planned = z.infer<typeof planned>;

/** Answer of `collect`: the summary of one source lies under this key in the work bucket. */
export const collected = z.strictObject({ source: sourceName, key: workKey });
export type Collected = z.infer<typeof collected>;

const file = z.strictObject({ key: workKey, sha256, bytes: z.int().min(1) });

/** Answer of `render`: the finished files in the work bucket. */
export const rendered = z.strictObject({ json: file, html: file });
export type Rendered = z.infer<typeof rendered>;

/** Answer of `archive`, and of the execution. */
export const archived = z.strictObject({
  json: z.string().startsWith('reports/'),
  html: z.string().startsWith('reports/'),
  /** Of the JSON document. */
  sha256,
  retainedUntil: z.iso.datetime(),
});
export type Archived = z.infer<typeof archived>;

/**
 * Input of the function `report-quarter`: plan -> collect for each source -> render -> archive; `fail` when one of them
 * has failed for good. Each may be tried again and gives the same.
 */
export const reportStep = z.discriminatedUnion('step', [
  z.strictObject({ step: z.literal('plan'), ...ofExecution }),
  z.strictObject({ step: z.literal('collect'), ...ofExecution, source: sourceName }),
  z.strictObject({ step: z.literal('render'), ...ofExecution, collected: z.array(collected).min(1) }),
  z.strictObject({ step: z.literal('archive'), ...ofExecution, rendered }),
  /** `error` is what a Catch gives: `Error` and `Cause`. */
  z.strictObject({
    step: z.literal('fail'),
    ...ofExecution,
    error: z.object({ Error: z.string(), Cause: z.string().optional() }),
  }),
]);
export type ReportStep = z.infer<typeof reportStep>;
export type StepOf<S extends ReportStep['step']> = Extract<ReportStep, { step: S }>;
