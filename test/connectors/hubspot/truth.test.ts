/** Whatever HubSpot does: `ok` is said only of what is there, and a refusal only of what is not, or says that it may be. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Fields, WriteResult } from '../../../src/model/change.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { change, openHubspot, type OpenedHubspot } from './open-hubspot.ts'

let vendor: OpenedHubspot
beforeAll(async () => {
  vendor = await openHubspot({ retry: { attempts: 2, malformedAttempts: 2, initialMs: 1, maxMs: 2 } })
})
afterAll(() => vendor[Symbol.asyncDispose]())

const faults: readonly (readonly [string, JsonObject])[] = [
  ['reset_before', {}],
  ['reset_after', {}],
  ['cut_json', {}],
  ['html', {}],
  ['error_200', {}],
  ['status', { status: 502 }],
  ['status', { status: 400, body: { category: 'VALIDATION_ERROR', message: 'no' } }],
  ['gateway_timeout', {}],
  ['empty_results', {}],
  ['empty_results', { applied: true }],
  ['all_or_nothing', {}],
  ['unnamed_errors', {}],
  ['bad_items', { every: 3 }],
]

const row = fc.record({
  op: fc.constantFrom('upsert', 'upsert', 'update', 'insert', 'clear'),
  known: fc.boolean(),
  badEmail: fc.integer({ min: 0, max: 7 }).map((dice) => dice === 0),
  company: fc.constantFrom(null, 'A-000003', 'A-999999'),
})
const fault = fc.record({
  kind: fc.constantFrom(...faults),
  times: fc.constantFrom<number | 'always'>(1, 2, 'always'),
  after: fc.integer({ min: 0, max: 2 }),
})

it('holds for random rows under random faults', async () => {
  let round = 0
  const property = fc.asyncProperty(
    fc.array(row, { minLength: 1, maxLength: 8 }),
    fc.option(fault, { freq: 6 }),
    async (rows, wrong) => {
      const base = ++round * 100
      const keyOf = (at: number) => `T-${base + at}`
      const titleOf = (at: number) => `title ${base + at}`
      const existing = rows.flatMap(({ known }, at) =>
        known ? [change('person_id', keyOf(at), { jobtitle: 'before' })] : [],
      )
      await vendor.write('contact', 'person_id', existing)
      const changes = rows.map(({ op, badEmail, company }, at) => {
        const email = badEmail ? 'nobody' : `t${base + at}@x.example`
        const fields: Fields =
          op === 'clear'
            ? { jobtitle: null }
            : { jobtitle: titleOf(at), email, 'associations.company.account_ref': company }
        return change('person_id', keyOf(at), fields, op)
      })
      const contact = await vendor.object('contact')
      const context = {
        ...vendor.host.context(new AbortController().signal),
        match: 'person_id',
        options: {},
        saveReceipt: async () => {},
      }
      if (wrong)
        await vendor.fault(wrong.kind[0], { ...wrong.kind[1], times: wrong.times, after: wrong.after, match: '^POST ' })
      // A request that failed whole has told nothing of its rows.
      const results = await contact
        .write(changes, context)
        .catch(() => changes.map((): WriteResult => ({ outcome: 'unknown' })))
      if (wrong) await vendor.fault(wrong.kind[0], null)

      expect(results).toHaveLength(rows.length)
      const companyId = (await vendor.held('company', 'account_ref', 'A-000003'))?.['id']
      const pairs = new Set(
        (await vendor.sandbox.show('hubspot', 'association').catch(() => [])).map(
          ({ from_id, to_id }) => `${from_id}>${to_id}`,
        ),
      )
      for (const [at, result] of results.entries()) {
        const { op, known, badEmail, company } = rows[at] ?? {
          op: 'upsert',
          known: false,
          badEmail: false,
          company: null,
        }
        const record = await vendor.held('contact', 'person_id', keyOf(at))
        const title = (record?.['properties'] as JsonObject | undefined)?.['jobtitle'] // all records have them
        const isDone = op === 'clear' ? record !== undefined && title === undefined : title === titleOf(at)
        const isLinked = company === null || op === 'clear' || pairs.has(`${record?.['id']}>${companyId}`)
        const seen = JSON.stringify({ at, op, known, badEmail, company, title, result })
        if (result.outcome === 'ok') {
          expect((isDone && isLinked && company !== 'A-999999') || (op === 'clear' && isDone), seen).toBe(true)
          expect(badEmail && op !== 'clear', seen).toBe(false)
        }
        if (result.outcome === 'absent') expect(known, seen).toBe(false)
        if (result.outcome === 'rejected' && !result.maybeTaken) expect(isDone && op !== 'clear', seen).toBe(false)
      }

      // Nothing stands in the way of the rows that are right.
      const right = changes.filter(
        (_, at) => rows[at]?.op !== 'insert' && !rows[at]?.badEmail && rows[at]?.company !== 'A-999999',
      )
      const again = await contact.write(right, context)
      expect(again.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'absent')).toEqual([])
    },
  )
  await fc.assert(property, { numRuns: 150 })
}, 60_000)
