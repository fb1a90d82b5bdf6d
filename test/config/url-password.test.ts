/** An address with a password in it is told, whatever signs the password has; one with a reference is none. */
import { expect, test } from 'vitest'
import { coverSecretForms, secretReason } from '../../src/config/literal-secret.ts'

test.each(['bob:hunter2', 'bob:Pa$$w0rd', 'bob:a{b}c', ':hunter2', '${env:ACME_USER}:hunter2'])('%s', (signIn) => {
  const url = `https://${signIn}@acme.example`
  expect(secretReason(url, undefined)).toBe('it is an address with a password in it')
  expect(coverSecretForms(url)).not.toContain(signIn.split(':').at(-1))
})

test.each(['bob:${env:ACME_PASSWORD}', '${env:ACME_USER}:${env:ACME_PASSWORD}', '${env:ACME_USER}', '{{id}}:{{id}}'])(
  'not %s',
  (signIn) => {
    expect(secretReason(`https://${signIn}@acme.example`, undefined)).toBeUndefined()
  },
)
