/** Vendors take their key in headers and parameters of any name: a kit that calls that a leak could not be passed. */
import { connector, z, type CallContext, type ConnectorDefinition } from 'millrace'
import { simulator } from 'millrace/sandbox'
import { sourceKit } from 'millrace/testing'
import { expect, it } from 'vitest'
import { collectCases } from './collect-cases.ts'

const key = 'key_0123456789'
const config = z.strictObject({ base_url: z.url(), token: z.string().meta({ secret: true }) })
type Definition = ConnectorDefinition<typeof config>

const casesOf = (how: Pick<Definition, 'http' | 'check' | 'open'>) =>
  collectCases((runner) =>
    sourceKit({
      ...runner,
      connector: connector({ name: 'shop', config, ...how }),
      streams: [],
      simulator: simulator({
        name: 'shop',
        connection: ({ host, port }) => ({ base_url: `http://${host}:${port}`, token: key }),
        seed: () => undefined,
        move: () => undefined,
        serve: () => (request) => {
          const given = request.headers.get('x-shop-token') ?? new URL(request.url).searchParams.get('hapikey')
          return given === key ? Response.json({ data: [] }) : new Response(null, { status: 401 })
        },
        coverage: {},
        leftOut: {},
      }),
    }),
  )

const inHeader = {
  http: ({ config: { base_url, token } }) => ({ baseUrl: base_url, headers: { 'x-shop-token': token } }),
} satisfies Pick<Definition, 'http'>

it.each<[string, Pick<Definition, 'http' | 'check' | 'open'>]>([
  ['a header', { ...inHeader, check: ({ http, signal }) => http.get('/', { signal }) }],
  [
    'a parameter',
    {
      open: async ({ config: { base_url, token }, host }) => {
        const http = host.http({ baseUrl: base_url })
        const check = ({ signal }: CallContext) => http.get('/', { signal, query: { hapikey: token } })
        return { check, account: async () => 'shop', streams: async () => [] }
      },
    },
  ],
])('a key that goes in %s is no leak', async (_, how) => {
  const cases = casesOf(how)
  for (const title of ['good credentials', 'bad credentials'])
    await expect(cases.named(title)?.()).resolves.toBeUndefined()
})

it('a key in the body of any other request is one', async () => {
  const cases = casesOf({
    ...inHeader,
    check: ({ http, signal }) => http.post('/', { note: `sent by ${key}` }, { signal }),
  })
  await expect(cases.named('good credentials')?.()).rejects.toThrow('a secret of the connection')
})
