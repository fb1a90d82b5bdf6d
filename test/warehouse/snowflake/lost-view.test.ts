/** A connection that breaks as a model's view is made is no fault of the model: the next attempt may work. */
import { expect, test } from 'vitest'
import { buildAllModels, buildModel } from '../../../src/app/build-models.ts'
import { MillraceError } from '../../../src/model/millrace-error.ts'
import { errorOf } from '../workbench.ts'
import { useAccount } from './account.ts'

const account = useAccount()

const projectOf = (sql: string) => {
  const files = [{ file: 'models/m.sql', warehouse: null, sql, sources: [], refs: [] }]
  // The parts of a project that models have.
  return { models: [{ name: 'm', files, sources: [], refs: [] }], syncs: [] } as never
}

test.each(['html', 'hang'] as const)('%s: as the view of a model is made', async (fault) => {
  const { warehouse } = account().open({ requestTimeoutMs: 1000 })
  const project = projectOf('select 1 as id')
  account().fault(fault, { match: 'VIEW', times: 'always' })
  const making = warehouse.session({ runId: 'r', purpose: 'model' }, (session) =>
    buildModel(session, { project, warehouse, name: 'm' }),
  )
  expect(await errorOf(making)).toMatchObject({ code: 'MR-2207', retry: 'later' })
  const makingAll = warehouse.session({ runId: 'r', purpose: 'models' }, (session) =>
    buildAllModels(session, project, warehouse),
  )
  expect(await errorOf(makingAll)).toMatchObject({ code: 'MR-2207' })
  account().snowflake.fault(fault, null)
})

test('a right that is missing is told with the model, and mended in the warehouse', async () => {
  const { warehouse } = account().open()
  const next = '`millrace grants snowflake` prints the rights that are needed.'
  // All that making a view asks of a session.
  const session = {
    ensureView: () => Promise.reject(new MillraceError('MR-2204', { message: 'no right', next })),
  } as never
  const errors = await buildAllModels(session, projectOf('select 1 as id'), warehouse)
  expect(errors).toMatchObject([{ code: 'MR-2101', message: expect.stringContaining('models/m.sql'), next: [next] }])
})
