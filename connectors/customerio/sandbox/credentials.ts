import type { MiddlewareHandler } from 'hono'

/** The simulator's own; whoever sends others is refused. */
export const sandboxCredentials = {
  siteId: 'sandbox-site-id',
  apiKey: 'sandbox-track-key',
  appKey: 'sandbox-app-key',
  region: 'eu',
} as const

/** Track API: basic auth, Site ID as user and API key as password. App API: a bearer key. */
export function authorise(api: 'track' | 'app'): MiddlewareHandler {
  const { siteId, apiKey, appKey } = sandboxCredentials
  const expected = api === 'track' ? `Basic ${btoa(`${siteId}:${apiKey}`)}` : `Bearer ${appKey}`
  const body =
    api === 'track'
      ? { meta: { error: 'Unauthorized request' } }
      : { errors: [{ detail: 'unauthorized', status: '401' }] }
  return async (c, next) => (c.req.header('authorization') === expected ? next() : c.json(body, 401))
}
