/** What histories of a delivery are made of, and what its map makes of a row: told by docs/mapping.md, not by the code. */
import fc from 'fast-check'
import type { Mapping, OnRemoved, ReverseSync } from '../../src/config/project.ts'
import type { Fate } from './delivery-stage.ts'
import type { Fault } from './vendor.ts'
import { column, optOut, type Person } from './world.ts'

export type Story = {
  readonly mode: ReverseSync['mode']
  readonly onRemoved: OnRemoved
  /** Records are found by their email, and not by the key. */
  readonly byMail: boolean
  /** The vendor takes jobs. */
  readonly jobs: boolean
  readonly optOutRemoval: boolean
  readonly concurrency: number
  readonly steps: readonly Step[]
}

export type Step = {
  readonly edits: readonly { readonly id: string; readonly change: 'leave' | 'return' | Partial<Person> }[]
  /** The model is empty: a load that went wrong. */
  readonly emptied: boolean
  /** A key that stands twice in the model. */
  readonly twice: string | null
  /** In the model that is looked up. */
  readonly owner: string
  readonly optsOut: readonly string[]
  readonly config: Config
  readonly faults: readonly { readonly id: string; readonly fault: Fault }[]
  readonly how: How
  readonly fate: Fate | null
  /** When those who were frozen before go on. */
  readonly thaws: 'before' | 'within' | 'after' | 'later'
}

export type How =
  | { readonly kind: 'as planned'; readonly isAllowed: boolean }
  | { readonly kind: 'run' | 'rejected only' | 'refresh' | 'baseline' | 'move' | 'export' | 'reset' }
  | { readonly kind: 'limit'; readonly rows: number }
  | { readonly kind: 'forget'; readonly id: string; readonly dropUnsent: boolean }

export type Config = {
  readonly plan: 'none' | 'column' | 'short' | 'long' | 'renamed' | 'template' | 'object' | 'lookup'
  readonly omitNull: boolean
  readonly hasOptOut: boolean
  readonly normalise: 'lower' | 'exact'
  readonly ignoresRemoved: boolean
  readonly inOtherMode: boolean
  readonly parkAfter: number | null
  readonly guard: 'none' | 'max_removed' | 'max_changed' | 'max_added' | 'on_empty'
  readonly onInvalidKeys: 'stop' | 'skip'
  /** The vendor tells what it holds. */
  readonly isReadable: boolean
  /** The vendor takes the name `bad`. */
  readonly takesBad: boolean
}

export const ids = [...'abcdefgh'].map((letter) => `${letter}x`)
const id = fc.constantFrom(...ids)

const fate: fc.Arbitrary<Fate> = fc.record({
  kind: fc.constantFrom('killed', 'killed', 'frozen'),
  at: fc.constantFrom('request', 'request', 'acknowledge', 'diff', 'model', 'history', 'reopen'),
  when: fc.constantFrom('before', 'after'),
  nth: fc.constantFrom(1, 1, 2),
})

const changes: fc.Arbitrary<Step['edits'][number]['change']> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ name: fc.constantFrom('n0', 'n1', 'n2', 'bad') }) },
  { weight: 5, arbitrary: fc.record({ plan: fc.constantFrom('p0', 'p1', null, 'odd') }) },
  { weight: 2, arbitrary: fc.record({ opted_out: fc.boolean() }) },
  { weight: 6, arbitrary: fc.constantFrom('leave' as const, 'return' as const) },
  { weight: 1, arbitrary: fc.record({ upper: fc.boolean() }) },
)

const config: fc.Arbitrary<Config> = fc.record({
  plan: fc.constantFrom(
    'none',
    'column',
    'column',
    'column',
    'short',
    'long',
    'renamed',
    'template',
    'object',
    'lookup',
  ),
  omitNull: fc.boolean(),
  hasOptOut: fc.constantFrom(true, true, true, false),
  normalise: fc.constantFrom('lower', 'lower', 'lower', 'exact'),
  ignoresRemoved: fc.constantFrom(false, false, false, true),
  inOtherMode: fc.constantFrom(false, false, false, false, true),
  parkAfter: fc.constantFrom(null, 1, 2),
  guard: fc.constantFrom('none', 'none', 'none', 'max_removed', 'max_changed', 'max_added', 'on_empty'),
  onInvalidKeys: fc.constantFrom('stop', 'skip'),
  isReadable: fc.boolean(),
  takesBad: fc.boolean(),
})

const faults = fc.constantFrom<Fault>(
  { kind: 'reject' },
  { kind: 'reject', retryable: true },
  { kind: 'reject', taken: true },
  { kind: 'unknown' },
  { kind: 'lost' },
  { kind: 'refuse_request' },
  { kind: 'network' },
  { kind: 'answers_too_few' },
)

