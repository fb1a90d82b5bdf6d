import { describe, expect, it } from 'vitest'
import type { ReverseSync } from '../../src/config/project.ts'
import type { TextRow } from '../../src/model/text-row.ts'
import { decide } from '../../src/reverse-etl/decide.ts'
import type { Decision } from '../../src/reverse-etl/decision.ts'
import { resolveMapping } from '../../src/reverse-etl/mapping.ts'
import type { Candidate } from '../../src/warehouse/port.ts'
import { makeVendor } from './vendor.ts'
import { column, defaultSync, optOut } from './world.ts'

const columns = [
  { name: 'id', type: 'string' },
  { name: 'email', type: 'string' },
  { name: 'name', type: 'string' },
  { name: 'out', type: 'boolean' },
  { name: 'news_out', type: 'boolean' },
] as const

const row = (over: TextRow = {}): TextRow => ({ id: '1', email: 'a@x', name: 'Ann', out: 'false', ...over })

const map = [column('id'), column('name'), optOut('unsubscribed', 'out', true)]

function decided(candidate: Partial<Candidate>, sync: Partial<ReverseSync> = {}): Decision {
  const whole = { ...defaultSync, map, ...sync }
  return decide(whole, resolveMapping(whole, makeVendor().object, columns), { ...changed, ...candidate })
}

/** Accepted as `row()` before, unless a test says otherwise. */
const changed: Candidate = {
  key: '1',
  kind: 'changed',
  values: row(),
  previous: row(),
  previousState: 'accepted',
  previousHash: 'another',
  sameMapping: true,
  hasIntent: false,
  attempts: 0,
  turnedOptOut: false,
}
const added: Partial<Candidate> = {
  kind: 'added',
  previous: null,
  previousState: null,
  previousHash: null,
  sameMapping: false,
}
const hashOf = (values: TextRow) => decided({ values, ...added }).answer.hash

/** `kind status` and the fields that would go. */
function told(decision: Decision): string {
  const { status, state, message } = decision.answer
  return decision.kind === 'send'
    ? `${decision.change.op} ${JSON.stringify(decision.change.fields)} → ${state}`
    : `${status} → ${state}${message === null ? '' : `: ${message}`}`
}

