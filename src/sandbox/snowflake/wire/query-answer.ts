/** A statement's outcome as the wire carries it. */
import type { QueryRecord } from '../run/query-store.ts'
import type { ResultSet } from '../run/result-set.ts'
import { parameterList } from '../session/parameters.ts'
import type { Service } from '../service.ts'
import type { SnowflakeError } from '../sql/snowflake-error.ts'
import { failure, success, type Answer } from './answer.ts'

export function answerQuery(service: Service, query: QueryRecord): Answer {
  if (query.error) return answerError(query, query.error)
  const { outcome, session } = query
  if (!outcome) return notDone(query, '333333')
  if (outcome.transfer)
    return success({ ...outcome.transfer, queryId: query.id, statementTypeId: outcome.statementTypeId })
  const { result } = outcome
  const data = {
    parameters: parameterList(session.parameters),
    rowtype: result.columns,
    total: result.total,
    returned: result.total,
    queryId: query.id,
    databaseProvider: null,
    finalDatabaseName: session.database,
    finalSchemaName: session.schema,
    finalWarehouseName: session.warehouse,
    finalRoleName: session.role,
    numberOfBinds: 0,
    arrayBindSupported: false,
    statementTypeId: outcome.statementTypeId,
    version: 1,
    sendResultTime: service.now().getTime(),
    queryResultFormat: 'json',
    queryContext: { entries: [] },
    ...(result.stats ? { stats: result.stats } : {}),
    ...(result.chunks.length > 0 ? chunkList(service, query.id, result) : {}),
    ...(outcome.children
      ? {
          resultIds: outcome.children.map(({ queryId }) => queryId).join(','),
          resultTypes: outcome.children.map(({ statementTypeId }) => statementTypeId).join(','),
        }
      : {}),
  }
  // The rows are JSON already.
  const text = JSON.stringify(data)
  return {
    status: 200,
    body: `{"data":${text.slice(0, -1)},"rowset":[${result.inline.join(',')}]},"message":null,"code":null,"success":true}`,
  }
}

const chunkList = (service: Service, id: string, result: ResultSet) => ({
  chunkHeaders: {},
  chunks: result.chunks.map(({ rowCount, uncompressedSize, compressedSize }, number) => ({
    url: `${service.url()}/results/${id}/${number}`,
    rowCount,
    uncompressedSize,
    compressedSize,
  })),
})

/** Still at it: the SDK asks again at `getResultUrl`, or leaves it where it was to run by itself. */
export const notDone = (query: QueryRecord, code: '333333' | '333334'): Answer => ({
  status: 200,
  body: {
    data: {
      queryId: query.id,
      getResultUrl: `/queries/${query.id}/result`,
      queryAbortsAfterSecs: 300,
      progressDesc: null,
    },
    code,
    message:
      code === '333333'
        ? 'Query execution in progress.'
        : 'Query detached. Results can be retrieved with the given URL.',
    success: true,
  },
})

function answerError(query: QueryRecord, error: SnowflakeError): Answer {
  return failure(error.code, error.message, {
    internalError: error.code === '000603',
    unredactedFromSecureObject: false,
    errorCode: error.code,
    age: 0,
    sqlState: error.sqlState,
    queryId: query.id,
    line: error.line ?? -1,
    pos: error.position ?? -1,
    type: error.message.startsWith('SQL compilation error') ? 'COMPILATION' : 'EXECUTION',
    ...(error.line === null ? {} : { fullErrorMessage: error.message }),
  })
}
