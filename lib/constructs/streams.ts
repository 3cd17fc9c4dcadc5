import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';

export interface StreamsProps {
  readonly shards: number;
}

/**
 * The three streams of the pipeline. Records travel under their facility as partition key, so that one facility's records
 * keep their order. Seven days are longer than a record may be retried and than a weekend with nobody on call.
 */
export class Streams extends Construct {
  readonly measurements: Stream;
  readonly validated: Stream;
  readonly emissions: Stream;

  constructor(scope: Construct, id: string, { shards }: StreamsProps) {
    super(scope, id);
    const stream = (name: string) =>
      new Stream(this, name, {
        // Three on-demand streams start at four shards each and cost more than the rest of a small plant.
        streamMode: StreamMode.PROVISIONED,
        shardCount: shards,
        retentionPeriod: Duration.days(7),
        // Kinesis' own key: IoT Core and the consumers need no grants on it.
        encryption: StreamEncryption.MANAGED,
        removalPolicy: RemovalPolicy.RETAIN,
      });
    this.measurements = stream('Measurements');
    this.validated = stream('Validated');
    this.emissions = stream('Emissions');
  }
}
