/** Where a rule stands: enough for an inspector to open the paragraph. */
export type LegalSource = `40 CFR ${string}`;

export interface Citation {
  /** The equation's code as monitoring plans and reports write it. */
  readonly equation: string;
  readonly source: LegalSource;
  /** What the equation gives, in a few words. */
  readonly title: string;
}

/**
 * Names the paragraph of law that a function implements.
 * @example cite('F-1', '40 CFR Part 75, App. F, section 2.1', 'SO2 mass rate, wet basis')
 */
export const cite = <const E extends string>(equation: E, source: LegalSource, title: string) =>
  ({ equation, source, title }) satisfies Citation;
