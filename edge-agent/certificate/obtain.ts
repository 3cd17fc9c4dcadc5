import type { Clock } from '../clock.ts';
import { CloudRefusal } from '../uplink/control.ts';
import { retryDelayMs } from '../uplink/pacing.ts';
import { type DevicePaths, discardNext, nextKey, readNext, writeNext } from './device-files.ts';
import type { Identity, Registered } from './identity.ts';
import { signingRequest } from './signing-request.ts';

export interface Obtaining {
  readonly identity: Identity;
  readonly paths: DevicePaths;
  readonly serialNumber: string;
  readonly clock: Clock;
  /** From [0, 1). */
  readonly random: () => number;
}

const ATTEMPTS = 5;
/** AWS answers these when it is busy; the request itself may be good. */
const BUSY = /throttl|internal|unavailable|limitexceeded/i;

/** Asks again when no answer came: with the same key and token, for the first answer may have got lost. */
const persistently = async <T>(ask: () => Promise<T>, { clock, random }: Obtaining): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt >= ATTEMPTS || (error instanceof CloudRefusal && !BUSY.test(error.code))) throw error;
      await clock.sleep(retryDelayMs(attempt, random()));
    }
  }
};

/** Has a certificate issued for the next key, and keeps it beside the pair in use. */
const issue = async (obtaining: Obtaining): Promise<void> => {
  const { identity, paths, serialNumber } = obtaining;
  const request = signingRequest(nextKey(paths), serialNumber);
  writeNext(paths, await persistently(() => identity.createFromCsr(request), obtaining));
};

/** Registers the certificate that is kept; it is in force then, and still not in use. */
const register = (obtaining: Obtaining): Promise<Registered> => {
  const { identity, paths, serialNumber } = obtaining;
  const { ownershipToken } = readNext(paths)!;
  return persistently(() => identity.register(ownershipToken, serialNumber), obtaining);
};

/** Whether an earlier attempt has left a certificate that may be in force already. */
export const isBegun = (paths: DevicePaths): boolean => readNext(paths) !== undefined;

/**
 * Gets the device's next certificate, or goes on where an earlier attempt was interrupted.
 * @throws CloudRefusal when the answer is no; any other error when none came, and then the next attempt goes on
 */
export const obtain = async (obtaining: Obtaining): Promise<Registered> => {
  if (!isBegun(obtaining.paths)) await issue(obtaining);
  return register(obtaining);
};

/** Drops what an earlier attempt has left, and begins with a new key. */
export const obtainAfresh = async (obtaining: Obtaining): Promise<Registered> => {
  discardNext(obtaining.paths);
  await issue(obtaining);
  return register(obtaining);
};
