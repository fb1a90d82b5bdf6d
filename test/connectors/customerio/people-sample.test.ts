/** Nothing lists the names of attributes: they are found by looking at people. */
import { createServer } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { change } from './open-customerio.ts'
import { openSource, pathsOf, type OpenedSource } from './open-source.ts'

let vendor: OpenedSource
beforeAll(async () => {
  vendor = await openSource()
  await vendor.person.write([change('t1', { plan: 'gold' }), change('t2', { seats: 12 })], vendor.writeContext())
})
afterAll(() => vendor[Symbol.asyncDispose]())
beforeEach(() => vendor.fresh())

describe('a sample of the attributes', () => {
  const exports = async () => pathsOf(await vendor.fresh()).filter((path) => path === 'POST /v1/exports/customers')

  it('with empty pages before the people is gone on with', async () => {
    const whole = await vendor.rows('people')
    await vendor.sandbox.setFault('customerio', 'empty_page', { times: 2 })
    expect(await vendor.rows('people')).toEqual(whole)
  })

  it('with nothing but empty pages that say there are more ends the scan before anything is exported', async () => {
    await vendor.sandbox.setFault('customerio', 'empty_page', { times: 'always' })
    await expect(vendor.read('people')).rejects.toMatchObject({
      code: 'MR-3005',
      message: expect.stringContaining('empty pages, and says that there are more'),
    })
    expect(await exports()).toEqual([])
    // Whoever names them needs no sample.
    expect((await vendor.rows('people', { options: { attributes: ['plan'] } })).length).toBeGreaterThan(5)
    await vendor.sandbox.setFault('customerio', 'empty_page', null)
  })

  it('that names no attribute of anybody ends the scan, where `attributes: []` does not', async () => {
    await using bare = await openSource()
    await bare.person.write(
      (await bare.sandbox.show('customerio', 'person')).map(({ id }) => change(String(id), {}, { op: 'delete' })),
      bare.writeContext(),
    )
    await bare.person.write([change('b1', { email: 'b1@x.example' })], bare.writeContext())
    await expect(bare.read('people')).rejects.toMatchObject({
      code: 'MR-3005',
      message: expect.stringContaining('none of the 1 who were looked at has an attribute'),
    })
    expect(await bare.rows('people', { options: { attributes: [] } })).toMatchObject([{ id: 'b1', attributes: {} }])
  })

  it('of nobody, where the export has people, ends the scan without a checkpoint', async () => {
    const server = createServer((request, response) => {
      response.setHeader('content-type', 'application/json')
      const isSample = request.url?.startsWith('/v1/customers')
      response.end(
        JSON.stringify(isSample ? { identifiers: [], next: '' } : { export: { id: 1, status: 'done', total: 3 } }),
      )
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    try {
      await using odd = await openSource({
        app_base_url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
      })
      const items: unknown[] = []
      const failure = await (async () => {
        for await (const item of odd.items('people')) items.push(item)
      })().catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'MR-3005' })
      expect(items).toEqual([])
    } finally {
      server.close()
    }
  })

  it('that is not everybody is told, and asks for them by name', async () => {
    await using large = await openSource()
    const people = Array.from({ length: 600 }, (_, n) => change(`s${n}`, { [n === 599 ? 'rare' : 'plan']: 'x' }))
    await large.person.write(people, large.writeContext())
    await large.rows('people')
    expect(JSON.stringify(large.events)).toContain('name all of them in the stream')
  })
})
