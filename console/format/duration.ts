/** A length of time in at most two units. @example durationText(160) // '2 h 40 min' */
export const durationText = (minutes: number): string => {
  const whole = Math.max(0, Math.round(minutes));
  if (whole < 60) return `${whole} min`;
  const [hours, rest] = [Math.floor(whole / 60), whole % 60];
  if (hours < 48) return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
  const [days, left] = [Math.floor(hours / 24), hours % 24];
  if (days >= 1000) return `${days.toLocaleString('en')} d`;
  return left === 0 ? `${days} d` : `${days} d ${left} h`;
};

/** How long ago something was, to the second under a minute. @example ageText(3_000) // '3 s ago' */
export const ageText = (ms: number): string => {
  if (ms < 1000) return 'just now';
  const seconds = Math.floor(ms / 1000);
  return seconds < 60 ? `${seconds} s ago` : `${durationText(Math.floor(seconds / 60))} ago`;
};