const how: fc.Arbitrary<How> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('as planned' as const), isAllowed: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('run' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('rejected only', 'refresh', 'move', 'export') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('baseline', 'reset') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('limit' as const), rows: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('forget' as const), id, dropUnsent: fc.boolean() }) },
)

const step: fc.Arbitrary<Step> = fc.record({
  edits: fc.array(fc.record({ id, change: changes }), { minLength: 1, maxLength: 8, size: 'max' }),
  emptied: fc.integer({ min: 1, max: 10 }).map((one) => one === 10),
  twice: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: id }),
  owner: fc.constantFrom('o0', 'o0', 'o1'),
  optsOut: fc.array(id, { maxLength: 1 }),
  config,
  faults: fc.array(fc.record({ id, fault: faults }), { maxLength: 4, size: 'max' }),
  how,
  fate: fc.option(fate, { freq: 2 }),
  thaws: fc.constantFrom('before', 'within', 'after', 'later'),
})

export const story: fc.Arbitrary<Story> = fc.record({
  mode: fc.constantFrom('upsert', 'upsert', 'upsert', 'update', 'insert'),
  onRemoved: fc.constantFrom<OnRemoved>(
    { kind: 'delete' },
    { kind: 'delete' },
    { kind: 'set', values: { custom_state: 'gone' } },
    { kind: 'clear', fields: ['name'] },
    { kind: 'ignore' },
  ),
  byMail: fc.constantFrom(false, false, true),
  jobs: fc.constantFrom(false, false, true),
  optOutRemoval: fc.constantFrom(false, false, false, true),
  concurrency: fc.constantFrom(1, 2),
  steps: fc.array(step, { minLength: 3, maxLength: 8, size: 'max' }),
})

export const spelled = (person: Person): string =>
  person['upper'] === true ? String(person.id).toUpperCase() : String(person.id)
export const mailOf = (person: Person): string => `${spelled(person)}@x`

const codes = { short: { p0: 'P0', p1: 'P1' }, long: { p0: 'Plan 0', p1: 'P1' } }
const fieldOf = {
  none: '',
  column: 'plan',
  short: 'plan',
  long: 'plan',
  renamed: 'custom_plan',
  template: 'plan',
  object: 'data',
  lookup: 'custom_owner',
} as const

export function mapOf({ plan, omitNull, hasOptOut }: Config, { byMail }: Story): readonly Mapping[] {
  const field = fieldOf[plan]
  const own = { field, place: column(field).place, ...(omitNull && { omitNull }) } as const
  const from = (name: string) => ({ kind: 'column', column: name, values: null }) as const
  const lookup = {
    model: 'owners',
    by: [{ ours: 'plan', theirs: 'plan' }],
    column: 'owner',
    onMissing: 'hold',
  } as const
  const made: { readonly [name in Config['plan']]: Mapping | null } = {
    none: null,
    column: { ...own, ...from('plan') },
    renamed: { ...own, ...from('plan') },
    short: { ...own, ...from('plan'), values: codes.short },
    long: { ...own, ...from('plan'), values: codes.long },
    template: { ...own, kind: 'template', template: '{{ plan }} of {{ name }}' },
    object: {
      ...own,
      kind: 'object',
      parts: { plan: { ...from('plan'), ...(omitNull && { omitNull }) }, name: from('name') },
    },
    lookup: { ...own, kind: 'lookup', lookup },
  }
  return [
    ...['id', 'name', ...(byMail ? ['email'] : [])].map((name) => column(name)),
    ...(made[plan] ? [made[plan]] : []),
    ...(hasOptOut ? [optOut('unsubscribed', 'opted_out')] : []),
  ]
}

export const owners = (owner: string): string =>
  `SELECT * FROM (VALUES ('p0', '${owner}'), ('p1', 'o9'), ('odd', 'o9')) v(plan, owner)`

/** What the vendor holds of a row; of what is not in it, whatever it has. */
export function wanted(
  person: Person,
  { plan: form, omitNull }: Config,
  owner: string,
): { readonly [field: string]: unknown } {
  const { name, plan } = person
  const made: { readonly [name in Config['plan']]: unknown } = {
    none: null,
    column: plan,
    renamed: plan,
    short: plan === 'p0' || plan === 'p1' ? codes.short[plan] : null,
    long: plan === 'p0' || plan === 'p1' ? codes.long[plan] : null,
    template: `${plan ?? ''} of ${String(name)}`,
    object: { ...(plan === null && omitNull ? {} : { plan }), name },
    lookup: plan === 'p0' ? owner : plan === 'p1' ? 'o9' : null,
  }
  const isLeftOut = form === 'none' || (made[form] === null && omitNull)
  return { id: spelled(person), name, ...(isLeftOut ? {} : { [fieldOf[form]]: made[form] }) }
}
