/** A server that answers as Snowflake's API does, with what a test wants it to answer. No SQL is understood here. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AddressInfo } from 'node:net'
import type { SnowflakeOptions } from '../../../../src/warehouse/snowflake/client/options.ts'

export type WireColumn = {
  readonly name: string
  readonly type: string
  readonly precision?: number | null
  readonly scale?: number | null
}

export type Result = {
  readonly columns: readonly WireColumn[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly chunks?: Chunks
  /** What the server says in its answer, beside the rows. */
  readonly data?: object
}

export type Refusal = {
  readonly refuse: { readonly code: string; readonly message: string; readonly sqlState?: string }
}

export type Answer =
  | Result
  | Refusal
  | { readonly status: number }
  | { readonly cut: true }
  /** Comes as a refusal when it is cancelled. */
  | { readonly hold: true }
  | { readonly raw: object }

/** A large result: parts that are fetched one by one, each made when it is asked for. `delayMs`: how long it then takes. */
export type Chunks = {
  readonly count: number
  readonly rows: number
  readonly make: (chunk: number) => string
  readonly delayMs?: (chunk: number) => number
}

export type Request = { readonly path: string; readonly body: { readonly [key: string]: unknown } }

export type StandIn = {
  readonly url: string
  readonly requests: Request[]
  /** Statements, in order. */
  readonly statements: () => readonly string[]
  readonly options: (over?: Partial<SnowflakeOptions>) => SnowflakeOptions
  readonly close: () => Promise<void>
}

const loginData = {
  token: 'session-token',
  masterToken: 'master-token',
  validityInSeconds: 3600,
  masterValidityInSeconds: 14_400,
  sessionId: 1,
  parameters: [],
}

export async function startStandIn(
  answer: (sql: string, attempt: number) => Answer | undefined,
  { login = () => undefined }: { readonly login?: (attempt: number) => Answer | undefined } = {},
): Promise<StandIn> {
  const requests: Request[] = []
  const held: ServerResponse[] = []
  let chunks: Chunks | undefined
  const attempts = new Map<string, number>()
  const next = (key: string) => attempts.set(key, (attempts.get(key) ?? 0) + 1).get(key) ?? 1
  const server = createServer((request, response) => void serve(request, response))
  async function serve(request: IncomingMessage, response: ServerResponse) {
    const path = request.url ?? ''
    if (path.startsWith('/chunk/')) {
      const number = Number(path.slice('/chunk/'.length))
      requests.push({ path, body: {} })
      const part = chunks?.make(number) ?? ''
      await sleep(chunks?.delayMs?.(number) ?? 0)
      response.setHeader('content-encoding', 'gzip')
      response.end(gzipSync(part, { level: 1 }))
      return
    }
    const body = await readBody(request)
    requests.push({ path, body })
    if (path.startsWith('/session/v1/login-request'))
      reply(response, login(next('login')) ?? { raw: { success: true, code: null, message: null, data: loginData } })
    else if (path.startsWith('/queries/v1/query-request')) {
      const sql = String(body['sqlText'])
      const told = answer(sql, next(sql)) ?? { columns: [], rows: [] }
      if ('hold' in told) held.push(response)
      else reply(response, told)
    } else if (path.includes('/abort-request')) {
      for (const one of held.splice(0))
        reply(one, { refuse: { code: '000604', message: 'SQL execution canceled', sqlState: '57014' } })
      reply(response, { raw: { success: true, data: null } })
    } else reply(response, { raw: { success: true, data: null } })
  }
  function reply(response: ServerResponse, told: Answer): void {
    if ('cut' in told || 'hold' in told) return void response.destroy()
    if ('status' in told)
      return void response.writeHead(told.status, { 'content-type': 'text/html' }).end('<html></html>')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify('raw' in told ? told.raw : resultOf(told)))
  }
  function resultOf(told: Result | Refusal): object {
    const queryId = '01b2c3d4-0000-0000-0000-000000000001'
    if ('refuse' in told)
      return { success: false, ...told.refuse, data: { queryId, sqlState: told.refuse.sqlState, internalError: false } }
    chunks = told.chunks
    const returned = told.rows.length + (told.chunks ? told.chunks.count * told.chunks.rows : 0)
    return {
      success: true,
      data: {
        queryId,
        parameters: [],
        rowtype: told.columns.map((column) => ({
          precision: null,
          scale: null,
          nullable: true,
          length: null,
          ...column,
        })),
        rowset: told.rows,
        returned,
        total: returned,
        version: 1,
        statementTypeId: 4096,
        finalDatabaseName: 'DB',
        finalSchemaName: 'PUBLIC',
        finalWarehouseName: 'WH',
        finalRoleName: 'LOADER',
        ...told.data,
        ...(told.chunks && {
          chunks: Array.from({ length: told.chunks.count }, (_, index) => ({
            url: `${url}/chunk/${index}`,
            rowCount: told.chunks?.rows,
            uncompressedSize: 1,
            compressedSize: 1,
          })),
        }),
      },
    }
  }
  await listening(server)
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server
  return {
    url,
    requests,
    statements: () =>
      requests.filter(({ path }) => path.includes('/query-request')).map(({ body }) => String(body['sqlText'])),
    options: (over = {}) => ({
      account: 'ACME-TEST',
      user: 'LOADER',
      auth: { kind: 'key_pair', privateKey: keyPair.privateKey, passphrase: null },
      role: 'LOADER',
      warehouse: 'WH',
      database: 'DB',
      schema: null,
      accessUrl: url,
      proxy: null,
      statementTimeoutMs: 3_600_000,
      lockTimeoutMs: 60_000,
      loginTimeoutMs: 10_000,
      queryTag: {},
      sessionParameters: {},
      ...over,
    }),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function listening(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
}

async function readBody(request: IncomingMessage): Promise<Request['body']> {
  const bytes = Buffer.concat(await Array.fromAsync(request))
  const text = bytes[0] === 0x1f ? gunzipSync(bytes) : bytes
  return text.length === 0 ? {} : JSON.parse(text.toString('utf8'))
}

export const keyPair = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
})
