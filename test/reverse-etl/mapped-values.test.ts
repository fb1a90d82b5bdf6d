import { describe, expect, it } from 'vitest'
import type { MappedPart, Mapping, ReverseSync } from '../../src/config/project.ts'
import type { DestinationObject } from '../../src/connector/destination.ts'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { MillraceError } from '../../src/model/millrace-error.ts'
import { resolveMapping } from '../../src/reverse-etl/mapping.ts'
import { encodeFields, payloadHash } from '../../src/reverse-etl/payload.ts'
import type { TextRow } from '../../src/warehouse/port.ts'
import { makeVendor } from './vendor.ts'
import { column, defaultSync, makeWorld, rows, run } from './world.ts'

const types: { readonly [name: string]: LogicalType } = {
  id: 'string',
  plan: 'string',
  amount: 'decimal(38,2)',
  n: 'integer',
  ratio: 'double',
  active: 'boolean',
  day: 'date',
  seen: 'timestamp',
  tags: 'json',
  photo: 'binary',
}
const columns = Object.entries(types).map(([name, type]) => ({ name, type }))
const { place } = defaultSync

const field = (name: string, part: MappedPart & { readonly setIfEmpty?: true }): Mapping => ({
  field: name,
  place,
  ...part,
})
const from = (name: string, more: { readonly omitNull?: true } = {}): MappedPart => ({
  kind: 'column',
  column: name,
  values: null,
  ...more,
})
const template = (text: string): MappedPart => ({ kind: 'template', template: text })

function resolve(map: readonly Mapping[], object: Partial<DestinationObject> = {}, sync: Partial<ReverseSync> = {}) {
  return resolveMapping({ ...defaultSync, map: [column('id'), ...map], ...sync }, makeVendor(object).object, columns)
}

/** The payload's JSON without the id, or why there is none. */
function payload(map: readonly Mapping[], row: TextRow = {}): string {
  const { fields, problem } = encodeFields(resolve(map, { setIfEmpty: true }).fields, { id: '1', ...row })
  const { id: _, ...rest } = fields
  return problem ?? JSON.stringify(rest)
}

function refusal(...args: Parameters<typeof resolve>): string {
  try {
    resolve(...args)
  } catch (error) {
    if (error instanceof MillraceError) return `${error.code} ${error.message}`
    throw error
  }
  return 'accepted'
}

describe('a field that is filled from a personal column', () => {
  const whole = (map: readonly Mapping[], personal: readonly string[]) =>
    resolveMapping({ ...defaultSync, map: [column('id'), ...map] }, makeVendor().object, columns, new Set(personal))

  it.each<[string, MappedPart, TextRow, string]>([
    ['score', template('{{ plan }}'), { plan: 'x' }, 'score: *** is not a number that can be sent'],
    ['plan', template('{{ plan | plus: 1 }}'), { plan: 'x' }, 'plan: the template fails: ***'],
    [
      'plan',
      template('{% for i in (1..1000) %}{{ plan }}{% endfor %}'),
      { plan: 'x'.repeat(100) },
      'plan: the template makes more than 65536 bytes',
    ],
    [
      'plan',
      template('{{ plan }} {{ ratio }}'),
      { plan: 'x', ratio: 'nan' },
      'plan: ratio: *** is not a number that can be sent',
    ],
    ['day', from('plan'), { plan: '20.11.1987' }, 'day: *** is not a date that can be sent'],
    [
      'plan',
      { kind: 'column', column: 'plan', values: { a: 'A' } },
      { plan: 'x' },
      'plan: *** is not among its values (a)',
    ],
    [
      'data',
      { kind: 'array', items: [{ kind: 'object', parts: { born: from('ratio'), plan: from('plan') } }] },
      { ratio: 'inf' },
      'data[0].born: *** is not a number that can be sent',
    ],
  ])('is not quoted by a refusal: %s %#', (name, part, row, reason) => {
    const { fields } = whole([field(name, part)], ['plan'])
    expect(encodeFields(fields, { id: '1', ...row }).problem).toBe(reason)
  })

  it('is quoted in other fields, and makes the same payloads', () => {
    const map = [field('score', template('{{ ratio }}')), field('plan', from('plan'))]
    const { fields, version } = whole(map, ['plan'])
    expect(encodeFields(fields, { id: '1', ratio: 'nan' }).problem).toContain('nan is not')
    expect(version).toBe(whole(map, []).version)
  })
})

