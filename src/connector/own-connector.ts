/**
 * A connector of the project's own, held to what its types promise: they are not checked when it runs. What breaks a promise
 * is MR-1401, with the place in its code; what it throws is its own mistake, and no bug of millrace.
 */
import { isDeepStrictEqual } from 'node:util'
import type { WriteResult } from '../model/change.ts'
import { asMillraceError, MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import type { OpenedConnector, ScanItem, Stream } from './contract.ts'
import { wrapConnector } from './wrap-connector.ts'

/** `folder`: where its code is. */
export type Owner = { readonly name: string; readonly folder: string }

export function ownConnector(connector: OpenedConnector, owner: Owner): OpenedConnector {
  return wrapConnector(connector, {
    thrown: (error, doing) => asItsOwn(error, owner, doing),
    stream(stream) {
      const flaw = streamFlaw(stream)
      if (flaw !== null) throw broken(owner, `describing ${stream.name}: ${flaw}`)
    },
    item(item, doing) {
      const flaw = flawOf(item)
      if (flaw !== null) throw broken(owner, `${doing}: ${flaw}`)
    },
    results: (answer, doing) => readResults(answer, (flaw) => broken(owner, `${doing}: ${flaw}`)),
  })
}

/** What names a field has to name one that there is; else rows would have no key, or no version, and nobody would know. */
function streamFlaw({ key, columns, version, deletedWhen, children }: Stream): string | null {
  if (!Array.isArray(key)) return '`key` is no list of fields'
  const named = { key, version: [version], 'deletedWhen.column': [deletedWhen?.column] }
  for (const [what, fields] of Object.entries(named))
    for (const field of fields)
      if (field !== undefined && !Object.hasOwn(columns, field)) return `\`${what}\` names ${field}, which is no column`
  for (const child of children)
    for (const field of [...child.key, child.parent])
      if (!Object.hasOwn(child.columns, field)) return `${child.name} names ${field}, which is no column of it`
  return null
}

/** What is wrong with an item; null: nothing. Of records only the cells are looked at, not what is inside them. */
function flawOf(item: ScanItem): string | null {
  const { kind, readAt } = Object(item) as { readonly [name: string]: unknown } // what is not typed may yield anything
  if (kind === 'checkpoint')
    return 'resume' in item && isJson(item.resume)
      ? null
      : 'the `resume` of a checkpoint is not JSON, and would come back as something else'
  if (!(readAt instanceof Date) || Number.isNaN(readAt.getTime()))
    return `it yielded ${kind === undefined ? textOf(item) : `a batch of ${textOf(kind)}`} without a \`readAt\` that is a Date`
  switch (item.kind) {
    case 'records':
      return recordsFlaw(item.records)
    case 'lines': {
      const lines = countLines(item.lines)
      return lines === item.rows ? null : `a batch says that it has ${item.rows} rows, and has ${lines} lines`
    }
    case 'file':
    case 'tombstones':
      return null
    default:
      return `it yielded a batch of ${textOf(kind)}, which there is not`
  }
}

function recordsFlaw(records: readonly unknown[]): string | null {
  if (!Array.isArray(records)) return 'the `records` of a batch are no list'
  for (const record of records) {
    if (typeof record !== 'object' || record === null) return `a record is ${textOf(record)}`
    const cells = record as { readonly [field: string]: unknown } // it is an object
    for (const field in cells)
      if (!isStorable(cells[field])) return `${field} is ${wordFor(cells[field])}, which no column can hold`
  }
  return null
}

/** The last one may lack its line break. */
function countLines(lines: Uint8Array): number {
  let count = 0
  for (let at = lines.indexOf(lineBreak); at !== -1; at = lines.indexOf(lineBreak, at + 1)) count++
  return lines.length > 0 && lines.at(-1) !== lineBreak ? count + 1 : count
}

const lineBreak = 10

function isJson(value: unknown): boolean {
  try {
    const text = JSON.stringify(value) as string | undefined // of undefined and functions it makes nothing
    return text !== undefined && isDeepStrictEqual(JSON.parse(text), value)
  } catch {
    return false
  }
}

function isStorable(value: unknown): boolean {
  if (value instanceof Date) return !Number.isNaN(value.getTime())
  return !(value instanceof Map || value instanceof Set || typeof value === 'function' || typeof value === 'symbol')
}

const wordFor = (value: unknown): string =>
  value instanceof Date
    ? 'an invalid Date'
    : `a ${value instanceof Map ? 'Map' : value instanceof Set ? 'Set' : typeof value}`

/** A refusal without words is one all the same; an outcome that is none says nothing about the row. */
function readResults(answer: unknown, flawed: (what: string) => MillraceError): readonly WriteResult[] {
  if (!Array.isArray(answer)) throw flawed('it answered no list of results')
  return answer.map((result: unknown, index): WriteResult => {
    const { outcome, code, message, retryable } = Object(result) as { readonly [name: string]: unknown } // checked here
    switch (outcome) {
      case 'ok':
        return { outcome }
      case 'absent':
      case 'unknown':
        return { outcome, ...(message !== undefined && { message: textOf(message) }) }
      case 'rejected':
        return {
          outcome,
          code: code === undefined ? 'REFUSED' : textOf(code),
          message: message === undefined ? 'no reason was given' : textOf(message),
          retryable: retryable === true,
        }
      default:
        throw flawed(
          `result ${index} has the outcome ${textOf(outcome)}, which is none of ok, absent, rejected, unknown`,
        )
    }
  })
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))

function asItsOwn(error: unknown, owner: Owner, doing: string): unknown {
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
