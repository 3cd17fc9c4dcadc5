import type { DatabaseEnv } from '#adapters/own-database';

export type ClosePeriodsEnv = DatabaseEnv | 'EMISSIONS_STREAM';
