import { textOfMinute } from '#core/time';
import { StorageFull } from './buffer/entry-store.ts';
import { inFlight } from './in-flight.ts';
import type { FacilityMinutes } from './message/facility-minutes.ts';
import type { Run } from './run.ts';

/** Appends that may wait for the disk together: they share a flush. */
const APPENDS_IN_FLIGHT = 32;
/** While the disk is full, memory holds as many blocks of a source that cannot wait: four hours of single minutes. */
const HELD_BLOCKS = 240;
const RETRY_MS = 5000;

/** Minutes on their way into the buffer, in order, over a disk that may be full for a while. */
interface Intake {
  keep(block: FacilityMinutes): Promise<void>;
  /** Resolves when everything given so far is in the buffer, or the run is stopped. */
  settled(): Promise<void>;
  /** Resolves at the end of the run: what still is not kept then is reported. */
  finish(): Promise<void>;
}

const intakeOf = ({ facility, source, buffer, tally, report, clock, stop, kept, room }: Run): Intake => {
  const appends = inFlight(APPENDS_IN_FLIGHT);
  /** What the disk had no room for, in order. */
  const held: FacilityMinutes[] = [];
  let retrying: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;
  const throwFailure = () => {
    if (failure) throw failure.error;
  };

  const append = async (block: FacilityMinutes) => {
    await buffer.append(source.key, block);
    tally.produced(block);
    kept.ring();
  };
  const lost = ({ start, minutes }: FacilityMinutes, reason: string) => {
    tally.notKept(minutes);
    report({ event: 'not-kept', facility, minute: textOfMinute(start), minutes, reason });
  };
  const hold = (block: FacilityMinutes, reason: string) => {
    if (source.cannotWait && held.length >= HELD_BLOCKS) lost(block, reason);
    else held.push(block);
    retrying ??= retry(reason).catch((error: unknown) => {
      failure ??= { error };
    });
  };
  const retry = async (reason: string) => {
    report({ event: 'buffer-full', facility, reason });
    // Appends that were behind the first one fail as well, and have to be tried again behind it.
    await appends.drained();
    held.sort((a, b) => a.start - b.start);
    while (held.length > 0 && !stop.aborted) {
      await room.heardWithin(RETRY_MS, clock);
      await appendHeld();
    }
    // In one step with the look at what is held, or a block that comes between would wait for nobody.
    retrying = undefined;
    if (held.length === 0) report({ event: 'buffer-has-room', facility });
  };
  /** Keeps of the held ones what the disk takes. */
  const appendHeld = async () => {
    await buffer.catchUp();
    try {
      for (let block = held[0]; block; block = held[0]) {
        await append(block);
        held.shift();
      }
    } catch (error) {
      if (!(error instanceof StorageFull)) throw error;
    }
  };

  return {
    async keep(block) {
      throwFailure();
      if (retrying) return hold(block, 'the disk is full');
      await appends.add(() =>
        append(block).catch((error: unknown) => {
          if (!(error instanceof StorageFull)) throw error;
          hold(block, error.message);
        }),
      );
    },
    async settled() {
      await retrying;
      throwFailure();
    },
    async finish() {
      await appends.drained();
      await retrying;
      throwFailure();
      // A source that can wait gives the rest again to the next run.
      if (held.length === 0 || !source.cannotWait) return;
      await appendHeld();
      for (const block of held) lost(block, 'the disk is full');
    },
  };
};

/** Lets the source wait until minutes have left a buffer that is full. */
const roomInBuffer = async ({ facility, buffer, report, stop, room }: Run): Promise<void> => {
  if (buffer.hasRoom()) return;
  report({ event: 'buffer-full', facility, reason: 'the configured size is reached' });
  while (!buffer.hasRoom() && !stop.aborted) await room.heard();
  if (!stop.aborted) report({ event: 'buffer-has-room', facility });
};

/** From the source into the buffer. */
export const fill = async (run: Run): Promise<void> => {
  const { source, buffer, stop, ended, kept } = run;
  const intake = intakeOf(run);
  for await (const block of source.minutes(buffer.resumeAt(source.key), stop)) {
    if (!source.cannotWait) {
      await intake.settled();
      await roomInBuffer(run);
      // The source gives the block again to the next run.
      if (stop.aborted) break;
    }
    await intake.keep(block);
  }
  await intake.finish();
  ended.abort();
  kept.ring();
};
