import { expect, test } from 'vitest'
import { closeBehind } from '../../src/app/close-behind.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'

test.each([
  [
    'that of a late request',
    new MillraceError('MR-1401', { message: 'The connector crm forgot a request' }),
    'The connector crm forgot a request',
  ],
  ['another', new Error('the socket is closed'), 'closing the connection: the socket is closed'],
])('what ended a run is its error, and an error of its closing is warned of: %s', async (_, closing, message) => {
  const outage = new MillraceError('MR-3002', { message: 'crm does not answer', kept: '2 of 5 streams', next: 'wait' })
  const events: EngineEvent[] = []
  const run = closeBehind(
    { app: { emit: (event) => events.push(event) }, runId: 'run-1' },
    () => Promise.reject(closing),
    () => Promise.reject(outage),
  )
  await expect(run).rejects.toBe(outage)
  expect(events).toEqual([{ type: 'run.warning', run_id: 'run-1', message }])
})
