import { expect, test } from 'vitest'
import { createRenderer } from '../../src/render/renderer.ts'
import { onTarget } from '../../src/render/on-target.ts'
import { fakeOutput } from './fake-output.ts'
import { etlEvents } from './some-runs.ts'

test('grants are those of the target that was named', () => {
  const next = ['`millrace grants snowflake` prints the rights that are needed.', '`millrace doctor` tries them.']
  expect(onTarget(next, undefined)).toEqual(next)
  expect(onTarget(next, 'prod')).toEqual([
    '`millrace --target prod grants snowflake` prints the rights that are needed.',
    '`millrace --target prod doctor` tries them.',
  ])
})

test.each(['plain', 'tty', 'json', 'github'] as const)('a warning is of the target that was named: %s', (mode) => {
  const [stdout, stderr] = [fakeOutput(), fakeOutput({ isTTY: mode === 'tty', columns: 200, rows: 24 })]
  const outputs = { stdout: stdout.output, stderr: stderr.output }
  const renderer = createRenderer({ mode, ...outputs, color: false, verbosity: 'normal', target: 'prod' })
  renderer.onEvent(etlEvents[0]!)
  renderer.onEvent({ type: 'run.warning', run_id: 'r1', message: 'Whole rows:  millrace backfill stripe' })
  const reject = {
    type: 'row.rejected',
    run_id: 'r1',
    where: 'charges',
    code: 'MR-5002',
    message: 'not a date',
  } as const
  for (let n = 0; n < 20; n++) renderer.onEvent({ ...reject, key: `k${n}` })
  const text = stdout.text() + stderr.text()
  expect(text).toContain('millrace --target prod backfill stripe')
  expect(text).not.toMatch(/millrace (backfill|rejects)/)
})
