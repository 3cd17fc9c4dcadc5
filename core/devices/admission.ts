import { CLAIM_CLIENT_PREFIX, type Device } from '../contracts/device.ts';
import type { Admission, AdmissionRequest } from '../ports.ts';

/**
 * May a device have the certificate that it asks for?
 *
 * - `registered`: once, over a connection with a claim certificate. Not over another device's connection, or one plant
 *   could take the place of another.
 * - `provisioned`: the same certificate again (the answer to the first request was lost), or a new one over a connection
 *   with the certificate that it replaces. A replacement that was broken off can be asked for again with the certificate
 *   that it was to replace, for as long as that one still opens a connection.
 * - `revoked`, or not on the list: never.
 *
 * An admission with another certificate than `device` has is to be kept before it is told to anybody.
 */
export const admission = (device: Device | undefined, request: AdmissionRequest): Admission => {
  if (!device) return { admitted: false, reason: 'not-registered' };
  const { certificateId, claimCertificateId, clientId, at } = request;
  const byClaim = clientId.startsWith(CLAIM_CLIENT_PREFIX);
  switch (device.state) {
    case 'revoked':
      return { admitted: false, reason: 'revoked' };
    case 'registered':
      if (!byClaim) return { admitted: false, reason: 'not-its-own-certificate' };
      return { admitted: true, device: { ...device, state: 'provisioned', certificateId, provisionedAt: at } };
    case 'provisioned': {
      if (device.certificateId === certificateId) return { admitted: true, device };
      if (byClaim) return { admitted: false, reason: 'already-provisioned' };
      const replaced = [device.certificateId, device.replacedCertificateId].find((id) => id === claimCertificateId);
      if (replaced === undefined || clientId !== device.thing)
        return { admitted: false, reason: 'not-its-own-certificate' };
      return {
        admitted: true,
        device: { ...device, certificateId, replacedCertificateId: replaced, provisionedAt: at },
      };
    }
  }
};
