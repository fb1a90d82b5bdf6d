/** A small project with daemons on it: real runs, real processes and real signals, on one DuckDB file. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { openControlStore, redisVariable } from '../../src/app/open-control-store.ts'
import type { ControlStore } from '../../src/state/port.ts'
import { makeFaultProject } from './fault-project.ts'
import { start } from './millrace-process.ts'

export type DaemonStage = Awaited<ReturnType<typeof openDaemonStage>>
export type RunningDaemon = ReturnType<typeof start>

/** `redisUrl`: the control store is on Redis, and whatever is there is forgotten with each `reset`. @default the project's own file */
export async function openDaemonStage(redisUrl: string | null = null) {
  const project = await makeFaultProject()
  const ownEnv: { readonly [name: string]: string } = redisUrl === null ? {} : { [redisVariable]: redisUrl }
  let target = 'sandbox'
  let daemons: RunningDaemon[] = []

  const inStore = async <T>(work: (store: ControlStore) => Promise<T>): Promise<T> => {
    const named = { home: project.directory, name: 'faults' }
    const store = await openControlStore({ project: named, target, redisUrl, env: {} })
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }
  const until = async (holds: () => Promise<boolean>, tell = () => '') => {
    const giveUp = Date.now() + 45_000
    while (!(await holds())) {
      if (Date.now() > giveUp) throw new Error(`it did not come: ${tell()}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const ended = ({ child }: RunningDaemon): Promise<number | null> =>
    child.exitCode !== null || child.signalCode !== null
      ? Promise.resolve(child.exitCode)
      : new Promise((resolve) => child.on('exit', resolve))

  return {
    project,
    inStore,
    until,
    ended,
    /** Before each test. */
    async reset() {
      target = 'sandbox'
      await project.sandbox.reset()
      await project.forgetWarehouse()
      rmSync(join(project.directory, '.millrace', 'slots-sandbox.json'), { force: true })
      await project.write(
        'CREATE SCHEMA raw',
        `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, 'free' AS plan, n = 3 AS email_opt_out FROM range(100) r(n)`,
      )
    },
    /** After each test. */
    async killDaemons() {
      const left = daemons.filter(({ child }) => child.exitCode === null && child.signalCode === null)
      for (const { child } of left) child.kill('SIGKILL')
      await Promise.all(left.map(ended))
      daemons = []
    },
    close: () => project.close(),
    useTarget: (name: string) => void (target = name),
    soon: (inMs = 3000) => new Date(Date.now() + inMs).toISOString(),
    /** Known to the store before a daemon is there, however long one takes to start: its slots come after that. */
    async schedule(schedules: string, head = '') {
      const names = [...schedules.matchAll(/^ *(\w+): \{/gm)].map(([, name = '']) => name)
      await inStore((store) => store.knowSchedules(names))
      project.file('schedules.yaml', `${head}\nschedules:\n  ${schedules}\n`)
    },
    serve(flags: readonly string[] = [], env: { readonly [name: string]: string } = {}): RunningDaemon {
      const daemon = start(['daemon', ...flags], { directory: project.directory, env: { ...ownEnv, ...env } })
      daemons.push(daemon)
      return daemon
    },
    /** Until the daemon has said so many events of the type. */
    said: ({ lines, stderr }: RunningDaemon, type: string, count: number) =>
      until(
        async () => lines.filter((line) => line.type === type).length >= count,
        () => `${stderr()}${lines.map((line) => JSON.stringify(line)).join('\n')}`,
      ),
    outcomes: ({ lines }: RunningDaemon) =>
      lines.filter(({ type }) => type === 'job.ended').map(({ sync, state }) => `${String(sync)} ${String(state)}`),
    slots: () => inStore((store) => store.slots({})),
    runs: () => inStore((store) => store.runs({})),
    /** As many rows as the vendor has, each once. */
    async isWhole() {
      for (const table of ['customers', 'subscriptions', 'charges']) {
        const [count] = await project.rows(`SELECT count(*) AS n, count(DISTINCT id) AS d FROM stripe.${table}`)
        const there = String((await project.sandbox.show('stripe', table)).length)
        expect(count, table).toEqual({ n: there, d: there })
      }
    },
  }
}
