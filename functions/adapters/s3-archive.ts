import { createHash } from 'node:crypto';
import { HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { EmissionWatchError } from '#core/errors';

const DAY_MS = 86_400_000;

/** The archive does not hold an object as it must. */
export class NotArchivedError extends EmissionWatchError {
  readonly code = 'EW-NOT-ARCHIVED';
  readonly retryable = false;
}

export interface ArchivedObject {
  /** ISO 8601, UTC: until then nobody can change or delete it. */
  readonly retainedUntil: string;
}

export type Archive = ReturnType<typeof s3Archive>;

/** A bucket under Object Lock, whose default retention locks what is put into it. */
export const s3Archive = (bucket: string, retentionDays: number, client = new S3Client({})) => {
  const heldAs = async (key: string, checksum: string): Promise<ArchivedObject> => {
    const found = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }));
    if (found.ChecksumSHA256 !== checksum)
      throw new NotArchivedError(
        `${key} is in the archive with other content (SHA-256 ${found.ChecksumSHA256}): have a new revision made`,
        { bucket, key },
      );
    const until = found.ObjectLockRetainUntilDate;
    // S3 counts from when it took the object, to the millisecond; LastModified has seconds.
    const least = found.LastModified!.getTime() + retentionDays * DAY_MS - 1000;
    if (until === undefined || until.getTime() < least)
      throw new NotArchivedError(
        `the archive holds ${key} until ${until?.toISOString() ?? 'nobody knows when'}, expected ${retentionDays} days: check the Object Lock of ${bucket}`,
        { bucket, key },
      );
    return { retainedUntil: until.toISOString() };
  };

  return {
    /**
     * Puts an object into the archive and looks whether it is locked. Again with the same content changes nothing.
     * @throws NotArchivedError when it is there with other content, or is not held long enough
     */
    put: async (key: string, body: string, contentType: string): Promise<ArchivedObject> => {
      const checksum = createHash('sha256').update(body).digest('base64');
      try {
        await client.send(
          new PutObjectCommand({
            Bucket: bucket,
            Key: key,
            Body: body,
            ContentType: contentType,
            ChecksumSHA256: checksum,
            IfNoneMatch: '*',
          }),
        );
      } catch (error) {
        // It is there: from an attempt whose answer was lost, or it is not this one.
        if ((error as Error).name !== 'PreconditionFailed') throw error;
      }
      return heldAs(key, checksum);
    },
  };
};
