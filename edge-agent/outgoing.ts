/** A message on its way: what to send, and what to do when the cloud has answered. */
export interface Outgoing {
  readonly start: number;
  readonly minutes: number;
  readonly body: Uint8Array;
  acknowledge(): Promise<void>;
  setAside(reason: string): Promise<void>;
}
