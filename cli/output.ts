/** Lines of at most this many characters fit a terminal, a mail and a printed page. */
const COLUMNS = 80;

/** What a terminal obeys instead of showing it, and what turns the order of text around. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/**
 * Text as one line that can be shown: plants and files decide what is in names and messages, and must not write to the
 * terminal of whoever looks at them. The escapes are those of JSON.
 */
const printable = (text: string): string =>
  text.replaceAll(UNPRINTABLE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Words on as many lines as they need; a word longer than a line stays whole, so that it can be copied. */
export const wrapped = (text: string, width = COLUMNS, indent = ''): string[] => {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of printable(paragraph).split(' ')) {
      const room = width - (lines.length > 0 ? indent.length : 0);
      if (line !== '' && line.length + 1 + word.length > room) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.map((line, i) => (i === 0 ? line : indent + line));
};

/** Columns as wide as what is in them; the last takes the room that is left, on several lines if it must. */
export const table = (heading: readonly string[], rows: readonly (readonly string[])[]): string[] => {
  const all = [heading, ...rows].map((row) => row.map(printable));
  const widths = heading.slice(0, -1).map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const left = widths.reduce((sum, width) => sum + width + 2, 0);
  return all.flatMap((row) => {
    const cells = row.slice(0, -1).map((cell, column) => cell.padEnd(widths[column]! + 2));
    const [first = '', ...more] = wrapped(row.at(-1)!, Math.max(COLUMNS - left, 24));
    return [(cells.join('') + first).trimEnd(), ...more.map((line) => ' '.repeat(left) + line)];
  });
};

/** Names and values, one pair a line. */
export const facts = (pairs: readonly (readonly [name: string, value: string])[]): string[] => {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 2;
  return pairs.flatMap(([name, value]) => {
    const [first = '', ...more] = wrapped(printable(value), COLUMNS - width);
    return [`${name.padEnd(width)}${first}`.trimEnd(), ...more.map((line) => ' '.repeat(width) + line)];
  });
};

/** The answer of a command goes to standard output, what it says meanwhile to standard error. */
export interface Output {
  /** The answer, for people or, with --json, for programs; once a command. */
  answer(lines: readonly string[], json: unknown): void;
  /** A line about what is going on; not with --json. */
  note(text: string): void;
  /** How far it is: overwritten by the next on a terminal, a line now and then elsewhere. */
  progress(text: string): void;
}

const PROGRESS_EVERY_MS = 5000;

export const output = (
  json: boolean,
  { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'> = process,
  now: () => number = Date.now,
): Output => {
  let shown = 0;
  let last = now();
  const clear = () => {
    if (shown > 0) stderr.write(`\r${' '.repeat(shown)}\r`);
    shown = 0;
  };
  return {
    answer: (lines, value) => {
      clear();
      const written = json ? [JSON.stringify(value)] : lines;
      stdout.write(written.map((line) => `${printable(line)}\n`).join(''));
    },
    note: (text) => {
      clear();
      if (!json) for (const line of wrapped(text)) stderr.write(`${line}\n`);
    },
    progress: (given) => {
      if (json) return;
      const text = printable(given);
      if (stderr.isTTY) {
        clear();
        const line = text.slice(0, COLUMNS - 1);
        stderr.write(line);
        shown = line.length;
      } else if (now() - last >= PROGRESS_EVERY_MS) {
        stderr.write(`${text}\n`);
        last = now();
      }
    },
  };
};
