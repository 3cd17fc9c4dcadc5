export type ValidateMeasurementsEnv =
  | 'LANDING_BUCKET'
  | 'VALIDATED_STREAM'
  | 'DATABASE_CLUSTER_ARN'
  | 'DATABASE_SECRET_ARN'
  | 'DATABASE_NAME';
