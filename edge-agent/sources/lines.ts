import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';

/** Most a zip may unpack to; a year of one state is 60 MB. */
const MAX_UNZIPPED_BYTES = 512 * 1024 * 1024;

export interface Line {
  /** `FILE`, or `FILE!NAME` for a file within a zip. */
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

const isZip = async (file: string): Promise<boolean> => {
  const handle = await open(file);
  try {
    if ((await handle.stat()).isDirectory()) throw new Error('it is a folder; give its files');
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.readUInt32LE(0) === 0x04034b50;
  } finally {
    await handle.close();
  }
};

async function* linesOf(file: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Line> {
  const decoder = new TextDecoder();
  let rest = '';
  let number = 0;
  const line = (text: string): Line => ({
    file,
    number: ++number,
    text: text.endsWith('\r') ? text.slice(0, -1) : text,
  });
  for await (const chunk of chunks) {
    const text = rest + decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      yield line(text.slice(from, to));
      from = to + 1;
    }
    rest = text.slice(from);
  }
  rest += decoder.decode();
  if (rest) yield line(rest);
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

/**
 * The lines of a text file, or of every .csv and .txt file in a zip.
 * @throws Error when the file cannot be read, or the zip holds no such file or is larger than 512 MB unpacked
 */
export async function* readLines(file: string): AsyncGenerator<Line> {
  if (!(await isZip(file))) {
    yield* linesOf(file, createReadStream(file));
    return;
  }
  let size = 0;
  const entries = Object.entries(
    unzipSync(await readFile(file), {
      filter: ({ name, originalSize }) => {
        if (!/\.(csv|txt)$/i.test(name)) return false;
        size += originalSize;
        if (size > MAX_UNZIPPED_BYTES)
          throw new RangeError(`unpacks to more than ${MAX_UNZIPPED_BYTES} bytes; give the unpacked files instead`);
        return true;
      },
    }),
  );
  if (entries.length === 0) throw new Error('the zip holds no .csv or .txt file');
  for (const [name, bytes] of entries) yield* linesOf(`${file}!${name}`, pieces(bytes));
}
