import { afterEach, beforeEach, expect, it } from 'vitest'
import { previewSync } from '../../src/app/preview-sync.ts'
import type { ProjectFolder } from './project-folder.ts'
import { deliver, deliveryOf, makeToyProject, toySync } from './toy-project.ts'

let project: ProjectFolder

beforeEach(() => {
  project = makeToyProject({
    objects: `person: toyObject({ fields: { id: 'string', name: 'json', out: { type: 'boolean', optOut: true } }, preview: (changes) => [{ method: 'PUT', path: '/', docs: 'https://toy.example', body: changes.map(({ fields }) => fields) }] })`,
  })
})
afterEach(() => project.remove())

it('a JSON value that is nested 5,000 deep costs its own row, and neither the delivery nor its opt-out', async () => {
  project.write('syncs/out.yaml', toySync({ more: 'map: { id: id, name: name, out: { opt_out: is_out } }' }))
  const nested = (levels: number) => `(repeat('[', ${levels}) || repeat(']', ${levels}))::json`
  project.write(
    'models/people.sql',
    `select 'p' || n as id, case n when 1 then ${nested(5_000)} when 2 then ${nested(500)} else '{}'::json end as name, n = 1 as is_out from range(3) t(n)\n`,
  )
  await project.inApp(async (app) => {
    const run = await deliver(app, 'out')
    expect(run.error).toBeUndefined()
    expect(run.ledger).toMatchObject({ model_rows: 3, delivered: 2, rejected: 1 })
    const [preview] = await previewSync(app, deliveryOf(app, 'out'), { limit: 10 })
    expect(preview?.body).toEqual([{ id: 'p1', out: true }])
  })
})
