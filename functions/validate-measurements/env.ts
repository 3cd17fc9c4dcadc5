import type { DatabaseEnv } from '#adapters/own-database';

export type ValidateMeasurementsEnv = DatabaseEnv | 'LANDING_BUCKET' | 'VALIDATED_STREAM';
