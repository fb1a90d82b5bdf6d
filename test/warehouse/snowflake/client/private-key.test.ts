import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readPrivateKey } from '../../../../src/warehouse/snowflake/client/private-key.ts'
import { MillraceError } from '../../../../src/model/millrace-error.ts'
import { keyPair } from './stand-in.ts'

const pem = keyPair.privateKey
const passphrase = 'open sesame 42'
const encrypted = String(
  createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }),
)

describe('a private key is read', () => {
  it.each([
    ['as a file has it', pem],
    ['with \\n for line breaks, as a variable has them', pem.replaceAll('\n', '\\n')],
    ['with Windows line breaks', pem.replaceAll('\n', '\r\n')],
    ['with \\r\\n written out', pem.replaceAll('\n', '\\r\\n')],
    ['in one line with blanks', pem.trim().replaceAll('\n', ' ')],
    ['with words around it', `Bag Attributes\n  friendlyName: x\n${pem}\n`],
  ])('%s', (_, text) => {
    expect(readPrivateKey(text, null)).toBe(pem)
  })

  it('encrypted, with its passphrase', () => {
    expect(readPrivateKey(encrypted, passphrase)).toBe(pem)
    expect(readPrivateKey(encrypted.replaceAll('\n', '\\n'), passphrase)).toBe(pem)
  })
})

const rsa = createPrivateKey(pem)
const small = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const exported = (key: typeof rsa, type: 'pkcs8' | 'pkcs1' | 'sec1') => String(key.export({ type, format: 'pem' }))

describe('a private key is refused, before anything is sent', () => {
  it.each([
    ['in PKCS#1', exported(rsa, 'pkcs1'), null, /PKCS#1/],
    ['of an elliptic curve', exported(curve, 'pkcs8'), null, /RSA only/],
    ['of an elliptic curve in its old form', exported(curve, 'sec1'), null, /elliptic-curve/],
    ['that is too small', exported(small, 'pkcs8'), null, /1024 bits/],
    ['that is the public half', keyPair.publicKey, null, /public half/],
    ['that is encrypted, without a passphrase', encrypted, null, /no passphrase/],
    ['that is encrypted, with another passphrase', encrypted, 'wrong-passphrase', /cannot be decrypted/],
    ['that is cut off', pem.slice(0, 400), null, /not a private key in PEM/],
    ['with a piece missing', pem.replace(/\n.{64}\n/, '\n'), null, /damaged/],
    ['that is something else', 'hello', null, /not a private key in PEM/],
    ['that is a path', '/run/secrets/key.p8', null, /not a private key in PEM/],
  ])('%s', (_, text, secret, words) => {
    const error = caught(() => readPrivateKey(text, secret))
    expect(error.code).toBe('MR-1201')
    expect(error.message).toMatch(words)
    expect(error.kept).toBe('Nothing was sent.')
    expect(error.next).toHaveLength(1)
    expect(JSON.stringify([error.message, error.next, error.cause])).not.toMatch(/open sesame|wrong-passphrase|MII/)
  })
})

function caught(action: () => unknown): MillraceError {
  try {
    action()
  } catch (error) {
    if (error instanceof MillraceError) return error
  }
  throw new TypeError('nothing was refused')
}
