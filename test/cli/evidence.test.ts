import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KMSClient } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { kmsSigner } from '#adapters/kms-signer';
import { verifyCertificate } from '#cli/evidence/verify-certificate';
import type { ContinuityReport } from '#core/contracts/continuity-report';
import { type NoGapCertificate, type NoGapStatement, signedText } from '#core/evidence/certificate';
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
const newKey = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { privateKey, publicKey, key: keyOf(publicKey.export({ type: 'spki', format: 'der' })) };
};
const signed = (given: NoGapStatement, privateKey: KeyObject): NoGapCertificate => ({
  statement: given,
  signature: sign('sha256', Buffer.from(signedText(given)), privateKey).toString('base64'),
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
    signature: Buffer.from(await signer.sign(createHash('sha256').update(signedText(given)).digest())).toString(
      'base64',
    ),
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
      readFileSync(certificate, 'utf8').replace('"storedMinutes": 2790', '"storedMinutes": 2791'),
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
    [['evidence', 'verify', 'no-such-file.json'], 1, 'cannot read no-such-file.json'],
    [['evidence', 'verify', 'package.json', '--public-key', 'package.json'], 1, 'no public key in PEM'],
    [['evidence', 'verify', 'package.json'], 1, 'NOT VALID: it is not a no-gap certificate'],
  ] as const)('explain what is wrong with %j', async (words, code, text) => {
    const result = await ew(...words);
    expect(result.code).toBe(code);
    expect((result.stdout + result.stderr).replace(/\s+/g, ' ')).toContain(text);
  });
});
