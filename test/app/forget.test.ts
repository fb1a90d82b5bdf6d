import { afterEach, beforeEach, expect, it } from 'vitest'
import { forgetPerson } from '../../src/app/forget.ts'
import type { ProjectFolder } from './project-folder.ts'
import { deliver, makeToyProject, toySync } from './toy-project.ts'

let project: ProjectFolder

beforeEach(() => {
  project = makeToyProject({ objects: 'person: toyObject()' })
})
afterEach(() => project.remove())

it.each([
  ['is sent: what was removed stands no more', 'delete', { added: 1, delivered: 1 }],
  ['is not sent as new where nothing was removed', 'ignore', { coalesced: 1, delivered: 0 }],
])('who had left the model, is back in it and is forgotten %s', async (_what, onRemoved, ledger) => {
  project.write('syncs/out.yaml', toySync({ more: `map: { id: id, name: name }\non_removed: ${onRemoved}` }))
  await deliverPeople(9)
  expect(await deliverPeople(8)).toMatchObject({ ledger: { removed: 1 } })
  people(9)
  const forgotten = await project.inApp((app) =>
    forgetPerson(app, { key: 'p8', sync: null, dropUnsent: true }, 'a test'),
  )
  expect(forgotten.keepsHash).toEqual(onRemoved === 'ignore' ? ['out'] : [])
  expect(await deliverPeople(9)).toMatchObject({ status: 'ok', ledger })
})

const people = (count: number) =>
  project.write('models/people.sql', `select 'p' || n as id, 'x' as name from range(${count}) t(n)\n`)

function deliverPeople(count: number) {
  people(count)
  return project.inApp((app) => deliver(app, 'out'))
}
