import { expect, it } from 'vitest'
import { discover } from '../../../src/app/discover.ts'
import { openSalesforce } from './open-salesforce.ts'

it('a name that the org does not have is refused without a description of every object that it has', async () => {
  await using org = await openSalesforce()
  const { opened, signal } = org
  const offered = (await opened.streamNames?.({ signal })) ?? []
  await org.requests()
  await expect(discover(opened, { connection: 'salesforce', wanted: 'Acount', signal })).rejects.toThrow(/Acount/)
  const described = (await org.requests()).filter(({ path }) => path.includes('/describe'))
  expect(offered.length).toBeGreaterThan(10)
  // The name itself, as a stream and as an object. An org may have 1,500 others, and five thousand requests a day.
  expect(described.length).toBeLessThan(5)
})
