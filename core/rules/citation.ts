/** Where a rule stands: enough for an inspector to open the paragraph. */
export type LegalSource = `40 CFR ${string}`;

export interface Citation {
  /** The equation's code as monitoring plans and reports write it. */
  readonly equation: string;
  readonly source: LegalSource;
  /** What the equation gives, in a few words. */
  readonly title: string;
  /** The equation written out, in its own symbols. */
  readonly formula: string;
  /** Decimals to which its result is rounded, half away from zero. */
  readonly places: number;
}

/**
 * Names the paragraph of law that a function implements.
 * @example cite('F-1', '40 CFR Part 75, App. F, section 2.1', 'SO2 mass rate, wet basis', { formula: 'Eh = K × Ch × Qh', places: 1 })
 */
export const cite = <const E extends string>(
  equation: E,
  source: LegalSource,
  title: string,
  { formula, places }: Pick<Citation, 'formula' | 'places'>,
) => ({ equation, source, title, formula, places }) satisfies Citation;
