/** Whether what the page shows is of now. Each poll of the page says how it went; the shell shows the sum of it. */
export interface Freshness {
  /** When the oldest of the page's figures was last confirmed, in ms; undefined: none was yet. */
  readonly updated: number | undefined;
  /** Why the connection counts as lost, and since when; undefined: it is not. */
  readonly lost: { readonly since: number; readonly message: string } | undefined;
  /** What a request of the page was refused with. */
  readonly refused: string | undefined;
}

interface Watch {
  heard(): void;
  lost(error: Error): void;
  refused(error: unknown): void;
}

interface State {
  updated: number | undefined;
  lost: { since: number; message: string } | undefined;
  refused: string | undefined;
}

const states = new Set<State>();
const listeners = new Set<() => void>();
const changed = () => {
  for (const listener of listeners) listener();
};

const watch = (signal: AbortSignal): Watch => {
  const state: State = { updated: undefined, lost: undefined, refused: undefined };
  states.add(state);
  signal.addEventListener('abort', () => {
    states.delete(state);
    changed();
  });
  return {
    heard() {
      Object.assign(state, { updated: Date.now(), lost: undefined, refused: undefined });
      changed();
    },
    lost({ message }) {
      state.lost = { since: state.lost?.since ?? state.updated ?? Date.now(), message };
      changed();
    },
    refused(error) {
      state.refused = error instanceof Error ? error.message : String(error);
      // What is not the API's word is a fault of the console: it belongs into the log of the browser too.
      if (!(error instanceof Error && error.name === 'ApiProblem')) console.error(error);
      changed();
    },
  };
};

const freshness = (): Freshness => {
  const all = [...states];
  const updated = all.flatMap((state) => state.updated ?? []);
  const lost = all.flatMap((state) => state.lost ?? []).sort((a, b) => a.since - b.since);
  return {
    updated: updated.length > 0 ? Math.min(...updated) : undefined,
    lost: lost[0],
    refused: all.find(({ refused }) => refused !== undefined)?.refused,
  };
};

export const connection = {
  watch,
  freshness,
  /** Called after each change. */
  onChange(listener: () => void): void {
    listeners.add(listener);
  },
};
