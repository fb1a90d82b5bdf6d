import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { OpenFile } from '../../../src/duckdb/file-engine.ts'
import { shareTurns } from '../../../src/warehouse/duckdb/share-turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())
const passes = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms))

/** How often the file is opened for a run over 60 streams in which nothing is new: a session each, four lanes at a time. */
async function openings({ openMs, workMs }: { readonly openMs: number; readonly workMs: number }): Promise<number> {
  let opened = 0
  const turns = shareTurns({
    inTurn: (_request, work) => work(),
    async open(): Promise<OpenFile> {
      opened++
      await passes(openMs)
      return { connect: () => expect.unreachable(), letGo: async () => {} }
    },
  })
  const streams = Array.from({ length: 60 }, (_, n) => n).values()
  const lane = async () => {
    for (const n of streams) await turns.take({ runId: 'run', purpose: `commit ${n}` }, () => passes(workMs))
  }
  const lanes = Promise.all([lane(), lane(), lane(), lane()])
  await vi.runAllTimersAsync()
  await lanes
  return opened
}

it.each([
  { name: 'a small one after a tenth of a second', openMs: 10, workMs: 10, opened: 6 },
  // Measured: 0.3 s with 400 tables of 65 columns, 1.2 s with 1,500.
  { name: 'one of 400 tables after twice what that takes', openMs: 300, workMs: 15, opened: 2 },
  { name: 'none later than after two seconds, so that others get in', openMs: 5_000, workMs: 100, opened: 3 },
])('sessions of one process share an open file: $name', async ({ opened, ...times }) => {
  expect(await openings(times)).toBe(opened)
})