describe('a column with values', () => {
  const values = { '5': 'five', '1.5': 'cheap', '2.50': 'dear', '007': 'agent' }
  it.each<[string, string, string]>([
    ['n', '5', '{"plan":"five"}'],
    ['ratio', '5.0', '{"plan":"five"}'],
    ['ratio', '5', '{"plan":"five"}'],
    ['amount', '5.00', '{"plan":"five"}'],
    ['amount', '1.50', '{"plan":"cheap"}'],
    ['amount', '2.50', '{"plan":"dear"}'],
    ['ratio', '2.5', '{"plan":"dear"}'],
    ['amount', '0.05', 'plan: 0.05 is not among its values (5, 1.5, 2.50, 007)'],
    ['ratio', 'inf', 'plan: inf is not among its values (5, 1.5, 2.50, 007)'],
    // Of texts the letters count.
    ['plan', '5.0', 'plan: 5.0 is not among its values (5, 1.5, 2.50, 007)'],
    ['plan', '007', '{"plan":"agent"}'],
  ])('finds a number by what it is, however the warehouse writes it: %s %s', (name, text, made) => {
    expect(payload([field('plan', { kind: 'column', column: name, values })], { [name]: text })).toBe(made)
  })
})

describe('a template in a map', () => {
  it.each<[string, string, TextRow, string]>([
    ['plan', '{{ plan }}-{{ n }}', { plan: 'pro', n: '12' }, '{"plan":"pro-12"}'],
    ['plan', '{{ PLAN }}', { plan: 'pro' }, '{"plan":"pro"}'],
    ['plan', '{{ plan }}-{{ n }}', {}, '{"plan":"-"}'],
    ['plan', '{{ plan }} {{ n }}', {}, '{"plan":null}'],
    ['plan', '{{ plan | default: "none" }}', {}, '{"plan":"none"}'],
    ['plan', '{{ plan }}', { plan: '' }, '{"plan":""}'],
    [
      'plan',
      '{{ amount }} {{ amount | times: 2 }}',
      { amount: '123456789012345678901234567890123456.70' },
      '{"plan":"123456789012345678901234567890123456.7 246913578024691357802469135780246913.4"}',
    ],
    [
      'plan',
      '{{ seen | date: "%Y-%m" }} {{ day }} {{ seen }}',
      { seen: '2026-11-20 09:55:00.120000', day: '2026-01-02' },
      '{"plan":"2026-11 2026-01-02 2026-11-20T09:55:00.12Z"}',
    ],
    ['plan', '{% if active %}on{% else %}off{% endif %}', { active: 'true' }, '{"plan":"on"}'],
    [
      'plan',
      '{% for t in tags.all %}{{ t.k }},{% endfor %}',
      { tags: '{"all":[{"k":1},{"k":12345678901234567890}]}' },
      '{"plan":"1,12345678901234567890,"}',
    ],
    ['score', ' {{ n | divided_by: 4 }} ', { n: '3' }, '{"score":0.75}'],
    ['score', '{{ amount }}', { amount: '12345678901234567890.10' }, '{"score":12345678901234567890.1}'],
    ['score', '{{ plan }}', { plan: 'x' }, 'score: x is not a number that can be sent'],
    ['score', '{% if n %}{{ n }}{% endif %}', { n: null }, '{"score":null}'],
    ['day', '{{ plan }}-01', { plan: '2026-11' }, '{"day":"2026-11-01"}'],
    ['seen_at', '{{ day }}T00:00:00Z', { day: '2026-11-01' }, '{"seen_at":"2026-11-01T00:00:00Z"}'],
    ['plan', '{{ plan | plus: 1 }}', { plan: 'x' }, 'plan: the template fails: x is not a number'],
    ['plan', '{{ ratio }}', { ratio: 'nan' }, 'plan: ratio: nan is not a number that can be sent'],
  ])('%s: %s', (name, text, row, expected) => {
    expect(payload([field(name, template(text))], row)).toBe(expected)
  })

  it('reads columns: they are compared, kept and hashed; its text is part of the version', () => {
    const one = resolve([field('plan', template('{{ plan }}-{{ n }}'))])
    expect(one.columns.map(({ name }) => name)).toEqual(['id', 'plan', 'n'])
    expect(resolve([field('plan', template('{{ plan }}_{{ n }}'))]).version).not.toBe(one.version)
    expect(JSON.stringify(one.fields[1])).toContain('"liquid":10')
    expect(resolve([field('plan', template('{{ ratio }}'))]).warnings).toHaveLength(1)
  })

  it.each<[MappedPart, string, string]>([
    [
      template('a {{ plam }}'),
      'plan',
      'MR-2103 people: the model people has no column plam (in the template of plan at syncs/people.yaml:1, its line 1, column 6); did you mean plan?',
    ],
    [
      template('{{ plan.name }}'),
      'plan',
      'MR-1209 people: the template of plan reads a member of plan, which is a string, not json.',
    ],
    [template('{{ photo }}'), 'plan', 'MR-1209 people: the template of plan reads photo, which is binary.'],
    [
      template('{{ plan }}'),
      'active',
      'MR-1209 people: a template makes text, and active takes a boolean; map a boolean column.',
    ],
    [
      template('{{ plan }}'),
      'unsubscribed',
      'MR-1209 people: unsubscribed says how a person may be contacted: map it with { opt_out: column }, so that a stale value can never opt somebody in.',
    ],
  ])('is refused before any row: %j as %s', (part, name, message) => {
    expect(refusal([field(name, part)])).toBe(message)
  })
})

