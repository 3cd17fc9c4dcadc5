import { DeleteObjectCommand, PutObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';

/** Where the console is served from. */
export interface Site {
  put(file: SiteFile): Promise<void>;
  names(): Promise<readonly string[]>;
  remove(name: string): Promise<void>;
}

export interface SiteFile {
  /** With `/` between folders. */
  readonly name: string;
  readonly body: Uint8Array | string;
  readonly contentType: string;
  readonly cacheControl: string;
}

/** Everything under `prefix` of the bucket. */
export const s3Site = (Bucket: string, prefix: string, client: S3Client): Site => ({
  put: async ({ name, body, contentType, cacheControl }) => {
    const Key = prefix + name;
    await client.send(
      new PutObjectCommand({ Bucket, Key, Body: body, ContentType: contentType, CacheControl: cacheControl }),
    );
  },
  names: async () => {
    const names: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix: prefix }))
      for (const { Key } of Contents) names.push(Key!.slice(prefix.length));
    return names;
  },
  remove: async (name) => {
    await client.send(new DeleteObjectCommand({ Bucket, Key: prefix + name }));
  },
});
