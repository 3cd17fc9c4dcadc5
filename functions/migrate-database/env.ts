import type { DatabaseEnv } from '#adapters/own-database';

export type MigrateDatabaseEnv =
  | DatabaseEnv
  | 'VALIDATE_MEASUREMENTS_SECRET_ARN'
  | 'CALCULATE_EMISSIONS_SECRET_ARN'
  | 'CHECK_COMPLIANCE_SECRET_ARN'
  | 'OPERATOR_SECRET_ARN'
  | 'VERIFY_CONTINUITY_SECRET_ARN';
