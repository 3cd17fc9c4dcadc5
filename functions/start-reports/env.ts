import type { DatabaseEnv } from '#adapters/own-database';

export type StartReportsEnv =
  | DatabaseEnv
  /** Makes one quarterly report an execution. */
  | 'STATE_MACHINE_ARN';
