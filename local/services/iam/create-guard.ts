import { AwsError } from '../aws-json.ts';
import { credentialBook } from './credentials.ts';
import { type Decision, evaluate, grantsOf, type Request, type Without } from './evaluate.ts';
import type { Guard, Issuer, Principal, RequestContext } from './guard.ts';
import { type PolicyDocument, type Statement, statementsOf } from './statement.ts';
import { type Counter, countUsage, type GrantName, type IamUsage } from './usage.ts';

/** Who or what has which policies. */
export interface Policies {
  readonly roles: readonly {
    readonly arn: string;
    readonly trust: PolicyDocument;
  }[];
  /** Of roles and users, by their ARN. */
  readonly identity: readonly { readonly holder: string; readonly policy: PolicyDocument }[];
  /** Of resources, by their ARN. */
  readonly resource: readonly { readonly holder: string; readonly policy: PolicyDocument }[];
}

export interface RecordedRequest extends Request {
  readonly decision: Decision;
}

export interface CloudGuard extends Guard, Issuer {
  /** Which grants of the templates were used so far, and what was refused. */
  iamUsage(): IamUsage;
  /** Decides a request again, without some statements. Counts nothing. */
  decideWithout(request: Request, without: Without): Decision;
  /** Every statement that is enforced, with its holder. */
  readonly statements: readonly { readonly holder: string; readonly statement: Statement }[];
}

/**
 * May do everything, and exists on this machine only: it reads back what a run has stored, for the summary, the
 * benchmark and the tests.
 */
export const LOCAL_RUNNER = 'arn:aws:iam::000000000000:user/local-runner';
const RUNNERS_POLICY: PolicyDocument = {
  name: 'local-runner',
  kind: 'identity',
  document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
};

/** By action, resource and context. */
type Decided = Map<string, { readonly decision: Decision; readonly counters: readonly Counter[] }>;

const KEPT_DECISIONS = 5000;

/**
 * The guard of a local cloud. Decisions are kept, because the same caller asks the same again with every batch.
 *
 * @throws Error for anything in a policy that it cannot enforce
 */
