import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { AwsError } from '../aws-json.ts';

export interface ObjectBody {
  readonly bytes: Buffer;
  /** Checksums that the client sent and that were found right: `crc32: 'NhCmhg=='`. */
  readonly checksums: Readonly<Record<string, string>>;
}

/**
 * The object in a PutObject request: `aws-chunked` framing taken off, every checksum that came with it verified.
 *
 * @throws `IncompleteBody`, `BadDigest`, `NotImplemented` (a checksum that is not computed here)
 */
export const readObject = (body: Buffer, headers: IncomingHttpHeaders): ObjectBody => {
  const chunked = String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-');
  const { bytes, trailers } = chunked ? unframe(body) : { bytes: body, trailers: {} };
  const promised = headers['x-amz-decoded-content-length'];
  if (promised !== undefined && Number(promised) !== bytes.length) {
    throw new AwsError('IncompleteBody', `the request promised ${promised} bytes and carries ${bytes.length}`);
  }
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== digest('md5', bytes)) throw badDigest('Content-MD5');
  const checksums: Record<string, string> = {};
  for (const [name, value] of Object.entries({ ...headers, ...trailers })) {
    const algorithm = /^x-amz-checksum-(?!algorithm|mode|type)(\w+)$/.exec(name)?.[1];
    if (algorithm === undefined) continue;
    if (checksum(algorithm, bytes) !== value) throw badDigest(name);
    checksums[algorithm] = String(value);
  }
  return { bytes, checksums };
};

/** Chunks are `SIZE[;chunk-signature=...]\r\nDATA\r\n`, size in hex; the chunk of size 0 is followed by trailers. */
const unframe = (body: Buffer): { bytes: Buffer; trailers: Readonly<Record<string, string>> } => {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, end), 16);
    if (end < 0 || !(size >= 0)) throw new AwsError('IncompleteBody', 'the aws-chunked body is cut off');
    const data = end + 2;
    if (size === 0) return { bytes: Buffer.concat(chunks), trailers: trailersIn(body.toString('latin1', data)) };
    if (data + size + 2 > body.length) throw new AwsError('IncompleteBody', 'the aws-chunked body is cut off');
    chunks.push(body.subarray(data, data + size));
    at = data + size + 2;
  }
};

const trailersIn = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );

const digest = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('base64');

const checksum = (algorithm: string, bytes: Buffer): string => {
  if (algorithm === 'sha1' || algorithm === 'sha256') return digest(algorithm, bytes);
  if (algorithm !== 'crc32') {
    throw new AwsError('NotImplemented', `checksum ${algorithm} is not computed here: use crc32, sha1 or sha256`, 501);
  }
  const four = Buffer.alloc(4);
  four.writeUInt32BE(crc32(bytes));
  return four.toString('base64');
};

const badDigest = (what: string) => new AwsError('BadDigest', `the ${what} you sent does not match what was received`);
