/**
 * A connector of the project's own, held to what its types promise: they are not checked when it runs. What breaks a promise
 * is MR-1401, with the place in its code; what it throws is its own mistake, and no bug of millrace.
 */
import type { WriteResult } from '../model/change.ts'
import { asMillraceError, MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import { openedConnector } from './connector-forms.ts'
import type { OpenedConnector } from './contract.ts'
import { openedObject, openedStream } from './definition-forms.ts'
import { itemFlaw, storedFlaw } from './item-flaw.ts'
import { streamFlaw } from './stream-flaw.ts'
import { textOf } from './text-of.ts'
import { wrapConnector } from './wrap-connector.ts'

/** `folder`: where its code is. */
export type Owner = { readonly name: string; readonly folder: string }

export function ownConnector(connector: OpenedConnector, owner: Owner): OpenedConnector {
  const flaw = openedConnector(connector, '')
  if (flaw !== null) throw broken(owner, `opening: ${flaw}`)
  return wrapConnector(connector, {
    thrown: (error, doing) => asItsOwn(error, owner, doing),
    stream(stream) {
      const flaw = openedStream(stream, '') ?? streamFlaw(stream)
      if (flaw !== null) throw broken(owner, `describing ${stream.name}: ${flaw}`)
    },
    object(object) {
      const flaw = openedObject(object, '')
      if (flaw !== null) throw broken(owner, `describing ${object.name}: ${flaw}`)
    },
    item(item, { doing, ...reading }) {
      const flaw = itemFlaw(item, reading)
      if (flaw !== null) throw broken(owner, `${doing}: ${flaw}`)
    },
    forgotten: (doing) => (what, asked) =>
      broken(
        owner,
        `${doing}: ${what}: \`await\` is missing${asked ? ', or another call has kept its `http` or `host`' : ''}`,
      ),
    counted(rows, doing) {
      if (!Number.isSafeInteger(rows) || rows < 0)
        throw broken(
          owner,
          `${doing}: it answered ${Number.isNaN(rows) ? 'NaN' : textOf(rows)}, which is no number of rows`,
        )
    },
    receipt(receipt, doing) {
      const flaw = storedFlaw(receipt, 'the receipt that it saved')
      if (flaw !== null) throw broken(owner, `${doing}: ${flaw}`)
    },
    settled({ length }, { doing, changes, host }) {
      if (length !== changes)
        host.warn(
          `The connector ${owner.name}, ${doing}: it answered ${length} results for ${changes} changes: none of them counts, and all are sent again.`,
        )
    },
    results: (answer, doing) =>
      readResults(answer, {
        flawed: (flaw) => broken(owner, `${doing}: ${flaw}`),
        asOwn: (error) => asItsOwn(error, owner, doing),
      }),
    held(answer, doing, changes) {
      if (!Array.isArray(answer)) throw broken(owner, `${doing}: it answered no list`)
      // Else the answer of one record would be taken for another's.
      if (answer.length !== changes)
        throw broken(owner, `${doing}: it answered ${answer.length} records for ${changes} changes`)
    },
  })
}

/** A refusal without words is one all the same; an outcome that is none says nothing about the row. */
function readResults(
  answer: unknown,
  { flawed, asOwn }: { readonly flawed: (what: string) => MillraceError; readonly asOwn: (error: Error) => unknown },
): readonly WriteResult[] {
  if (!Array.isArray(answer)) throw flawed('it answered no list of results')
  // Of a list with holes, too: there is a result for each place.
  return Array.from(answer, (result: unknown, index): WriteResult => {
    const said = Object(result) as { readonly [name: string]: unknown } // checked here
    const { outcome, code, message, retryable, maybeTaken } = said
    // A mistake of its own that it caught: what was taken before it counts all the same.
    const failure = said['failure'] instanceof Error ? asOwn(said['failure']) : said['failure']
    switch (outcome) {
      case 'ok':
        return { outcome }
      case 'absent':
        return { outcome, ...(isSaid(message) && { message: textOf(message) }) }
      case 'unknown':
        if (isSaid(failure) && !(failure instanceof MillraceError))
          throw flawed(`result ${index} has a failure that is no MillraceError: ${textOf(failure)}`)
        return {
          outcome,
          ...(isSaid(message) && { message: textOf(message) }),
          ...(failure instanceof MillraceError && { failure }),
        }
      case 'rejected':
        return {
          outcome,
          code: isSaid(code) ? textOf(code) : 'REFUSED',
          message: isSaid(message) ? textOf(message) : 'no reason was given',
          retryable: retryable === true,
          ...(maybeTaken === true && { maybeTaken }),
        }
      default:
        throw flawed(
          `result ${index} has the outcome ${textOf(outcome)}, which is none of ok, absent, rejected, unknown`,
        )
    }
  })
}

/** Vendors send null for what they leave out. */
const isSaid = (value: unknown): boolean => value !== undefined && value !== null

/** What it threw, as its own mistake; ours and the system's stay what they are. */
export function asItsOwn(error: unknown, owner: Owner, doing: string): unknown {
  if (error instanceof MillraceErrors) return error
  const told = asMillraceError(error, doing)
  // Ours, or the system's: a full disk.
  if (told.code !== 'MR-7000') return told
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return broken(owner, `${doing}: ${said}`, error)
}

function broken({ name, folder }: Owner, what: string, cause?: unknown): MillraceError {
  const frame = cause instanceof Error ? cause.stack?.split('\n').find((line) => line.includes(folder)) : undefined
  const at = /(?:file:\/\/)?(\/[^():]+:\d+)/.exec(frame ?? '')?.[1]
  return new MillraceError('MR-1401', {
    message: `The connector ${name} failed at ${what}`,
    kept: 'What was committed before is there; rows that were sent and not answered are sent again.',
    next:
      at === undefined
        ? `Look into ${folder}; with -v you see the stack.`
        : `It comes from ${at}; with -v you see the stack.`,
    ...(cause !== undefined && { cause }),
  })
}