describe('objects and lists in a map', () => {
  const address = field('data', {
    kind: 'object',
    parts: {
      city: from('plan'),
      zip: template('{{ n }}'),
      fixed: { kind: 'value', value: { a: [1, null] } },
      deep: { kind: 'object', parts: { amount: from('amount'), active: from('active') } },
      list: { kind: 'array', items: [from('n'), { kind: 'value', value: 'x' }, from('tags')] },
    },
  })

  it('keep the types and digits of their parts', () => {
    const row = { plan: 'Oulu', n: '9007199254740993', amount: '1.50', active: 'false', tags: '{"b":1.10,"a":[]}' }
    expect(payload([address], row)).toBe(
      '{"data":{"city":"Oulu","zip":"9007199254740993","fixed":{"a":[1,null]},"deep":{"amount":1.5,"active":false},"list":[9007199254740993,"x",{"b":1.1,"a":[]}]}}',
    )
  })

  it('name the part that cannot be sent', () => {
    const part: MappedPart = { kind: 'object', parts: { in: { kind: 'array', items: [from('n'), from('ratio')] } } }
    expect(payload([field('data', part)], { n: '1', ratio: 'inf' })).toBe(
      'data.in[1]: inf is not a number that can be sent',
    )
  })

  it('are refused where the field takes no JSON, and hold no opt-out', () => {
    expect(refusal([field('plan', { kind: 'array', items: [] })])).toBe(
      'MR-1209 people: plan takes a string, and is mapped to a list.',
    )
    const object = {
      otherFields: [
        { pattern: /^prefs\.topic_\d$/, type: 'boolean', optOut: true },
        { pattern: /^prefs$/, type: 'any' },
      ],
    } as const
    for (const part of [
      { kind: 'object', parts: { topic_1: from('active') } },
      { kind: 'value', value: { topic_1: false } },
    ] satisfies readonly MappedPart[])
      expect(refusal([field('prefs', part)], object)).toContain('prefs.topic_1 says how a person may be contacted')
  })

  it('count the columns of all their parts', () => {
    expect(resolve([address]).columns.map(({ name }) => name)).toEqual(['id', 'plan', 'n', 'amount', 'active', 'tags'])
  })
})

describe('omit_null', () => {
  it('leaves a null out, of the payload, of objects and of lists, and an object of which nothing is left', () => {
    const gone = { omitNull: true } as const
    const map = [
      field('plan', from('plan', gone)),
      field('score', from('n')),
      field('data', { kind: 'object', parts: { a: from('plan', gone), b: from('n') }, ...gone }),
      field('custom_gone', { kind: 'object', parts: { a: from('plan', gone) }, ...gone }),
      field('custom_empty', { kind: 'object', parts: { a: from('plan', gone) } }),
      field('custom_list', { kind: 'array', items: [from('plan', gone), from('n'), { kind: 'value', value: 1 }] }),
      field('custom_text', { ...template('{{ plan }}'), ...gone }),
    ]
    expect(payload(map)).toBe('{"score":null,"data":{"b":null},"custom_empty":{},"custom_list":[null,1]}')
    expect(payload(map, { plan: 'x', n: '1' })).toBe(
      '{"plan":"x","score":1,"data":{"a":"x","b":1},"custom_gone":{"a":"x"},"custom_empty":{"a":"x"},"custom_list":["x",1,1],"custom_text":"x"}',
    )
  })
})

