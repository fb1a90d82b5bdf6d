/** Whatever Customer.io does: with an App API key `ok` is said only of what is there; and with or without, an opt-out stands. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sandboxCredentials } from '../../../connectors/customerio/sandbox/credentials.ts'
import type { WriteResult } from '../../../src/model/change.ts'
import type { JsonObject } from '../../../src/model/json.ts'
import { change, openCustomerio, type OpenedCustomerio } from './open-customerio.ts'

const topic = 'cio_subscription_preferences.topics.topic_3'

const faults: readonly (readonly [string, JsonObject])[] = [
  ['reset_before', {}],
  ['reset_after', {}],
  ['cut_json', {}],
  ['html', {}],
  ['error_200', {}],
  ['status', { status: 502 }],
  ['status', { status: 413 }],
  ['bad_items', { every: 3 }],
  ['email_updates_off', {}],
  ['late', { reads: 2 }],
]

const row = fc.record({
  op: fc.constantFrom('upsert', 'upsert', 'update'),
  isKnown: fc.boolean(),
  // Few addresses, so that people get in each other's way.
  email: fc.option(fc.integer({ min: 0, max: 4 })),
  isOut: fc.boolean(),
  isOutOfTopic: fc.boolean(),
  isSuppressed: fc.integer({ min: 0, max: 9 }).map((dice) => dice === 0),
})
const fault = fc.record({
  kind: fc.constantFrom(...faults),
  times: fc.constantFrom<number | 'always'>(1, 2, 'always'),
  after: fc.integer({ min: 0, max: 1 }),
})

describe.each([
  ['with an App API key', { app_api_key: sandboxCredentials.appKey, settle_seconds: 0.05 }, 40],
  ['without one', {}, 100],
] as const)('%s', (_name, keys, numRuns) => {
  it('holds for random rows under random faults', async () => {
    await using vendor = await openCustomerio({
      keys,
      retry: { attempts: 2, malformedAttempts: 2, initialMs: 1, maxMs: 2 },
    })
    const isVerified = 'app_api_key' in keys
    let round = 0
    const property = fc.asyncProperty(
      fc.array(row, { minLength: 1, maxLength: 8 }),
      fc.option(fault, { freq: 4 }),
      async (rows, wrong) => {
        const base = ++round * 100
        const keyOf = (at: number) => `T-${base + at}`
        const emailOf = (at: number | null) => (at === null ? null : `t${base + at}@x.example`)
        await prepare(
          vendor,
          rows.map(({ isKnown, isSuppressed }, at) => ({ key: keyOf(at), isKnown, isSuppressed })),
        )
        const changes = rows.map(({ op, email, isOut, isOutOfTopic }, at) =>
          change(
            keyOf(at),
            {
              plan: `plan ${base + at}`,
              ...(email === null ? {} : { email: emailOf(email) }),
              ...(isOut && { unsubscribed: true }),
              ...(isOutOfTopic && { [topic]: false }),
            },
            { op },
          ),
        )
        const since = (await vendor.requests()).length
        if (wrong)
          await vendor.sandbox.setFault('customerio', wrong.kind[0], {
            ...wrong.kind[1],
            times: wrong.times,
            after: wrong.after,
          })
        const results = await settled(vendor.person.write(changes, vendor.writeContext()), changes.length)
        if (wrong) await vendor.sandbox.setFault('customerio', wrong.kind[0], null)

        const isLate = wrong?.kind[0] === 'late'
        for (const [at, result] of results.entries()) {
          const person = await vendor.stored(keyOf(at))
          const { email, isOut, isOutOfTopic, op } = rows[at] ?? {
            email: null,
            isOut: false,
            isOutOfTopic: false,
            op: '',
          }
          const wasTaken =
            result.outcome === 'ok' || (result.outcome === 'rejected' && result.code.startsWith('identifier'))
          if (isVerified && result.outcome === 'ok') {
            expect(person).toMatchObject({ id: keyOf(at), attributes: { plan: `plan ${base + at}` } })
            if (email !== null) expect(person?.['email']).toBe(emailOf(email))
          }
          if (result.outcome === 'absent') expect([op, person]).toEqual(['update', undefined])
          // A row of two items of which one was refused is rejected, though the other may be there: it is sent again.
          if (isVerified && result.outcome === 'rejected' && result.code !== 'invalid')
            expect(JSON.stringify(person?.['attributes'] ?? {})).not.toContain(`"plan ${base + at}"`)
          // Whoever is there and was to be opted out is, unless they have not been sent at all.
          if (!person || !wasTaken || isLate) continue
          if (isOut) expect(person).toMatchObject({ unsubscribed: true })
          if (isOutOfTopic)
            expect(person).toMatchObject({ cio_subscription_preferences: { topics: { topic_3: false } } })
          if (!isOut) expect(person).toMatchObject({ unsubscribed: false })
        }
        const sent = (await vendor.requests()).slice(since).map(({ body }) => body ?? '')
        expect(sent.join('')).not.toMatch(/"unsubscribed":false|topic_3":true|suppress/)
      },
    )
    await fc.assert(property, { numRuns })
  })
})

type Before = { readonly key: string; readonly isKnown: boolean; readonly isSuppressed: boolean }

async function prepare(vendor: OpenedCustomerio, people: readonly Before[]): Promise<void> {
  const known = people.filter(({ isKnown }) => isKnown).map(({ key }) => change(key, {}, { previous: { id: key } }))
  await vendor.person.write(known, vendor.writeContext())
  const suppressed = people
    .filter(({ isSuppressed }) => isSuppressed)
    .map(({ key }) => change(key, {}, { op: 'insert' }))
  await vendor.object('suppression').write(suppressed, vendor.writeContext())
}

/** A request that failed whole has told nothing of its rows. */
async function settled(writing: Promise<readonly WriteResult[]>, rows: number): Promise<readonly WriteResult[]> {
  try {
    return await writing
  } catch (error) {
    return Array.from({ length: rows }, () => ({ outcome: 'unknown', message: String(error) }))
  }
}
