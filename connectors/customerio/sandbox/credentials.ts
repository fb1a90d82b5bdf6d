import type { MiddlewareHandler } from 'hono'
import type { SimulatorContext } from 'millrace/sandbox'

/** The simulator's own; whoever sends others is refused. */
export const sandboxCredentials = {
  siteId: 'sandbox-site-id',
  apiKey: 'sandbox-track-key',
  appKey: 'sandbox-app-key',
  region: 'eu',
} as const

/** Track API: basic auth, Site ID as user and API key as password. App API: a bearer key. */
export function authorise(api: 'track' | 'app', { fault }: SimulatorContext): MiddlewareHandler {
  const { siteId, apiKey, appKey } = sandboxCredentials
  const isRight =
    api === 'track'
      ? (sent: string) => sent === `Basic ${btoa(`${siteId}:${apiKey}`)}`
      : (sent: string) => sent === `Bearer ${appKey}` || unresolved.test(sent)
  const body =
    api === 'track'
      ? { meta: { error: 'Unauthorized request' } }
      : { errors: [{ detail: 'unauthorized', status: '401' }] }
  const missing = { errors: [{ detail: 'the key does not have the scope for this', status: '403' }] }
  return async (c, next) => {
    if (!isRight(c.req.header('authorization') ?? '') || (api === 'app' && fault('expire_tokens')))
      return c.json(body, 401)
    return api === 'app' && fault('missing_scope') ? c.json(missing, 403) : next()
  }
}

/**
 * On a sandbox target no secret of yours is looked up: a connection's app_api_key arrives as the reference that it is. The
 * simulator does not lay a key of its own over it, because a connection without one reads nothing back.
 */
const unresolved = /^Bearer \$\{(?:env|file):[^}]+\}$/
