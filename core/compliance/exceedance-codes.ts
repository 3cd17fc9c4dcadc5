/** Causes of excess emissions, in the words of the summary report of 40 CFR 60.7(d). */
export const REASON_CODES = {
  'startup-shutdown': 'start-up or shut-down',
  'control-equipment': 'control equipment problems',
  process: 'process problems',
  'other-known': 'other known causes',
  unknown: 'unknown causes',
} as const;
export type ReasonCode = keyof typeof REASON_CODES;

/** What was done about it. */
export const ACTION_CODES = {
  'load-reduced': 'load reduced',
  'control-adjusted': 'control equipment adjusted',
  repaired: 'equipment repaired',
  'fuel-changed': 'fuel changed',
  'unit-stopped': 'unit stopped',
  none: 'no action needed',
} as const;
export type ActionCode = keyof typeof ACTION_CODES;
