import type { AgentReport } from '#core/contracts/agent-report';
import type { Identity } from '../certificate/identity.ts';

/** The cloud has answered "no". Any other error of a request means that no answer came. */
export class CloudRefusal extends Error {
  override readonly name = 'CloudRefusal';
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

export interface Job {
  readonly id: string;
  readonly document: unknown;
}

export interface Credentials {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** What the cloud and the agent say to each other besides minutes. Requests reject when no answer comes in time. */
export interface Control {
  isConnected(): boolean;
  /** Called at every connection, and each time the next job may be another one. */
  onConnected(listener: () => void): void;
  onJobs(listener: () => void): void;
  /** Commands to this agent, as they come. */
  onCommand(listener: (payload: string) => void): void;
  report(state: AgentReport): Promise<void>;
  /** Starts the next job that waits, or gives the one that was started before and has no end. */
  nextJob(): Promise<Job | undefined>;
  updateJob(id: string, status: 'IN_PROGRESS' | 'SUCCEEDED' | 'FAILED' | 'REJECTED', reason?: string): Promise<void>;
  readonly identity: Identity;
  /**
   * Goes on over a new connection with other credentials, once `proof` has passed on it. Minutes wait meanwhile.
   * @throws the reason when it stays with the old ones
   */
  reconnectWith(credentials: Credentials, proof: () => Promise<void>): Promise<void>;
}
