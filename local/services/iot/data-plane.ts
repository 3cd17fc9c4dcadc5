import { AwsError } from '../aws-json.ts';
import type { Guard } from '../iam/guard.ts';
import type { RestRoutes } from '../rest.ts';
import { invalid } from './control/refusals.ts';
import { MAX_PAYLOAD } from './limits.ts';
import type { Reserved } from './reserved.ts';
import { basicIngest, servedTopic, topicProblem } from './topics.ts';

export interface DataOptions {
  readonly guard: Pick<Guard, 'check'>;
  /** `arn:aws:iot:REGION:ACCOUNT:` */
  readonly arnPrefix: string;
  readonly reserved: Pick<Reserved, 'handle' | 'shadows'>;
  readonly publish: (topic: string, payload: Buffer, qos: 0 | 1) => void;
}

/** Operations of AWS IoT's data plane that the product uses. */
export const dataRoutes = ({ guard, arnPrefix, reserved, publish }: DataOptions): RestRoutes => ({
  'POST /topics/{topic}': ({ path, query, body, caller }) => {
    const topic = path.topic!;
    guard.check(caller, 'iot:Publish', `${arnPrefix}topic/${topic}`);
    const problem = topicProblem(topic);
    if (problem !== undefined) throw invalid(`topic "${topic}" ${problem}`);
    if (query.get('retain') === 'true') throw invalid('retained messages are not kept here');
    if (body.length > MAX_PAYLOAD)
      throw new AwsError('RequestEntityTooLargeException', `a payload has at most ${MAX_PAYLOAD} bytes`, 413);
    if (servedTopic(topic)) return reserved.handle({ topic, payload: body, from: undefined });
    if (topic.startsWith('$') && !basicIngest(topic)) throw invalid(`topic "${topic}" is reserved`);
    publish(topic, body, query.get('qos') === '1' ? 1 : 0);
  },
  'GET /things/{thingName}/shadow': ({ path, query, caller }) => {
    const { thingName } = path as { thingName: string };
    guard.check(caller, 'iot:GetThingShadow', `${arnPrefix}thing/${thingName}`);
    if (query.has('name')) throw invalid('named shadows are not kept here');
    const document = reserved.shadows.document(thingName);
    if (!document) throw new AwsError('ResourceNotFoundException', `No shadow exists with name: '${thingName}'`, 404);
    return Buffer.from(JSON.stringify(document));
  },
});
