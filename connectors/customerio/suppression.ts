import type { Change, DestinationObject } from 'millrace'
import { fitIdentifier } from './attribute-limits.ts'
import type { TrackApi } from './client.ts'
import { batchLimits, fitItems, type Encoded } from './item.ts'
import { sendAs } from './write-rows.ts'

/**
 * Deletes a person for good, and keeps their id and email from ever coming back. Only by this name: no opt-out, no removal
 * and no deletion of a person is ever said like this. Nothing here takes it back.
 */
export function describeSuppression(track: TrackApi): DestinationObject {
  return {
    name: 'suppression',
    docs: 'https://docs.customer.io/integrations/api/track/tag/track-customers/suppress/',
    delivery: 'idempotent',
    match: { id: { normalise: 'trim' }, email: { normalise: 'lower' }, cio_id: { normalise: 'exact' } },
    fields: {
      id: { type: 'string', nullable: false, maxLength: 150 },
      email: { type: 'string', nullable: false },
      cio_id: { type: 'string', nullable: false },
    },
    operations: ['insert'],
    batch: batchLimits,
    ...sendAs(track, () => encodeSuppression),
  }
}

function encodeSuppression({ op, key }: Change, match: string): Encoded {
  const refusal = op === 'insert' ? fitIdentifier(match, key) : `a suppression cannot be written with ${op}`
  return refusal === undefined
    ? fitItems({ type: 'person', action: 'suppress', identifiers: { [match]: key } })
    : { refusal }
}
