import type { IoTClient } from '@aws-sdk/client-iot';
import type { Device } from '#core/contracts/device';
import { certificatesOf } from './certificates.ts';

/** An active certificate of a thing that is not the one on the allow-list: whoever has its key can still send. */
export interface Stray {
  readonly serialNumber: string;
  readonly thing: string;
  readonly certificateId: string;
}

/** IoT answers ten of these questions a second. */
const ASKED_AT_ONCE = 8;

/** @param all every device on the allow-list, for `devices` that are revoked and whose thing another one has become */
export const straysOf = async (
  iot: IoTClient,
  devices: readonly Device[],
  all: readonly Device[],
  progress: (asked: number) => void = () => {},
): Promise<readonly Stray[]> => {
  const holders = new Map(all.flatMap((each) => (each.state === 'revoked' ? [] : [[each.thing, each]])));
  const strays: Stray[] = [];
  // The one that is the thing now answers for it.
  const asked = devices.filter((each) => (holders.get(each.thing) ?? each).serialNumber === each.serialNumber);
  for (let first = 0; first < asked.length; first += ASKED_AT_ONCE) {
    progress(first);
    const found = asked.slice(first, first + ASKED_AT_ONCE).map(async (each) => {
      const { serialNumber, thing, state, certificateId: listed } = each;
      const others = await certificatesOf(iot, thing, state === 'provisioned' ? listed : undefined);
      return others
        .filter(({ status }) => status === 'ACTIVE')
        .map(({ certificateId }) => ({ serialNumber, thing, certificateId }));
    });
    strays.push(...(await Promise.all(found)).flat());
  }
  return strays;
};

const WAY_OUT = {
  registered: 'repeat `ew device register` with its facility and thing',
  provisioned: '`ew device rotate` ends all but a new one',
  revoked: 'repeat `ew device revoke`',
} as const satisfies Record<Device['state'], string>;

export const strayWarning = ({ thing, certificateId }: Stray, { serialNumber, state }: Device): string =>
  `warning: certificate ${certificateId.slice(0, 16)} of ${thing} is active, and not the one that device ${serialNumber} (${state}) has on the allow-list: ${WAY_OUT[state]}`;
