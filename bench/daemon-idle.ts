import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { here, launcher } from './child.ts'
import { writeProject } from './daemon-start.ts'

export const daemonIdle: Benchmark = {
  name: 'daemon-idle',
  about:
    'CPU of `millrace daemon` with 1,000 schedules and nothing due, against a process with a setInterval of 500 ms',
  unit: 'ms',
  better: 'lower',
  limit: 2,
  pairs: async ({ full }) => {
    const root = await mkdtemp(join(tmpdir(), 'bench-idle-'))
    try {
      const project = await writeProject(join(root, 'project'), 1_000, '29 2 *') // next in 2028
      const idleMs = full ? 120_000 : 20_000
      return await alternate(full ? 3 : 2, {
        ours: () => idle([launcher, '-C', project, '--json', 'daemon'], '"daemon.ready"', idleMs),
        floor: () => idle([here('floors/idle.ts')], 'ready', idleMs),
      })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  },
}

/** CPU milliseconds per minute, of all threads, once the process has settled. */
async function idle(args: readonly string[], ready: string, forMs: number): Promise<Figure> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const exit = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) if (line.includes(ready)) break
  await sleep(settleMs)
  const [cpuMs, beganMs] = [await cpuMsOf(child), performance.now()]
  await sleep(forMs)
  const value = ((await cpuMsOf(child)) - cpuMs) / ((performance.now() - beganMs) / 60_000)
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
  child.kill('SIGTERM')
  await exit
  return { value, rssMb: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024 }
}

/** In nanoseconds per thread: `stat` counts in ticks of 10 ms, which is as much as an idle process needs. */
async function cpuMsOf({ pid }: ChildProcess): Promise<number> {
  const tasks = await readdir(`/proc/${pid}/task`)
  const times = await Promise.all(tasks.map((task) => readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8')))
  return times.reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0)
}

const settleMs = 5_000
