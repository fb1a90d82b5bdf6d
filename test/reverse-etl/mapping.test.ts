import { describe, expect, it } from 'vitest'
import type { Mapping, ReverseSync } from '../../src/config/project.ts'
import type { FieldValue } from '../../src/model/change.ts'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { resolveMapping } from '../../src/reverse-etl/mapping.ts'
import { readVersion } from '../../src/reverse-etl/mapping-version.ts'
import { makeVendor } from './vendor.ts'
import { column, defaultSync, optOut } from './world.ts'

const columns: readonly { name: string; type: LogicalType }[] = [
  { name: 'id', type: 'string' },
  { name: 'email', type: 'string' },
  { name: 'full_name', type: 'string' },
  { name: 'score', type: 'double' },
  { name: 'amount', type: 'decimal(9,2)' },
  { name: 'photo', type: 'binary' },
  { name: 'opted_out', type: 'boolean' },
  { name: 'opted_text', type: 'string' },
]

const { object: person } = makeVendor()
const stage = { type: 'string', nullable: false, maxLength: 4 } as const
const object = { ...person, fields: { ...person.fields, stage } }

const resolve = (map: readonly Mapping[], sync: Partial<ReverseSync> = {}) =>
  resolveMapping({ ...defaultSync, map: [column('id'), ...map], ...sync }, object, columns)

function refusal(map: readonly Mapping[], sync: Partial<ReverseSync> = {}): string {
  try {
    resolve(map, sync)
  } catch (error) {
    if (error instanceof MillraceError) return `${error.code} ${error.message}`
    throw error
  }
  return 'accepted'
}

