import { MillraceError } from 'millrace'
import type { AppApi, TrackApi } from './client.ts'

/** A cheap signed-in request that also knows where the workspace is. */
export async function confirmRegion(track: TrackApi, expected: 'us' | 'eu', signal: AbortSignal): Promise<void> {
  const region = await track.call({
    label: 'GET /api/v1/accounts/region',
    docs: 'https://docs.customer.io/integrations/api/track/#operation/getRegion',
    signal,
    send: (client) => client.getAccountRegion(),
    read: ({ body }) => body['region'],
  })
  if (region === expected) return
  throw new MillraceError('MR-3004', {
    message: `Checking a Customer.io connection: the workspace is in region ${JSON.stringify(region)}, the connection says ${expected}.`,
    kept: 'Nothing was sent.',
    next: 'Set `region` on the connection in millrace.yaml.',
  })
}

/** Any App API key may list the object types. */
export async function confirmAppKey(app: AppApi, signal: AbortSignal): Promise<void> {
  await app.call({
    label: 'GET /v1/object_types',
    docs: 'https://docs.customer.io/integrations/api/app/tag/objects/getobjecttypes/',
    signal,
    send: (client) => client.listObjectTypes(),
    // An answer that is no JSON is not its.
    read: ({ body }) => void body,
  })
}
