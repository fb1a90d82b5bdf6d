import { isAlias, isMap, isScalar, isSeq, type Document, type Scalar } from 'yaml'
import { toSnake } from '../model/column-name.ts'
import { editDistance } from '../model/did-you-mean.ts'

/**
 * YAML holds references only (`${env:X}`, `${file:/run/secrets/x}`). This finds what looks like a secret written out, and
 * covers it in the text, so that no frame of any finding shows it.
 */
export type Hidden = {
  readonly text: string
  readonly found: readonly {
    readonly path: readonly string[]
    readonly reason: string
    readonly range: readonly [number, number]
  }[]
}

type Doubts = { readonly secretKey?: string | undefined; readonly isDoubtful: boolean }

export function hideSecrets(
  text: string,
  document: Document,
  /** Of a value that it does not let through, nobody knows whether it is a secret: it is covered, and no finding. */
  mayShow: (path: readonly string[]) => boolean,
): Hidden {
  const found = new Map<number, Hidden['found'][number]>()
  const doubtful: (readonly [number, number])[] = []
  const look = ({ value, range }: Scalar, path: readonly string[], by: Doubts) => {
    if (!range) return
    const reason = secretReason(value, by.secretKey)
    if (reason) found.set(range[0], { path, reason, range: [range[0], range[1]] })
    else if (by.isDoubtful && value !== null && !isReference(value)) doubtful.push([range[0], range[1]])
  }
  const walk = (node: unknown, path: readonly string[], secretKey: string | undefined, isDoubtful = false): void => {
    const target = isAlias(node) ? node.resolve(document) : node
    // An alias is not followed into collections: those are walked where their anchor stands.
    if (isMap(target) && target === node)
      for (const { key, value } of target.items) {
        const name = isScalar(key) ? String(key.value) : ''
        const at = [...path, name]
        if (isScalar(key)) look(key, path, { isDoubtful: false })
        else walk(key, path, undefined)
        const isSecret = isSecretPlace(path, name, isSecretName)
        const isUnclear = isDoubtful || isSecretPlace(path, name, isNearSecretName)
        walk(value, at, secretKey ?? (isSecret ? name : undefined), isUnclear)
      }
    else if (isSeq(target) && target === node)
      target.items.forEach((item, index) => walk(item, [...path, String(index)], secretKey, isDoubtful))
    else if (isScalar(target)) look(target, path, { secretKey, isDoubtful: isDoubtful || !mayShow(path) })
  }
  walk(document.contents, [], undefined)
  const covered = cover(text, [...[...found.values()].map(({ range }) => range), ...doubtful])
  return { text: coverPatterns(covered, document.errors.length > 0), found: [...found.values()] }
}

/** Why a value may not stand in YAML; undefined: it may. */
export function secretReason(value: unknown, secretKey: string | undefined): string | undefined {
  if (isReference(value)) return undefined
  if (secretKey !== undefined && (typeof value === 'number' || (typeof value === 'string' && value !== '')))
    return `\`${secretKey}\` is written out`
  if (typeof value === 'string') return secretForms.find(({ form }) => form.test(value))?.reason
  return undefined
}

/** What looks like a secret, covered: for messages that repeat what was written. */
export const coverSecretForms = (text: string): string =>
  secretForms.reduce((rest, { form }) => rest.replace(new RegExp(form, `${form.flags}g`), dots), text)

export const isSecretName = (name: string): boolean => secretName.test(toSnake(name))

/** Or would be one but for a slip: `client_secert`, `access_tokn`. The same few names come in every file. */
function isNearSecretName(name: string): boolean {
  const known = nearNames.get(name)
  if (known !== undefined) return known
  const words = toSnake(name).split('_')
  const ends = [1, 2, 3].map((count) => words.slice(-count).join('_'))
  const isNear = secretWords.some((word) => {
    const slips = word.length < 5 ? 0 : word.length < 8 ? 1 : 2
    return ends.some((end) => Math.abs(end.length - word.length) <= slips && editDistance(end, word) <= slips)
  })
  nearNames.set(name, isNear)
  return isNear
}

const nearNames = new Map<string, boolean>()

/** Below `map` and `streams` the keys are the vendor's fields and streams; a field `reset_token` is not a secret. */
function isSecretPlace(path: readonly string[], name: string, isSecret: typeof isSecretName): boolean {
  const [top] = path
  if (top === 'map' || top === 'on_removed' || top === 'freshness' || top === 'schedules') return false
  if (top === 'streams') return path[2] === 'options' && isSecret(name)
  const isNameOfThing = (top === 'connections' || top === 'targets') && path.length === 1
  const isConnectionName = top === 'targets' && path[2] === 'connections' && path.length === 3
  return !isNameOfThing && !isConnectionName && isSecret(name)
}

/** What the tree does not show: parts of longer text, and in a file that does not parse whatever stands after a secret's name. */
function coverPatterns(text: string, broken: boolean): string {
  const covered = coverSecretForms(text)
  if (!broken) return covered
  return covered.replace(
    /([\w-]+)(["']?[ \t]*:[ \t]*["']?)([^\s,}"'#]+)/g,
    (all, key: string, colon: string, value: string) =>
      (isSecretName(key) || isNearSecretName(key)) && !value.startsWith('${') ? key + colon + dots(value) : all,
  )
}

function cover(text: string, ranges: readonly (readonly [number, number])[]): string {
  const pieces: string[] = []
  let last = 0
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (start < last) continue
    pieces.push(text.slice(last, start), dots(text.slice(start, end)))
    last = end
  }
  return [...pieces, text.slice(last)].join('')
}

const dots = (secret: string) => secret.replace(/[^\n]/g, '•')

const wholeReference = /^\$\{(env|file):[^}]+\}$/

const isReference = (value: unknown) => typeof value === 'string' && wholeReference.test(value.trim())

const secretWords = [
  'api_key',
  'apikey',
  'access_key',
  'private_key',
  'signing_key',
  'encryption_key',
  'token',
  'secret',
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'credential',
  'authorization',
  'bearer',
  'client_secret',
  'private_key_pass',
]
const secretName = new RegExp(`(^|_)(${secretWords.join('|')})s?$`)

const secretForms = [
  { reason: 'it looks like a Stripe key', form: /\b[sr]k_(live|test)_\w{4,}/ },
  { reason: 'it looks like a Stripe webhook secret', form: /\bwhsec_\w{8,}/ },
  { reason: 'it looks like a Slack token', form: /\bxox[abeoprs]-[\w-]{4,}/ },
  { reason: 'it looks like an AWS access key', form: /\b(AKIA|ASIA)[A-Z0-9]{12,}/ },
  { reason: 'it looks like a GitHub token', form: /\b(gh[pousr]_\w{16,}|github_pat_\w{16,})/ },
  { reason: 'it looks like a HubSpot token', form: /\bpat-(na|eu)\d-[\w-]{8,}/ },
  { reason: 'it looks like a Google key', form: /\bAIza[\w-]{20,}/ },
  { reason: 'it looks like a Meta access token', form: /\bEAA[A-Za-z0-9]{30,}/ },
  { reason: 'it looks like a signed token', form: /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/ },
  { reason: 'it holds a private key', form: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*-----|$)/ },
  {
    reason: 'it is an address with a password in it',
    // A user or password that is looked up, or put in by a template, is none that is written out.
    form: /\b\w+:\/\/(\$\{[^\s}]*\}|(?!\$\{|\{\{)[^\s/:@])*:((?!\$\{|\{\{)[^\s/@])+@/,
  },
] as const
