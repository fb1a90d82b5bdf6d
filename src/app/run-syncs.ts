import { syncDependencies } from '../config/order-syncs.ts'
import type { Sync } from '../config/project.ts'
import { exitCodeOf } from '../model/exit-code.ts'
import { asMillraceError, type MillraceError } from '../model/millrace-error.ts'
import type { RunRecord } from '../model/run.ts'
import type { App } from './app.ts'
import type { RecordedRun } from './record-run.ts'
import type { RunOptions } from './run-options.ts'
import { runSync } from './run-sync.ts'

export type RunResult = {
  readonly exit_code: number
  readonly runs: readonly RunRecord[]
  readonly errors: readonly MillraceError[]
}

/**
 * Runs syncs, each once those that it needs are done, side by side where they may. A sync whose input failed runs all the
 * same, with what the warehouse has: `freshness` is what holds it back.
 */
export async function runSyncs(app: App, syncs: readonly Sync[], options: RunOptions): Promise<RunResult> {
  const needs = syncDependencies(app.project)
  const chosen = new Set(syncs.map((sync) => sync.name))
  const started = new Map<string, Promise<void>>()
  const results = new Map<string, Partial<RecordedRun> & Pick<RecordedRun, 'errors'>>()
  let free = concurrentSyncs
  const waiting: (() => void)[] = []
  const takePlace = async () => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const givePlace = () => {
    const next = waiting.shift()
    if (next) next()
    else free++
  }
  // Syncs come in an order in which each stands after those that it needs.
  for (const sync of syncs)
    started.set(
      sync.name,
      (async () => {
        const before = (needs.get(sync.name) ?? []).filter((name) => chosen.has(name) && name !== sync.name)
        for (const name of before) await started.get(name)
        await takePlace()
        try {
          if (!app.isStopping() && !app.signal.aborted) results.set(sync.name, await runSync(app, sync, options))
        } catch (error) {
          // One that could not begin: the others run to their end, and say what became of them.
          results.set(sync.name, { errors: [asMillraceError(error, `beginning ${sync.name}`)] })
        } finally {
          givePlace()
        }
      })(),
    )
  await Promise.all(started.values())
  const done = syncs.flatMap((sync) => results.get(sync.name) ?? [])
  const runs = done.flatMap((result) => result.run ?? [])
  const errors = done.flatMap((result) => result.errors)
  const stopped = app.isStopping() || app.signal.aborted
  return { exit_code: stopped ? 130 : exitCodeOf([...runs, ...errors]), runs, errors }
}

/** @default 2: two cores, and one warehouse file */
const concurrentSyncs = 2
