/** What a request that was made again says of the rows that are refused in the end: were they perhaps taken before? */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ProjectFolder } from './project-folder.ts'
import { deliver, makeToyProject, startToyVendor, toySync, type ToyVendor } from './toy-project.ts'

let project: ProjectFolder
let vendor: ToyVendor

beforeAll(async () => {
  vendor = await startToyVendor()
})
afterEach(() => project.remove())
afterAll(() => vendor.close())

describe('a row that is refused, and then leaves', () => {
  it.each([
    ['is not removed: nothing of it was taken', undefined, []],
    ['nor after a 429, which took nothing either', { path: '/write', status: 429 }, []],
    ['nor where a look-up failed', { path: '/look-up', status: 503 }, []],
    ['is removed where a request before may have brought it', { path: '/write', status: 503 }, ['delete-p1']],
  ])('%s', async (_what, failure, removed) => {
    project = makeToyProject({ objects, url: vendor.url })
    project.write('syncs/people.yaml', toySync({ more: 'map: { id: id, name: name }\non_removed: delete' }))
    let hasFailed = false
    vendor.answer = (path) => {
      if (!failure || hasFailed || !path.startsWith(failure.path)) return Promise.resolve(200)
      hasFailed = true
      return Promise.resolve(failure.status)
    }
    expect(await deliverPeople("case n when 1 then 'bad' else 'x' end")).toMatchObject({
      ledger: { delivered: 2, rejected: 1 },
    })
    vendor.paths = []
    expect(await deliverPeople("'x'", 'where n <> 1')).toMatchObject({ status: 'ok', ledger: { unchanged: 2 } })
    expect(vendor.paths.filter((path) => path.startsWith('/write'))).toEqual(removed.map((row) => `/write?${row}`))
  })
})

function deliverPeople(name: string, where = '') {
  project.write('models/people.sql', `select 'p' || n as id, ${name} as name from range(3) t(n) ${where}\n`)
  return project.inApp((app) => deliver(app, 'people'))
}

const objects = `person: toyObject({
  async write(changes, { http, signal }) {
    await http.get('/look-up', { signal })
    await http.post('/write?' + changes.map(({ op, key }) => op + '-' + key).join(), {}, { signal })
    return changes.map(({ op, fields }) =>
      op !== 'delete' && fields.name === 'bad'
        ? { outcome: 'rejected', code: 'INVALID', message: 'no such name', retryable: false }
        : { outcome: 'ok' },
    )
  },
})`
