/** What runs said, from the control store: while they are on, and afterwards. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from '../app/app.ts'
import { openRunLog, type LogPart } from '../app/run-log.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { createEventLines } from '../render/event-lines.ts'
import { eventOnTarget, textOnTarget } from '../render/on-target.ts'
import { makePaint } from '../render/paint.ts'
import { plainLine } from '../render/plain-renderer.ts'
import { findRun, type StoredRun } from './find-run.ts'
import { findSync } from './find-sync.ts'
import { withApp } from './open-app.ts'
import type { CommandResult, Shell } from './shell.ts'

export type LogsFlags = { readonly follow?: boolean; readonly sync?: string }

export async function showLogs(shell: Shell, id: string | undefined, flags: LogsFlags): Promise<CommandResult> {
  if (id !== undefined && flags.sync !== undefined)
    throw new MillraceError('MR-1001', {
      message: 'millrace logs: an ID names one run; --sync chooses among all of them',
      next: 'Leave one of them out.',
    })
  const ended = new AbortController()
  const firstSignal = flags.follow ? 'ends' : 'at_once'
  return withApp(shell, { check: 'target', firstSignal, onFirstSignal: () => ended.abort() }, async (app) => {
    const tell = createTeller(shell, app.project.defaultTarget)
    const listed = id === undefined ? await listNewest(app, flags) : [await findRun(app.store, id)]
    const on = flags.follow ? listed.filter(({ alive }) => alive) : []
    const first = on.length > 0 ? on.toReversed() : listed.slice(0, 1)
    if (!flags.follow) await tellNow(app, first, { shell, tell })
    else await follow(app, first, { ...flags, listed, isOne: id !== undefined, ended: ended.signal, shell, tell })
    return { exitCode: 0 }
  })
}

type Tell = (run: StoredRun, part: LogPart) => void

async function listNewest({ store, project }: App, flags: LogsFlags): Promise<readonly StoredRun[]> {
  const runs = await store.runs(filterOf(flags))
  if (runs.length === 0 && flags.sync !== undefined) findSync(project, flags.sync)
  return runs
}

async function tellNow(
  { store }: App,
  runs: readonly StoredRun[],
  { shell, tell }: { readonly shell: Shell; readonly tell: Tell },
): Promise<void> {
  if (runs.length === 0) shell.say('There is no run yet.')
  for (const run of runs) {
    const part = await openRunLog(store, run.run_id).look('now')
    tell(run, part)
    if (!part.isOver) shell.say(`It is on.  millrace logs -f ${run.run_id}  goes on with it.`)
  }
}

/** All that are on, or else the newest; then whatever begins. */
async function follow(
  { store }: App,
  first: readonly StoredRun[],
  {
    sync,
    listed,
    isOne,
    ended,
    shell,
    tell,
  }: {
    readonly sync?: string
    readonly listed: readonly StoredRun[]
    readonly isOne: boolean
    readonly ended: AbortSignal
    readonly shell: Shell
    readonly tell: Tell
  },
): Promise<void> {
  const open = (run: StoredRun) => ({ run, log: openRunLog(store, run.run_id) })
  const known = new Set(listed.map(({ run_id }) => run_id))
  let on = first.map(open)
  while (!ended.aborted && isRead(shell)) {
    const going = []
    for (const each of on) {
      const part = await each.log.look()
      tell(each.run, part)
      if (!part.isOver) going.push(each)
    }
    if (isOne && going.length === 0) return
    const begun = isOne ? [] : (await store.runs(filterOf({ sync }))).filter(({ run_id }) => !known.has(run_id))
    for (const { run_id } of begun) known.add(run_id)
    on = [...going, ...begun.toReversed().map(open)]
    if (begun.length === 0) await sleep(lookEveryMs, undefined, { signal: ended }).catch(() => undefined)
  }
}

function createTeller(shell: Shell, defaultTarget: string): Tell {
  const paint = makePaint(shell.color)
  // Which sums are due was decided by whoever chose the events: here each of them is.
  let times = 0
  const lineOf = createEventLines(shell.verbosity, () => (times += 3_600_000))
  return (run, { events, died }) => {
    // What a warning says to do is about where the run was.
    const target = run.target === (shell.target ?? defaultTarget) ? shell.target : run.target
    for (const event of events) {
      const line = shell.json ? shell.line(eventOnTarget(event, target)) : lineOf(event)
      if (line) shell.print(plainLine({ ...line, text: textOnTarget(line.text, target) }, paint))
    }
    if (!died) return
    const { pid, host } = died.process
    const text = `its process (pid ${pid} on ${host}) is gone: it ended without a word. What was committed stays`
    if (shell.json) shell.line({ type: 'run.died', run_id: run.run_id, pid, host })
    else shell.print(plainLine({ sync: run.sync, text, isWarning: true }, paint))
  }
}

/** `| head` has gone: nobody would read what comes. */
const isRead = ({ stdout }: Shell): boolean => !('destroyed' in stdout && stdout.destroyed === true)

const filterOf = ({ sync }: Pick<LogsFlags, 'sync'>) => ({ limit: lookedAt, ...(sync === undefined ? {} : { sync }) })

const lookedAt = 100
const lookEveryMs = 500
