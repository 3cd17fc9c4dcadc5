import { createHash, createPublicKey, verify } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeKeyCommand, GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../local/services/aws-json.ts';
import { type Guard, openGuard } from '../../local/services/iam/guard.ts';
import type { KeyDefinition } from '../../local/services/kms/signing-keys.ts';
import { startKms } from '../../local/services/kms.ts';
import { keysOf } from '../../local/template/kms.ts';
import { loadTemplates } from '../../local/template/templates.ts';
import { writeAssembly } from './assembly.ts';
import { afterTest, temporaryFolder } from './temporary.ts';

const SIGNING: KeyDefinition = {
  arn: 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555',
  keyId: '11111111-2222-3333-4444-555555555555',
  description: 'evidence',
  aliases: ['alias/evidence'],
  signs: true,
};
const ENCRYPTING: KeyDefinition = { ...SIGNING, arn: `${SIGNING.arn}0`, keyId: 'data', aliases: [], signs: false };

const open = async ({ dataDir = temporaryFolder(), guard = openGuard as Guard } = {}) => {
  const kms = await startKms({ dataDir, keys: [SIGNING, ENCRYPTING], guard });
  const client = new KMSClient({
    endpoint: kms.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  afterTest(async () => {
    client.destroy();
    await kms.stop();
  });
  return { client, dataDir };
};

const sha256 = (text: string) => createHash('sha256').update(text).digest();
const publicKeyOf = async (client: KMSClient, KeyId = SIGNING.arn) => {
  const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }));
  return createPublicKey({ key: Buffer.from(PublicKey!), type: 'spki', format: 'der' });
};
const sign = (client: KMSClient, input: Partial<ConstructorParameters<typeof SignCommand>[0]>) =>
  client.send(
    new SignCommand({
      KeyId: SIGNING.arn,
      Message: sha256('a document'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
      ...input,
    }),
  );

describe('KMS', () => {
  it('signs a digest so that the public key verifies the document', async () => {
    const { client } = await open();
    const key = await publicKeyOf(client);
    // The lengths of a signature's numbers differ from one to the next, and with them how they are written.
    for (let i = 0; i < 200; i++) {
      const text = `document ${i}`;
      const { Signature, KeyId, SigningAlgorithm } = await sign(client, { Message: sha256(text) });
      expect({ KeyId, SigningAlgorithm }).toEqual({ KeyId: SIGNING.arn, SigningAlgorithm: 'ECDSA_SHA_256' });
      expect(verify('sha256', Buffer.from(text), key, Signature!)).toBe(true);
      expect(verify('sha256', Buffer.from(`${text}.`), key, Signature!)).toBe(false);
    }
  });

  it('hashes a message of up to 4096 bytes itself', async () => {
    const { client } = await open();
    const message = Buffer.alloc(4096, 'm');
    const { Signature } = await sign(client, { Message: message, MessageType: 'RAW' });
    expect(verify('sha256', message, await publicKeyOf(client), Signature!)).toBe(true);
    const longer = sign(client, { Message: Buffer.alloc(4097), MessageType: 'RAW' });
    await expect(longer).rejects.toMatchObject({ name: 'ValidationException' });
  });

  it.each([
    ['a digest of another length', { Message: Buffer.alloc(20) }, 'ValidationException'],
    ['an algorithm that is not the key’s', { SigningAlgorithm: 'ECDSA_SHA_384' }, 'ValidationException'],
    ['a key that encrypts', { KeyId: ENCRYPTING.arn }, 'InvalidKeyUsageException'],
    ['a key that does not exist', { KeyId: 'alias/other' }, 'NotFoundException'],
  ] as const)('refuses to sign with %s', async (_, input, name) => {
    const { client } = await open();
    await expect(sign(client, input)).rejects.toMatchObject({ name });
  });

  it.each([SIGNING.arn, SIGNING.keyId, 'alias/evidence', 'arn:aws:kms:us-east-1:000000000000:alias/evidence'])(
    'knows a key as %s',
    async (KeyId) => {
      const { client } = await open();
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata).toMatchObject({
        Arn: SIGNING.arn,
        KeySpec: 'ECC_NIST_P256',
        KeyUsage: 'SIGN_VERIFY',
        SigningAlgorithms: ['ECDSA_SHA_256'],
      });
    },
  );

  it('keeps the private key in a file that only its owner may read, and has the same one at the next start', async () => {
    const first = await open();
    const key = await publicKeyOf(first.client);
    const [file, ...others] = readdirSync(first.dataDir);
    expect([file, others]).toEqual([`${SIGNING.keyId}.pem`, []]);
    expect(statSync(join(first.dataDir, file!)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(first.dataDir, file!), 'utf8')).toContain('BEGIN PRIVATE KEY');
    const second = await open(first);
    expect((await publicKeyOf(second.client)).equals(key)).toBe(true);
  });

  it('asks for permission for the key itself, whatever it was called, and says how it is to sign', async () => {
    const asked: unknown[] = [];
    const guard: Guard = {
      ...openGuard,
      check: (_, action, resource, context) => {
        asked.push([action, resource, context]);
        if (action === 'kms:Sign') throw new AwsError('AccessDeniedException', 'not you');
      },
    };
    const { client } = await open({ guard });
    await client.send(new GetPublicKeyCommand({ KeyId: 'alias/evidence' }));
    await expect(sign(client, { KeyId: 'alias/evidence' })).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expect(asked).toEqual([
      ['kms:GetPublicKey', SIGNING.arn, undefined],
      ['kms:Sign', SIGNING.arn, { 'kms:SigningAlgorithm': 'ECDSA_SHA_256', 'kms:MessageType': 'DIGEST' }],
    ]);
  });
});

describe('keys of a template', () => {
  const keys = (properties: object) =>
    keysOf(
      loadTemplates(
        writeAssembly({
          App: {
            Resources: {
              Evidence: { Type: 'AWS::KMS::Key', Properties: properties },
              Named: {
                Type: 'AWS::KMS::Alias',
                Properties: { AliasName: 'alias/evidence', TargetKeyId: { 'Fn::GetAtt': ['Evidence', 'Arn'] } },
              },
            },
          },
        }),
      ),
    );

  it('are found with their aliases', () => {
    const [key] = keys({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY', Description: 'signs' });
    expect(key).toMatchObject({ aliases: ['alias/evidence'], description: 'signs', signs: true });
    expect(key!.arn).toBe(`arn:aws:kms:us-east-1:000000000000:key/${key!.keyId}`);
  });

  it('that encrypt need nothing here', () => {
    expect(keys({})[0]).toMatchObject({ signs: false });
  });

  it('of another kind stop the start', () => {
    expect(() => keys({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })).toThrow(/App\/Evidence.*KeySpec/);
    expect(() => keys({ KeySpec: 'ECC_NIST_P256' })).toThrow(/ECC_NIST_P256 for ENCRYPT_DECRYPT/);
  });
});
