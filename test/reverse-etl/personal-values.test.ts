import { describe, expect, it } from 'vitest'
import type { Fields } from '../../src/model/change.ts'
import { emptyAnswer } from '../../src/reverse-etl/decision.ts'
import { withoutPersonal } from '../../src/reverse-etl/personal-values.ts'

describe('what a vendor says of a row', () => {
  it.each([
    ['with the value as it went', 'jane@x.example is taken', '*** is taken'],
    ['with the value in another case', 'Contact exists: JANE@x.example', 'Contact exists: ***'],
    ['with the value twice', 'jane@x.example, not jane@x.example', '***, not ***'],
    ['with the value cut', 'jane@x.examp… is no address', '***… is no address'],
    ['without the value', 'plan is not one of its options', 'plan is not one of its options'],
  ])('has stars in place of a personal value: %s', (_how, message, told) => {
    expect(say(message, { email: 'jane@x.example', plan: 'pro' })).toBe(told)
  })

  it('has stars in place of the parts of an object and of a list', () => {
    expect(say('Jane Doe, jane', { email: { name: 'Jane Doe', all: ['jane'] } })).toBe('***, ***')
  })

  it('quotes what is not personal, and what is too short to be told from words', () => {
    expect(say('plan: pro is none; a country NO', { plan: 'pro', email: 'no' })).toBe('plan: pro is none; a country NO')
  })
})

function say(message: string, fields: Fields): string | undefined {
  const change = { op: 'upsert', key: 'k', fields, previous: null, idempotencyKey: 'k' } as const
  const batch = [{ key: 'k', change, answer: { ...emptyAnswer, key: 'k' } }]
  const refused = { outcome: 'rejected', code: 'X', message, retryable: false } as const
  const [result] = withoutPersonal(batch, [refused], new Set(['email']))
  return result?.outcome === 'rejected' ? result.message : undefined
}
