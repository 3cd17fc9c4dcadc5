/** Where a key leads to; undefined: the key is none of a chart. */
export const placeAfter = (key: string, at: number, count: number, stride: number): number | undefined => {
  const steps: Readonly<Record<string, number>> = {
    ArrowRight: 1,
    ArrowUp: 1,
    ArrowLeft: -1,
    ArrowDown: -1,
    PageDown: -stride,
    PageUp: stride,
    Home: -count,
    End: count,
  };
  const step = steps[key];
  return step === undefined ? undefined : Math.min(count - 1, Math.max(0, at + step));
};
