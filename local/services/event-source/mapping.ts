/** A Kinesis event source mapping, with AWS's defaults filled in. */
export interface EventSourceMapping {
  /** UUID */
  readonly id: string;
  /** Function, alias or version, by name or ARN. */
  readonly target: string;
  readonly streamArn: string;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  readonly batchSize: number;
  readonly batchingWindowSeconds: number;
  /** Lanes for each shard; a partition key always takes the same one. */
  readonly parallelizationFactor: number;
  readonly reportBatchItemFailures: boolean;
  readonly bisectBatchOnFunctionError: boolean;
  /** Infinity: until the records expire. */
  readonly maximumRetryAttempts: number;
  /** Infinity: until the stream drops them. */
  readonly maximumRecordAgeSeconds: number;
  /** Bucket that receives what is given up. */
  readonly onFailureBucket?: string;
}

/** Hears what a mapping does with records, for metrics. */
export interface MappingObserver {
  /** An invocation with these records; `ageMs` of the last of them when it began. */
  invoked(records: number, ageMs: number): void;
  /** Records that were given up and lie in the destination for failed batches. */
  delivered(records: number): void;
}

export interface MappingCounters {
  /** Records the function has taken. */
  records: number;
  /** Invocations that took at least one record. */
  batches: number;
  /** Invocations that failed, or reported a failed record. */
  errors: number;
  throttles: number;
  discardedBatches: number;
  discardedRecords: number;
}
