import { S3Client } from '@aws-sdk/client-s3';
import { env } from '#adapters/env';
import { kinesisClient, kinesisStream } from '#adapters/kinesis-stream';
import { s3Objects } from '#adapters/s3-objects';
import type { RecoverRecordsEnv } from './env.ts';
import { makeHandler } from './handler.ts';

const setting = env<RecoverRecordsEnv>;
const s3 = new S3Client({});
const kinesis = kinesisClient();

const measurementsStream = setting('MEASUREMENTS_STREAM');
const streams = [measurementsStream, setting('VALIDATED_STREAM'), setting('EMISSIONS_STREAM')];

export const handler = makeHandler({
  failed: s3Objects(setting('FAILED_BUCKET'), s3),
  landing: s3Objects(setting('LANDING_BUCKET'), s3),
  measurementsStream,
  streams: new Map(streams.map((name) => [name, kinesisStream(name, kinesis)])),
  now: Date.now,
});
