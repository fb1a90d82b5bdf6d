/** `npm start`: the whole project on the sandbox, both directions, three rounds. What it says at the end was asked, not assumed. */
import type { App } from '../app/app.ts'
import { makeFreshWorld } from '../app/demo-world.ts'
import { runSyncs, type RunResult } from '../app/run-syncs.ts'
import { defaultRunOptions } from '../app/run-options.ts'
import { selectSyncs } from '../config/select.ts'
import type { EngineEvent } from '../model/event.ts'
import { renderDemoTable, type DemoRound } from '../render/demo-table.ts'
import { makePaint } from '../render/paint.ts'
import { textOnTarget } from '../render/on-target.ts'
import { historyFacts } from './demo-history.ts'
import { optOutFacts, readOptOuts, type Facts } from './demo-opt-outs.ts'
import { withApp } from './open-app.ts'
import type { CommandResult, Shell } from './shell.ts'
import { createShellRenderer } from './sync-run.ts'

export async function playDemo(shell: Shell): Promise<CommandResult> {
  let listen: (event: EngineEvent) => void = () => undefined
  const onEvent = (event: EngineEvent) => listen(event)
  return withApp(shell, { onEvent, firstSignal: 'checkpoint' }, async (app) => {
    const gone = await makeFreshWorld(app)
    shell.say(` a new world on the target ${app.target.name}; removed, if they were there: ${gone.join(', ')}`)
    const rounds: DemoRound[] = []
    const results: RunResult[] = []
    const play = async (title: string) => {
      shell.say(`\n Round ${rounds.length + 1}: ${title}`)
      const renderer = createShellRenderer(shell)
      listen = renderer.onEvent
      const began = performance.now()
      // The control store may remember deliveries of the world before: this one is meant.
      const result = await runSyncs(app, selectSyncs(app.project, everything), {
        ...defaultRunOptions,
        firstRun: rounds.length === 0,
      })
      const round = roundOf(title, result, (performance.now() - began) / 1000)
      for (const error of result.errors) renderer.error(error)
      if (shell.json) shell.line({ type: 'round', ...round })
      else renderer.finish(result)
      rounds.push(round)
      results.push(result)
      return result.exit_code === 0
    }
    const facts = (await playRounds(app, shell, play)) ?? { sentences: [], problems: [] }
    const problems = [...facts.problems, ...nothingNew(rounds[2])]
    showEnd(shell, rounds, { ...facts, problems })
    if (!shell.json) shell.print(nextText(app, shell.target))
    const worst = Math.max(...results.map((result) => result.exit_code))
    const exitCode = shell.stop.exitCode() ?? (worst === 0 && problems.length > 0 ? 1 : worst)
    return {
      exitCode,
      result: { rounds, sentences: facts.sentences, problems, runs: results.flatMap((result) => result.runs) },
    }
  })
}

/** undefined: a round did not go well, and its errors are said. */
async function playRounds(
  app: App,
  shell: Shell,
  play: (title: string) => Promise<boolean>,
): Promise<Facts | undefined> {
  if (!(await play('first run'))) return undefined
  const before = await readOptOuts(app)
  const [day] = await (await app.sandbox()).move(1)
  if (!day) return undefined
  const told = Object.entries(day.events).map(([kind, count]) => `${count} ${kind.replaceAll('_', ' ')}`)
  shell.say(`\n A day passes: ${told.join(', ')}`)
  const moved = await readOptOuts(app)
  if (!(await play('a day later'))) return undefined
  if (!(await play('nothing new'))) return undefined
  const start = new Date(Date.parse(day.end) - 86_400_000).toISOString()
  const after = await readOptOuts(app)
  const parts = [
    ...(before && moved && after ? [optOutFacts(app, { before, moved, after }, day.events['opt_out'] ?? 0)] : []),
    await historyFacts(app, { start, events: day.events }),
  ]
  return { sentences: parts.flatMap((part) => part.sentences), problems: parts.flatMap((part) => part.problems) }
}

function roundOf(title: string, { runs }: RunResult, seconds: number): DemoRound {
  const sums: { [name: string]: number } = {}
  for (const { ledger } of runs)
    for (const [name, count] of Object.entries(ledger ?? {})) sums[name] = (sums[name] ?? 0) + count
  const { read = 0, loaded = 0, added = 0, changed = 0, removed = 0, rejected = 0 } = sums
  return {
    title,
    read,
    loaded,
    added,
    changed,
    removed,
    rejected,
    requests: runs.reduce((sum, run) => sum + run.requests, 0),
    seconds,
  }
}

/** When nothing happened, nothing may be loaded and nothing may be sent. */
function nothingNew(round: DemoRound | undefined): readonly string[] {
  if (!round) return []
  const { loaded, added, changed, removed } = round
  return loaded + added + changed + removed === 0
    ? []
    : [
        `nothing happened before round 3, and it loaded ${loaded} rows and found ${added + changed + removed} differences`,
      ]
}

function showEnd(shell: Shell, rounds: readonly DemoRound[], { sentences, problems }: Facts): void {
  if (shell.json) return
  const paint = makePaint(shell.color)
  shell.print(`\n${renderDemoTable(rounds, { color: shell.color })}\n`)
  for (const sentence of sentences) shell.print(` ${sentence}\n`)
  for (const problem of problems.slice(0, shownProblems))
    shell.print(` ${paint('red', 'not as it should be:')} ${problem}\n`)
}

function nextText({ project }: App, target: string | undefined): string {
  const sync =
    project.syncs.find(({ kind, name }) => kind === 'reverse_etl' && /people/.test(name)) ??
    project.syncs.find(({ kind }) => kind === 'reverse_etl')
  const plan = textOnTarget(`millrace sync plan ${sync?.name ?? ''}`.trimEnd(), target)
  const init = 'millrace init ../my-stack'
  const width = Math.max(plan.length, init.length) + 6
  return `\n Next:  ${plan.padEnd(width)}what would go out, field by field\n        ${init.padEnd(width)}a project of your own\n`
}

const everything = { select: [], exclude: [], all: true }
const shownProblems = 10
