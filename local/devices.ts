import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Deployment } from '#cli/deployment';
import { registerDevice } from '#cli/devices/register';
import { readProvisioned } from '../edge-agent/certificate/device-files.ts';

/** What the configuration of an agent says of its device. */
export interface LocalDevice {
  readonly facility: string;
  readonly thing: string;
  readonly serialNumber: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly configFile: string;
}

/** The device of a facility on this machine. Serial numbers hold no `_`, which a facility's name may. */
export const serialNumberOf = (facility: string): string => `local-${facility.replaceAll('_', '-')}`;

/**
 * Puts a device on the allow-list as an operator does, and has it fetch its certificate as one at a plant does.
 * @throws Error with the reason that the device gives when it is refused
 */
export const provisionDevice = async (root: string, deployment: Deployment, device: LocalDevice): Promise<void> => {
  if (readProvisioned(device)) return;
  const { facility, thing, serialNumber, configFile } = device;
  // A device that was provisioned and whose files are gone: this machine is its owner and may say so.
  await registerDevice(deployment, { serialNumber, facility, thing, again: true, why: 'npm start' });
  const child = spawn(process.execPath, ['edge-agent/main.ts', 'provision', '--config', configFile], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (text) => {
    errors = (errors + text).slice(-4000);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  if (code !== 0)
    throw new Error(
      `device ${serialNumber} could not be provisioned (${signal ?? `exit code ${code}`}): ${errors.trim()}`,
    );
};
