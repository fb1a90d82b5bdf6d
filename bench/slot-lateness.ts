import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { runScript } from './child.ts'
import { writeProject } from './daemon-start.ts'

export const slotLateness: Benchmark = {
  name: 'slot-lateness',
  about:
    '50 schedules that come every second: how late the daemon has claimed their slots (99th of 100), against croner alone',
  unit: 'ms',
  better: 'lower',
  limit: 3,
  pairs: async ({ full }) => {
    const root = await mkdtemp(join(tmpdir(), 'bench-late-'))
    try {
      const project = await writeProject(join(root, 'project'), 1)
      const lines = Array.from({ length: schedules }, (_, n) => `  s${n}: { select: [stripe], cron: '* * * * * *' }\n`)
      await writeFile(join(project, 'schedules.yaml'), `schedules:\n${lines.join('')}`)
      const args = { project, schedules, seconds: full ? 60 : 15 }
      return await alternate(3, {
        ours: () => figure('ours/slot-lateness.ts', args),
        floor: () => figure('floors/slot-lateness.ts', args),
      })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  },
}

async function figure(script: string, args: object): Promise<Figure> {
  const { p99_ms, rss_mb } = await runScript(script, args)
  return { value: Number(p99_ms), rssMb: rss_mb }
}

const schedules = 50
