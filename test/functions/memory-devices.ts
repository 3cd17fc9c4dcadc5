import type { Device } from '#core/contracts/device';
import { admission } from '#core/devices/admission';
import type { DeviceRegistry } from '#core/ports';

/** The allow-list in memory. */
export const memoryDevices = (): DeviceRegistry => {
  const devices = new Map<string, Device>();
  const sorted = () => [...devices.values()].sort((a, b) => (a.serialNumber < b.serialNumber ? -1 : 1));
  return {
    find: async (serialNumber) => devices.get(serialNumber),
    register: async (registration, { again = false } = {}) => {
      const { serialNumber, thing } = registration;
      const existing = devices.get(serialNumber);
      if (existing && existing.state !== 'revoked' && !again) return { registered: false, existing };
      const other = sorted().find(
        (one) => one.thing === thing && one.serialNumber !== serialNumber && one.state !== 'revoked',
      );
      if (other) return { registered: false, existing: other };
      const device: Device = { ...registration, state: 'registered' };
      devices.set(serialNumber, device);
      return { registered: true, device };
    },
    admit: async (request) => {
      const decision = admission(devices.get(request.serialNumber), request);
      if (decision.admitted) devices.set(request.serialNumber, decision.device);
      return decision;
    },
    revoke: async (serialNumber, at) => {
      const device = devices.get(serialNumber);
      if (!device || device.state === 'revoked') return device;
      const revoked: Device = { ...device, state: 'revoked', revokedAt: at };
      devices.set(serialNumber, revoked);
      return revoked;
    },
    list: async () => sorted(),
    ofFacility: async (facility) => sorted().filter((device) => device.facility === facility),
  };
};
