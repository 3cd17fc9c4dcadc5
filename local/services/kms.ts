import { sign } from 'node:crypto';
import { AwsError, type Listening, serveJson11 } from './aws-json.ts';
import type { Guard, Principal } from './iam/guard.ts';
import { signDigest } from './kms/sign-digest.ts';
import { type KeyDefinition, openSigningKey, type SigningKey } from './kms/signing-keys.ts';

const ALGORITHM = 'ECDSA_SHA_256';
/** Longest message that KMS hashes itself. */
const MAX_RAW_BYTES = 4096;

type Input = Record<string, unknown>;

/**
 * KMS for the asymmetric signing keys of a template (ECC_NIST_P256): Sign, GetPublicKey and DescribeKey. Keys that
 * encrypt are described only; nothing here is encrypted.
 */
export const startKms = async (options: {
  readonly dataDir: string;
  readonly keys: readonly KeyDefinition[];
  readonly guard: Guard;
  readonly port?: number;
}): Promise<Listening> => {
  const { dataDir, keys, guard, port } = options;
  const signing = new Map<string, SigningKey>(
    keys.filter(({ signs }) => signs).map((key) => [key.arn, openSigningKey(dataDir, key)]),
  );

  const find = ({ KeyId }: Input): KeyDefinition => {
    const key = keys.find(
      ({ arn, keyId, aliases }) =>
        KeyId === arn || KeyId === keyId || aliases.some((alias) => KeyId === alias || KeyId === aliasArn(arn, alias)),
    );
    if (key) return key;
    throw new AwsError('NotFoundException', `Invalid keyId '${KeyId}'`);
  };
  /** The key, if the caller may do this with it and it is of a kind that can. */
  const forSigning = (input: Input, caller: Principal, action: string, context?: Readonly<Record<string, string>>) => {
    const { arn } = find(input);
    guard.check(caller, action, arn, context);
    const key = signing.get(arn);
    if (key) return { arn, key };
    throw new AwsError(
      'InvalidKeyUsageException',
      `${arn} key usage is ENCRYPT_DECRYPT which is not valid for ${action}.`,
    );
  };

  return serveJson11({
    guard,
    port,
    operations: {
      Sign: (input, caller) => {
        const { SigningAlgorithm, MessageType = 'RAW' } = input;
        const context = { 'kms:SigningAlgorithm': String(SigningAlgorithm), 'kms:MessageType': String(MessageType) };
        const { arn, key } = forSigning(input, caller, 'kms:Sign', context);
        if (SigningAlgorithm !== ALGORITHM)
          throw invalid(`Algorithm ${SigningAlgorithm} and key spec ECC_NIST_P256 do not match`);
        return { KeyId: arn, Signature: signed(input, key).toString('base64'), SigningAlgorithm };
      },

      GetPublicKey: (input, caller) => {
        const { arn, key } = forSigning(input, caller, 'kms:GetPublicKey');
        return { KeyId: arn, PublicKey: key.publicKey.toString('base64'), ...SIGNING_KEY };
      },

      DescribeKey: (input, caller) => {
        const { arn, keyId, description, signs } = find(input);
        guard.check(caller, 'kms:DescribeKey', arn);
        return {
          KeyMetadata: {
            AWSAccountId: arn.split(':')[4],
            Arn: arn,
            KeyId: keyId,
            Description: description,
            Enabled: true,
            KeyManager: 'CUSTOMER',
            KeyState: 'Enabled',
            Origin: 'AWS_KMS',
            MultiRegion: false,
            ...(signs ? SIGNING_KEY : ENCRYPTING_KEY),
          },
        };
      },
    },
  });
};

const SIGNING_KEY = {
  KeySpec: 'ECC_NIST_P256',
  CustomerMasterKeySpec: 'ECC_NIST_P256',
  KeyUsage: 'SIGN_VERIFY',
  SigningAlgorithms: [ALGORITHM],
};
const ENCRYPTING_KEY = {
  KeySpec: 'SYMMETRIC_DEFAULT',
  CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
  KeyUsage: 'ENCRYPT_DECRYPT',
  EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
};

const aliasArn = (arn: string, alias: string): string => arn.replace(/key\/[^/]*$/, alias);
const invalid = (message: string): AwsError => new AwsError('ValidationException', message);

const signed = ({ Message, MessageType = 'RAW' }: Input, { privateKey }: SigningKey): Buffer => {
  const message = Buffer.from(String(Message ?? ''), 'base64');
  if (MessageType === 'DIGEST') {
    if (message.length !== 32) throw invalid(`Digest is invalid length for algorithm ${ALGORITHM}.`);
    return signDigest(message, privateKey);
  }
  if (MessageType !== 'RAW') throw invalid(`message type ${MessageType} is not served here, only RAW and DIGEST`);
  if (message.length < 1 || message.length > MAX_RAW_BYTES)
    throw invalid(`a message has 1 to ${MAX_RAW_BYTES} bytes, got ${message.length}`);
  return sign('sha256', message, privateKey);
};
