/** What the agent says on standard output, one line of JSON each. */
export type AgentEvent =
  | {
      readonly event: 'started';
      readonly facility: string;
      readonly thing: string;
      /** Where the source goes on, UTC; left out at its beginning. */
      readonly resumeAt?: string;
      readonly totalMinutes?: number;
    }
  | { readonly event: 'connected'; readonly facility: string }
  | { readonly event: 'disconnected'; readonly facility: string; readonly reason: string }
  | ({ readonly event: 'progress' | 'stopped' | 'done'; readonly facility: string } & Progress)
  | { readonly event: 'buffer-full'; readonly facility: string; readonly reason: string }
  | { readonly event: 'buffer-has-room'; readonly facility: string }
  | {
      /** Minutes of a source that cannot wait, for which there was no room: they are lost. */
      readonly event: 'not-kept';
      readonly facility: string;
      readonly minute: string;
      readonly minutes: number;
      readonly reason: string;
    }
  | {
      /** A command to send minutes again is done; so many were there. */
      readonly event: 'resent';
      readonly facility: string;
      readonly command: string;
      readonly minutes: number;
    }
  | { readonly event: 'command-refused'; readonly facility: string; readonly reason: string }
  | {
      readonly event: 'job';
      readonly facility: string;
      readonly job: string;
      readonly status: 'SUCCEEDED' | 'FAILED' | 'REJECTED';
      readonly reason?: string;
    }
  | {
      /** Asked again later. */
      readonly event: 'unanswered';
      readonly facility: string;
      readonly request: 'report' | 'jobs';
      readonly reason: string;
    }
  | {
      readonly event: 'provisioned' | 'already-provisioned';
      readonly facility: string;
      readonly thing: string;
      readonly serialNumber: string;
      readonly certificateFile: string;
      /** What to do when that is not what was wanted. */
      readonly hint?: string;
    }
  | {
      /** `refused` is sent again; `set-aside` stays in the buffer and is not. */
      readonly event: 'refused' | 'set-aside';
      readonly facility: string;
      /** First minute of the message, UTC. */
      readonly minute: string;
      /** MQTT reason code of the acknowledgement; null when there was none. */
      readonly code: number | null;
      readonly reason: string;
    }
  | { readonly event: 'unreadable'; readonly file: string; readonly line: number; readonly reason: string }
  | { readonly event: 'skipped'; readonly facility: string; readonly hours: number; readonly reason: string }
  | { readonly event: 'failed'; readonly facility: string | null; readonly reason: string };

/** Minutes are minutes of the facility, whatever number of sources they hold. */
export interface Progress {
  readonly producedMinutes: number;
  readonly acknowledgedMinutes: number;
  readonly setAsideMinutes: number;
  /** Lost on a full disk in this run; left out while there are none. */
  readonly notKeptMinutes?: number;
  /** Known for sources that end. */
  readonly totalMinutes?: number;
  /** Readings produced in this run, whatever their status. */
  readonly samples: number;
}

export type Report = (event: AgentEvent) => void;