describe('a row of the model', () => {
  it.each<[string, Partial<Candidate>, string]>([
    ['new, opted in', added, 'upsert {"id":"1","name":"Ann"} → accepted'],
    [
      'new, opted out',
      { ...added, values: row({ out: 'true' }) },
      'upsert {"id":"1","name":"Ann","unsubscribed":true} → accepted',
    ],
    ['new, null', { ...added, values: row({ out: null }) }, 'upsert {"id":"1","name":"Ann"} → accepted'],
    ['changed', { values: row({ name: 'Anna' }) }, 'upsert {"id":"1","name":"Anna"} → accepted'],
    ['equal after all', { previousHash: hashOf(row()) }, 'coalesced → accepted'],
    [
      'equal to its tombstone',
      { kind: 'added', previousState: 'ignored', previousHash: hashOf(row()) },
      'coalesced → accepted',
    ],
    [
      'equal, but its fields were cleared',
      { kind: 'added', previousState: 'removed', previousHash: hashOf(row()) },
      'upsert {"id":"1","name":"Ann"} → accepted',
    ],
    [
      'equal, with an open intent',
      { kind: 'retry', hasIntent: true, previousHash: hashOf(row()) },
      'upsert {"id":"1","name":"Ann"} → accepted',
    ],
    ['equal, and it was refused', { kind: 'retry', attempts: 3, previousHash: hashOf(row()) }, 'coalesced → accepted'],
    ['turned in', { previous: row({ out: 'true' }) }, 'upsert {"id":"1","name":"Ann","unsubscribed":false} → accepted'],
    [
      'turned in, refused before',
      { kind: 'retry', attempts: 1, previous: row({ out: 'true' }) },
      'held_back → accepted: opt-in withheld',
    ],
    [
      'turned in, unanswered before',
      { kind: 'retry', hasIntent: true, previous: row({ out: 'true' }) },
      'upsert {"id":"1","name":"Ann"} → accepted',
    ],
    [
      'turned in, under another mapping',
      { sameMapping: false, previous: row({ out: 'true' }) },
      'upsert {"id":"1","name":"Ann"} → accepted',
    ],
    [
      'turned to null',
      { values: row({ out: null }), previous: row({ out: 'true' }) },
      'held_back → accepted: nothing to send',
    ],
    ['in, after null', { previous: row({ out: null }) }, 'held_back → accepted: nothing to send'],
    [
      'turned in with a neighbour',
      { values: row({ name: 'Anna' }), previous: row({ out: 'true' }) },
      'upsert {"id":"1","name":"Anna","unsubscribed":false} → accepted',
    ],
    [
      'turned out',
      { values: row({ out: 'true' }), turnedOptOut: true },
      'upsert {"id":"1","name":"Ann","unsubscribed":true} → accepted',
    ],
    [
      'without what it is found by',
      { values: row({ id: null }) },
      'rejected → null: id, by which the record is found, is empty',
    ],
    [
      'with an empty text to find it by',
      { values: row({ id: '' }) },
      'rejected → null: id, by which the record is found, is empty',
    ],
  ])('%s', (_what, candidate, expected) => {
    expect(told(decided(candidate))).toBe(expected)
  })

  it.each<[string, Partial<Candidate>, string, number]>([
    ['turned in', { previous: row({ out: 'true' }) }, 'held_back → accepted: opt-in withheld', 0],
    [
      'turned in with a neighbour',
      { values: row({ name: 'Anna' }), previous: row({ out: 'true' }) },
      'upsert {"id":"1","name":"Anna"} → accepted',
      1,
    ],
  ])('%s where the sync allows no opt-in', (_what, candidate, expected, withheld) => {
    const decision = decided(candidate, { map: [column('id'), column('name'), optOut('unsubscribed', 'out')] })
    expect(told(decision)).toBe(expected)
    expect(decision.withheld).toBe(withheld)
  })

  it('that comes to mean another record still tells the connector which one it meant: who moves leaves where they were', () => {
    const byEmail = { match: 'email', map: [column('email'), column('name')] }
    const decision = decided({ values: row({ email: 'b@x' }) }, byEmail)
    expect(decision.kind === 'send' && decision.change.previous).toEqual({ email: 'a@x', name: 'Ann' })
  })

  it('that comes to mean another record does not tell which one it meant, where another row stands for that', () => {
    const byEmail = { match: 'email', map: [column('email'), column('name')] }
    const decision = decided({ values: row({ email: 'b@x' }), recordStays: true }, byEmail)
    expect(decision.kind === 'send' && decision.change.previous).toBeNull()
  })

  it('that turned in is held to the opt-outs of other rows of its record, column by column', () => {
    const map = [column('id'), optOut('unsubscribed', 'out', true), optOut('topic_1', 'news_out', true)]
    const turned = { values: row({ news_out: 'false' }), previous: row({ out: 'true', news_out: 'true' }) }
    const decision = decided({ ...turned, optedOutElsewhere: ['out'] }, { map })
    expect(told(decision)).toBe('upsert {"id":"1","topic_1":false} → accepted')
    expect(decision.withheld).toBe(1)
  })

  it('with nothing but an opt-in is held back, and recorded as seen', () => {
    const decision = decided(added, { map: [column('id'), optOut('unsubscribed', 'out', true)] })
    expect(told(decision)).toBe('held_back → accepted: nothing to send')
    expect(decision.answer.values).toEqual(['1', 'false'])
  })

  it('is named by the normalised match, and keeps its own spelling in the fields', () => {
    const decision = decided(
      { ...added, values: row({ email: ' Ann@X.example ' }) },
      { match: 'email', map: [column('email')] },
    )
    expect(decision).toMatchObject({ change: { key: 'ann@x.example', fields: { email: ' Ann@X.example ' } } })
    expect(
      told(decided({ ...added, values: row({ email: ' \n' }) }, { match: 'email', map: [column('email')] })),
    ).toMatch(/^rejected/)
  })

  it('whose value is not in the map of values is refused, names of JavaScript included', () => {
    const values = { pro: 'PRO' }
    const mapped = {
      map: [column('id'), { ...column('plan', 'name'), kind: 'column' as const, column: 'name', values }],
    }
    expect(told(decided({ ...added, values: row({ name: 'pro' }) }, mapped))).toBe(
      'upsert {"id":"1","plan":"PRO"} → accepted',
    )
    for (const name of ['free', 'constructor', '__proto__'])
      expect(told(decided({ ...added, values: row({ name }) }, mapped))).toBe(
        `rejected → null: plan: ${name} is not among its values (pro)`,
      )
  })

  it('has the same idempotency key in every attempt, and another for another value', () => {
    const keyOf = (values: TextRow, over: Partial<Candidate> = {}) => {
      const decision = decided({ ...added, values, ...over })
      return decision.kind === 'send' ? decision.change.idempotencyKey : ''
    }
    expect(keyOf(row(), { kind: 'retry', hasIntent: true })).toBe(keyOf(row()))
    expect(keyOf(row({ name: 'Anna' }))).not.toBe(keyOf(row()))
    expect(keyOf(row(), { key: '2' })).not.toBe(keyOf(row()))
  })
})

describe('a row that left', () => {
  const left: Partial<Candidate> = { kind: 'removed', values: null }
  const clear = { onRemoved: { kind: 'clear', fields: ['name'] } } as const

  it.each<[string, Partial<Candidate>, Partial<ReverseSync>, string, readonly (string | null)[] | null]>([
    ['is ignored', left, {}, 'ignored → ignored', null],
    ['has fields cleared', left, clear, 'clear {"id":"1","name":null} → removed', null],
    [
      'has fields set',
      left,
      { onRemoved: { kind: 'set', values: { plan: 'gone' } } },
      'set {"id":"1","plan":"gone"} → removed',
      null,
    ],
    [
      'unanswered, leaves nothing to compare with',
      { ...left, hasIntent: true },
      {},
      'ignored → ignored',
      ['1', null, null],
    ],
    [
      'refused, leaves no opt-out to turn off',
      { ...left, attempts: 1, previous: row({ out: 'true' }) },
      clear,
      'clear {"id":"1","name":null} → removed',
      ['1', 'Ann', null],
    ],
    [
      'and was never accepted is named by its key',
      { ...left, hasIntent: true, previous: null, previousState: null },
      clear,
      'clear {"id":"1","name":null} → removed',
      ['1', null, null],
    ],
    [
      'and cannot be named is done with where nothing of it went, and says so',
      { ...left, previousState: 'ignored', previous: row({ id: null }) },
      { ...clear, primaryKey: ['email'] },
      'ignored → removed: the record cannot be named',
      null,
    ],
  ])('%s', (_what, candidate, sync, expected, values) => {
    const decision = decided(candidate, sync)
    expect(told(decision)).toBe(expected)
    expect(decision.answer.values).toEqual(values)
  })
})
