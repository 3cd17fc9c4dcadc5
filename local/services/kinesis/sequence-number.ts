import { AwsError } from '../aws-json.ts';

/** 56 digits as AWS has them, for one shard in the order of its records: 4966, the shard's number, the position. */
const FORM = /^4966(\d{12})(\d{40})$/;

export const sequenceNumber = (shard: number, position: number): string =>
  `4966${String(shard).padStart(12, '0')}${String(position).padStart(40, '0')}`;

export const positionOf = (text: string, shard: number): number => {
  const [, ofShard, position] = FORM.exec(text) ?? [];
  if (position === undefined || Number(ofShard) !== shard) {
    throw new AwsError('InvalidArgumentException', `sequence number ${text} is not one of this shard`);
  }
  return Number(position);
};
