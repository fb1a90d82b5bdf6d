/** What each sync did last and is doing now: from the control store alone, so that it answers while a run holds the warehouse. */
import type { App } from '../app/app.ts'
import { selectSyncs } from '../config/select.ts'
import type { Sync } from '../config/project.ts'
import type { EngineEvent } from '../model/event.ts'
import { formatCount, formatInstant } from '../render/format-number.ts'
import { ledgerLine } from '../render/ledger-line.ts'
import { makePaint } from '../render/paint.ts'
import { printable } from '../render/printable.ts'
import type { StoredRun } from './find-run.ts'
import { withApp } from './open-app.ts'
import type { CommandResult, Shell } from './shell.ts'

export async function showStatus(shell: Shell, select: readonly string[]): Promise<CommandResult> {
  return withApp(shell, { check: false }, async (app) => {
    // All that are kept: a run that has been on for long is behind many, and other targets have runs of their own.
    const runs = (await app.store.runs({})).filter(({ target }) => target === app.target.name)
    for (const sync of selectSyncs(app.project, { select, exclude: [], all: select.length === 0 })) {
      const own = runs.filter((run) => run.sync === sync.name)
      const status = await statusOf(app, sync, own)
      if (shell.json) shell.line({ type: 'status', ...status })
      else shell.print(statusText(status, shell.color))
    }
    return { exitCode: 0 }
  })
}

/** `runs`: the newest first. Several may be on: parts of a backfill, or a run that waits for another. */
async function statusOf(app: App, sync: Sync, runs: readonly StoredRun[]) {
  const isOn = (run: StoredRun) => run.status === 'running' && run.alive
  const last = runs.find((run) => !isOn(run)) ?? null
  const [running = null, ...alsoRunning] = await Promise.all(runs.filter(isOn).map((run) => progressing(app, run)))
  return {
    sync: sync.name,
    kind: sync.kind,
    target: app.target.name,
    last_run: last && { ...withoutProcess(last), ended: last.status === 'running' ? 'without a word' : last.status },
    running,
    also_running: alsoRunning,
  }
}

async function progressing(app: App, run: StoredRun) {
  const events = await app.store.events(run.run_id)
  return {
    run_id: run.run_id,
    pid: run.process.pid,
    host: run.process.host,
    started_at: run.started_at,
    ...(run.partition === undefined ? {} : { partition: run.partition }),
    progress: progressOf(events),
    waiting_for: waitingOf(events),
  }
}

function withoutProcess({ process: _process, alive: _alive, ...run }: StoredRun) {
  return run
}

/** Stream or object → rows read, committed or answered so far. */
function progressOf(events: readonly EngineEvent[]): { readonly [name: string]: Progress } {
  const found: { [name: string]: Progress } = {}
  for (const event of events) {
    if (event.type === 'batch.extracted') found[event.stream] = { ...found[event.stream], read: event.rows }
    else if (event.type === 'cursor.committed')
      found[event.stream] = { ...found[event.stream], loaded: event.loaded, done: event.done }
    else if (event.type === 'stream.counted') found[event.stream] = { ...found[event.stream], counted: event.count }
    else if (event.type === 'batch.answered')
      found[event.object] = { ...found[event.object], delivered: event.delivered, rejected: event.rejected }
    else if (event.type === 'intents.committed') found[event.object] = { ...found[event.object], intended: event.rows }
  }
  return found
}

type Progress = {
  readonly read?: number
  readonly counted?: number
  readonly loaded?: number
  readonly done?: boolean
  readonly intended?: number
  readonly delivered?: number
  readonly rejected?: number
}

/** Only while nothing came after it. */
function waitingOf(events: readonly EngineEvent[]): string | null {
  const last = events.at(-1)
  if (last?.type !== 'waiting') return null
  return last.holder === undefined ? last.for : `${last.for}, held by ${last.holder}`
}

type Status = Awaited<ReturnType<typeof statusOf>>

function statusText({ sync, last_run: last, running, also_running: more }: Status, color: boolean): string {
  const paint = makePaint(color)
  const lines = [` ${paint('bold', printable(sync))}`]
  for (const run of running ? [running, ...more] : []) {
    lines.push(`   running since ${formatInstant(run.started_at)}, run ${run.run_id}, pid ${run.pid}${partText(run)}`)
    for (const [name, progress] of Object.entries(run.progress))
      lines.push(`     ${printable(name)}  ${progressText(progress)}`)
    if (run.waiting_for !== null) lines.push(`     waiting for ${printable(run.waiting_for)}`)
  }
  if (last)
    lines.push(
      `   last run ${last.run_id}  ${last.ended === 'without a word' ? 'ended without a word' : last.status}  ${formatInstant(last.started_at)}${partText(last)}${last.limited_to === undefined ? '' : `, with --limit ${last.limited_to}`}`,
      `     ${ledgerLine(last)}`,
      ...(last.error ? [`     ${last.error.code}: ${printable(last.error.message)}`] : []),
    )
  if (!last && !running) lines.push('   never run on this target')
  return lines.map((line) => `${line}\n`).join('')
}

/** Of a load by its watermark it says nothing. */
const partText = ({ partition }: { readonly partition?: string }): string =>
  partition === undefined ? '' : `, backfill of ${printable(partition)}`

function progressText({ read, counted, loaded, done, intended, delivered, rejected }: Progress): string {
  const of = counted === undefined ? '' : ` of ${formatCount(counted)}`
  return [
    ...(read === undefined ? [] : [`${formatCount(read)}${of} read`]),
    ...(loaded === undefined ? [] : [`${formatCount(loaded)} committed${done ? ', done' : ''}`]),
    ...(intended === undefined ? [] : [`${formatCount(intended)} intended`]),
    ...(delivered === undefined ? [] : [`${formatCount(delivered)} delivered, ${formatCount(rejected ?? 0)} rejected`]),
  ].join(', ')
}
