import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import type { Construct } from 'constructs';
import { AdministratorPolicy } from '../constructs/administrator-access.ts';
import { ConsoleFiles } from '../constructs/console-files.ts';
import { ConsoleSite } from '../constructs/console-site.ts';
import { ApiGateway } from '../constructs/http-api.ts';
import { ApiFunction } from '../constructs/serve-api.ts';
import { loginUrl, People } from '../constructs/user-pool.ts';
import type { StorageStack } from './storage-stack.ts';

export interface ApiStackProps extends StackProps {
  readonly storage: StorageStack;
}

/**
 * The way in for people: who they are, the API, and the console in front of it. It holds no data of a plant, but it does
 * hold the people, so it is not deleted by accident.
 */
export class ApiStack extends Stack {
  constructor(scope: Construct, id: string, { storage, ...props }: ApiStackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    const { logKey } = storage;
    const gateway = new ApiGateway(this, 'Gateway', { logKey });
    const site = new ConsoleSite(this, 'Console', { api: gateway.domainName });
    const { pool, client } = new People(this, 'People', { consoleUrl: site.url });

    const { alias } = new ApiFunction(this, 'ServeApi', { storage });
    const token = new HttpJwtAuthorizer('Token', pool.userPoolProviderUrl, { jwtAudience: [client.userPoolClientId] });
    gateway.serve(alias, token);
    new ConsoleFiles(this, 'PublishConsole', {
      bucket: site.bucket,
      config: { auth: { kind: 'cognito', domain: loginUrl(this), clientId: client.userPoolClientId } },
      logKey,
    });
    const administrator = new AdministratorPolicy(this, 'AdministratorPolicy', { pool });

    const output = (key: string, value: string, description: string) =>
      new CfnOutput(this, key, { value, description });
    output('ConsoleUrl', site.url, 'where people look at their plants');
    output('ApiUrl', gateway.url, 'the API past the console; programs may also use the console’s address');
    output('UserPoolId', pool.userPoolId, 'people and their groups');
    output('UserPoolClientId', client.userPoolClientId, 'what tokens of the console are for');
    output(
      'AdministratorPolicyArn',
      administrator.managedPolicyArn,
      'managed policy of whoever adds and disables people',
    );
  }
}
