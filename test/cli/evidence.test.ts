import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject, verify as nodeVerify, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { kmsSigner } from '#adapters/kms-signer';
import { verifyCertificate } from '#cli/evidence/verify-certificate';
import type { ContinuityReport } from '#core/contracts/continuity-report';
import { type NoGapCertificate, type NoGapStatement, signedText } from '#core/evidence/certificate';
import { withLowS } from '#core/evidence/low-s';
import { openGuard } from '../../local/services/iam/guard.ts';
import { startKms } from '../../local/services/kms.ts';
import type { InvocationResult } from '../../local/services/lambda.ts';
import { startLambdaApi } from '../../local/services/lambda-api.ts';
import { FACILITIES, statement } from '../core/evidence/certificate.ts';
import { afterTest, temporaryFolder } from '../local/temporary.ts';

const keyOf = (der: Uint8Array): NoGapStatement['key'] => ({
  id: 'arn:key',
  algorithm: 'ECDSA_SHA_256',
  publicKey: Buffer.from(der).toString('base64'),
  fingerprint: createHash('sha256').update(der).digest('hex'),
});
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey, key: keyOf(publicKey.export({ type: 'spki', format: 'der' })) };
};
const signed = (given: NoGapStatement, privateKey: KeyObject): NoGapCertificate => ({
  statement: given,
  signature: base64(withLowS(sign('sha256', Buffer.from(signedText(given)), privateKey))),
});

describe('verifying a certificate', () => {
  const plant = newKey();
  const good = signed(statement(plant.key), plant.privateKey);
  const verify = (certificate: unknown, pinned?: KeyObject) => verifyCertificate(JSON.stringify(certificate), pinned);

  it('accepts what the key has signed, and says whether the key was known before', () => {
    expect(verify(good)).toMatchObject({ valid: true, pinned: false });
    expect(verify(good, plant.publicKey)).toMatchObject({ valid: true, pinned: true });
  });

  it('accepts it however the JSON is laid out', () => {
    const { signature, statement: said } = good;
    const turned = { signature, statement: Object.fromEntries(Object.entries(said).reverse()) };
    expect(verifyCertificate(JSON.stringify(turned, undefined, 4))).toMatchObject({ valid: true });
  });

  it.each([
    ['nothing', '', /not JSON/],
    ['another document', '{"v":1}', /not a no-gap certificate.*statement/],
    ['a certificate with something added', JSON.stringify({ ...good, note: 'x' }), /not a no-gap certificate/],
  ])('refuses %s', (_, text, reason) => {
    expect(verifyCertificate(text)).toMatchObject({ valid: false, reason: expect.stringMatching(reason) });
  });

  /** Every place of the statement where a value stands. */
  const places = (value: unknown, path: readonly string[] = []): (readonly string[])[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([name, item]) => places(item, [...path, name]))
      : [path];
  const other = (value: unknown): unknown => {
    if (typeof value === 'number') return value + 1;
    if (typeof value !== 'string') return 'A';
    if (/^\d{4}-/.test(value)) return value.replace('2026', '2025');
    return /^[0-9a-f]{64}$/.test(value) ? value.replace(/^./, value[0] === 'a' ? 'b' : 'a') : `${value}A`;
  };

  it.each(places(good.statement).map((path) => [path.join('.'), path] as const))(
    'notices that %s was changed',
    (_, path) => {
      const changed = structuredClone(good) as unknown as { statement: Record<string, unknown> };
      let at = changed.statement;
      for (const name of path.slice(0, -1)) at = at[name] as Record<string, unknown>;
      const last = path.at(-1)!;
      at[last] = other(at[last]);
      expect(verify(changed)).toMatchObject({ valid: false });
    },
  );

  it('notices another signature', () => {
    expect(verify({ ...good, signature: signed(statement(plant.key), newKey().privateKey).signature })).toMatchObject({
      valid: false,
      reason: 'the signature does not fit the statement: one of them was changed',
    });
  });

  it('refuses the twin of a signature, which anybody can compute', () => {
    const der = Buffer.from(good.signature, 'base64');
    const r = der.subarray(4, 4 + der[3]!);
    const s = BigInt(`0x${der.subarray(6 + der[3]!).toString('hex')}`);
    const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const twin = Buffer.from((n - s).toString(16).padStart(64, '0'), 'hex');
    const content = Buffer.concat([Buffer.from([2, r.length]), r, Buffer.from([2, twin.length + 1, 0]), twin]);
    const signature = Buffer.concat([Buffer.from([0x30, content.length]), content]);
    expect(nodeVerify('sha256', Buffer.from(signedText(good.statement)), plant.publicKey, signature)).toBe(true);
    expect(verify({ ...good, signature: base64(signature) })).toMatchObject({
      valid: false,
      reason: expect.stringContaining('not in the one form'),
    });
  });

  it.each([
    ['a key stands twice', (text: string) => text.replace('"v":1', '"v":2,"v":1')],
    ['a key stands twice, once in other letters', (text: string) => text.replace('"v":1', '"\\u0076":2,"v":1')],
    ['a number is written in another way', (text: string) => text.replace('"v":1', '"v":1.0')],
    ['a key hides from readers', (text: string) => text.replace('"v":1', '"v":1,"__proto__":{"expectedMinutes":9}')],
  ])('refuses a text of which %s', (_, change) => {
    const text = JSON.stringify(good);
    expect(change(text)).not.toBe(text);
    expect(verifyCertificate(change(text))).toMatchObject({ valid: false });
  });

  it('notices a forger who signs with a key of their own, but only when the real key is known', () => {
    const forger = newKey();
    const forged = signed(statement(forger.key), forger.privateKey);
    expect(verify(forged)).toMatchObject({ valid: true, pinned: false });
    expect(verify(forged, plant.publicKey)).toMatchObject({
      valid: false,
      reason: expect.stringContaining('another key'),
    });
  });

  it('refuses a contradiction even if it is signed', () => {
    const wrong = { ...statement(plant.key), expectedMinutes: 1 };
    expect(verify(signed(wrong, plant.privateKey))).toMatchObject({
      valid: false,
      reason: expect.stringContaining('contradicts itself: expectedMinutes'),
    });
  });

  it('refuses a key of another kind', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const key = keyOf(publicKey.export({ type: 'spki', format: 'der' }));
    expect(verify(signed(statement(key), plant.privateKey))).toMatchObject({
      valid: false,
      reason: expect.stringContaining('P-256'),
    });
  });
});

