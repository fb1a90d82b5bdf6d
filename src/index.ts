/** What a connector's author imports: `import { connector, stream, object, z } from 'millrace'`. */
export { z } from 'zod'
export { guardKeys } from './connector/address-guard.ts'
export { connector, object, stream } from './connector/define.ts'
export { downloadTo } from './connector/download.ts'
export { sendWithin, type Exchange, type ExchangeAnswer, type ExchangeRequest } from './connector/exchange.ts'
export { keptBefore } from './connector/failure-report.ts'
export { isOptOutName } from './connector/opt-out-name.ts'
export { readResume } from './connector/resume-point.ts'
export { retryAfterMs } from './connector/retry-after.ts'
export { watchForCircle } from './connector/watch-for-circle.ts'
export { cutPage } from './model/cut-page.ts'
export { firstFew } from './model/first-few.ts'
export { MillraceError } from './model/millrace-error.ts'
export {
  unheard,
  type Change,
  type ExactNumber,
  type FieldValue,
  type Fields,
  type Operation,
  type WriteResult,
} from './model/change.ts'
export type { Json, JsonObject } from './model/json.ts'
export type { LogicalType } from './model/logical-type.ts'
export type { Checkpoint, ReadWindow, WholeOf } from './connector/checkpoint.ts'
export type {
  Batch,
  ChildStream,
  Connector,
  ConnectorDefinition,
  FieldHistory,
  MinorUnits,
  ObjectDefinition,
  OpenContext,
  OpenedConnector,
  Scan,
  ScanItem,
  Stream,
  StreamDefinition,
} from './connector/contract.ts'
export type { CountDeclaration, ListDeclaration, PageSize, Paging } from './connector/list-declaration.ts'
export type {
  DestinationField,
  DestinationObject,
  MatchField,
  FieldType,
  ReadBack,
  RequestPreview,
  SettleContext,
  WriteContext,
} from './connector/destination.ts'
export type { CallContext, Context } from './connector/context.ts'
export type {
  CallRequest,
  Failure,
  Host,
  Http,
  HttpAnswer,
  HttpOptions,
  Page,
  Query,
  RequestOptions,
} from './connector/host.ts'
