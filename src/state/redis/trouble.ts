/** What Redis and the way to it can say, and which of it passes by itself. https://redis.io/docs/latest/develop/reference/protocol-spec/ */
import { MillraceError } from '../../model/millrace-error.ts'

export type Trouble = {
  readonly kind: 'away' | 'not_yet' | 'refused' | 'failed'
  readonly what: string
  readonly next: string
}

/** null: not of Redis, so nothing to wait for. `last`: what ended the connection, if that is all that the error says. */
export function troubleOf(error: unknown, last: Error | null): Trouble | null {
  if (!(error instanceof Error) || error instanceof MillraceError) return null
  if (saysOnlyGone.test(error.message) || error.name === 'MaxRetriesPerRequestError' || error.name === 'AbortError')
    return last && !saysOnlyGone.test(last.message) ? (troubleOf(last, null) ?? away(last)) : away(error)
  const word = /^[A-Z]+/.exec(error.message)?.[0] ?? ''
  const known = answers[word]
  if (known) return { ...known, what: error.message }
  if (error instanceof NoAnswerError || isOfNetwork(error)) return away(error)
  return error.name === 'ReplyError' ? { kind: 'failed', what: error.message, next: nextOfUnknown } : null
}

export function troubleError(trouble: Trouble, where: string, doing: string): MillraceError {
  const isRefused = trouble.kind === 'refused'
  return new MillraceError(isRefused ? 'MR-6005' : 'MR-6004', {
    message: `control store on Redis at ${where}: ${doing} failed: ${trouble.what}`,
    kept: 'What is in the warehouse is untouched; what was sent and not recorded is sent again by the next run.',
    next: trouble.next,
  })
}

/** Our own patience with one answer ran out. */
export class NoAnswerError extends Error {
  constructor() {
    super('it does not answer')
  }
}

const away = (error: Error): Trouble => ({
  kind: 'away',
  what: saysOnlyGone.test(error.message) ? 'there is no connection' : error.message || error.name,
  next: 'Is it running, and reachable from here? `millrace doctor` tries the way to it.',
})

/** ECONNREFUSED, ENOTFOUND, EAI_AGAIN …; Node's own errors of misuse begin with ERR_. */
const isOfNetwork = (error: Error): boolean =>
  'code' in error && typeof error.code === 'string' && /^E(?!RR_)[A-Z_]+$/.test(error.code)

const saysOnlyGone =
  /^(Stream isn't writeable|Connection is closed|Command aborted|Reached the max retries|Redis is already)/

const nextOfCredentials = 'Check user and password in the URL of Redis.'
const nextOfUnknown = 'Check what it says; `millrace doctor` shows version and settings of this Redis.'

const answers: { readonly [word: string]: Omit<Trouble, 'what'> } = {
  WRONGPASS: { kind: 'refused', next: nextOfCredentials },
  NOAUTH: { kind: 'refused', next: nextOfCredentials },
  NOPERM: {
    kind: 'refused',
    next: 'Give this user the keys {millrace:*} and the commands it was refused (ACL SETUSER …).',
  },
  MOVED: {
    kind: 'refused',
    next: 'This node is of a cluster and does not hold the project’s keys: name the node that does, or a Redis that is no cluster.',
  },
  LOADING: { kind: 'not_yet', next: 'It is still reading its file: run again in a moment.' },
  READONLY: { kind: 'not_yet', next: 'This is a replica: name the primary in the URL, or wait for the failover.' },
  MASTERDOWN: { kind: 'not_yet', next: 'This is a replica without its primary: name the primary in the URL.' },
  CLUSTERDOWN: { kind: 'not_yet', next: 'The cluster is not whole: `redis-cli cluster info` says more.' },
  TRYAGAIN: { kind: 'not_yet', next: 'The cluster moves keys: run again in a moment.' },
  BUSY: { kind: 'not_yet', next: 'A script of somebody else holds Redis: `redis-cli script kill` ends it.' },
  OOM: { kind: 'failed', next: 'Redis has used up its maxmemory: raise it (CONFIG SET maxmemory), or make room.' },
  MISCONF: {
    kind: 'failed',
    next: 'Redis cannot write to its disk, and refuses writes: free some space there; its own log says more.',
  },
}
