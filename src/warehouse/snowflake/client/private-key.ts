import { createPrivateKey } from 'node:crypto'
import { MillraceError } from '../../../model/millrace-error.ts'

/**
 * The key as the SDK takes it: PKCS#8 in PEM, decrypted. Before anything is sent, and with words for each way to be wrong:
 * https://docs.snowflake.com/en/user-guide/key-pair-auth
 * @throws MillraceError MR-1201
 */
export function readPrivateKey(text: string, passphrase: string | null): string {
  const [, label = '', body = ''] = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/.exec(text) ?? []
  const wrongLabel = wrongLabels[label]
  if (wrongLabel !== undefined) throw badKey(wrongLabel.what, wrongLabel.next)
  if (label !== 'PRIVATE KEY' && label !== 'ENCRYPTED PRIVATE KEY')
    throw badKey(
      'it is not a private key in PEM, which begins with -----BEGIN PRIVATE KEY----- and ends with its END line',
      'Give the whole text of the .p8 file, its first and last line included.',
    )
  if (label === 'ENCRYPTED PRIVATE KEY' && passphrase === null)
    throw badKey('it is encrypted, and there is no passphrase', 'Add  private_key_passphrase: "${env:…}".')
  return decrypt(`-----BEGIN ${label}-----\n${wrapped(body)}\n-----END ${label}-----\n`, passphrase)
}

function decrypt(pem: string, passphrase: string | null): string {
  const key = (() => {
    try {
      return createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== null && { passphrase }) })
    } catch (cause) {
      const isEncrypted = pem.includes('ENCRYPTED')
      throw isEncrypted
        ? badKey('it cannot be decrypted with this passphrase', 'Check private_key_passphrase.', cause)
        : badKey('it is damaged: a part of it is missing or changed', 'Give the whole text of the .p8 file.', cause)
    }
  })()
  if (key.asymmetricKeyType !== 'rsa')
    throw badKey(`it is of the kind ${key.asymmetricKeyType ?? 'unknown'}, and Snowflake takes RSA only`, makeKey)
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  if (bits < 2048) throw badKey(`it has ${bits} bits, and Snowflake takes 2048 or more`, makeKey)
  return String(key.export({ format: 'pem', type: 'pkcs8' }))
}

/** An environment variable holds line breaks as they are, as `\n`, or as blanks. */
const wrapped = (body: string): string =>
  body
    .replaceAll(/\\r|\\n|\s/g, '')
    .replaceAll(/.{64}(?=.)/g, '$&\n')
    .trim()

const makeKey =
  'Make one: openssl genrsa 2048 | openssl pkcs8 -topk8 -inform PEM -out key.p8   (and give the user its public half)'

const wrongLabels: { readonly [label: string]: { readonly what: string; readonly next: string } } = {
  'RSA PRIVATE KEY': {
    what: 'it is in PKCS#1 (BEGIN RSA PRIVATE KEY), and Snowflake takes PKCS#8',
    next: 'Convert it: openssl pkcs8 -topk8 -inform PEM -in key.pem -out key.p8',
  },
  'OPENSSH PRIVATE KEY': { what: 'it is a key of OpenSSH, and Snowflake takes PKCS#8', next: makeKey },
  'EC PRIVATE KEY': { what: 'it is an elliptic-curve key, and Snowflake takes RSA only', next: makeKey },
  'PUBLIC KEY': {
    what: 'it is the public half',
    next: 'Give the private one here; the public one belongs to the user: ALTER USER … SET RSA_PUBLIC_KEY = …',
  },
}

function badKey(what: string, next: string, cause?: unknown): MillraceError {
  return new MillraceError('MR-1201', {
    message: `The private_key of the Snowflake warehouse cannot be used: ${what}.`,
    kept: 'Nothing was sent.',
    next,
    // OpenSSL's words; they hold no part of the key.
    ...(cause instanceof Error && { cause: cause.message }),
  })
}
