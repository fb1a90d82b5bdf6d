/** The partitions of a backfill, each a run of its own, a few at a time. */
import type { BackfillRequest, Partition } from '../backfill/plan-backfill.ts'
import { giveUpOvertaken } from '../backfill/give-up-overtaken.ts'
import { runPartition } from '../backfill/run-partition.ts'
import type { EtlSync } from '../config/project.ts'
import { exitCodeOf } from '../model/exit-code.ts'
import { asMillraceError, type MillraceError } from '../model/millrace-error.ts'
import type { App } from './app.ts'
import { dropDeadBackfills, partFolder } from './backfill-spool.ts'
import { partLeaseName } from './lease-name.ts'
import { loadFromSource } from './load-from-source.ts'
import { sayLeft } from './open-connection.ts'
import { ofConnection, planPartitions } from './plan-backfill.ts'
import { recordRun, type RecordedRun } from './record-run.ts'
import { buildModelsAfterLoad } from './run-etl-sync.ts'
import { newRunId } from './run-id.ts'
import { defaultRunOptions } from './run-options.ts'
import type { Outcome, Work } from './run-outcome.ts'
import type { RunResult } from './run-syncs.ts'
import { underLease } from './under-lease.ts'
import { underPermit } from './under-permit.ts'

export type BackfillOptions = BackfillRequest & {
  /** Partitions at once in this process. */
  readonly parallel: number
  /** Wait where another run is at it; false: MR-4001. */
  readonly wait: boolean
}

export type BackfillResult = RunResult & {
  /** Partitions that were done before, and those that were not begun. */
  readonly skipped: number
  readonly left: number
}

/** After a partition that failed no other one is begun: the same command goes on where this one stopped. */
export async function runBackfill(app: App, sync: EtlSync, options: BackfillOptions): Promise<BackfillResult> {
  const runOptions = { ...defaultRunOptions, wait: options.wait }
  const planning: Work = { app, options: runOptions, runId: newRunId(app.clock.now()), requests: 0 }
  // Of this project's syncs each part clears its own.
  await dropDeadBackfills(app, []).catch((error: unknown) => sayLeft(app, planning.runId, error))
  const planned = await underPermit(planning, sync.source, () =>
    planPartitions(app, sync, { request: options, runId: planning.runId }),
  )
  if (planned.some(({ overtaken }) => overtaken.length > 0))
    await app.warehouse.session(
      { runId: planning.runId, purpose: `plan ${sync.name}`, signal: app.signal },
      (session) => giveUpOvertaken(session, sync.name, planned),
    )
  const todo = planned.filter((partition) => !partition.isDone)
  const done: RecordedRun[] = []
  const notBegun: MillraceError[] = []
  const isOver = () =>
    app.isStopping() || app.signal.aborted || notBegun.length > 0 || done.some(({ run }) => run.status === 'failed')
  const queue = todo.values()
  // More would only wait for each other, or with `--no-wait` stop each other.
  const places = app.project.connections[sync.source]?.maxRuns ?? todo.length
  const lanes = Array.from({ length: Math.min(options.parallel, places, todo.length) }, async () => {
    for (const partition of queue) {
      if (isOver()) return
      // One that could not begin: those of the other lanes come to their end.
      await recordRun(app, { sync, options: runOptions, trigger: 'backfill', partition: labelOf(partition) }, (work) =>
        underPermit(work, sync.source, () => loadPartition(work, { sync, partition, again: options.again })),
      ).then(
        (recorded) => done.push(recorded),
        (error: unknown) => notBegun.push(asMillraceError(error, `beginning ${labelOf(partition)}`)),
      )
    }
  })
  await Promise.all(lanes)
  const last = done.at(-1)?.run
  const unbuilt = last?.ledger ? await buildModelsAfterLoad({ app, runId: last.run_id }) : []
  const runs = done.map(({ run }) => run)
  const errors = [...done.flatMap((each) => each.errors), ...notBegun, ...unbuilt]
  const stopped = app.isStopping() || app.signal.aborted
  return {
    exit_code: stopped ? 130 : exitCodeOf([...runs, ...errors]),
    runs,
    errors,
    skipped: planned.length - todo.length,
    left: todo.length - runs.length,
  }
}

type Load = { readonly sync: EtlSync; readonly partition: Partition; readonly again: boolean }

/** Its own lease: it runs beside the live sync, and beside other partitions. */
function loadPartition(work: Work, { sync, partition, again }: Load): Promise<Outcome> {
  const { app } = work
  const { stream } = partition.plan
  const spool = partFolder(app, sync.name, `${stream.name} ${partition.name}`)
  const of = { stream: stream.name, partition: partition.name }
  return underLease(work, partLeaseName(sync, app.target.name, of), (lease) =>
    loadFromSource(work, { sync, lease, spool }, async (context, connection) =>
      runPartition(context, {
        sync,
        partition: await ofConnection(connection, partition, app.signal),
        connectorName: connection.connectorName,
        again,
      }),
    ),
  )
}

const labelOf = ({ plan, range, column }: Partition): string =>
  `${plan.stream.name}${column === null ? '' : `.${column}`} ${range ? `${range.from}/${range.to}` : 'whole'}`
