/** The token's answer says where the API is: it is held to the same rules as an address of millrace.yaml. */
import { afterEach, expect, it, vi } from 'vitest'
import salesforce from '../../../connectors/salesforce/index.ts'
import { quickHost } from '../../connector/fake-vendor.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

const login = 'https://acme.my.salesforce.com'

/** The origins that are asked where the sign-in's answer names this one, and how it ends. */
async function signedIn(instance: string) {
  const asked: string[] = []
  vi.stubGlobal('fetch', (url: string | URL) => {
    asked.push(new URL(url).origin)
    const token = {
      access_token: '00D!token0123456789',
      instance_url: instance,
      id: 'https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA',
      token_type: 'Bearer',
    }
    const isSignIn = String(url).includes('/oauth2/token')
    return Promise.resolve(Response.json(isSignIn ? token : { secret: 'of this machine' }))
  })
  const host = quickHost({ retry: { malformedAttempts: 1 } })
  const config = salesforce.config.parse({ login_url: login, client_id: 'client-01234', client_secret: 'secret-01234' })
  // The schema has just checked them.
  const opened = await salesforce.open({ config: config as never, host })
  try {
    await opened.check({ signal: new AbortController().signal })
    return { asked, error: null }
  } catch (error) {
    return { asked, error }
  } finally {
    await host.close()
  }
}

it.each(['http://169.254.169.254', 'http://metadata.google.internal', 'https://[fe80::1]'])(
  'no token goes to %s, whatever the answer to the sign-in says',
  async (instance) => {
    expect(await signedIn(instance)).toMatchObject({ asked: [login], error: { code: 'MR-3008' } })
  },
)

it('is no token where the address is none', async () => {
  expect(await signedIn('acme')).toMatchObject({ asked: [login], error: { code: 'MR-3005' } })
})
