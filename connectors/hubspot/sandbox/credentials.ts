import type { SimulatorContext } from 'millrace/sandbox'
import { HubspotRefusal } from './refusal.ts'

/** The simulator's own; whoever sends another is refused. */
export const sandboxToken = 'sandbox-hubspot-private-app'
export const portalId = 14_520_000

/** https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview */
export function checkToken({ fault }: SimulatorContext, request: Request): void {
  if (request.headers.get('authorization') !== `Bearer ${sandboxToken}`)
    throw new HubspotRefusal(401, {
      category: 'INVALID_AUTHENTICATION',
      message:
        'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
    })
  if (fault('expire_tokens'))
    throw new HubspotRefusal(401, {
      category: 'EXPIRED_AUTHENTICATION',
      message: 'The OAuth token used to make this call expired 5 second(s) ago.',
    })
}

/** The fault `missing_scopes` takes scopes away: `{ scopes: ["crm.objects.contacts.write"] }`. */
export function checkScope({ fault }: SimulatorContext, ...oneOf: readonly string[]): void {
  const taken = fault('missing_scopes')?.['scopes']
  if (!Array.isArray(taken) || oneOf.some((scope) => !taken.includes(scope))) return
  throw new HubspotRefusal(403, {
    category: 'MISSING_SCOPES',
    message:
      "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: https://developers.hubspot.com/scopes.",
    errors: [
      {
        message: 'One or more of the following scopes are required.',
        context: { requiredGranularScopes: oneOf },
      },
    ],
    links: { scopes: 'https://developers.hubspot.com/scopes' },
  })
}
