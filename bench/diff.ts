import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { alternate } from './alternate.ts'
import type { Benchmark, Figure } from './benchmark.ts'
import { runScript } from './child.ts'

export const noChangesDiff: Benchmark = {
  name: 'no-changes-diff',
  about:
    'a model of six columns against an equal snapshot, from an open session to the counts, under 1 GB (--full: 10 million rows, 2 GB)',
  unit: 'ms',
  better: 'lower',
  limit: 1.5,
  pairs: ({ full }) => compare({ full, changed: 0 }),
}

export const changedDiff: Benchmark = {
  name: 'changed-diff',
  about: 'the same with two rows of a hundred changed',
  unit: 'ms',
  better: 'lower',
  limit: 1.5,
  pairs: ({ full }) => compare({ full, changed: 2 }),
}

/** Both sides count the same, or there is no figure. */
async function compare({ full, changed }: { readonly full: boolean; readonly changed: number }) {
  const root = await mkdtemp(join(tmpdir(), 'bench-diff-'))
  const place = {
    file: join(root, 'diff.duckdb'),
    rows: full ? 10_000_000 : 1_000_000,
    memory: full ? '2GB' : '1GB',
    changed,
  }
  let truth: string | undefined
  const measure = async (script: string): Promise<Figure> => {
    const { seconds, rss_mb, counts } = await runScript(script, place)
    const found = JSON.stringify(counts)
    truth ??= found
    if (found !== truth) throw new Error(`${script} counted ${found}, and the other side ${truth}.`)
    return { value: seconds * 1000, rssMb: rss_mb }
  }
  try {
    await runScript('ours/prepare-snapshot.ts', place)
    return await alternate(full ? 5 : 7, {
      ours: () => measure('ours/diff-model.ts'),
      floor: () => measure('floors/compare-tables.ts'),
    })
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}
