import type { SimulatorContext } from 'millrace/sandbox'
import { checkItem } from './check-item.ts'
import type { ItemError } from './item-error.ts'
import type { Queue } from './late.ts'
import { parseBody } from './parse-body.ts'

/** https://docs.customer.io/integrations/api/track/#operation/batch */
export function takeBatch(context: SimulatorContext, queue: Queue, text: string): Response {
  if (Buffer.byteLength(text) >= maxBatchBytes)
    return refuse('invalid', 'batch', 'batch request must be smaller than 500kb')
  const body = parseBody(text)
  if (body === undefined) return refuse('parse_error', '', 'the request body is not a JSON object')
  const unknown = Object.keys(body).find((name) => name !== 'batch')
  if (unknown !== undefined) return refuse('invalid', unknown, `unknown field ${unknown}`)
  const { batch } = body
  if (batch === undefined) return refuse('required', 'batch', 'batch is required')
  if (!Array.isArray(batch)) return refuse('invalid', 'batch', 'batch must be an array')
  if (batch.length === 0) return refuse('invalid', 'batch', 'batch must not be empty')
  if (
    context.fault('bad_items')?.whole === true &&
    batch.some((item, index) => checkItem(item) === undefined && playBadItem(context, item, index))
  )
    return refuse('invalid', 'batch', 'refused as a whole by the fault bad_items')

  const errors: (ItemError & { readonly batch_index: number })[] = []
  context.store.batch(() => {
    batch.forEach((item: unknown, index) => {
      const error = checkItem(item) ?? playBadItem(context, item, index)
      if (error) errors.push({ batch_index: index, ...error })
      else queue.take(item)
    })
  })
  return errors.length === 0 ? Response.json({}) : Response.json({ errors }, { status: 207 })
}

/** https://docs.customer.io/integrations/api/track/#operation/entity */
export function takeEntity(context: SimulatorContext, queue: Queue, text: string): Response {
  const body = parseBody(text)
  if (body === undefined) return refuse('parse_error', '', 'the request body is not a JSON object')
  const error = checkItem(body) ?? playBadItem(context, body, 0)
  if (error) return Response.json({ errors: [error] }, { status: 400 })
  queue.take(body)
  return Response.json({})
}

/** The fault `bad_items`: `{ ids: […] }` names people and objects by an identifier, `{ every: n }` takes each n-th item of a batch; with `whole` they take their batch with them. */
function playBadItem({ fault }: SimulatorContext, item: unknown, index: number): ItemError | undefined {
  const bad = fault('bad_items')
  if (!bad) return undefined
  const { ids, every } = bad
  const identifiers = Object.values((item as Operation).identifiers ?? {}) // checked by checkItem; a merge has none
  const isBad =
    (Array.isArray(ids) && identifiers.some((id) => ids.includes(id))) ||
    (typeof every === 'number' && index % every === 0)
  return isBad ? { reason: 'invalid', field: 'attributes', message: 'refused by the fault bad_items' } : undefined
}

const refuse = (reason: string, field: string, message: string) =>
  Response.json({ errors: [{ reason, field, message }] }, { status: 400 })

type Operation = { readonly identifiers?: { readonly [name: string]: string } }

const maxBatchBytes = 500_000
