import { CloudRefusal, type Control } from '../uplink/control.ts';
import { discardNext, type Provisioned, readNext, readProvisioned, takeIntoUse } from './device-files.ts';
import { isBegun, type Obtaining, obtain, obtainAfresh } from './obtain.ts';

export interface Rotation extends Omit<Obtaining, 'identity'> {
  readonly control: Control;
  readonly device: Pick<Provisioned, 'thing' | 'facility' | 'ruleName'>;
}

/**
 * Changes to a new certificate for a job: the key is made here, the certificate fetched over the connection that is
 * there, and the files change when the new one has proved to work. Whatever happens before that, the old pair is in
 * place and in force. An interrupted rotation goes on where it was.
 *
 * @throws the reason when it stays with the old certificate
 */
export const rotate = async (job: string, rotation: Rotation): Promise<void> => {
  const { control, paths, serialNumber, device } = rotation;
  if (readProvisioned(paths)?.job === job) return;
  const obtaining: Obtaining = { ...rotation, identity: control.identity };
  /** The new certificate can do what the agent needs: connect, publish, be answered. */
  const change = () =>
    control.reconnectWith(readNext(paths)!, () =>
      control.updateJob(job, 'IN_PROGRESS', 'connected with the new certificate'),
    );
  const begun = isBegun(paths);
  const registered = await obtain(obtaining).catch((error: unknown) => {
    if (!(error instanceof CloudRefusal)) throw error;
    if (begun) return undefined;
    // Refused, it is of no use any more; without an answer it may be in force.
    discardNext(paths);
    throw error;
  });
  if (registered) await change();
  // The token of an earlier attempt may be over its hour while its certificate is in force: then it connects.
  else
    await change().catch(async () => {
      await obtainAfresh(obtaining);
      await change();
    });
  takeIntoUse(paths, { ...device, v: 1, serialNumber, job });
};
