import { createHash } from 'node:crypto';
import { AwsError } from '../aws-json.ts';
import { readIfThere, writeAtomically } from '../owned-file.ts';
import type { TopicDefinition } from './topic.ts';

export interface Subscription {
  readonly arn: string;
  readonly topicArn: string;
  readonly protocol: string;
  readonly endpoint: string;
}

const PROTOCOLS = ['email', 'http', 'https'];

/** Who is subscribed to what: what the templates say, and what people added, which a file keeps. */
export const openSubscriptions = (file: string, topics: readonly TopicDefinition[]) => {
  const kept = JSON.parse(readIfThere(file) ?? '[]') as Subscription[];
  const own = topics.flatMap(({ arn, subscriptions }) =>
    subscriptions.map(({ protocol, endpoint }) => subscriptionOf(arn, protocol, endpoint)),
  );
  let added = kept.filter(({ arn, topicArn }) => isAt(topics, topicArn) && !own.some((one) => one.arn === arn));
  const write = (changed: Subscription[]) => {
    added = changed;
    writeAtomically(file, `${JSON.stringify(added, null, 2)}\n`);
  };
  const all = (): readonly Subscription[] => [...own, ...added];
  return {
    of: (topicArn: string): readonly Subscription[] => all().filter((one) => one.topicArn === topicArn),

    /** The same endpoint twice is one subscription. */
    add: (topicArn: string, protocol: string, endpoint: string): Subscription => {
      checkEndpoint(protocol, endpoint);
      const wanted = subscriptionOf(topicArn, protocol, endpoint);
      if (!all().some(({ arn }) => arn === wanted.arn)) write([...added, wanted]);
      return wanted;
    },

    find: (arn: string): Subscription | undefined => all().find((one) => one.arn === arn),

    remove: (arn: string): void => write(added.filter((one) => one.arn !== arn)),
  };
};

const isAt = (topics: readonly TopicDefinition[], topicArn: string) => topics.some(({ arn }) => arn === topicArn);

const subscriptionOf = (topicArn: string, protocol: string, endpoint: string): Subscription => {
  const digest = createHash('sha256').update(`${topicArn} ${protocol} ${endpoint}`).digest('hex');
  const id = digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return { arn: `${topicArn}:${id}`, topicArn, protocol, endpoint };
};

const checkEndpoint = (protocol: string, endpoint: string): void => {
  if (!PROTOCOLS.includes(protocol))
    throw invalid(`protocol ${protocol} is not served here, only ${PROTOCOLS.join(', ')}`);
  const fits = protocol === 'email' ? /^[^\s@]+@[^\s@]+$/.test(endpoint) : urlOf(endpoint)?.protocol === `${protocol}:`;
  if (!fits) throw invalid(`Endpoint must match the specified protocol: ${endpoint} is no ${protocol} endpoint`);
};

const invalid = (message: string) => new AwsError('InvalidParameter', `Invalid parameter: ${message}`);

const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined);

/** Only these are delivered to: nothing leaves this machine. */
export const isOnThisMachine = (endpoint: string): boolean => {
  const host = urlOf(endpoint)?.hostname ?? '';
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
};
