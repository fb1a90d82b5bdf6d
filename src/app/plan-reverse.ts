/** What a run of a reverse-ETL sync would send, and what would stop it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ReverseSync } from '../config/project.ts'
import type { FieldValue } from '../model/change.ts'
import { stars } from '../model/mask.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { FieldChange, PlannedChange, ReversePlan } from '../model/plan.ts'
import type { Decision } from '../reverse-etl/decision.ts'
import { parseExact } from '../reverse-etl/exact-number.ts'
import { checkGuards, guardCounts } from '../reverse-etl/guards.ts'
import { personalFields } from '../reverse-etl/personal-values.ts'
import { countWaitingAnswers } from '../reverse-etl/waiting-answers.ts'
import { warningsOf } from '../reverse-etl/warnings.ts'
import type { Candidate } from '../warehouse/port.ts'
import type { App } from './app.ts'
import { hearWarnings } from './hear-warnings.ts'
import { foreseeStop, refuseStaleInputs } from './may-deliver.ts'
import { openConnection } from './open-connection.ts'
import { rehearseRun } from './rehearse-run.ts'
import { newRunId } from './run-id.ts'
import { destinationObject } from './run-reverse-sync.ts'

export async function planReverse(app: App, sync: ReverseSync): Promise<ReversePlan> {
  const runId = newRunId(app.clock.now())
  const directory = await mkdtemp(join(tmpdir(), 'millrace-plan-'))
  const { hearing, heard } = hearWarnings(app)
  const connection = await openConnection(hearing, sync.destination, runId)
  try {
    const object = await destinationObject(connection, sync, app.signal)
    // Where it does not say, the run will find out.
    const account = await connection.connector.account({ signal: app.signal }).catch(() => null)
    const besides = connection.host.requests()
    const stale = await refuseStaleInputs(app, sync, runId).catch(freshnessOnly)
    const first: Sent[] = []
    return await app.warehouse.session({ runId, purpose: `plan ${sync.name}`, rehearsal: true }, async (session) => {
      const standing = await session.reverse.hasSnapshot(sync.name)
      const rehearsed = await rehearseRun(app, session, {
        sync,
        object,
        directory,
        limit: null,
        onDecision: (candidate, decision) => {
          if (first.length < sampleRows && decision.kind === 'send') first.push({ candidate, decision })
        },
      })
      const { mapping, comparison } = rehearsed
      const { diff, counts, changes } = comparison
      const waiting = await countWaitingAnswers(session, join(app.spoolDir, sync.name))
      const requests = Math.ceil(changes.rows / object.batch.rows)
      const stop = stale ?? (await foreseeStop(app, rehearsed, { sync, object, account, standing }))
      const hidden = personalFields(mapping)
      return {
        kind: 'reverse_etl',
        sync: sync.name,
        destination: sync.destination,
        object: sync.object,
        model_rows: diff.model_rows,
        accepted_before: diff.accepted,
        added: diff.added,
        changed: diff.changed,
        removed: diff.removed,
        retry: diff.retry,
        unchanged: diff.unchanged,
        coalesced: counts.coalesced,
        invalid: diff.invalid,
        filtered: 0,
        rejected: counts.rejected,
        held_back: counts.held_back,
        ignored: counts.ignored,
        parked: counts.parked,
        opt_outs_first: changes.optOuts,
        withheld: counts.withheld,
        on_removed: sync.onRemoved.kind,
        samples: first.map((sent) => sampleOf(sent, hidden)),
        guards: checkGuards(guardCounts(sync, comparison), sync.limits),
        warnings: [
          ...warningsOf(sync, mapping, { ...diff, ...counts }),
          ...(waiting > 0 ? [waitingWarning(sync, waiting)] : []),
          ...heard,
        ],
        stops: app.target.deliver && stop ? { code: stop.code, message: stop.message } : null,
        schema_changes: standing ? [] : [`the snapshot of ${sync.name} would be made`],
        requests_estimate: requests,
        requests_besides: besides,
        seconds_estimate: null,
        may_deliver: app.target.deliver,
      }
    })
  } finally {
    await connection.close()
    await rm(directory, { recursive: true, force: true })
  }
}

const waitingWarning = ({ name }: ReverseSync, rows: number) =>
  `${name}: ${rows} answers of an earlier run are still to be committed, which the next run does first: its counts may differ from these.`

/** What a plan tells and a run throws. */
function freshnessOnly(error: unknown): MillraceError | undefined {
  if (error instanceof MillraceError && error.code === 'MR-4006') return error
  // There is no warehouse yet, or it cannot be read: the plan says so by itself.
  return undefined
}

type Sent = { readonly candidate: Candidate; readonly decision: Extract<Decision, { kind: 'send' }> }

/** @param hidden fields of which no value is shown */
function sampleOf({ candidate, decision }: Sent, hidden: ReadonlySet<string>): PlannedChange {
  // What `decide` wrote: field → [old, new] or [new].
  const differences = parseExact(decision.answer.fields ?? '{}') as { readonly [field: string]: readonly FieldValue[] }
  const fields = Object.entries(differences).map(([field, values]): FieldChange => {
    const shown = values.map((value) => (hidden.has(field) && value !== null ? stars : value))
    const ifEmpty = decision.change.setIfEmpty?.includes(field) ? ({ if_empty: true } as const) : {}
    return shown.length > 1
      ? { field, from: shown[0] ?? null, to: shown[1] ?? null, ...ifEmpty }
      : { field, to: shown[0] ?? null, ...ifEmpty }
  })
  return { key: candidate.key, op: decision.change.op, difference: candidate.kind, fields }
}

const sampleRows = 100
