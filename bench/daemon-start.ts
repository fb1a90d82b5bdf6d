import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { launcher } from './child.ts'

export const daemonStart: Benchmark = {
  name: 'daemon-start',
  about: '`millrace daemon` with 1,000 schedules against one: from spawn until every schedule was looked at',
  unit: 'ms',
  better: 'lower',
  limit: 3,
  pairs: async ({ full }) => {
    const root = await mkdtemp(join(tmpdir(), 'bench-daemon-'))
    try {
      const [many, one] = [await writeProject(join(root, 'many'), 1_000), await writeProject(join(root, 'one'), 1)]
      return await alternate(full ? 15 : 5, { ours: () => startDaemon(many), floor: () => startDaemon(one) })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  },
}

async function startDaemon(project: string): Promise<Figure> {
  // The control store of the start before knows the schedules already.
  await rm(join(project, '.millrace'), { recursive: true, force: true })
  const began = performance.now()
  const child = spawn(process.execPath, [launcher, '-C', project, '--json', 'daemon'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const exit = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) if (line.includes('"daemon.ready"')) break
  const value = performance.now() - began
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8')
  child.kill('SIGTERM')
  await exit
  return { value, rssMb: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024 }
}

export async function writeProject(root: string, schedules: number, days = '* * *'): Promise<string> {
  await mkdir(join(root, 'syncs'), { recursive: true })
  await writeFile(join(root, 'millrace.yaml'), millraceYaml)
  await writeFile(join(root, 'syncs/stripe.yaml'), 'source: stripe\nstreams: { customers: {} }\n')
  const lines = Array.from(
    { length: schedules },
    (_, n) => `  s${n}: { select: [stripe], cron: '${n % 60} ${n % 24} ${days}', timezone: Europe/Berlin }\n`,
  )
  await writeFile(join(root, 'schedules.yaml'), `schedules:\n${lines.join('')}`)
  return root
}

const millraceYaml = `project: bench
targets:
  sandbox: { sandbox: true }
connections:
  stripe: { connector: stripe, api_key: '\${env:STRIPE_API_KEY}' }
`