export const createGuard = (options: {
  readonly account: string;
  readonly policies: Policies;
  /** What earlier runs have used. @default nothing */
  readonly earlier?: IamUsage | undefined;
  /** Sees each request that was not decided before. */
  readonly onDecision?: (request: RecordedRequest) => void;
}): CloudGuard => {
  const { account, policies, earlier, onDecision } = options;
  const identity = byHolder([...policies.identity, { holder: LOCAL_RUNNER, policy: RUNNERS_POLICY }]);
  const ofResource = byHolder(policies.resource);
  const trust = byHolder(policies.roles.map(({ arn, trust }) => ({ holder: arn, policy: trust })));
  const principals = new Map<string, Principal>(
    [...policies.roles.map(({ arn }) => arn), ...identity.keys()].map((arn) => [arn, { arn }]),
  );
  const statements = [...identity, ...ofResource, ...trust].flatMap(([holder, held]) =>
    held.map((statement) => ({ holder, statement })),
  );
  const usage = countUsage(statements.flatMap(namesOf), earlier);
  const credentials = credentialBook();
  const decided = new Map<
    string,
    Map<string, { readonly decision: Decision; readonly counters: readonly Counter[] }>
  >();

  const resourceStatements = (action: string, resource: string): readonly Statement[] =>
    (action === 'sts:AssumeRole' ? trust : ofResource).get(holderOf(resource)) ?? [];

  const requestOf = (caller: Principal, action: string, resource: string, context: RequestContext): Request => ({
    caller,
    action,
    resource,
    context: {
      // The way on loopback stands for TLS of the version that AWS's SDKs use.
      'aws:SecureTransport': 'true',
      ...(action.startsWith('s3:') && { 's3:TlsVersion': '1.3' }),
      ...(caller.arn.startsWith('arn:')
        ? { 'aws:PrincipalArn': caller.arn, 'aws:PrincipalAccount': account }
        : { 'aws:SourceAccount': account }),
      ...(action.startsWith('kms:') && { 'kms:CallerAccount': account }),
      ...context,
    },
  });

  const decide = (request: Request, without?: Without): Decision =>
    evaluate(
      request,
      identity.get(request.caller.arn) ?? [],
      resourceStatements(request.action, request.resource),
      without,
    );

  const decideFirst = (caller: Principal, action: string, resource: string, context: RequestContext) => {
    const request = requestOf(caller, action, resource, context);
    const decision = decide(request);
    onDecision?.({ ...request, decision });
    const counters = decision.grants.flatMap(({ statement, ...grant }) => {
      if (statement.policy === RUNNERS_POLICY.name) return [];
      const holder = statement.kind === 'identity' ? caller.arn : holderOf(resource);
      return [usage.counterOf({ holder, policy: statement.policy, statement: statement.index, ...grant })];
    });
    return { decision, counters };
  };

  const decidedFor = (arn: string): Decided => {
    let known = decided.get(arn);
    if (!known) {
      known = new Map();
      decided.set(arn, known);
    }
    return known;
  };

  const check: Guard['check'] = (caller, action, resource, context) => {
    const known = decidedFor(caller.arn);
    const key = context ? `${action} ${resource} ${JSON.stringify(context)}` : `${action} ${resource}`;
    let found = known.get(key);
    if (!found) {
      if (known.size >= KEPT_DECISIONS) known.clear();
      found = decideFirst(caller, action, resource, context ?? {});
      known.set(key, found);
    }
    if (found.decision.allowed) {
      for (const counter of found.counters) counter.uses++;
      return;
    }
    usage.refused({ caller: caller.arn, action, resource });
    throw refusalOf(userOf(caller), action, resource, found.decision.because);
  };

  const allows: Guard['allows'] = (caller, action, resource, context = {}) => {
    if (!decide(requestOf(caller, action, resource, context)).allowed) return false;
    check(caller, action, resource, context);
    return true;
  };

  const principalOf = (arn: string): Principal => {
    const principal = principals.get(arn);
    if (!principal) throw new Error(`no template has ${arn}: there are ${[...principals.keys()].join(', ')}`);
    return principal;
  };

  return {
    check,
    allows,
    callerOf: credentials.holderOf,
    presignerOf: credentials.signerOf,
    role: (roleArn, by) => {
      const role = principalOf(roleArn);
      if (!by) return role;
      const { service, sourceArn, session = service } = by;
      check({ arn: service }, 'sts:AssumeRole', roleArn, sourceArn === undefined ? {} : { 'aws:SourceArn': sourceArn });
      return { ...role, session };
    },
    credentialsOf: (arn, session) =>
      credentials.issue({ ...principalOf(arn), ...(session !== undefined && { session }) }),
    iamUsage: usage.report,
    decideWithout: decide,
    statements,
  };
};

const byHolder = (held: readonly { readonly holder: string; readonly policy: PolicyDocument }[]) => {
  const map = new Map<string, Statement[]>();
  for (const { holder, policy } of held) map.set(holder, [...(map.get(holder) ?? []), ...statementsOf(policy)]);
  return map;
};

/** The policy of a bucket is also that of its objects. Every other ARN with a policy is one resource. */
const holderOf = (resource: string): string =>
  resource.startsWith('arn:aws:s3:::') ? resource.split('/', 1)[0]! : resource;

const namesOf = ({ holder, statement }: { readonly holder: string; readonly statement: Statement }): GrantName[] =>
  statement.effect === 'Deny' || statement.policy === RUNNERS_POLICY.name
    ? []
    : grantsOf(statement).map(({ action, resource }) => ({
        holder,
        policy: statement.policy,
        statement: statement.index,
        action,
        resource,
      }));

/** A role shows itself as its session. */
const userOf = ({ arn, session }: Principal): string =>
  session !== undefined && arn.includes(':role/')
    ? `${arn.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/${session}`
    : arn;

/** Services with a REST interface answer 403; those with AWS JSON 400. */
const REST = /^(iot|lambda|rds-data|scheduler):/;

const refusalOf = (user: string, action: string, resource: string, because: string): AwsError => {
  const named = action.startsWith('s3:') ? `"${resource}"` : resource;
  const message = `User: ${user} is not authorized to perform: ${action} on resource: ${named} ${because}`;
  if (action.startsWith('s3:')) return new AwsError('AccessDenied', message, 403);
  return new AwsError('AccessDeniedException', message, REST.test(action) ? 403 : 400);
};
