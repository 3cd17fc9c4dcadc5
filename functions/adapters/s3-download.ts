import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';

/** Links to objects of a bucket that need no login, each for a short time. A page opens; anything else is saved. */
export const s3Download =
  (bucket: string, client: S3Client) =>
  (key: string, fileName: string, seconds: number): Promise<string> =>
    getSignedUrl(
      client,
      new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        ResponseContentDisposition: `${key.endsWith('.html') ? 'inline' : 'attachment'}; filename="${fileName}"`,
      }),
      { expiresIn: seconds },
    );
