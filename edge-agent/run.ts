import type { Bell } from './bell.ts';
import type { MinuteBuffer } from './buffer/minute-buffer.ts';
import type { Trouble } from './chaos.ts';
import type { Clock } from './clock.ts';
import type { Report } from './events.ts';
import type { Resends } from './resends.ts';
import type { Source } from './sources/source.ts';
import type { Tally } from './tally.ts';
import type { Control } from './uplink/control.ts';
import type { Uplink } from './uplink/uplink.ts';

export interface AgentParts {
  readonly facility: string;
  readonly thing: string;
  readonly source: Source;
  readonly buffer: MinuteBuffer;
  readonly uplink: Uplink;
  readonly clock: Clock;
  readonly report: Report;
  readonly chaos?: Trouble | undefined;
  /** What else is said between the cloud and the agent; left out: only minutes are sent. */
  readonly control?: Control | undefined;
  /** Fetches a new certificate for a job; throws the reason when it stays with the old one. */
  readonly rotate?: ((job: string) => Promise<void>) | undefined;
  /** Goes on listening to the cloud after the source has ended. */
  readonly stays?: boolean | undefined;
}

/** What the loops of one run share. */
export interface Run extends AgentParts {
  readonly tally: Tally;
  readonly resends: Resends;
  /** Aborted by a signal, or by the failure of one loop. */
  readonly stop: AbortSignal;
  /** Aborted when the source has ended and all its minutes are kept. */
  readonly ended: AbortController;
  /** Rung when the sending loop has something to look at. */
  readonly kept: Bell;
  /** Rung when minutes have left the buffer. */
  readonly room: Bell;
}
