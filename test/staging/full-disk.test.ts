import type * as fs from 'node:fs'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { openChunk } from '../../src/staging/spool.ts'
import { readAt } from './stage.ts'

/** As write(2) has it: some of the bytes are there, then ENOSPC. A file system of its own would take root's rights. */
const disk = vi.hoisted(() => ({ left: Infinity }))
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>()
  return {
    ...real,
    appendFileSync: (path: string, bytes: Uint8Array) => {
      const some = bytes.subarray(0, Math.min(bytes.length, disk.left))
      real.appendFileSync(path, some)
      disk.left -= some.length
      if (some.length < bytes.length) throw new Error('ENOSPC: no space left on device, write')
    },
  }
})

test('what a checkpoint covers is on disk as it came, though the disk was full for a moment', async () => {
  const chunk = openChunk(join(mkdtempSync(join(tmpdir(), 'millrace-full-')), 'chunk'))
  const page = (from: number) => {
    const records = Array.from({ length: 1000 }, (_, n) => ({ id: from + n, name: 'x'.repeat(180) }))
    return { kind: 'records' as const, records }
  }
  await chunk.add(page(0), readAt)
  await chunk.add(page(1000), readAt)
  const mark = chunk.mark()
  disk.left = 200_000
  await expect(
    (async () => {
      for (let from = 2000; ; from += 1000) await chunk.add(page(from), readAt)
    })(),
  ).rejects.toThrow('ENOSPC')
  // Another stream has let go of its files.
  disk.left = Infinity
  const { files, rows } = chunk.chunk(mark)
  expect(rows).toBe(2000)
  const lines = files.flatMap(({ path }) => readFileSync(path, 'utf8').trimEnd().split('\n'))
  const ids = lines.map((line) => (JSON.parse(line) as { readonly id: number }).id) // written above
  expect(ids).toEqual(Array.from({ length: 2000 }, (_, n) => n))
})
