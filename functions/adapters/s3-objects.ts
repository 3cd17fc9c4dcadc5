import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';

export interface ListedObject {
  readonly key: string;
  /** Milliseconds since 1970, UTC. */
  readonly modified: number;
}

/** A bucket, for whoever looks at what lies in it and puts it elsewhere. */
export const s3Objects = (bucket: string, client: S3Client) => ({
  /** In the order of their keys. */
  list: async function* (prefix: string): AsyncGenerator<ListedObject> {
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }))
      for (const { Key, LastModified } of Contents) yield { key: Key!, modified: LastModified!.getTime() };
  },

  /** Undefined when there is no such object, or no longer. */
  read: async (key: string): Promise<Uint8Array | undefined> => {
    try {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return await Body!.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  },

  /** First under the new key, then away from the old one: interrupted between, it lies under both. Versions stay. */
  move: async (key: string, to: string, body: Uint8Array): Promise<void> => {
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: to, Body: body, ContentType: 'application/json' }));
    await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  },
});

export type S3Objects = ReturnType<typeof s3Objects>;