describe('a mapping that cannot be', () => {
  it.each<[string, readonly Mapping[], Partial<ReverseSync>, string]>([
    [
      'column',
      [column('name', 'ful_name')],
      {},
      'MR-2103 people: the model people has no column ful_name; did you mean full_name?',
    ],
    ['column far from all', [column('name', 'zzz')], {}, 'MR-2103 people: the model people has no column zzz.'],
    ['field', [column('nam', 'full_name')], {}, 'MR-1209 people: person has no field nam; did you mean name?.'],
    [
      'field that every JavaScript object has',
      [column('constructor', 'full_name')],
      {},
      'MR-1209 people: person has no field constructor.',
    ],
    [
      'opt-out that is no boolean',
      [optOut('unsubscribed', 'opted_text')],
      {},
      'MR-1210 people: opted_text is used as an opt-out of unsubscribed, but it is a string in models/people.sql, not a boolean.',
    ],
    [
      'opt-out field mapped plainly',
      [column('unsubscribed', 'opted_out')],
      {},
      'MR-1209 people: unsubscribed says how a person may be contacted: map it with { opt_out: column }, so that a stale value can never opt somebody in.',
    ],
    [
      'opt-out field with a constant',
      [{ kind: 'value', field: 'topic_7', value: false, place: defaultSync.place }],
      {},
      'MR-1209 people: topic_7 says how a person may be contacted: map it with { opt_out: column }, so that a stale value can never opt somebody in.',
    ],
    [
      'type',
      [column('score', 'full_name')],
      {},
      'MR-1209 people: full_name is a string, and score takes a number; cast it in the model.',
    ],
    [
      'binary',
      [column('data', 'photo')],
      {},
      'MR-1209 people: photo is a binary, and data takes a json; cast it in the model.',
    ],
    [
      'match that is not mapped',
      [],
      { match: 'email' },
      'MR-1209 people: match is email, so map must fill email from a column of the model.',
    ],
    [
      'match of a constant',
      [{ kind: 'value', field: 'email', value: 'x', place: defaultSync.place }],
      { match: 'email' },
      'MR-1209 people: match is email, so map must fill email from a column of the model.',
    ],
    [
      'match that finds nothing',
      [column('name', 'full_name')],
      { match: 'name' },
      'MR-1209 people: person records cannot be found by name; by id, email they can.',
    ],
    [
      'match that every object has',
      [column('custom_x', 'full_name')],
      { match: 'toString' },
      'MR-1209 people: person records cannot be found by toString; by id, email they can.',
    ],
    [
      'on_removed that clears an opt-out',
      [],
      { onRemoved: { kind: 'clear', fields: ['unsubscribed'] } },
      'MR-1209 people: on_removed may not touch unsubscribed: it says how a person may be contacted.',
    ],
    [
      'on_removed that sets a field which this sync maps as an opt-out',
      [optOut('custom_status', 'opted_out')],
      { onRemoved: { kind: 'set', values: { custom_status: 'in' } } },
      'MR-1209 people: on_removed may not touch custom_status: it says how a person may be contacted.',
    ],
    [
      'on_removed of the match',
      [],
      { onRemoved: { kind: 'clear', fields: ['id'] } },
      'MR-1209 people: on_removed may not touch id: it finds the record.',
    ],
    [
      'on_removed that clears what may not be null',
      [],
      { onRemoved: { kind: 'clear', fields: ['stage'] } },
      'MR-1209 people: on_removed gives stage what it does not take: it may not be null.',
    ],
    [
      'on_removed that sets a text which is too long',
      [],
      { onRemoved: { kind: 'set', values: { stage: 'left us' } } },
      'MR-1209 people: on_removed gives stage what it does not take: it has 7 characters, and may have 4.',
    ],
    [
      'on_removed of no field',
      [],
      { onRemoved: { kind: 'clear', fields: ['plann'] } },
      'MR-1209 people: person has no field plann; did you mean plan?.',
    ],
    ['primary key', [], { primaryKey: ['person_id'] }, 'MR-2103 people: the model people has no column person_id.'],
  ])('is refused: %s', (_what, map, sync, message) => {
    expect(refusal(map, sync)).toBe(message)
  })

  describe('of an opt-out that is no boolean', () => {
    const consent = { type: 'string', nullable: false, optOut: true } as const
    const withConsent = { ...object, fields: { ...object.fields, consent, level: { type: 'number', optOut: true } } }
    const resolveOne = (mapping: Mapping) =>
      resolveMapping({ ...defaultSync, map: [column('id'), mapping] }, withConsent as typeof object, columns)
    const own = (field: string, out: FieldValue, word: FieldValue): Mapping => ({
      ...optOut(field, 'opted_out'),
      kind: 'opt_out',
      column: 'opted_out',
      allowOptIn: false,
      out,
      in: word,
    })

    it('is refused without the destination’s own words, and its message says how to write them', () => {
      const form = '{ opt_out: opted_out, values: { true: …, false: … } }'
      expect(() => resolveOne(optOut('consent', 'opted_out'))).toThrow(
        `people: consent takes a string, and would be sent true; say its own words for out and in: ${form}.`,
      )
      expect(() => resolveOne(column('consent', 'full_name'))).toThrow(form.replace('opted_out', 'column'))
    })

    it.each([
      ['consent', 'OptOut', false, 'false'],
      ['consent', 'OptOut', null, 'null'],
      ['level', 0, '1', '"1"'],
      ['unsubscribed', 'out', false, '"out"'],
    ])('is refused with a word of another type: %s: %j, %j', (field, out, word, said) => {
      expect(() => resolveOne(own(field, out, word))).toThrow(`and would be sent ${said};`)
    })

    it.each([
      ['consent', 'OptOut', 'OptIn'],
      ['level', 0, null],
      ['custom_level', true, 'in'],
      ['topic_1', false, true],
    ])('is taken with words of its type: %s: %j, %j', (field, out, word) => {
      expect(resolveOne(own(field, out, word)).optOuts).toEqual(['opted_out'])
    })
  })

  it('is refused where the object does not take the removal, or the mode', () => {
    const { object: simple } = makeVendor({ operations: ['upsert'] })
    const sync = { ...defaultSync, map: [column('id')], onRemoved: { kind: 'clear', fields: ['plan'] } } as const
    expect(() => resolveMapping(sync, simple, columns)).toThrow('person does not take on_removed: clear')
    const inserts = { ...defaultSync, map: [column('id')], mode: 'insert' } as const
    expect(() => resolveMapping(inserts, simple, columns)).toThrow('person does not take insert; it takes upsert.')
  })

  it('is refused where the match finds records, and none can be made by it', () => {
    const match = { ...object.match, id: { normalise: 'exact', operations: ['update', 'clear'] } } as const
    const refused = () => resolveMapping({ ...defaultSync, map: [column('id')] }, { ...object, match }, columns)
    expect(refused).toThrow(
      'people: match is id, by which person records can be found and none can be made; mode is upsert.',
    )
    try {
      refused()
    } catch (error) {
      expect(error).toMatchObject({ code: 'MR-1209', next: ['Set `mode: update`.', 'Or match email.'] })
    }
    const updates = { ...defaultSync, mode: 'update' as const, map: [column('id')] }
    expect(resolveMapping(updates, { ...object, match }, columns).match.field).toBe('id')
  })
})

