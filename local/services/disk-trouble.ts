/**
 * For what is written beside the work (logs, states that are made anew): that it cannot be written is said, and does not
 * end the work.
 */
export interface DiskTrouble {
  /** Does it. False when it failed, which is said once until it works again. */
  attempt(write: () => void): boolean;
}

export const diskTrouble = (what: string, say: (line: string) => void): DiskTrouble => {
  let said = false;
  return {
    attempt: (write) => {
      try {
        write();
        said = false;
        return true;
      } catch (error) {
        if (!said) say(`${what} cannot be written, and what happens meanwhile is not in it: ${reasonOf(error)}`);
        said = true;
        return false;
      }
    },
  };
};

const reasonOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code === 'ENOSPC'
    ? 'the disk is full; make room, and it goes on by itself'
    : (error as Error).message;
