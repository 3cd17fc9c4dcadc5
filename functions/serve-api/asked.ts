import type * as z from 'zod';
import type { Me } from '#core/contracts/api/access';
import type { OPERATIONS, OperationName } from '#core/contracts/api/operations';

type Spec<Name extends OperationName> = (typeof OPERATIONS)[Name];

/** A request that keeps to its contract, of somebody who may ask this. */
export interface Asked<Name extends OperationName> {
  readonly caller: Me;
  readonly params: z.output<Spec<Name>['params']>;
  readonly query: z.output<Spec<Name>['query']>;
  readonly body: Spec<Name> extends { readonly body: infer Body extends z.ZodType } ? z.output<Body> : undefined;
}

/** A file for a spreadsheet. */
export interface CsvFile {
  readonly name: string;
  readonly text: string;
}

export type Answered<Name extends OperationName> =
  Spec<Name> extends { readonly answer: infer Answer extends z.ZodType } ? z.output<Answer> : CsvFile;

/** What answers each operation. */
export type Routes = { readonly [Name in OperationName]: (asked: Asked<Name>) => Promise<Answered<Name>> };
