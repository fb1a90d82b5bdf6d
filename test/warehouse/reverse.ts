/** A delivery as the conformance tests play it: diff, intents, answers, without a destination. */
import { writeFileSync } from 'node:fs'
import type {
  Answer,
  Candidate,
  DiffCounts,
  DiffRequest,
  Fence,
  SnapshotColumn,
  SnapshotMeta,
} from '../../src/warehouse/port.ts'
import { collect, type Workbench } from './workbench.ts'

export type ReverseSetup = {
  readonly sync?: string
  readonly model: string
  readonly columns: readonly SnapshotColumn[]
  readonly key: readonly string[]
} & Partial<
  Pick<
    DiffRequest,
    'optOuts' | 'optIns' | 'mappingVersion' | 'readVersion' | 'removesIgnored' | 'retriesOnly' | 'record' | 'otherNames'
  >
> & {
    readonly normalise?: 'exact' | 'trim' | 'lower'
  }

export type Diffed = { readonly counts: DiffCounts; readonly candidates: readonly Candidate[] }

export type Reverse = {
  readonly diff: (change?: Partial<ReverseSetup>) => Promise<Diffed>
  readonly intend: (intents: readonly { readonly key: string; readonly op: string }[]) => Promise<void>
  readonly takeIntentsOver: () => Promise<number>
  readonly acknowledge: (answers: readonly Answer[], change?: Partial<ReverseSetup>) => Promise<void>
}

export const meta: SnapshotMeta = {
  account: 'acct',
  connection: 'crm',
  object: 'person',
  options: '{}',
  mappingVersion: 'm1',
  encoderVersion: 1,
}

/** What a run holds, or held before another took over. */
export const fenceOf = (runId: string, sync = 'out', epoch = 1): Fence => ({
  sync,
  stream: 'person',
  partition: '',
  epoch,
  runId,
})

export async function openReverse(bench: Workbench, setup: ReverseSetup): Promise<Reverse> {
  const { sync = 'out' } = setup
  const scope = { sync, stream: 'person', partition: '' }
  const { previous: _previous, ...fence } = await bench.session(({ state }) => state.takeFence(scope, 'run-1'))
  await bench.session(({ reverse }) => reverse.ensureSnapshot(sync, setup.columns))
  let sequence = 0
  const file = (lines: readonly object[]) => {
    const path = bench.path('lines.ndjson')
    writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    return path
  }
  return {
    diff: (change) =>
      bench.session(async ({ reverse }) => {
        const now = { ...setup, ...change }
        await reverse.ensureSnapshot(sync, now.columns)
        const counts = await reverse.diff(requestOf(sync, now))
        return { counts, candidates: await collect(reverse.candidates()) }
      }),
    intend: (intents) => bench.session(({ reverse }) => reverse.openIntents({ fence, path: file(intents), meta })),
    takeIntentsOver: () => bench.session(({ reverse }) => reverse.takeIntentsOver(fence)),
    acknowledge: (answers, change) =>
      bench.session(async ({ reverse }) => {
        const now = { ...setup, ...change }
        await reverse.ensureSnapshot(sync, now.columns)
        const { mappingVersion = 'm1', columns } = now
        await reverse.acknowledge({
          fence,
          sequence: ++sequence,
          columns,
          mappingVersion,
          path: file(answers),
          ledger: {},
        })
      }),
  }
}

const requestOf = (sync: string, setup: ReverseSetup): DiffRequest => ({
  sync,
  model: setup.model,
  key: setup.key.map((column) => ({ column, normalise: setup.normalise ?? 'exact' })),
  columns: setup.columns,
  optOuts: setup.optOuts ?? [],
  mappingVersion: setup.mappingVersion ?? 'm1',
  retriesOnly: setup.retriesOnly ?? false,
  ...(setup.record && { record: setup.record }),
  ...(setup.otherNames && { otherNames: setup.otherNames }),
  ...(setup.readVersion && { readVersion: setup.readVersion }),
  ...(setup.removesIgnored && { removesIgnored: true }),
  ...(setup.optIns && { optIns: setup.optIns }),
})

/** Delivered, unless said otherwise. */
export const answer = (key: string, rest: Partial<Answer> = {}): Answer => ({
  key,
  op: 'upsert',
  status: 'delivered',
  state: 'accepted',
  hash: 'h',
  values: null,
  fields: null,
  code: null,
  message: null,
  retryable: false,
  attempts: 0,
  sent_at: null,
  ...rest,
})

export const refused = (key: string, rest: Partial<Answer> = {}): Answer =>
  answer(key, { status: 'rejected', state: null, hash: null, code: 'BAD', message: 'no', attempts: 1, ...rest })
