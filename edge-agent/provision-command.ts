import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { SERIAL_NUMBER } from '#core/contracts/device';
import { readProvisioned } from './certificate/device-files.ts';
import { wallClock } from './clock.ts';
import { readConfigFile } from './config.ts';
import type { Report } from './events.ts';
import { givenPath } from './given-path.ts';
import { provision } from './provision.ts';
import { claimConnection } from './uplink/claim-connection.ts';
import { WrongUsage } from './wrong-usage.ts';

export const PROVISION_HELP = `Usage: npm run -s edge -- provision --config FILE [options]

Gets this device its own certificate: makes a private key here (it is sent to
nobody and written to keyFile, readable by its owner only), asks AWS IoT Core
for a certificate with the claim certificate, and writes it to certificateFile,
with facility, thing and rule beside it (NAME.identity.json). The serial number
must be on the allow-list: ew device register.

A device that is provisioned already stays as it is, unless --again is given.
May be repeated after any failure. Writes one JSON object a line on standard
output; ends with 1 and a reason when it is refused, with 2 when the command
line is wrong.

  --config FILE             configuration of the facility's agent
  --serial N                serial number of the device; without: serialNumber
                            of the configuration
  --claim-certificate FILE  the claim certificate and its key; without: claim
  --claim-key FILE          of the configuration
  --again                   also when it is provisioned already: for a device
                            that was registered again. The pair it has is kept
                            beside the new one, as NAME.old
  --help                    this text
`;

const OPTIONS = {
  config: { type: 'string' },
  serial: { type: 'string' },
  'claim-certificate': { type: 'string' },
  'claim-key': { type: 'string' },
  again: { type: 'boolean', default: false },
  help: { type: 'boolean' },
} as const;

const readClaim = (name: string, file: string | undefined): string => {
  if (file === undefined)
    throw new WrongUsage(`expected --${name} FILE, or claim in the configuration; --help explains it`);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`cannot read --${name} ${file}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
};

export const provisionCommand = async (argv: readonly string[], report: Report): Promise<void> => {
  const { values } = parseArgs({ args: [...argv], options: OPTIONS });
  if (values.help) return void process.stdout.write(PROVISION_HELP);
  if (!values.config) throw new WrongUsage('expected --config FILE; --help explains it');
  const config = await readConfigFile(givenPath(values.config));
  if (values.serial !== undefined && config.serialNumber !== undefined && values.serial !== config.serialNumber)
    throw new WrongUsage(
      `expected one serial number: --serial says ${values.serial}, and ${values.config} says ${config.serialNumber}`,
    );
  const serialNumber = values.serial ?? config.serialNumber ?? readProvisioned(config)?.serialNumber;
  if (serialNumber === undefined) throw new WrongUsage('expected --serial N, or serialNumber in the configuration');
  if (!SERIAL_NUMBER.test(serialNumber))
    throw new WrongUsage(`expected a serial number of 3 to 64 letters, digits and -, got ${serialNumber}`);
  const { facility, thing, endpoint, claim } = config;
  const given = (name: 'claim-certificate' | 'claim-key') => {
    const file = values[name];
    return file === undefined ? undefined : givenPath(file);
  };
  await provision({
    paths: config,
    serialNumber,
    facility,
    thing,
    again: values.again,
    identity: () =>
      claimConnection(
        endpoint,
        {
          certificate: readClaim('claim-certificate', given('claim-certificate') ?? claim?.certificateFile),
          key: readClaim('claim-key', given('claim-key') ?? claim?.keyFile),
        },
        serialNumber,
      ),
    clock: wallClock,
    random: Math.random,
    report,
  });
};
