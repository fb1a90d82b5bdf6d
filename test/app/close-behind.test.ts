import { expect, test } from 'vitest'
import { closeBehind } from '../../src/app/close-behind.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'

test('what ended a run is told, though its connection cannot be closed either', async () => {
  const outage = new MillraceError('MR-3002', { message: 'crm does not answer', kept: '2 of 5 streams', next: 'wait' })
  const run = closeBehind(
    () => Promise.reject(new Error('the socket was closed already')),
    () => Promise.reject(outage),
  )
  await expect(run).rejects.toBe(outage)
})
