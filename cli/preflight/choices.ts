import { STSClient } from '@aws-sdk/client-sts';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { CommandFailed } from '../failure.ts';
import { type Account, deployedResources } from './account.ts';

/** What is deployed, and where. */
export interface Choices {
  readonly profile?: string;
  readonly region?: string;
  readonly context: readonly string[];
}

const pair = (text: string, previous: readonly string[]): readonly string[] => {
  if (!/^[^=]+=./.test(text)) throw new InvalidArgumentError('expected KEY=VALUE, such as timeSeriesStore=aurora');
  return [...previous, text];
};

/** Profiles that the CDK app knows. */
export const SIZES = ['small', 'medium', 'large', 'xl'];

export const withChoices = (command: Command): Command =>
  command
    .configureHelp({ helpWidth: 80 })
    .addOption(
      new Option(
        '--profile <size>',
        'for up to 10, 50, 200 or 5000 facilities; default that of the deployment, else small',
      ).choices(SIZES),
    )
    .option('--region <region>', 'AWS region; default AWS_REGION, AWS_DEFAULT_REGION or that of your AWS profile')
    .option('-c, --context <key=value>', 'what the CDK app is told, such as timeSeriesStore=aurora', pair, []);

/** The same as the CDK takes it. */
export const givenContext = ({ profile, context }: Choices): readonly string[] => [
  ...(profile ? [`profile=${profile}`] : []),
  ...context,
];

/**
 * The region as the AWS CLI would choose it, in which the SDK and the CDK differ when only AWS_DEFAULT_REGION is set.
 * @throws CommandFailed when there is none
 */
export const regionOf = async (
  { region }: Pick<Choices, 'region'>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> => {
  const chosen = region ?? env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
  if (chosen) return chosen;
  try {
    return await new STSClient({}).config.region();
  } catch (cause) {
    throw new CommandFailed('no AWS region: give --region, or set AWS_REGION or a region in your AWS profile', {
      cause,
    });
  }
};

/**
 * What is chosen for a deployment: what it is already, unless something else is asked for. Nobody shrinks a deployment
 * by leaving an option out.
 * @throws the error of AWS's SDK when the account cannot be asked and not everything is given
 */
export const contextFor = async (account: Account, choices: Choices): Promise<readonly string[]> => {
  const given = givenContext(choices);
  const isGiven = (key: string) => given.some((pair) => pair.startsWith(`${key}=`));
  if (isGiven('profile') && isGiven('timeSeriesStore')) return given;
  const storage = await account.stack('EmissionWatch-Storage');
  if (!storage) return given;
  // Not by the stack of Timestream, which stays with its data when a deployment goes on without it.
  const functions = await deployedResources(account, ['EmissionWatch-Processing']);
  const timeSeries = functions.some(({ logicalId }) => logicalId.startsWith('RecordTimeSeries'));
  const { profile } = storage.tags;
  return [
    ...(profile && !isGiven('profile') ? [`profile=${profile}`] : []),
    ...(isGiven('timeSeriesStore') ? [] : [`timeSeriesStore=${timeSeries ? 'timestream' : 'aurora'}`]),
    ...given,
  ];
};
