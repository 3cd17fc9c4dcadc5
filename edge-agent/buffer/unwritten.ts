import { StorageFull } from './entry-store.ts';

/** Writes for which the disk had no room, until it has. */
export interface Unwritten {
  /** Does it, or keeps it for later when the disk is full. */
  orLater(work: () => Promise<void>): Promise<void>;
  /** Does what was kept, in order, as far as there is room. */
  catchUp(): Promise<void>;
}

export const unwritten = (): Unwritten => {
  const works: (() => Promise<void>)[] = [];
  return {
    async orLater(work) {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof StorageFull)) throw error;
        works.push(work);
      }
    },
    async catchUp() {
      for (let work = works.shift(); work; work = works.shift()) {
        try {
          await work();
        } catch (error) {
          works.unshift(work);
          if (!(error instanceof StorageFull)) throw error;
          return;
        }
      }
    },
  };
};
