/** A destination that remembers: records by key, a journal of every change it was handed, and faults on demand. */
import type { DestinationObject } from '../../src/connector/destination.ts'
import type { Change, Fields, FieldValue, WriteResult } from '../../src/model/change.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'

export type Record = { [field: string]: FieldValue }

/** What happens to a change of a key, once or (with `always`) until it is taken away. */
export type Fault =
  /** The row is refused; nothing is written, or with `taken` it is all the same, and said. */
  | { readonly kind: 'reject'; readonly retryable?: boolean; readonly message?: string; readonly taken?: true }
  /** Written, and no answer comes. */
  | { readonly kind: 'unknown' }
  /** Not written, and no answer comes. */
  | { readonly kind: 'lost' }
  /** The whole request is refused because of this row. */
  | { readonly kind: 'refuse_request' }
  /** Everything before this row is written, then the connection breaks. */
  | { readonly kind: 'network' }
  /** The process dies: before the request reaches the vendor, or after it wrote everything. */
  | { readonly kind: 'die'; readonly when: 'before' | 'after' }
  | { readonly kind: 'answers_too_few' }

export type Vendor = {
  readonly records: Map<string, Record>
  /** Every change of every request that reached the vendor, in order. */
  readonly journal: Change[]
  /** Where in it stands what it surely did not take. */
  readonly refused: Set<number>
  /** Keys of each request that reached it. */
  readonly requests: string[][]
  readonly faults: Map<string, Fault & { readonly always?: boolean }>
  /** Jobs by receipt, with the results of their rows: made by `jobObject`. */
  readonly jobs: Map<string, { readonly changes: readonly Change[]; results: readonly WriteResult[] | null }>
  /** Called where the process dies; never returns. */
  die: () => Promise<never>
  /** Runs before every request: somebody else acts in the meantime. */
  beforeWrite: (changes: readonly Change[]) => Promise<void>
  readonly object: DestinationObject
}

export function makeVendor(overrides: Partial<DestinationObject> = {}): Vendor {
  const vendor: Vendor = {
    records: new Map(),
    journal: [],
    refused: new Set(),
    requests: [],
    faults: new Map(),
    jobs: new Map(),
    die: () => new Promise<never>(() => undefined),
    beforeWrite: () => Promise.resolve(),
    object: {
      name: 'person',
      docs: 'https://vendor.example/docs/person',
      delivery: 'idempotent',
      match: { id: { normalise: 'exact' }, email: { normalise: 'lower' } },
      fields: {
        id: 'string',
        email: 'string',
        name: 'string',
        plan: 'string',
        score: 'number',
        data: 'json',
        active: 'boolean',
        day: 'date',
        seen_at: 'timestamp',
        seen: 'unix_seconds',
        unsubscribed: { type: 'boolean', optOut: true },
      },
      otherFields: [
        { pattern: /^topic_\d+$/, type: 'boolean', optOut: true },
        { pattern: /^custom_/, type: 'any' },
      ],
      operations: ['upsert', 'update', 'insert', 'clear', 'set', 'delete'],
      batch: { rows: 3, bytes: 100_000, rowBytes: 10_000 },
      write: (changes) => write(vendor, changes),
      preview: (changes) => [
        {
          method: 'POST',
          path: '/batch',
          body: changes.map(({ key }) => key),
          docs: 'https://vendor.example/docs/batch',
        },
      ],
      ...overrides,
    },
  }
  return vendor
}

/** An object that tells what it holds, by key. */
export const readableObject = (vendor: Vendor): Partial<DestinationObject> => ({
  readBack: async (changes) => changes.map(({ key }) => vendor.records.get(key) ?? null),
})

/** An object whose writes are jobs: made, saved, begun, waited for. `settle` runs what has not run (it adopts). */
export function jobObject(vendor: Vendor): Partial<DestinationObject> {
  const finish = async (id: string) => {
    const job = vendor.jobs.get(id)
    if (job && job.results === null) job.results = await write(vendor, job.changes)
    return job?.results ?? []
  }
  return {
    write: async (changes, { saveReceipt }) => {
      const id = `job-${vendor.jobs.size + 1}`
      vendor.jobs.set(id, { changes, results: null })
      await saveReceipt({ id })
      return finish(id)
    },
    settle: async (receipt) =>
      finish(typeof receipt === 'object' && receipt && 'id' in receipt ? String(receipt.id) : ''),
  }
}

async function write(vendor: Vendor, changes: readonly Change[]): Promise<readonly WriteResult[]> {
  await vendor.beforeWrite(changes)
  const faults = changes.map((change) => takeFault(vendor, change.key))
  const death = faults.find((fault) => fault?.kind === 'die')
  if (death?.kind === 'die' && death.when === 'before') return vendor.die()
  vendor.requests.push(changes.map(({ key }) => key))
  const from = vendor.journal.push(...changes) - changes.length
  if (faults.some((fault) => fault?.kind === 'refuse_request')) {
    for (const index of changes.keys()) vendor.refused.add(from + index)
    // Whoever is refused stays refused when it comes alone.
    for (const [index, fault] of faults.entries())
      if (fault?.kind === 'refuse_request' && changes.length > 1) vendor.faults.set(changes[index]?.key ?? '', fault)
    throw new MillraceError('MR-3004', { message: 'the request was refused' })
  }
  const results: WriteResult[] = []
  for (const [index, change] of changes.entries()) {
    const fault = faults[index]
    if (fault?.kind === 'network') throw new MillraceError('MR-3002', { message: 'the connection was reset' })
    if (fault?.kind === 'reject' && !fault.taken) vendor.refused.add(from + index)
    results.push(answer(vendor, change, fault))
  }
  if (death) return vendor.die()
  return faults.some((fault) => fault?.kind === 'answers_too_few') ? results.slice(1) : results
}

function answer(vendor: Vendor, change: Change, fault: Fault | undefined): WriteResult {
  if (fault?.kind === 'reject') {
    if (fault.taken) answer(vendor, change, undefined)
    return {
      outcome: 'rejected',
      code: 'bad',
      message: fault.message ?? 'the row was refused',
      retryable: fault.retryable ?? false,
      ...(fault.taken && { maybeTaken: true }),
    }
  }
  if (fault?.kind === 'lost') return { outcome: 'unknown' }
  const isThere = vendor.records.has(change.key)
  if (isThere && change.op === 'insert')
    return { outcome: 'rejected', code: 'duplicate', message: 'it is there already', retryable: false }
  if (!isThere && change.op !== 'upsert' && change.op !== 'insert') return { outcome: 'absent' }
  if (change.op === 'delete') vendor.records.delete(change.key)
  else vendor.records.set(change.key, { ...vendor.records.get(change.key), ...change.fields })
  return fault?.kind === 'unknown' ? { outcome: 'unknown', message: 'no answer' } : { outcome: 'ok' }
}

function takeFault(vendor: Vendor, key: string): Fault | undefined {
  const fault = vendor.faults.get(key)
  if (fault && !fault.always) vendor.faults.delete(key)
  return fault
}

/** What was sent for a key, oldest first. */
export const sentTo = (vendor: Vendor, key: string): readonly Fields[] =>
  vendor.journal.filter((change) => change.key === key).map(({ fields }) => fields)
