/** What became of one message. */
export type PublishOutcome =
  | { readonly kind: 'acknowledged' }
  /** `final`: the same bytes will be refused whenever they are sent. */
  | { readonly kind: 'refused'; readonly code: number | null; readonly reason: string; readonly final: boolean };

/** The way to the cloud for one facility. */
export interface Uplink {
  /** Connects, and goes on trying until it is stopped. */
  start(): void;
  /** Resolves when the cloud has answered, however long the connection is away. Rejects when it was not sent. */
  publish(body: Uint8Array): Promise<PublishOutcome>;
  /** Disconnects. Publishes that still wait for an answer reject. */
  stop(): Promise<void>;
}

const SUCCESS = 0x00;
/** Basic Ingest has no subscribers: the rule took the message, and so this is success. */
const NO_MATCHING_SUBSCRIBERS = 0x10;
const PACKET_TOO_LARGE = 0x95;
const PAYLOAD_FORMAT_INVALID = 0x99;

/** Reads the reason code of a PUBACK (MQTT 5, section 3.4.2.1). */
export const outcomeOf = (code: number, reason: string): PublishOutcome =>
  code === SUCCESS || code === NO_MATCHING_SUBSCRIBERS
    ? { kind: 'acknowledged' }
    : { kind: 'refused', code, reason, final: code === PACKET_TOO_LARGE || code === PAYLOAD_FORMAT_INVALID };
