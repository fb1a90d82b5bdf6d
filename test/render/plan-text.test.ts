import { expect, test } from 'vitest'
import type { EtlPlan, ReversePlan } from '../../src/model/plan.ts'
import { renderPlan } from '../../src/render/plan-text.ts'

const people: ReversePlan = {
  kind: 'reverse_etl',
  sync: 'customerio_people',
  destination: 'customerio',
  object: 'person',
  model_rows: 48_112,
  accepted_before: 48_003,
  added: 131,
  changed: 412,
  removed: 22,
  retry: 0,
  unchanged: 47_569,
  coalesced: 0,
  invalid: 0,
  filtered: 0,
  rejected: 0,
  held_back: 0,
  ignored: 22,
  parked: 0,
  opt_outs_first: 18,
  withheld: 3,
  on_removed: 'ignore',
  samples: [
    {
      key: '4711',
      op: 'upsert',
      difference: 'changed',
      fields: [
        { field: 'unsubscribed', from: false, to: true },
        { field: 'plan', from: 'pro-year', to: null },
      ],
    },
    { key: '47170', op: 'upsert', difference: 'added', fields: [{ field: 'email', to: 'k\u001b@example.com' }] },
  ],
  guards: [
    { name: 'max_changed', value: { fraction: 0.009 }, limit: { fraction: 0.3 }, ok: true, override: null },
    { name: 'max_added', value: { rows: 131 }, limit: { rows: 10_000 }, ok: true, override: null },
  ],
  warnings: [],
  stops: null,
  schema_changes: [],
  requests_estimate: 4,
  requests_besides: 2,
  seconds_estimate: 1,
  may_deliver: true,
}
const show = (plan: ReversePlan | EtlPlan) => `\n${renderPlan(plan, { color: false })}`

test('a reverse-ETL plan shows counts, samples field by field, what the guards say, and the cost', () => {
  expect(show(people)).toBe(`
 customerio_people → customerio person   48,112 model rows, 48,003 accepted before
   + 131 to add     ~ 412 to change     − 22 gone, ignored     47,569 unchanged
   opt-outs first: 18      opt-ins withheld: 3

   ~ 4711    unsubscribed  false → true
             plan  pro-year → null
   + 47170   email  k␛@example.com
   …   541 more:  --json

 guards   changed 0.9 % of 30 %   added 131 of 10,000   ok
 about 6 requests, 1.0 s
`)
})

test('a guard that would stop the run is named, with the flag that allows it once', () => {
  const guards = [
    {
      name: 'max_changed',
      value: { fraction: 0.65 },
      limit: { fraction: 0.3 },
      ok: false,
      override: '--max-changed 70%',
    },
  ] as const
  const last = (optOuts: number) =>
    show({ ...people, guards, opt_outs_first: optOuts })
      .split('\n')
      .slice(-4, -1)
  expect(last(0)).toEqual([
    ' guards   changed 65 % of 30 %: stops',
    ' if it is right:  --max-changed 70%',
    ' a run would stop before it sends anything',
  ])
  // What opts out goes all the same.
  expect(last(18).at(-1)).toBe(' a run would send the 18 rows that opt out, and stop')
})

test('a guard that stops shows a number above its limit, as its error does', () => {
  const held = { name: 'max_changed', value: { fraction: 0.503 }, limit: { fraction: 0.5 }, ok: false } as const
  const text = show({ ...people, guards: [{ ...held, override: '--max-changed 51%' }] })
  expect(text).toContain(' guards   changed 50.3 % of 50 %: stops\n')
})

test('what would stop the run before the guards are asked is said in the last line', () => {
  const stops = { code: 'MR-4003', message: 'people has never delivered to this destination.' }
  expect(
    show({ ...people, stops })
      .trimEnd()
      .split('\n')
      .at(-1),
  ).toBe(' a run would stop before it sends anything: people has never delivered to this destination.')
})

test('a target that may not deliver says so in the last line', () => {
  expect(
    show({ ...people, may_deliver: false })
      .trimEnd()
      .split('\n')
      .at(-1),
  ).toBe(' this target only plans: it has no `deliver: true`')
})

test('a plan without differences says that there is nothing to send', () => {
  const nothing = show({ ...people, added: 0, changed: 0, removed: 0, samples: [] })
  expect(nothing.trimEnd().split('\n').at(-1)).toBe(' nothing to send')
  expect(nothing).not.toContain('more:')
})

test('a plan says of no more rows that --json shows them than would be sent', () => {
  const rest = { coalesced: 100, rejected: 200, held_back: 200, parked: 41 }
  expect(show({ ...people, ...rest })).not.toContain('more:')
  expect(show({ ...people, ...rest, on_removed: 'delete', ignored: 0 })).toContain('…   22 more:  --json')
})

test('an ETL plan shows the scan of each stream and about how many requests', () => {
  const stream = {
    mode: 'merge',
    to: '2026-11-21T09:55:00Z',
    full: false,
    resumed: false,
    loaded_before: true,
    passes: [],
    schema_changes: [],
    warnings: [],
  } as const
  expect(
    show({
      kind: 'etl',
      sync: 'stripe',
      requests_besides: 3,
      warnings: ['Account 7 is left out'],
      streams: [
        { ...stream, name: 'charges', table: 'stripe.charges', from: null, counted: null, requests_estimate: null },
        {
          ...stream,
          name: 'invoices',
          table: 'stripe.invoices',
          from: '2026-11-20T09:55:00Z',
          resumed: true,
          counted: 58_000,
          requests_estimate: 577,
          passes: [
            { name: 'reconcile', counted: 900_000, requests_estimate: 450 },
            { name: 'formulas', counted: null, requests_estimate: null },
          ],
          schema_changes: [{ kind: 'column_added', table: 'stripe.invoices', column: 'tax', type: 'decimal(10,2)' }],
          warnings: ['invoices: its options have changed'],
        },
      ],
    }),
  ).toBe(`
 stripe   2 streams
 stream              table            mode   scan                                                             rows
 charges             stripe.charges   merge  everything to 2026-11-21 09:55 UTC                          not known
 invoices            stripe.invoices  merge  from 2026-11-20 09:55 UTC to 2026-11-21 09:55 UTC, resumed     58,000
 invoices reconcile  stripe.invoices         the keys of everything                                        900,000
 invoices formulas   stripe.invoices         calculated fields of everything                             not known
 schema   stripe.invoices: new column tax (decimal(10,2))
 warning  Account 7 is left out
 warning  invoices: its options have changed
 about 1,030 requests, and 1 stream that cannot be estimated
`)
})

test('a plan says how many rows would not go, and why', () => {
  expect(show({ ...people, rejected: 2, held_back: 4, parked: 1 })).toContain(
    'opt-ins withheld: 3      cannot be sent: 2      held back: 4      parked: 1\n',
  )
  expect(show({ ...people, samples: [], rejected: 565, requests_estimate: 0 })).toMatch(/ nothing to send\n$/)
})
