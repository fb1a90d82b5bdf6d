/** What a connector's author imports: `import { connector, stream, object, z } from 'millrace'`. */
export { z } from 'zod'
export { connector, object, stream } from './connector/define.ts'
export { cutPage } from './model/cut-page.ts'
export { MillraceError } from './model/millrace-error.ts'
export type { Change, ExactNumber, FieldValue, Fields, WriteResult } from './model/change.ts'
export type { Json, JsonObject } from './model/json.ts'
export type { LogicalType } from './model/logical-type.ts'
export type {
  Batch,
  CallContext,
  ChildStream,
  Connector,
  ConnectorDefinition,
  Context,
  DestinationField,
  DestinationObject,
  FieldHistory,
  FieldType,
  ObjectDefinition,
  OpenContext,
  OpenedConnector,
  RequestPreview,
  Scan,
  ScanItem,
  Stream,
  StreamDefinition,
  WriteContext,
} from './connector/contract.ts'
export type { CallRequest, Failure, Host, Http, HttpOptions, Page } from './connector/host.ts'
