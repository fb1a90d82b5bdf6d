/** What a connector's author imports: `import { connector, stream, object, z } from 'millrace'`. */
export { z } from 'zod'
export { connector, object, stream } from './connector/define.ts'
export { downloadTo } from './connector/download.ts'
export { sendWithin, type Exchange, type ExchangeAnswer } from './connector/exchange.ts'
export { cutPage } from './model/cut-page.ts'
export { MillraceError } from './model/millrace-error.ts'
export type { Change, ExactNumber, FieldValue, Fields, WriteResult } from './model/change.ts'
export type { Json, JsonObject } from './model/json.ts'
export type { LogicalType } from './model/logical-type.ts'
export type {
  Batch,
  ChildStream,
  Connector,
  ConnectorDefinition,
  FieldHistory,
  ObjectDefinition,
  OpenContext,
  OpenedConnector,
  ReadWindow,
  Scan,
  ScanItem,
  Stream,
  StreamDefinition,
} from './connector/contract.ts'
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
export type { CallRequest, Failure, Host, Http, HttpOptions, Page } from './connector/host.ts'
