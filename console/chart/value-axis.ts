const decimalsOf = (value: number): number => {
  const text = Number(value.toPrecision(10)).toString();
  const [digits = '', power = '0'] = text.split('e');
  return Math.max(0, (digits.split('.')[1]?.length ?? 0) - Number(power));
};

/** Marks of a value axis with as many decimals as they need, all alike; below zero is only room for marks of hours. */
export const valueLabels = (marks: readonly number[]): string[] => {
  const decimals = Math.max(0, ...marks.map(decimalsOf));
  return marks.map((mark) =>
    mark < 0
      ? ''
      : mark === 0
        ? '0'
        : mark.toLocaleString('en-US', { minimumFractionDigits: decimals, maximumFractionDigits: decimals }),
  );
};
