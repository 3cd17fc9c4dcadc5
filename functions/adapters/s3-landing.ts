import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { LandingStore } from '#core/ports';

/** The landing bucket. The same content under the same key becomes one more version, never a change. */
export const s3Landing = (bucket: string, client = new S3Client({})): LandingStore => ({
  put: async (key, body, contentType) => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body, ContentType: contentType }));
  },
});
