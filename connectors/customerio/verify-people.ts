/**
 * Customer.io answers 200 to changes that it drops: an email or id that somebody else has, a suppressed person, an update
 * of nobody. The App API tells; so people who are new, or whose identifiers change, are read back.
 * https://docs.customer.io/messaging/people/identifying-people/
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError, type Change, type WriteResult } from 'millrace'
import type { AppApi } from './client.ts'
import { isUncertain, mayBeDropped, ownIdentifiers } from './encode-person.ts'
import { findByEmail, readPeople, type Person } from './read-people.ts'
import { heldAs } from './read-back-people.ts'

type Asking = { readonly match: string; readonly signal: AbortSignal; readonly settleSeconds: number }

export async function verifyPeople(
  app: AppApi,
  changes: readonly Change[],
  results: readonly WriteResult[],
  { match, signal, settleSeconds }: Asking,
): Promise<readonly WriteResult[]> {
  const verified = [...results]
  let open = changes.flatMap((change, index) =>
    results[index]?.outcome === 'ok' && isDoubtful(change, match) ? [{ change, index }] : [],
  )
  let people: ReadonlyMap<string, Person> = new Map()
  try {
    // The Track API answers before it has done what it was asked: what differs is looked at again for a while.
    for (const waitMs of waits(settleSeconds)) {
      if (open.length === 0) return verified
      if (waitMs > 0) await sleep(waitMs, undefined, { signal })
      people = await readPeople(
        app,
        open.map(({ change }) => change.key),
        { idType: match, signal },
      )
      open = open.filter(({ change }) => whatIsWrong(change, people.get(change.key), match) !== undefined)
    }
    for (const { change, index } of open)
      verified[index] = await judge(app, change, { person: people.get(change.key), match, signal })
  } catch (error) {
    if (signal.aborted || !(error instanceof MillraceError)) throw error
    // They were taken, as far as the Track API says; whether they were dropped is not known.
    const message = `taken, and not read back: ${error.message}`
    for (const { index } of open) verified[index] = { outcome: 'unknown', message }
  }
  return verified
}

/** People who are new to us may be suppressed, or not there; identifiers that changed, or may have, may be another's. */
const isDoubtful = (change: Change, match: string): boolean =>
  ((change.op === 'upsert' || change.op === 'update') && isUncertain(change, match)) || mayBeDropped(change, match)

async function judge(
  app: AppApi,
  change: Change,
  {
    person,
    match,
    signal,
  }: { readonly person: Person | undefined; readonly match: string; readonly signal: AbortSignal },
): Promise<WriteResult> {
  const wrong = whatIsWrong(change, person, match)
  if (wrong === undefined) return { outcome: 'ok' }
  if (wrong === 'nobody' && change.op === 'update') return { outcome: 'absent', message: `nobody has this ${match}` }
  for (const name of ownIdentifiers.filter((each) => each !== match && (wrong === 'nobody' || each === wrong))) {
    const owner = await ownerOf(app, { name, value: change.fields[name], signal })
    if (owner !== undefined && owner !== person?.cioId)
      return reject(
        'identifier_conflict',
        `${name} belongs to another person (cio_id ${owner}): Customer.io answered 200, and dropped the change`,
      )
  }
  return rejections[wrong]
}

/** The first thing that is not as it was sent. */
function whatIsWrong({ fields }: Change, person: Person | undefined, match: string): Identifier | 'nobody' | undefined {
  if (!person) return 'nobody'
  return ownIdentifiers.find((name) => {
    const sent = fields[name]
    return name !== match && sent !== undefined && heldAs(person, name, sent) !== (sent === '' ? null : sent)
  })
}

async function ownerOf(
  app: AppApi,
  { name, value, signal }: { readonly name: Identifier; readonly value: unknown; readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (typeof value !== 'string' || value === '') return undefined
  if (name === 'email') return findByEmail(app, value, signal)
  return (await readPeople(app, [value], { idType: 'id', signal })).get(value)?.cioId
}

/** At once, then with growing pauses until the time is over. */
function waits(settleSeconds: number): readonly number[] {
  const pauses = [0.1, 0.2, 0.3, 0.4].map((part) => part * settleSeconds * 1000)
  return [0, ...pauses.filter((pauseMs) => pauseMs > 0)]
}

// Another person's address may be given back tomorrow.
const reject = (code: string, message: string) => ({ outcome: 'rejected', code, message, retryable: true }) as const

/** What nobody stands in the way of may have been dropped, or may only be later than we waited. */
const notSeen = (code: string, message: string): WriteResult => ({ ...reject(code, message), maybeTaken: true })

const rejections = {
  nobody: notSeen('not_there', 'Customer.io answered 200, and has no such person: is their id or email suppressed?'),
  email: notSeen(
    'identifier_kept',
    'Customer.io answered 200, and kept the email that the person had: is "Allow updates to email using ID" on in the workspace?',
  ),
  id: notSeen(
    'identifier_kept',
    'Customer.io answered 200, and kept the id that the person had: an id changes only where match is cio_id',
  ),
} as const

type Identifier = (typeof ownIdentifiers)[number]