const KEY_ARN = 'arn:aws:kms:us-east-1:000000000000:key/evidence';
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:verify';

/** A local cloud of which only what these commands use is there: the real key service, and a function's answer. */
const cloud = async (answer: (key: NoGapStatement['key'], certify: Certify) => Promise<ContinuityReport | Error>) => {
  const dataDir = temporaryFolder();
  const signing = { arn: KEY_ARN, keyId: 'evidence', description: '', aliases: [], signs: true };
  const kms = await startKms({ dataDir: join(dataDir, 'kms'), keys: [signing], guard: openGuard });
  const client = new KMSClient({ endpoint: kms.endpoint, region: 'us-east-1', credentials: CREDENTIALS });
  const signer = kmsSigner(KEY_ARN, client);
  const certify: Certify = async (given) => ({
    statement: given,
    signature: base64(withLowS(await signer.sign(createHash('sha256').update(signedText(given)).digest()))),
  });
  const events: unknown[] = [];
  const api = await startLambdaApi({
    lambda: {
      invoke: async (_, event): Promise<InvocationResult> => {
        events.push(JSON.parse(event));
        const result = await answer(keyOf((await signer.publicKey()).der), certify);
        return result instanceof Error
          ? { outcome: 'failed', requestId: 'r', fault: { errorType: 'Error', errorMessage: result.message } }
          : { outcome: 'returned', requestId: 'r', text: JSON.stringify(result) };
      },
    },
    functionArns: [FUNCTION_ARN],
    guard: openGuard,
  });
  afterTest(async () => {
    client.destroy();
    await Promise.all([kms.stop(), api.stop()]);
  });
  writeFileSync(
    join(dataDir, 'cloud.json'),
    JSON.stringify({
      v: 1,
      pid: process.pid,
      region: 'us-east-1',
      accountId: '000000000000',
      endpoints: { KMS: kms.endpoint, LAMBDA: api.endpoint },
      iot: { host: '127.0.0.1', port: 1, caFile: '', claimCertificateFile: '', claimKeyFile: '' },
      outputs: {
        'EmissionWatch-Storage': { EvidenceKeyArn: KEY_ARN },
        'EmissionWatch-Processing': { VerifyContinuityFunctionArn: `${FUNCTION_ARN}:live` },
      },
      credentials: CREDENTIALS,
    }),
  );
  return { dataDir, events, file: (name: string) => join(dataDir, name) };
};
const CREDENTIALS = { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' };
type Certify = (given: NoGapStatement) => Promise<NoGapCertificate>;

const ew = async (...words: readonly string[]) => {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, ['cli/main.ts', ...words])) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
};

