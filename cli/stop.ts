/** As a shell reports a program that Ctrl-C ended. */
const INTERRUPTED = 130;

const controller = new AbortController();
let waiting = false;

/**
 * What a command does is safe to interrupt at any point, so Ctrl-C ends it there; one that has asked for the signal ends
 * what it is at and stops by itself. A second Ctrl-C ends it at once.
 */
export const endOnInterrupt = (): void => {
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (waiting && !controller.signal.aborted) {
        controller.abort();
        return;
      }
      process.stderr.write('interrupted\n');
      process.exit(INTERRUPTED);
    });
};

/**
 * Whoever reads the answer may have seen enough (`| head`): it ends there, with the code it would have ended with. What
 * is said meanwhile may go unheard.
 */
export const endOnClosedPipe = (): void => {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (stream === process.stdout) process.exit();
    });
};

/** Aborted by Ctrl-C; whoever asks for it must look at it. */
export const stopSignal = (): AbortSignal => {
  waiting = true;
  return controller.signal;
};

/** What to say and which code to end with after a command has stopped by itself. */
export const reportInterrupted = (): void => {
  process.stderr.write('interrupted\n');
  process.exitCode = INTERRUPTED;
};
