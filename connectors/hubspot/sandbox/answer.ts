import type { SimulatorContext } from 'millrace/sandbox'
import type { HubspotRefusal, VendorError } from './refusal.ts'

/** https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines#response-headers */
export function answerJson(context: SimulatorContext, status: number, body: object): Response {
  const headers = {
    'x-hubspot-correlation-id': correlationId(context),
    'x-hubspot-ratelimit-max': String(maxPerWindow),
    'x-hubspot-ratelimit-interval-milliseconds': String(windowMs),
    'x-hubspot-ratelimit-daily': '625000',
  }
  return Response.json(body, { status, headers })
}

export function answerRefusal(context: SimulatorContext, { status, error, headers }: HubspotRefusal): Response {
  const { category, message, ...more } = error
  const id = correlationId(context)
  const body = { status: 'error', message, correlationId: id, ...more, category }
  return Response.json(body, { status, headers: { 'x-hubspot-correlation-id': id, ...headers } })
}

/** What is no endpoint, HubSpot answers with a page and not in its own words. */
export const answerPage = (status: number, reason: string): Response =>
  new Response(`<html><head><title>Error ${status} ${reason}</title></head><body></body></html>\n`, {
    status,
    headers: { 'content-type': 'text/html;charset=utf-8' },
  })

/** What all batches answer; errors make it a 207. https://developers.hubspot.com/docs/api-reference/error-handling#multi-status-errors */
export function answerBatch(
  context: SimulatorContext,
  {
    results,
    errors = [],
    status = 200,
  }: { readonly results: readonly object[]; readonly errors?: readonly VendorError[]; readonly status?: number },
): Response {
  const at = context.now().toISOString()
  const failed = errors.length > 0 && {
    numErrors: errors.length,
    errors: errors.map((error) => ({ status: 'error', context: {}, errors: [], links: {}, ...error })),
  }
  const body = { status: 'COMPLETE', results, ...failed, startedAt: at, completedAt: at }
  return answerJson(context, status, body)
}

/** The same from run to run. */
function correlationId({ store }: SimulatorContext): string {
  return `00000000-0000-4000-8000-${store.next('correlation').toString(16).padStart(12, '0')}`
}

/** Higher than HubSpot's 190 in ten seconds: what a test asks at once should not depend on the machine's speed. */
export const maxPerWindow = 10_000
export const windowMs = 10_000
