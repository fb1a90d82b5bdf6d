/** Customer.io keeps activities for 30 days: what a longer pause between two runs has lost is said. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSource, type OpenedSource } from './open-source.ts'

let vendor: OpenedSource
beforeAll(async () => {
  vendor = await openSource()
})
afterAll(() => vendor[Symbol.asyncDispose]())

/** What a scan says whose watermark, less the day that is read again, is so old. */
async function warningsAfter(days: number) {
  const told = vendor.warnings().length
  const from = new Date((await vendor.sandbox.now()).getTime() - days * 86_400_000).toISOString()
  await vendor.rows('activities', { from })
  return vendor.warnings().slice(told)
}

it('says which activities are lost where the last complete scan is longer ago than Customer.io keeps them', async () => {
  expect(await warningsAfter(40)).toEqual([expect.stringMatching(/^activities: .* Those before are lost\.$/)])
  // The last scan ends a day later than where this one begins to read.
  expect(await warningsAfter(30.5)).toEqual([])
})
