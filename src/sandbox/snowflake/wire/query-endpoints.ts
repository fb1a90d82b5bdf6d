/** Statements over the wire: sent, polled, fetched in chunks, cancelled. */
import { readRequest, startQuery } from '../run/start-query.ts'
import type { QueryRecord } from '../run/query-store.ts'
import { closeSession } from '../session/open-session.ts'
import type { Service } from '../service.ts'
import { failure, success } from './answer.ts'
import type { Reply, WireRequest } from './endpoints.ts'
import { answerQuery, notDone } from './query-answer.ts'
import { textOf } from './read-body.ts'
import { findSession, isSession } from './session-endpoints.ts'

/** The same request id is the same statement: a request that is sent again (the SDK's retry) gets the first one's answer. */
export async function queryRequest(service: Service, request: WireRequest): Promise<Reply> {
  const session = findSession(service, request)
  if (!isSession(session)) return session
  const requestId = request.query.get('requestId')
  const known = requestId === null ? undefined : service.queries.byRequest(requestId)
  const query = known ?? startQuery(service, session, readRequest(request.body, requestId))
  if (query.async && !known) return notDone(query, '333334')
  const reply = await patiently(service, query, request.gone)
  if (query.lostAnswer === null) return reply
  if (query.lostAnswer === 'gone') await closeSession(service, session)
  if (query.lostAnswer !== 'cut') query.lostAnswer = null
  return { cut: true }
}

export async function queryResult(service: Service, request: WireRequest): Promise<Reply> {
  const session = findSession(service, request)
  if (!isSession(session)) return session
  const query = service.queries.get(request.parts[0] ?? '')
  if (!query || query.session.user !== session.user)
    return failure('000709', `Statement ${request.parts[0] ?? ''} not found`, { sqlState: '02000' })
  return patiently(service, query, request.gone)
}

/** The answer, or after a while the advice to ask again. */
async function patiently(service: Service, query: QueryRecord, gone: AbortSignal): Promise<Reply> {
  const waited = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), service.patienceMs)
    gone.addEventListener('abort', () => resolve(false), { once: true })
    void query.finished.then(() => resolve(true)).finally(() => clearTimeout(timer))
  })
  return waited ? answerQuery(service, query) : notDone(query, '333333')
}

/** What the SDK's cancel() sends before it knows the query's id. */
export async function abortByRequest(service: Service, request: WireRequest): Promise<Reply> {
  const session = findSession(service, request)
  if (!isSession(session)) return session
  const requestId = textOf(request.body.requestId)
  return abort(requestId === null ? undefined : service.queries.byRequest(requestId), session.user)
}

export async function abortByQuery(service: Service, request: WireRequest): Promise<Reply> {
  const session = findSession(service, request)
  return isSession(session) ? abort(service.queries.get(request.parts[0] ?? ''), session.user) : session
}

function abort(query: QueryRecord | undefined, user: string): Reply {
  if (!query || query.session.user !== user || query.state !== 'running')
    return failure('000605', 'Identified SQL statement is not currently executing.', { sqlState: '02000' })
  query.abort.abort('cancelled')
  return success(null)
}

/** https://docs.snowflake.com/en/developer-guide/node-js/nodejs-driver-execute#executing-queries-asynchronously */
export async function monitorQuery(service: Service, request: WireRequest): Promise<Reply> {
  const session = findSession(service, request)
  if (!isSession(session)) return session
  const query = service.queries.get(request.parts[0] ?? '')
  if (!query) return success({ queries: [] })
  const status = { running: 'RUNNING', done: 'SUCCESS', failed: 'FAILED_WITH_ERROR' }[query.state]
  return success({
    queries: [
      {
        id: query.id,
        status,
        state: status,
        sqlText: query.sql,
        sessionId: Number(query.session.id),
        startTime: query.startedAt,
        errorCode: query.error?.code ?? null,
        errorMessage: query.error?.message ?? null,
      },
    ],
  })
}

/** Signed by nothing but its unguessable path, as the vendor's presigned addresses are. */
export async function sendChunk(service: Service, { parts }: WireRequest): Promise<Reply> {
  const [id = '', number = ''] = parts
  const chunk = service.queries.get(id)?.outcome?.result.chunks[Number(number)]
  return chunk
    ? { file: chunk.file }
    : { status: 403, body: '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>' }
}
