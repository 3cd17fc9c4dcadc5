import type { MissingData } from './decide-state.ts';
import type { MetricId } from './metric-store.ts';

export const COMPARISONS = {
  GreaterThanThreshold: (value: number, threshold: number) => value > threshold,
  GreaterThanOrEqualToThreshold: (value: number, threshold: number) => value >= threshold,
  LessThanThreshold: (value: number, threshold: number) => value < threshold,
  LessThanOrEqualToThreshold: (value: number, threshold: number) => value <= threshold,
} as const;
export type Comparison = keyof typeof COMPARISONS;

/** What every alarm has. Actions are ARNs of topics. */
export interface Told {
  readonly name: string;
  readonly arn: string;
  readonly description?: string | undefined;
  readonly actionsEnabled: boolean;
  readonly alarmActions: readonly string[];
  readonly okActions: readonly string[];
  readonly insufficientDataActions: readonly string[];
}

export interface AlarmMetric {
  /** Under which expressions name it. */
  readonly id: string;
  readonly metric: MetricId;
  readonly statistic: string;
}

export interface MetricAlarm extends Told {
  readonly metrics: readonly AlarmMetric[];
  /** Each may name metrics, and expressions before it. */
  readonly expressions: readonly { readonly id: string; readonly expression: string }[];
  /** The metric or expression that is compared. */
  readonly compared: string;
  readonly periodSeconds: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: Comparison;
  readonly missing: MissingData;
}

export interface CompositeAlarm extends Told {
  readonly rule: string;
}