describe('a mapping', () => {
  it('warns of a double, whose sums differ from run to run', () => {
    expect(resolve([column('score')]).warnings).toEqual([
      'people: score is a double: sums of doubles differ from run to run and look like changes; cast it to a decimal in the model.',
    ])
    expect(resolve([column('score', 'amount')]).warnings).toEqual([])
  })

  it('names each column once, as the model spells it', () => {
    const mapping = resolve([
      column('name', 'FULL_NAME'),
      column('custom_a', 'full_name'),
      optOut('unsubscribed', 'Opted_Out'),
    ])
    expect(mapping.columns.map(({ name }) => name)).toEqual(['id', 'full_name', 'opted_out'])
    expect(mapping.optOuts).toEqual(['opted_out'])
  })

  it('normalises the key as the destination compares it only where the key is the match', () => {
    const map = [column('email')]
    expect(resolve(map, { match: 'email', primaryKey: ['Email', 'id'] }).key).toEqual([
      { column: 'email', normalise: 'lower' },
      { column: 'id', normalise: 'exact' },
    ])
  })

  it('has a version that changes with what is sent, and not with what is only allowed', () => {
    const version = (map: readonly Mapping[]) => resolve(map).version
    const one = version([optOut('unsubscribed', 'opted_out')])
    expect(version([optOut('unsubscribed', 'opted_out', true)])).toBe(one)
    expect(version([optOut('topic_1', 'opted_out')])).not.toBe(one)
    expect(
      version([{ ...column('plan', 'full_name'), kind: 'column', column: 'full_name', values: { a: 'b' } }]),
    ).not.toBe(version([column('plan', 'full_name')]))
    const name = column('name', 'full_name')
    expect(resolve([name], { mode: 'update' }).version).toBe(version([name]))
    expect(resolve([name], { mode: 'insert' }).version).not.toBe(version([name]))
  })

  it('knows of an earlier version which of its opt-outs were sent, and of one without marks that it may be the same', () => {
    const earlier = (before: string, ...map: readonly Mapping[]) => readVersion(before, resolve(map))
    const out = optOut('unsubscribed', 'opted_out')
    const one = resolve([out]).version
    expect(one).toMatch(/^[0-9a-f]{16}\.[0-9a-f]{8}$/)
    expect(earlier(one, optOut('unsubscribed', 'opted_out', true))).toEqual({ isSame: true, newOptOuts: [] })
    expect(earlier(one, out, column('name', 'full_name'))).toEqual({ isSame: false, newOptOuts: [] })
    expect(earlier(one, out, optOut('topic_1', 'opted_out'))).toEqual({ isSame: false, newOptOuts: ['opted_out'] })
    const [unmarked = ''] = one.split('.')
    expect(earlier(unmarked, out)).toEqual({ isSame: true, newOptOuts: [] })
    expect(earlier(unmarked, out, column('name', 'full_name'))).toEqual({ isSame: false, newOptOuts: ['opted_out'] })
  })
})
