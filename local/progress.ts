export interface Progress {
  /** True on a terminal, where showing more often only renews the same line. */
  readonly live: boolean;
  /** Shows how far the work is; `total` may be unknown. */
  show(done: number, total: number | undefined, note: string): void;
  /** Ends the bar, so that other lines can follow. */
  clear(): void;
}

const BAR = 24;
const PLAIN_EVERY_MS = 5000;

/** A bar that stays on its line on a terminal; elsewhere a plain line now and then. */
export const progress = (
  out: { readonly isTTY?: boolean; write(text: string): unknown },
  now: () => number = () => performance.now(),
): Progress => {
  let last = Number.NEGATIVE_INFINITY;
  let open = false;
  return {
    live: out.isTTY ?? false,
    show: (done, total, note) => {
      const share = total ? Math.min(1, done / total) : undefined;
      const percent = share === undefined ? '' : `${Math.floor(share * 100)} %`.padStart(5);
      if (out.isTTY) {
        const filled = Math.round((share ?? 0) * BAR);
        const bar = share === undefined ? '' : `[${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}] `;
        out.write(`\r\u001b[K${`  ${bar}${percent} ${note}`.slice(0, 79)}`);
        open = true;
      } else if (done > 0 && now() - last >= PLAIN_EVERY_MS) {
        last = now();
        out.write(`           ${percent} ${note}\n`);
      }
    },
    clear: () => {
      if (open) out.write('\r\u001b[K');
      open = false;
    },
  };
};
