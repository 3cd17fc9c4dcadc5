import * as z from 'zod';
import type { Templates } from './templates.ts';

export interface DatabaseDefinition {
  readonly clusterArn: string;
  readonly name: string;
  /** Secret with the user that owns the database, and its password. */
  readonly ownerSecretArn: string;
}

const PASSWORD = /^\{\{resolve:secretsmanager:(arn:[^}]+):SecretString:password::\}\}$/;

/** What else a cluster says is about size, network, backup and keys, which one PostgreSQL on one machine has not. */
const properties = z.object({
  Engine: z.literal('aurora-postgresql'),
  DatabaseName: z.string(),
  EnableHttpEndpoint: z.literal(true, 'the database is only reached through the Data API here'),
  MasterUserPassword: z.string().regex(PASSWORD, 'the password must come from a secret of the template'),
});

/** @throws Error unless the templates have exactly one cluster */
export const databaseOf = (templates: Templates): DatabaseDefinition => {
  const clusters = templates.ofType('AWS::RDS::DBCluster');
  const [cluster] = clusters;
  if (!cluster || clusters.length > 1) {
    throw new Error(`the templates have ${clusters.length} database clusters, the local cloud runs exactly one`);
  }
  const { DatabaseName, MasterUserPassword } = cluster.properties(properties);
  return {
    clusterArn: cluster.attribute('DBClusterArn'),
    name: DatabaseName,
    ownerSecretArn: PASSWORD.exec(MasterUserPassword)![1]!,
  };
};
