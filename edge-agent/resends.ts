import { type AgentReport, type ResendCommand, resendCommand } from '#core/contracts/agent-report';
import { minuteOfText } from '#core/time';
import { StorageFull } from './buffer/entry-store.ts';
import type { MinuteBuffer } from './buffer/minute-buffer.ts';
import type { Report } from './events.ts';
import type { Outgoing } from './outgoing.ts';

/** Commands that may wait; the cloud asks again for what it misses. */
const WAITING_COMMANDS = 16;
/** The contract's length of `answered`. */
const REMEMBERED = 16;
const NOTE = 'resends';

type Answered = AgentReport['answered'];

/** The cloud's commands to send minutes again, one after another. Both survive a restart: open ones and answers. */
export interface Resends {
  /** Takes a command in, as it came. The same one again changes nothing. */
  receive(payload: string): Promise<void>;
  /** The next message of the oldest open command, while there is one. */
  next(): Outgoing | undefined;
  /** Is a command open? */
  busy(): boolean;
  answered(): Answered;
}

interface Parts {
  readonly facility: string;
  readonly buffer: MinuteBuffer;
  readonly report: Report;
  /** Called when there may be a message, or an answer. */
  readonly changed: () => void;
}

interface Progress {
  /** First minute to look for. */
  at: number;
  found: number;
  unanswered: number;
  lookedThrough: boolean;
}

/**
 * A command is answered when everything that the buffer has of its range is acknowledged again. Minutes of the range
 * that still wait count as found: they are on their way anyhow.
 */
export const resendsOf = ({ facility, buffer, report, changed }: Parts): Resends => {
  const noted = JSON.parse(buffer.note(NOTE) ?? '{"open":[],"answered":[]}') as {
    open: ResendCommand[];
    answered: Answered;
  };
  let { open, answered } = noted;
  let progress: Progress | undefined;

  const remember = async () => {
    try {
      await buffer.setNote(NOTE, JSON.stringify({ open, answered }));
    } catch (error) {
      // Then it holds until the next restart only, and the cloud asks again.
      if (!(error instanceof StorageFull)) throw error;
    }
  };
  const begun = ({ from, until }: ResendCommand): Progress => ({
    at: minuteOfText(from),
    found: buffer.waitingWithin(minuteOfText(from), minuteOfText(until)),
    unanswered: 0,
    lookedThrough: false,
  });
  const finish = async ({ id, from, until }: ResendCommand, found: number) => {
    // A minute that was waiting and got acknowledged meanwhile was found twice.
    const minutes = Math.min(found, minuteOfText(until) - minuteOfText(from));
    open = open.filter((command) => command.id !== id);
    answered = [...answered, { command: id, minutes }].slice(-REMEMBERED);
    progress = undefined;
    await remember();
    report({ event: 'resent', facility, command: id, minutes });
    changed();
  };
  const refuse = (reason: string) => report({ event: 'command-refused', facility, reason });

  return {
    async receive(payload) {
      const command = readCommand(payload);
      if (typeof command === 'string') return refuse(command);
      if ([...open.map(({ id }) => id), ...answered.map((answer) => answer.command)].includes(command.id)) return;
      if (open.length >= WAITING_COMMANDS)
        return refuse(`resend ${command.id}: ${WAITING_COMMANDS} commands are waiting already`);
      open = [...open, command];
      await remember();
      changed();
    },
    next() {
      const [command] = open;
      if (!command) return undefined;
      progress ??= begun(command);
      const current = progress;
      const done = async () => {
        current.unanswered--;
        if (current.lookedThrough && current.unanswered === 0) await finish(command, current.found);
      };
      for (const message of buffer.kept(current.at, minuteOfText(command.until))) {
        current.at = message.start + message.minutes;
        current.found += message.minutes;
        current.unanswered++;
        return { ...message, acknowledge: done, setAside: done };
      }
      if (current.lookedThrough) return undefined;
      current.lookedThrough = true;
      if (current.unanswered === 0) void finish(command, current.found);
      return undefined;
    },
    busy: () => open.length > 0,
    answered: () => answered,
  };
};

/** The command, or what is wrong with it. */
const readCommand = (payload: string): ResendCommand | string => {
  let json: unknown;
  try {
    json = JSON.parse(payload);
  } catch (error) {
    return `a command that is not JSON: ${error instanceof Error ? error.message : error}`;
  }
  const parsed = resendCommand.safeParse(json);
  if (!parsed.success)
    return `a command that cannot be read: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`;
  const { id, from, until } = parsed.data;
  return from < until ? parsed.data : `resend ${id}: expected until after from, got ${from} to ${until}`;
};
