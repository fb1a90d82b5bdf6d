import { expect, it } from 'vitest'
import { secretsOfHeader } from '../../src/connector/secrets-of-header.ts'

it.each<[string, unknown, readonly string[]]>([
  ['a token behind its scheme', 'Bearer acc-59-verysecret', ['acc-59-verysecret']],
  ['a token without one', 'acc-59-verysecret', ['acc-59-verysecret']],
  ['Basic credentials with padding', 'Basic dXNlcjpwYXNzd29yZA==', ['dXNlcjpwYXNzd29yZA==']],
  ['a number', 48_291_734, ['48291734']],
  ['a parameter', 'Token token=abcdefgh12345', ['token=abcdefgh12345', 'abcdefgh12345']],
  ['one in quotes', 'Token token="abcd1234e\\"fgh"', ['token="abcd1234e\\"fgh"', 'abcd1234e"fgh']],
  ['parameters without a scheme', 'key=AIza0123456789, v=2', ['key=AIza0123456789, v=2', 'AIza0123456789']],
])('of an authorization header what stands there is secret: %s', (_, header, secrets) => {
  expect(secretsOfHeader(header)).toEqual(secrets)
})

it.each<[string, string, readonly string[]]>([
  [
    'Digest',
    'Digest username="someone@example.com", realm="https://api.example.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/v1/contacts/lists", qop=auth, nc=00000001, algorithm=SHA-512-256-sess, response="6629fae49393a05397450978507c4ef1"',
    ['dcd98b7102dd2f0e8b11d0f600bfb0c093', '6629fae49393a05397450978507c4ef1'],
  ],
  [
    'AWS',
    'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/s3/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe',
    ['AKIAEXAMPLE/20260101/us-east-1/s3/aws4_request', 'fe5f80f77d5fa3beca038a248ff027d0445342fe'],
  ],
  [
    'OAuth 1',
    'OAuth realm="api", oauth_consumer_key="0685bd9184jfhq22", oauth_signature_method="HMAC-SHA256", oauth_timestamp="1767225600", oauth_version="1.0", oauth_signature="wOJIO9A2W5mFwDgiDvZbTSMK%2FPY%3D"',
    ['0685bd9184jfhq22', 'wOJIO9A2W5mFwDgiDvZbTSMK%2FPY%3D'],
  ],
  [
    'a scheme of its own, with semicolons',
    'EG1-HMAC-SHA256 client_token=akab-c113ntt0k3n4qtari252bfxxbsl;timestamp=20260101T00:00:00+0000;signature=cL3uH0Zl+4pGmyKbHYO=',
    ['akab-c113ntt0k3n4qtari252bfxxbsl', 'cL3uH0Zl+4pGmyKbHYO='],
  ],
  ['words', 'Token client="millrace", site=ap-southeast-2, version="2026-01-01", scope="read write", user=', []],
])('and each parameter that is no word and none that everybody may see: %s', (_, header, parameters) => {
  const [whole, ...alone] = secretsOfHeader(header)
  expect(header.endsWith(whole ?? '?')).toBe(true)
  expect(alone).toEqual(parameters)
})

it.each([
  undefined,
  null,
  '',
  'Bearer ',
  'Bearer',
  'Bearer null',
  'Bearer undefined',
  'Bearer [object Promise]',
  'token',
])('a header without a token has no secret: %s', (header) => {
  expect(secretsOfHeader(header)).toEqual([])
})

it('a long token takes no long time', () => {
  const began = performance.now()
  expect(secretsOfHeader(`Bearer ${'abcdefgh'.repeat(20_000)}`)).toHaveLength(1)
  expect(performance.now() - began).toBeLessThan(5_000)
})
