export type CalculateEmissionsEnv =
  | 'EMISSIONS_STREAM'
  | 'DATABASE_CLUSTER_ARN'
  | 'DATABASE_SECRET_ARN'
  | 'DATABASE_NAME';
