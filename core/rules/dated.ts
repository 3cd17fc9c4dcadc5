/** Something that holds from a moment on, until the next version begins. */
export interface Dated {
  /** ISO date or UTC minute, inclusive; all versions of one thing use the same form. */
  readonly effectiveFrom: string;
}

/**
 * The version in force: the one with the latest beginning not after `on`; undefined before the first one.
 * ISO texts of one form order as their times do, so they are compared as texts.
 * @example inForce([{ effectiveFrom: '2019-01-01', value: '0.2' }, { effectiveFrom: '2025-07-01', value: '0.15' }], '2025-06-30')?.value // '0.2'
 */
export const inForce = <V extends Dated>(versions: readonly V[], on: string): V | undefined => {
  let found: V | undefined;
  for (const version of versions)
    if (version.effectiveFrom <= on && (found === undefined || version.effectiveFrom >= found.effectiveFrom))
      found = version;
  return found;
};
