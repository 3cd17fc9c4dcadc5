/** Writes one after another, in the order in which they were asked for. */
export interface AppendQueue<T> {
  /** Resolves when the item is written; rejects, like all that wait behind it, when a write before it failed. */
  add(item: T): Promise<void>;
}

interface Waiting<T> {
  readonly item: T;
  resolve(): void;
  reject(error: unknown): void;
}

/** A write is one flush of the disk, whatever its size; larger ones would only make the first wait for the last. */
const ITEMS_A_WRITE = 64;

/**
 * What comes while a write goes on shares the next. After a failure nothing behind it is written: a gap, once written
 * over, would be lost with the process. `failed` gets all items of that failure before anybody hears of it.
 */
export const appendQueue = <T>(
  write: (items: readonly T[]) => Promise<void>,
  failed: (items: readonly T[]) => void,
): AppendQueue<T> => {
  let waiting: Waiting<T>[] = [];
  let writing = false;

  const run = async () => {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.splice(0, ITEMS_A_WRITE);
      try {
        await write(batch.map(({ item }) => item));
        for (const one of batch) one.resolve();
      } catch (error) {
        const all = [...batch, ...waiting];
        waiting = [];
        failed(all.map(({ item }) => item));
        for (const one of all) one.reject(error);
      }
    }
    writing = false;
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (!writing) void run();
      }),
  };
};
