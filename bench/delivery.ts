import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { alternate } from './alternate.ts'
import type { Benchmark, Pair } from './benchmark.ts'
import { here, runScript, type Report } from './child.ts'
import { copyPagesProject } from './pages-project.ts'

export const delivery: Benchmark = {
  name: 'delivery',
  about:
    'a first delivery, from its intents on, in batches of 100 to a sink that answers after 5 ms, against bare undici with ready bodies: rows/s',
  unit: 'rows/s',
  better: 'higher',
  limit: 0.6,
  // Beginning and end of a delivery are as long for few rows: the verdict is on the million that it is promised for.
  pairs: ({ full }) =>
    withSink(deliveredRows, async (ours, floor) =>
      alternate(full ? 3 : 1, {
        ours: async () => {
          const report = await ours()
          return rate(deliveredRows, { ...report, seconds: Number(report['delivery_seconds']) })
        },
        floor: async () => rate(deliveredRows, await floor()),
      }),
    ),
}

export const deliveryBookkeeping: Benchmark = {
  name: 'delivery-bookkeeping',
  about:
    'of a first delivery: the time for intents and acknowledgements alone, with nothing under way, against the time of the whole run',
  unit: 'ms',
  better: 'lower',
  limit: 0.15,
  pairs: ({ full }) =>
    withSink(rowsOf(full), async (ours) => {
      const pairs: Pair[] = []
      for (let turn = 0; turn < 3; turn++) {
        const { seconds, bookkeeping_seconds, rss_mb } = await ours()
        const figure = (value: number) => ({ value: value * 1000, rssMb: rss_mb })
        pairs.push({ ours: figure(Number(bookkeeping_seconds)), floor: figure(seconds) })
      }
      return pairs
    }),
}

const deliveredRows = 1_000_000
const rowsOf = (full: boolean) => (full ? 1_000_000 : 200_000)
const rate = (rows: number, { seconds, rss_mb }: Report) => ({ value: rows / seconds, rssMb: rss_mb })

/** Both sides send as many people to the same sink, or there is no figure. */
async function withSink<T>(
  rows: number,
  work: (ours: () => Promise<Report>, floor: () => Promise<Report>) => Promise<T>,
): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'bench-delivery-'))
  const sink = spawn(process.execPath, [here('sink-server.ts')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: sink.stdout }), 'line')
  const url = String(line)
  let turn = 0
  const counted = async (report: Report): Promise<Report> => {
    const { people } = (await (await fetch(`${url}/count`)).json()) as { people: number } // what sink-server.ts answers
    if (people !== rows) throw new Error(`The sink got ${people} people, and not ${rows}.`)
    return report
  }
  try {
    return await work(
      async () => {
        const directory = join(root, String(++turn))
        const file = await copyPagesProject(directory)
        await runScript('ours/prepare-people.ts', { file, rows })
        const report = await counted(await runScript('ours/deliver.ts', { directory, url }))
        await rm(directory, { recursive: true, force: true })
        return report
      },
      async () => counted(await runScript('floors/deliver.ts', { url, rows, concurrency: 8 })),
    )
  } finally {
    sink.kill()
    await rm(root, { recursive: true, force: true })
  }
}
