/**
 * PUT and GET. The SDK moves the files itself, from and to a directory that it is told of (LOCAL_FS).
 * https://docs.snowflake.com/en/sql-reference/sql/put
 */
import { closeSync, copyFileSync, globSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { snowflakeError } from '../sql/snowflake-error.ts'
import type { Put } from '../sql/statement.ts'
import type { Outcome } from '../run/query-store.ts'
import { statementTypes } from '../run/record-query.ts'
import { emptyResult } from '../run/result-set.ts'
import type { RunContext } from '../run/run-statement.ts'
import { isTrue } from './file-source.ts'
import { findStage } from './stage-directory.ts'
import { listFiles, openInbox } from './stage-files.ts'

export async function runPut(context: RunContext, statement: Put): Promise<Outcome> {
  return statement.kind === 'get' ? answerGet(context, statement) : answerPut(context, statement)
}

function answerPut(context: RunContext, { file, stage: place, options }: Put): Outcome {
  const { service, query } = context
  const stage = findStage(context, place, 'WRITE')
  const request = { method: 'PUT', path: query.sql }
  if (service.faults.play('full_stage', request))
    throw snowflakeError(
      '091040',
      '53100',
      `The file '${basename(file)}' could not be stored on the stage: its storage quota is exceeded.`,
    )
  const sources = globSync(file)
  const compressed = isTrue(options.AUTO_COMPRESS ?? 'TRUE')
  const directory = openInbox(service, query.id, {
    to: stage.directory,
    path: place.path,
    overwrite: isTrue(options.OVERWRITE),
    compressed,
    sizes: Object.fromEntries(sources.map((source) => [basename(source), statSync(source).size])),
  })
  if (service.faults.play('cut_put', request)) {
    for (const source of sources) copyHalf(source, join(directory, basename(source)))
    throw snowflakeError(
      '000403',
      '08006',
      `The upload of '${basename(file)}' was broken off: the connection to the stage was lost.`,
    )
  }
  return transfer(context, statementTypes.put, {
    command: 'UPLOAD',
    src_locations: [file],
    autoCompress: compressed,
    overwrite: isTrue(options.OVERWRITE),
    sourceCompression: (options.SOURCE_COMPRESSION ?? 'AUTO_DETECT').toLowerCase(),
    parallel: Number(options.PARALLEL ?? 4),
    stageInfo: stageInfo(directory, place.path),
  })
}

async function answerGet(context: RunContext, { file, stage: place }: Put): Promise<Outcome> {
  const { service, query } = context
  const stage = findStage(context, place, 'READ')
  const files = await listFiles(service, stage, place.path)
  // The SDK takes names from one directory.
  const outbox = join(service.directory, 'stages', 'outbox', query.id)
  mkdirSync(outbox, { recursive: true })
  for (const { path } of files) copyFileSync(path, join(outbox, basename(path)))
  return transfer(context, statementTypes.get, {
    command: 'DOWNLOAD',
    src_locations: files.map(({ path }) => basename(path)),
    localLocation: file,
    autoCompress: false,
    overwrite: false,
    sourceCompression: 'none',
    parallel: 4,
    stageInfo: stageInfo(outbox, place.path),
  })
}

const stageInfo = (location: string, path: string) => ({
  locationType: 'LOCAL_FS',
  location,
  path,
  region: null,
  storageAccount: null,
  isClientSideEncrypted: false,
  creds: {},
  presignedUrl: null,
  endPoint: null,
})

function transfer(
  { session }: RunContext,
  statementTypeId: number,
  data: { readonly [key: string]: unknown },
): Outcome {
  return {
    statementTypeId,
    result: emptyResult,
    transfer: {
      ...data,
      threshold: 209_715_200,
      clientShowEncryptionParameter: true,
      encryptionMaterial: null,
      presignedUrls: null,
      kind: null,
      operation: 'Node',
      finalDatabaseName: session.database,
      finalSchemaName: session.schema,
      finalWarehouseName: session.warehouse,
      finalRoleName: session.role,
    },
  }
}

function copyHalf(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  const half = Buffer.alloc(Math.min(1_000_000, Math.floor(statSync(from).size / 2)))
  const source = openSync(from, 'r')
  readSync(source, half, 0, half.length, 0)
  closeSync(source)
  writeFileSync(to, half)
}