const report = (change: Partial<ContinuityReport> = {}): ContinuityReport => ({
  v: 1,
  range: { from: '2026-11-23T00:00Z', until: '2026-11-24T00:00Z' },
  checkedAt: '2026-11-24T01:00:00.000Z',
  complete: true,
  facilities: [
    {
      facility: 'P1',
      lastHeard: '2026-11-24T01:00Z',
      sources: FACILITIES[0]!.sources.map(({ source, begins, expectedMinutes, storedMinutes }) => ({
        source,
        begins,
        expectedMinutes,
        storedMinutes,
        declaredOutageMinutes: 40,
        analyserDownMinutes: 0,
        missingMinutes: 0,
      })),
      declaredOutages: [],
      gaps: [],
      gapsLeftOut: 0,
      asked: [],
    },
  ],
  ...change,
});

describe('the commands', () => {
  it('write a certificate that an inspector verifies offline with the exported key', async () => {
    const { dataDir, events, file } = await cloud(async (key, certify) =>
      report({ certificate: await certify(statement(key)) }),
    );
    const local = ['--local', '--data-dir', dataDir];
    const [certificate, pem] = [file('certificate.json'), file('plant.pem')];

    const asked = ['--range', '2026-11-23..2026-11-24', '--facility', 'P1', '--certificate', certificate];
    const checked = await ew(...local, 'data', 'verify-continuity', ...asked);
    expect(checked.stderr).toBe('');
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringContaining('Complete: all 2800 expected') });
    expect(events).toEqual([
      {
        range: { from: '2026-11-23T00:00Z', until: '2026-11-24T00:00Z' },
        facilities: ['P1'],
        certificate: true,
        resend: false,
      },
    ]);

    const exported = await ew(...local, 'evidence', 'public-key');
    writeFileSync(pem, exported.stdout);
    const pinned = await ew('evidence', 'verify', certificate, '--public-key', pem);
    expect(pinned).toMatchObject({ code: 0, stdout: expect.stringContaining('VALID: signed by the trusted key') });
    const { fingerprint } = JSON.parse(readFileSync(certificate, 'utf8')).statement.key as { fingerprint: string };
    for (const { stdout, stderr } of [exported, pinned]) expect(stdout + stderr).toContain(fingerprint);

    const unpinned = await ew('evidence', 'verify', certificate);
    expect(unpinned).toMatchObject({ code: 0, stdout: expect.stringContaining('but the key is only what') });

    writeFileSync(
      certificate,
      readFileSync(certificate, 'utf8').replace('"storedMinutes": 2810', '"storedMinutes": 2811'),
    );
    const changed = await ew('evidence', 'verify', certificate, '--public-key', pem);
    expect(changed).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('NOT VALID: the signature does not fit'),
    });
  });

  it('end with 1 and write no certificate when minutes are missing', async () => {
    const gaps = [
      {
        source: 'A',
        from: '2026-11-23T04:00Z',
        until: '2026-11-23T04:10Z',
        class: 'lost',
        reason: 'not-held',
      } as const,
    ];
    const [p1] = report().facilities;
    const lacking = report({
      complete: false,
      facilities: [{ ...p1!, gaps, sources: [{ ...p1!.sources[0]!, missingMinutes: 10 }] }],
    });
    const { dataDir, file } = await cloud(async () => lacking);
    const certificate = file('certificate.json');
    const local = ['--local', '--data-dir', dataDir];
    const result = await ew(...local, 'data', 'verify-continuity', '--certificate', certificate);
    expect(result).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('10 of 1400 expected source-minutes are missing: 10 lost.'),
    });
    expect(result.stdout).toContain('No certificate: minutes are missing.');
    expect(existsSync(certificate)).toBe(false);
    const json = await ew(...local, '--json', 'data', 'verify-continuity');
    expect([json.code, JSON.parse(json.stdout)]).toEqual([1, lacking]);
  });

  it('ask for many facilities in portions, all for the same range, and answer once', async () => {
    const [p1] = report().facilities;
    const portion = (facility: string, change: Partial<ContinuityReport> = {}) =>
      report({ facilities: [{ ...p1!, facility }], ...change });
    const answers = [
      portion('P1', { continueAfter: 'P1', range: { from: '2026-11-23T00:00Z', until: '2026-11-23T20:00Z' } }),
      portion('P2', { continueAfter: 'P2', complete: false }),
      portion('P3'),
    ];
    const { dataDir, events } = await cloud(async () => answers[events.length - 1]!);
    const words = ['data', 'verify-continuity', '--range', '2026-11-23..2026-11-24'];
    const { code, stdout } = await ew('--local', '--data-dir', dataDir, '--json', ...words);
    const { continueAfter, ...first } = answers[0]!;
    const facilities = answers.flatMap((answer) => answer.facilities);
    expect([code, continueAfter, JSON.parse(stdout)]).toEqual([1, 'P1', { ...first, complete: false, facilities }]);
    const asked = { certificate: false, resend: false };
    expect(events).toEqual([
      { ...asked, range: { from: '2026-11-23T00:00Z', until: '2026-11-24T00:00Z' } },
      { ...asked, range: first.range, after: 'P1' },
      { ...asked, range: first.range, after: 'P2' },
    ]);
  });

  it('say of each source what part of the range a certificate covers, and what it does not', async () => {
    const [facility] = FACILITIES as [NoGapStatement['facilities'][number]];
    const [a, b] = facility.sources as [(typeof facility.sources)[number], (typeof facility.sources)[number]];
    const late = { ...b, source: 'C', begins: '2026-11-23T23:00Z', expectedMinutes: 60, storedMinutes: 60 };
    const never = { ...b, source: 'D', begins: null, expectedMinutes: 0, storedMinutes: 0, withoutReadingMinutes: 0 };
    const sources = [a, b, { ...late, declaredOutageMinutes: 0 }, { ...never, declaredOutageMinutes: 0 }];
    const plant = newKey();
    const text = JSON.stringify(signed(statement(plant.key, [{ ...facility, sources }]), plant.privateKey));
    const file = join(temporaryFolder(), 'certificate.json');
    writeFileSync(file, text);
    const { code, stdout } = await ew('evidence', 'verify', file);
    expect(code).toBe(0);
    expect(stdout.replace(/\n {2}/g, ' ')).toContain(
      [
        'covered from 2026-11-23T00:00Z until 2026-11-23T10:00Z: P1 A, B',
        'covered from 2026-11-23T10:40Z until 2026-11-24T00:00Z: P1 A, B',
        'NOT COVERED: from 2026-11-23T10:00Z until 2026-11-23T10:40Z, declared as an outage of P1 A, B',
        'covered from 2026-11-23T23:00Z until 2026-11-24T00:00Z: P1 C',
        'NOT COVERED: from 2026-11-23T00:00Z until 2026-11-23T23:00Z, before the first stored minute 2026-11-23T23:00Z of P1 C',
        'NOT COVERED: the whole range: nothing was ever stored of P1 D',
      ].join('\n'),
    );
  });

  it('never overwrite a certificate', async () => {
    const { dataDir, events, file } = await cloud(async () => report());
    writeFileSync(file('old.json'), 'evidence');
    const result = await ew(
      '--local',
      '--data-dir',
      dataDir,
      'data',
      'verify-continuity',
      '--certificate',
      file('old.json'),
    );
    expect([result.code, events, readFileSync(file('old.json'), 'utf8')]).toEqual([1, [], 'evidence']);
    expect(result.stderr).toContain('exists: name a file that does not');
  });

  it('say what the function says when it cannot', async () => {
    const { dataDir } = await cloud(async () => new Error('facility X is not known: it has no monitoring plan'));
    const result = await ew('--local', '--data-dir', dataDir, 'data', 'verify-continuity', '--facility', 'X');
    expect(result).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'ew: facility X is not known: it has no monitoring plan\n',
    });
  });

  it.each([
    [['data', 'verify-continuity', '--range', 'yesterday'], 2, 'expected last-30m, last-24h'],
    [['data', 'verify-continuity', '--range', 'last-999999d'], 2, 'expected at most 100 days at a time'],
    [['evidence', 'verify', 'no-such-file.json'], 1, 'cannot read no-such-file.json'],
    [['evidence', 'verify', 'package.json', '--public-key', 'package.json'], 1, 'no public key in PEM'],
    [['evidence', 'verify', 'package.json'], 1, 'NOT VALID: it is not a no-gap certificate'],
  ] as const)('explain what is wrong with %j', async (words, code, text) => {
    const result = await ew(...words);
    expect(result.code).toBe(code);
    expect((result.stdout + result.stderr).replace(/\s+/g, ' ')).toContain(text);
  });
});
