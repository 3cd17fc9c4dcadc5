import type { Command } from 'commander';
import { facilityName, serialNumber, thingName, why } from '../arguments.ts';
import { registerDevice } from '../devices/register.ts';
import { wrapped } from '../output.ts';
import { openRun } from '../run.ts';

interface RegisterOptions {
  readonly facility: string;
  readonly thing?: string;
  readonly again?: boolean;
  readonly why?: string;
}

export const registerCommand = (device: Command) =>
  device
    .command('register')
    .summary('puts a device on the allow-list')
    .description(
      'Puts a device on the allow-list: it may then fetch one certificate with a claim ' +
        'certificate (`edge provision`), and send minutes for this facility only.',
    )
    .argument('<serial>', 'serial number of the device', serialNumber)
    .requiredOption('--facility <name>', 'the facility whose minutes it sends', facilityName)
    .option('--thing <name>', 'name of the thing (default: <facility>-<serial>)', thingName)
    .option(
      '--again',
      'also when it is registered or provisioned: for a device that lost its key. The certificate it has becomes ' +
        'inactive; the device needs `edge provision --again`',
    )
    .addOption(why())
    .addHelpText('after', '\nExample:\n  ew device register RPI4-0021 --facility 7953')
    .action(async (serial: string, options: RegisterOptions, command: Command) => {
      const { facility, thing = `${facility}-${serial}`, again = false } = options;
      const { deployment, out } = await openRun(command);
      const {
        registered,
        device: known,
        retired,
      } = await registerDevice(deployment, {
        serialNumber: serial,
        facility,
        thing,
        again,
        why: options.why,
      });
      out.answer(
        [
          ...(registered
            ? [
                ...wrapped(`device ${serial} may provision once, as ${thing} of facility ${facility}`),
                again
                  ? 'next, at the device: edge provision --again'
                  : 'next, at the device: edge provision (--again if it had a certificate)',
              ]
            : wrapped(`device ${serial} was registered before, and is ${known.state}`)),
          ...(retired.length > 0 ? [`${retired.length} certificate(s) from before made inactive`] : []),
        ],
        { registered, device: known, retired },
      );
    });
