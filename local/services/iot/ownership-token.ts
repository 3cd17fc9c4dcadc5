import { createHmac, timingSafeEqual } from 'node:crypto';

const HOUR = 3_600_000;

/** Proves for an hour that whoever holds it had a certificate made. Sealed, so that it outlives a restart. */
export interface OwnershipTokens {
  issue(certificateId: string): string;
  /** The certificate; undefined for a token that is none of ours, or older than an hour. */
  certificateOf(token: string): string | undefined;
}

export const ownershipTokens = (secret: string, now: () => number): OwnershipTokens => {
  const seal = (text: string) => createHmac('sha256', secret).update(`certificate ownership ${text}`).digest();
  return {
    issue: (certificateId) => {
      const text = `${certificateId}.${now() + HOUR}`;
      return `${text}.${seal(text).toString('hex')}`;
    },
    certificateOf: (token) => {
      const [, text, sealed] = /^([0-9a-f]{64}\.\d+)\.([0-9a-f]{64})$/.exec(token) ?? [];
      if (text === undefined || !timingSafeEqual(seal(text), Buffer.from(sealed!, 'hex'))) return undefined;
      const [certificateId, until] = text.split('.');
      return now() < Number(until) ? certificateId : undefined;
    },
  };
};

export const TOKEN_LIFETIME_MS = HOUR;