describe('set_if_empty', () => {
  const map = [field('plan', { ...from('plan'), setIfEmpty: true })]

  it('is told to a destination that can do it, without nulls', () => {
    const encoded = encodeFields(resolve(map, { setIfEmpty: true }).fields, { id: '1', plan: 'pro' })
    expect(encoded).toMatchObject({ fields: { id: '1', plan: 'pro' }, setIfEmpty: ['plan'] })
    expect(encodeFields(resolve(map, { setIfEmpty: true }).fields, { id: '1', plan: null })).toMatchObject({
      fields: { id: '1' },
      setIfEmpty: [],
    })
  })

  it('makes another payload than a field that is set', () => {
    const set = resolve([field('plan', from('plan'))])
    const whereEmpty = resolve(map, { setIfEmpty: true })
    const row = { id: '1', plan: 'pro' }
    expect(payloadHash(whereEmpty, encodeFields(whereEmpty.fields, row))).not.toBe(
      payloadHash(set, encodeFields(set.fields, row)),
    )
    expect(whereEmpty.version).not.toBe(set.version)
  })

  it('is refused elsewhere, and for what finds the record', () => {
    expect(refusal(map)).toBe('MR-1209 people: set_if_empty at plan: person cannot be written only where it is empty.')
    const id = [{ ...column('id'), setIfEmpty: true }] as readonly Mapping[] // column makes a plain column
    expect(refusal([], { setIfEmpty: true }, { map: id })).toBe(
      'MR-1209 people: set_if_empty at id: it finds the record.',
    )
  })
})

describe('a lookup of a record at the destination', () => {
  const lookup = field('account', { kind: 'record', object: 'accounts', by: 'ref', column: 'plan' })
  const recordLookup: DestinationObject['recordLookup'] = ({ field: name, object, by }) =>
    object === 'accounts' ? `custom_${name}.${by}` : undefined

  it('fills the field that the connector names', () => {
    const { fields } = resolve([lookup], { recordLookup })
    expect(encodeFields(fields, { id: '1', plan: 'A-1' }).fields).toEqual({ id: '1', 'custom_account.ref': 'A-1' })
  })

  it('is refused where the connector has no such relation, and where its field is filled already', () => {
    expect(refusal([lookup])).toBe('MR-1209 people: account of person cannot name a record of accounts by ref.')
    expect(refusal([lookup, field('custom_account.ref', from('plan'))], { recordLookup })).toBe(
      'MR-1209 people: map fills custom_account.ref twice.',
    )
  })
})

describe('a run', () => {
  it('hands a destination what it may only write where it is empty, and comes again when the value changes', async () => {
    const world = makeWorld({
      vendor: makeVendor({ setIfEmpty: true }),
      sync: { map: [column('id'), column('name'), field('plan', { ...from('plan'), setIfEmpty: true })] },
    })
    world.people = [
      { id: 'a', name: 'Ann', plan: 'pro', opted_out: false },
      { id: 'b', name: 'Ben', plan: null, opted_out: false },
    ]
    await run(world)
    expect(world.vendor.journal.map(({ fields, setIfEmpty }) => ({ fields, setIfEmpty }))).toEqual([
      { fields: { id: 'a', name: 'Ann', plan: 'pro' }, setIfEmpty: ['plan'] },
      { fields: { id: 'b', name: 'Ben' }, setIfEmpty: undefined },
    ])
    expect((await run(world)).ledger).toMatchObject({ unchanged: 2, delivered: 0 })
    world.people = [{ id: 'a', name: 'Ann', plan: 'max', opted_out: false }, ...world.people.slice(1)]
    expect((await run(world)).ledger).toMatchObject({ changed: 1, delivered: 1 })
    // It is set in any case now: another payload, though the value is the same.
    world.sync = { ...world.sync, map: [column('id'), column('name'), column('plan')] }
    expect((await run(world)).ledger).toMatchObject({ changed: 2, delivered: 2 })
    expect(world.vendor.journal.at(-2)).toMatchObject({ fields: { plan: 'max' } })
  })

  it('refuses the row whose template fails, names the reason, and sends the others', async () => {
    const world = makeWorld({
      sync: { map: [column('id'), field('name', template('{{ name | plus: 1 }}'))] },
    })
    world.people = [
      { id: 'a', name: '1', plan: null, opted_out: false },
      { id: 'b', name: 'Ben', plan: null, opted_out: false },
    ]
    expect((await run(world)).ledger).toMatchObject({ added: 2, delivered: 1, rejected: 1 })
    expect(
      await rows(world, `SELECT key, code, message FROM _millrace.rejects WHERE sync = '${world.sync.name}'`),
    ).toEqual([{ key: 'b', code: 'MR-5005', message: 'name: the template fails: Ben is not a number' }])
    world.people = [
      { id: 'a', name: '1', plan: 'x', opted_out: true },
      { id: 'b', name: '7', plan: null, opted_out: false },
    ]
    expect((await run(world)).ledger).toMatchObject({ unchanged: 1, retry: 1, delivered: 1 })
    expect(world.vendor.records.get('b')).toMatchObject({ name: '8' })
  })
})
