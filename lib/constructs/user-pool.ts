import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  ClientAttributes,
  FeaturePlan,
  Mfa,
  OAuthScope,
  StandardThreatProtectionMode,
  StringAttribute,
  UserPool,
  UserPoolClient,
  UserPoolClientIdentityProvider,
  UserPoolDomain,
  UserPoolGroup,
} from 'aws-cdk-lib/aws-cognito';
import { Construct, type IConstruct } from 'constructs';

export interface PeopleProps {
  /** Where the console is, and where people land who have signed in. */
  readonly consoleUrl: string;
}

/** Groups, the mightiest first: Cognito counts the least precedence as the first. */
const GROUPS = ['admin', 'engineer', 'operator', 'viewer'];

/** Free in every region of an account, and of every account. */
const domainPrefix = (scope: IConstruct): string => `emissionwatch-${Stack.of(scope).account}`;

/** Where people sign in. Made of names alone, so that what must know it need not wait for the pool. */
export const loginUrl = (scope: IConstruct): string =>
  `https://${domainPrefix(scope)}.auth.${Stack.of(scope).region}.amazoncognito.com`;

/**
 * Who may use console and API. Nobody signs up: people are added by an administrator, with a group and with the names of
 * their facilities, and set up an authenticator app when they first sign in. The pool stays when its stack goes.
 */
export class People extends Construct {
  readonly pool: UserPool;
  readonly client: UserPoolClient;

  constructor(scope: Construct, id: string, { consoleUrl }: PeopleProps) {
    super(scope, id);
    this.pool = new UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      signInCaseSensitive: false,
      autoVerify: { email: true },
      mfa: Mfa.REQUIRED,
      // Messages can be diverted with the telephone number.
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 14,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      customAttributes: { facilities: new StringAttribute({ mutable: true, maxLen: 2048 }) },
      userInvitation: {
        emailSubject: 'Your access to EmissionWatch',
        emailBody: `You can sign in to EmissionWatch at ${consoleUrl} as {username} with the password {####} within three days. You will need an authenticator app.`,
      },
      // Refuses passwords known from breaches and sign-ins that look like somebody else's.
      featurePlan: FeaturePlan.PLUS,
      standardThreatProtectionMode: StandardThreatProtectionMode.FULL_FUNCTION,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const [precedence, groupName] of GROUPS.entries())
      new UserPoolGroup(this, groupName, { userPool: this.pool, groupName, precedence });
    new UserPoolDomain(this, 'Domain', {
      userPool: this.pool,
      cognitoDomain: { domainPrefix: domainPrefix(this) },
    });
    const facilities = 'facilities';
    this.client = new UserPoolClient(this, 'Console', {
      userPool: this.pool,
      // A browser cannot keep a secret; the code that it gets is worth nothing without what only it knows (PKCE).
      generateSecret: false,
      authFlows: { userSrp: true },
      oAuth: {
        flows: { authorizationCodeGrant: true, implicitCodeGrant: false },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
        callbackUrls: [consoleUrl],
        logoutUrls: [consoleUrl],
      },
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
      idTokenValidity: Duration.minutes(60),
      accessTokenValidity: Duration.minutes(60),
      refreshTokenValidity: Duration.hours(12),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
      readAttributes: new ClientAttributes()
        .withStandardAttributes({ email: true, emailVerified: true, fullname: true })
        .withCustomAttributes(facilities),
      // Not the facilities, by which they could see every plant, and not the address, by which the audit trail knows them.
      writeAttributes: new ClientAttributes().withStandardAttributes({ locale: true }),
    });
  }
}
