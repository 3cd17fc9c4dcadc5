import type { DatabaseEnv } from '#adapters/own-database';

export type CheckComplianceEnv = DatabaseEnv;
