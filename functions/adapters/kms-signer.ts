import { GetPublicKeyCommand, KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { EvidenceKey } from '#core/ports';

/** An asymmetric key of KMS (ECC_NIST_P256, SIGN_VERIFY). Its public part never changes, so it is asked for once. */
export const kmsSigner = (keyId: string, client = new KMSClient({})): EvidenceKey => {
  const readPublicKey = async () => {
    const { KeyId, PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
    return { id: KeyId!, der: PublicKey! };
  };
  let known: ReturnType<typeof readPublicKey> | undefined;
  return {
    publicKey: () => {
      known ??= readPublicKey().catch((error: unknown) => {
        known = undefined;
        throw error;
      });
      return known;
    },
    sign: async (sha256) => {
      const { Signature } = await client.send(
        new SignCommand({ KeyId: keyId, Message: sha256, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' }),
      );
      return Signature!;
    },
  };
};
