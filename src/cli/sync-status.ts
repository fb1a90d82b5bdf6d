/** What each sync did last and is doing now: from the control store alone, so that it answers while a run holds the warehouse. */
import type { App } from '../app/app.ts'
import { selectSyncs } from '../config/select.ts'
import type { Sync } from '../config/project.ts'
import type { EngineEvent } from '../model/event.ts'
import { formatCount, formatInstant } from '../render/format-number.ts'
import { ledgerLine } from '../render/ledger-line.ts'
import { makePaint } from '../render/paint.ts'
import { printable } from '../render/printable.ts'
import { withApp } from './open-app.ts'
import type { CommandResult, Shell } from './shell.ts'

type StoredRun = Awaited<ReturnType<App['store']['runs']>>[number]

export async function showStatus(shell: Shell, select: readonly string[]): Promise<CommandResult> {
  return withApp(shell, { check: false }, async (app) => {
    for (const sync of selectSyncs(app.project, { select, exclude: [], all: select.length === 0 })) {
      const status = await statusOf(app, sync)
      if (shell.json) shell.line({ type: 'status', ...status })
      else shell.print(statusText(status, shell.color))
    }
    return { exitCode: 0 }
  })
}

async function statusOf(app: App, sync: Sync) {
  const runs = (await app.store.runs({ sync: sync.name, limit: lookedAt })).filter(
    (run) => run.target === app.target.name,
  )
  const now = runs.find((run) => run.status === 'running' && run.alive) ?? null
  const last = runs.find((run) => run !== now) ?? null
  const events = now ? await app.store.events(now.run_id) : []
  return {
    sync: sync.name,
    kind: sync.kind,
    target: app.target.name,
    last_run: last && { ...withoutProcess(last), ended: last.status === 'running' ? 'without a word' : last.status },
    running: now && {
      run_id: now.run_id,
      pid: now.process.pid,
      host: now.process.host,
      started_at: now.started_at,
      progress: progressOf(events),
      waiting_for: waitingOf(events),
    },
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

function statusText({ sync, last_run: last, running }: Status, color: boolean): string {
  const paint = makePaint(color)
  const lines = [` ${paint('bold', printable(sync))}`]
  if (running) {
    lines.push(`   running since ${formatInstant(running.started_at)}, run ${running.run_id}, pid ${running.pid}`)
    for (const [name, progress] of Object.entries(running.progress))
      lines.push(`     ${printable(name)}  ${progressText(progress)}`)
    if (running.waiting_for !== null) lines.push(`     waiting for ${printable(running.waiting_for)}`)
  }
  if (last)
    lines.push(
      `   last run ${last.run_id}  ${last.ended === 'without a word' ? 'ended without a word' : last.status}  ${formatInstant(last.started_at)}`,
      `     ${ledgerLine(last)}`,
      ...(last.error ? [`     ${last.error.code}: ${printable(last.error.message)}`] : []),
    )
  if (!last && !running) lines.push('   never run on this target')
  return lines.map((line) => `${line}\n`).join('')
}

function progressText({ read, counted, loaded, done, intended, delivered, rejected }: Progress): string {
  const of = counted === undefined ? '' : ` of ${formatCount(counted)}`
  return [
    ...(read === undefined ? [] : [`${formatCount(read)}${of} read`]),
    ...(loaded === undefined ? [] : [`${formatCount(loaded)} committed${done ? ', done' : ''}`]),
    ...(intended === undefined ? [] : [`${formatCount(intended)} intended`]),
    ...(delivered === undefined ? [] : [`${formatCount(delivered)} delivered, ${formatCount(rejected ?? 0)} rejected`]),
  ].join(', ')
}

const lookedAt = 50
