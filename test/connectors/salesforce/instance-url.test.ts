/** The token's answer says where the API is: it is held to the same rules as an address of millrace.yaml. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import salesforce from '../../../connectors/salesforce/index.ts'
import { never, quickHost } from '../../connector/fake-vendor.ts'

/** What is asked of a vendor whose answer to a sign-in names this instance, and how it ends. */
async function signedIn(instance: string) {
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    response.setHeader('content-type', 'application/json').end(
      JSON.stringify({
        access_token: '00D!token0123456789',
        instance_url: instance,
        id: 'https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA',
        token_type: 'Bearer',
      }),
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', () => resolve()))
  // It listens at a port.
  const login = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const host = quickHost({ retry: { malformedAttempts: 1 } })
  const config = salesforce.config.parse({ login_url: login, client_id: 'client-01234', client_secret: 'secret-01234' })
  // The schema has just checked them.
  const opened = await salesforce.open({ config: config as never, host })
  try {
    await opened.check({ signal: never })
    return { asked, error: null }
  } catch (error) {
    return { asked, error }
  } finally {
    await host.close()
    server.closeAllConnections()
    server.close()
  }
}

const signIn = '/services/oauth2/token'

it.each([
  'http://169.254.169.254',
  'http://metadata.google.internal',
  'https://[fe80::1]',
  // What stands for the same address where it is gone to.
  ' http://169.254.169.254',
  'http:/169.254.169.254',
  'http:169.254.169.254',
  'http:\\\\169.254.169.254',
])('no token goes to %s, whatever the answer to the sign-in says', async (instance) => {
  expect(await signedIn(instance)).toMatchObject({ asked: [signIn], error: { code: 'MR-3008' } })
})

it('is no token where the address is none', async () => {
  expect(await signedIn('acme')).toMatchObject({ asked: [signIn], error: { code: 'MR-3005' } })
})
