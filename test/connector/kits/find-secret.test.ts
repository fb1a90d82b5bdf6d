import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { findSecret, secretKeys } from '../../../src/connector/kits/find-secret.ts'

const secret = 'canary/+~é="0123456789'

describe('a secret is found', () => {
  it.each<[string, unknown]>([
    ['as it is', `key ${secret}`],
    ['in a URL', `https://x.example/?k=${encodeURIComponent(secret)}`],
    ['in a form', new URLSearchParams({ k: secret }).toString()],
    ['in JSON in text', { body: JSON.stringify({ k: secret }) }],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64 for URLs', Buffer.from(secret).toString('base64url')],
    ['in hexadecimal', Buffer.from(secret).toString('hex')],
    ['in the message of an error', new TypeError(`no ${secret}`)],
    [
      'in the cause of a cause',
      new TypeError('no', { cause: new TypeError('no', { cause: { headers: { k: secret } } }) }),
    ],
    ['on an error’s own field', Object.assign(new TypeError('no'), { request: { auth: [secret] } })],
  ])('%s', (_name, heard) => {
    expect(findSecret(['nothing here', heard], secret)).toBeDefined()
  })

  it('in basic authentication, whatever the user’s name', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 20 }),
        fc.string({ minLength: 8, unit: 'grapheme-ascii' }),
        (user, password) => {
          const header = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
          expect(findSecret([{ header }], password)).toBeDefined()
        },
      ),
    )
  })

  it('and not where it is not', () => {
    expect(findSecret([new TypeError('canary'), { a: ['0123456789'] }], secret)).toBeUndefined()
  })
})

it('secret keys are known under what wraps them', () => {
  const key = () => z.string().meta({ secret: true })
  const config = z.strictObject({
    a: key(),
    b: key().optional(),
    c: key().nullable().default(null),
    d: z.string(),
    e: z.url().meta({ description: 'x' }),
  })
  expect(secretKeys(config)).toEqual(['a', 'b', 'c'])
})
