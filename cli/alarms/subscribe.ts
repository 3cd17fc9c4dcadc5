import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import type { Deployment } from '../deployment.ts';
import { CommandFailed } from '../failure.ts';

/** @throws CommandFailed when SNS does not take the address */
export const subscribe = async (
  { output, clientConfig }: Pick<Deployment, 'output' | 'clientConfig'>,
  topic: 'NoticesTopicArn' | 'EscalationsTopicArn',
  Protocol: 'email' | 'http' | 'https',
  Endpoint: string,
): Promise<void> => {
  const client = new SNSClient(clientConfig('SNS'));
  try {
    await client.send(new SubscribeCommand({ TopicArn: output('Storage', topic), Protocol, Endpoint }));
  } catch (cause) {
    const { name, message } = cause as Error;
    if (name !== 'InvalidParameterException' && name !== 'InvalidParameter') throw cause;
    throw new CommandFailed(`${Endpoint} cannot be subscribed: ${message}`, { cause });
  } finally {
    client.destroy();
  }
};
