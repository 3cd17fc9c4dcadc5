import type { DatabaseEnv } from '#adapters/own-database';

export type CalculateEmissionsEnv = DatabaseEnv | 'EMISSIONS_STREAM';
