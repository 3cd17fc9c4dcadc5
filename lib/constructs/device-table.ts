import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

export interface DeviceTableProps {
  readonly key: IKey;
}

/**
 * The allow-list of edge agents. Not in Aurora, which may take half a minute to wake: the function that reads it while a
 * device is provisioned has five seconds.
 */
export class DeviceTable extends Construct {
  readonly tableName: string;
  readonly tableArn: string;
  private readonly indexArn: string;
  private readonly keyArn: string;

  constructor(scope: Construct, id: string, { key }: DeviceTableProps) {
    super(scope, id);
    const table = new Table(this, 'Table', {
      partitionKey: { name: 'serialNumber', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: key,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    table.addGlobalSecondaryIndex({
      indexName: 'byFacility',
      partitionKey: { name: 'facility', type: AttributeType.STRING },
      sortKey: { name: 'serialNumber', type: AttributeType.STRING },
    });
    this.tableName = table.tableName;
    this.tableArn = table.tableArn;
    this.indexArn = `${table.tableArn}/index/byFacility`;
    this.keyArn = key.keyArn;
  }

  /** To look one device up and write it back. */
  allowAdmitting(role: IRole): void {
    this.allow(role, ['dynamodb:GetItem', 'dynamodb:PutItem'], this.tableArn);
  }

  /** To find the devices of a facility. */
  allowFindingByFacility(role: IRole): void {
    this.allow(role, ['dynamodb:Query'], this.indexArn);
  }

  /** To register, list and revoke devices: for people. */
  administration(): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:Scan'],
        resources: [this.tableArn],
      }),
      new PolicyStatement({ actions: ['dynamodb:Query'], resources: [this.indexArn] }),
      this.mayDecrypt(),
    ];
  }

  private allow(role: IRole, actions: string[], resource: string): void {
    role.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [resource] }));
    role.addToPrincipalPolicy(this.mayDecrypt());
  }

  /** DynamoDB opens the key of the table in the name of the caller, for reading and for writing. */
  private mayDecrypt(): PolicyStatement {
    return new PolicyStatement({
      actions: ['kms:Decrypt'],
      resources: [this.keyArn],
      conditions: {
        StringEquals: {
          'kms:ViaService': `dynamodb.${Stack.of(this).region}.amazonaws.com`,
          'kms:EncryptionContext:aws:dynamodb:tableName': this.tableName,
        },
      },
    });
  }
}
