import { ewProgram } from '../../../cli/program.ts';
import type { LocalCloud } from '../../../local/cloud.ts';
import { writeCloudFile } from '../../../local/cloud-file.ts';
import { ACCOUNT, REGION } from '../../../local/template/identity.ts';
import { loadTemplates } from '../../../local/template/templates.ts';

export interface Ended {
  readonly exitCode: number;
  readonly text: string;
}

/** `ew --local` in this process, with the operator's credentials. Rejects when the command fails; "no" is an answer. */
export const operator = (cloud: LocalCloud, { assembly, dataDir }: { assembly: string; dataDir: string }) => {
  const { endpoints, iot, claim, credentials } = cloud;
  const remove = writeCloudFile(dataDir, {
    region: REGION,
    accountId: ACCOUNT,
    endpoints: {
      DYNAMODB: endpoints.dynamodb,
      IOT: endpoints.iot,
      IOT_DATA_PLANE: endpoints.iotData,
      KINESIS: endpoints.kinesis,
      KMS: endpoints.kms,
      LAMBDA: endpoints.lambda,
      RDS_DATA: endpoints.rdsData,
      S3: endpoints.s3,
      SECRETS_MANAGER: endpoints.secretsManager,
      TIMESTREAM_WRITE: endpoints.timestreamWrite,
    },
    iot: {
      host: iot.host,
      port: iot.port,
      caFile: iot.caFile,
      claimCertificateFile: claim?.certificateFile ?? '',
      claimKeyFile: claim?.keyFile ?? '',
    },
    outputs: loadTemplates(assembly).outputs(),
    credentials,
  });
  const ew = async (...args: readonly string[]): Promise<Ended> => {
    let text = '';
    const write = process.stdout.write;
    process.stdout.write = ((chunk: string) => {
      text += chunk;
      return true;
    }) as typeof write;
    const exitCode = process.exitCode;
    process.exitCode = 0;
    try {
      await ewProgram().parseAsync(['--local', '--data-dir', dataDir, ...args], { from: 'user' });
      return { exitCode: Number(process.exitCode), text };
    } catch (cause) {
      throw new Error(`ew ${args.join(' ')}: ${(cause as Error).message}`, { cause });
    } finally {
      process.exitCode = exitCode;
      process.stdout.write = write;
    }
  };
  return { ew, remove };
};
