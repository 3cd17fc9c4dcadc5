import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a program on this machine needs to reach the local cloud; `ew --local` reads it. */
export interface CloudFile {
  readonly region: string;
  readonly accountId: string;
  /** By the name of the service in `AWS_ENDPOINT_URL_<service>`. */
  readonly endpoints: Readonly<Record<string, string>>;
  readonly iot: {
    readonly host: string;
    readonly port: number;
    readonly caFile: string;
    readonly claimCertificateFile: string;
    readonly claimKeyFile: string;
  };
  /** Outputs of each stack, as CloudFormation would give them. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** The operator's. They mean something on this machine only, while this cloud runs. */
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken: string;
  };
}

/** Writes `cloud.json` into the data folder. Returns what removes it. */
export const writeCloudFile = (dataDir: string, content: CloudFile): (() => void) => {
  const file = join(dataDir, 'cloud.json');
  // Written anew: one that an interrupted run left behind may have other permissions.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify({ v: 1, pid: process.pid, ...content }, null, 2)}\n`, { mode: 0o600 });
  return () => rmSync(file, { force: true });
};
