/** Whether what the page shows is of now. Each poll of the page says how it went; the shell shows the sum of it. */
export interface Freshness {
  /** When the oldest of the page's figures was last confirmed, in ms; undefined: none was yet. */
  readonly updated: number | undefined;
  /** Why the connection counts as lost, and of when the oldest figure is; undefined: it is not. */
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
  readonly signal: AbortSignal;
  updated: number | undefined;
  lost: string | undefined;
  refused: string | undefined;
}

const states = new Set<State>();
const listeners = new Set<() => void>();
/** Of when the oldest figure was as the connection was lost: it stays until all polls have been heard again. */
let lostSince: number | undefined;
const oldest = (): number | undefined => {
  const updated = [...states].flatMap((state) => state.updated ?? []);
  return updated.length > 0 ? Math.min(...updated) : undefined;
};
const changed = () => {
  if (![...states].some(({ lost }) => lost !== undefined)) lostSince = undefined;
  for (const listener of listeners) listener();
};

const watch = (signal: AbortSignal): Watch => {
  const state: State = { signal, updated: undefined, lost: undefined, refused: undefined };
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
      lostSince ??= oldest() ?? Date.now();
      state.lost = message;
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
  const message = all.find(({ lost }) => lost !== undefined)?.lost;
  return {
    updated: oldest(),
    lost: message === undefined || lostSince === undefined ? undefined : { since: lostSince, message },
    refused: all.find(({ refused }) => refused !== undefined)?.refused,
  };
};

export const connection = {
  watch,
  freshness,
  /** What a poll with this signal was refused with. */
  refusalOf: (signal: AbortSignal): string | undefined =>
    [...states].find((state) => state.signal === signal && state.refused !== undefined)?.refused,
  /** Called after each change, until the signal. */
  onChange(listener: () => void, signal?: AbortSignal): void {
    listeners.add(listener);
    signal?.addEventListener('abort', () => listeners.delete(listener));
  },
};
