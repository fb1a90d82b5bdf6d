/**
 * What nobody may see of an `authorization` header: all that stands behind its scheme, and each of its parameters that may
 * be a secret by itself (`Token token=…`, `Digest …, response="…"`), since vendors repeat those alone.
 */
export function secretsOfHeader(header: unknown): readonly string[] {
  // Nobody checks types when a connector runs.
  const whole = String(header ?? '')
    .trimStart()
    .replace(/^[^\s=,"]+\s+/, '')
    .trim()
  if (whole === '' || isPlaceholder(whole)) return []
  // Each name is tried from its beginning only: a long token would take its length squared.
  const parameters = whole.matchAll(/(?<![\w.-])([\w.-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;&"]+))/g)
  return [
    whole,
    ...[...parameters].flatMap(([, name = '', quoted, plain = '']) => {
      const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
      return isSecret(name.toLowerCase(), value) ? [value] : []
    }),
  ]
}

/** What JavaScript writes where a token is missing, or a scheme without one: blotted out, it would hide what is wrong. */
const isPlaceholder = (text: string) => /^(null|undefined|true|false|\[object \w+\]|basic|bearer|token)$/i.test(text)

/** Words stand in any error: what has 16 characters is hardly one, nor what has 8 in a row of which some are letters and some digits. */
const isSecret = (name: string, value: string) =>
  !openParameters.has(name) && (value.length >= 16 || /(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{8,}/i.test(value))

/** As long as secrets, and none: they say who asks, for what, when and how (Digest, OAuth 1, AWS, signed messages, WSSE, Azure). */
const openParameters: ReadonlySet<string> = new Set([
  'realm',
  'username',
  'uri',
  'algorithm',
  'oauth_callback',
  'signedheaders',
  'keyid',
  'headers',
  'created',
  'timestamp',
  'sr',
  'skn',
])
