import type { Params } from './router.ts';

/** One page of the console. */
export interface Page {
  /** For the title of the window and for the screen reader. */
  readonly title: (params: Params) => string;
  /**
   * Fills the empty container and keeps it up to date (`poll`) until the signal says that another page is shown.
   * What it throws is shown in its place.
   */
  readonly show: (container: HTMLElement, params: Params, signal: AbortSignal) => void | Promise<void>;
}

/** Pages by their path; `:name` stands for one part, `/facilities/:facility`. */
export type Routes = Readonly<Record<string, Page>>;
