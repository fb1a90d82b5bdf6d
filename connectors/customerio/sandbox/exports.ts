/**
 * Exports of people: a job, its state, a link that is good for a quarter of an hour, and the file behind it. Store type `exports`.
 * https://docs.customer.io/integrations/api/app/tag/exports/
 */
import { createHmac } from 'node:crypto'
import type { Json, JsonObject } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import { bad, invalidBody, isAppRefusal, notFound, type AppRefusal } from './app-refusal.ts'
import { heldText, readFilter } from './filter.ts'
import { parseBody } from './parse-body.ts'
import { allPeople } from './segments.ts'

export function createExport(context: SimulatorContext, text: string): JsonObject | AppRefusal {
  const body = parseBody(text)
  if (body === undefined) return bad('the request body is not a JSON object')
  const { filters, attributes = [], ...others } = body
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return bad(`unknown field ${unknown}`)
  if (filters === undefined) return invalidBody('filters', 'filters is required')
  const filter = readFilter(context, filters)
  if (isAppRefusal(filter)) return filter
  if (!isTexts(attributes)) return bad('attributes must be an array of strings')
  const { store } = context
  const id = store.next('export')
  const people = allPeople(context).filter(filter)
  // What it holds is what there was when it was asked for. Only identifiers come without being asked for.
  const columns = ['id', 'email', ...attributes]
  const rows = [columns, ...people.map((person) => columns.map((name) => heldText(person, name)))]
  const at = Math.floor(context.now().getTime() / 1000)
  store.put('exports', String(id), {
    id,
    status: context.fault('export_fails') ? 'failed' : 'pending',
    polls: Number(context.fault('export_pending')?.['polls'] ?? 1),
    total: people.length,
    downloads: 0,
    created_at: at,
    csv: rows.map((cells) => `${cells.map(quoted).join(',')}\n`).join(''),
  })
  return { export: { ...shown({ id, status: 'pending', created_at: at, total: people.length, downloads: 0 }) } }
}

/** Pending for as many questions as it says, then done or failed. */
export function showExport({ store, fault }: SimulatorContext, id: number): JsonObject | AppRefusal {
  const record = store.get('exports', String(id))
  if (!record || fault('export_gone')) return notFound('export')
  const polls = Number(record['polls'])
  if (polls > 0) {
    store.put('exports', String(id), { ...record, polls: polls - 1 })
    return { export: shown({ ...record, status: 'pending' }) }
  }
  return { export: shown({ ...record, status: record['status'] === 'failed' ? 'failed' : 'done' }) }
}

export function linkExport(context: SimulatorContext, id: number, origin: string): JsonObject | AppRefusal {
  const record = context.store.get('exports', String(id))
  if (!record || Number(record['polls']) > 0 || record['status'] === 'failed') return notFound('export')
  const expires = Math.floor(context.now().getTime() / 1000) + linkSeconds
  return { url: `${origin}/files/exports/${id}.csv?expires=${expires}&signature=${sign(context, id, expires)}` }
}

/** Another host at the vendor: it knows nothing of keys, and refuses whoever sends one beside a signature. */
export function serveFile(context: SimulatorContext, id: string, request: Request): Response {
  const { searchParams } = new URL(request.url)
  const expires = Number(searchParams.get('expires'))
  const record = context.store.get('exports', id)
  if (request.headers.has('authorization')) return refuseFile(400, 'InvalidArgument')
  const isSigned = searchParams.get('signature') === sign(context, Number(id), expires)
  const isExpired = expires * 1000 <= context.now().getTime() || context.fault('expired_link') !== null
  if (!record || !isSigned || isExpired) return refuseFile(403, 'AccessDenied')
  context.store.put('exports', id, { ...record, downloads: Number(record['downloads']) + 1 })
  const csv = String(record['csv'])
  const cut = context.fault('cut_file')
  return new Response(cut ? cutFile(csv, cut) : csv, { headers: { 'content-type': 'text/csv' } })
}

/** Without its last rows, or (`within`) in the middle of one. */
function cutFile(csv: string, { within }: JsonObject): string {
  const lines = csv.trimEnd().split('\n')
  const kept = `${lines.slice(0, Math.ceil(lines.length / 2)).join('\n')}\n`
  return within === true ? kept.slice(0, -10) : kept
}

function shown({
  id,
  status,
  total,
  downloads,
  created_at,
}: {
  readonly [name: string]: Json | undefined
}): JsonObject {
  return {
    id: Number(id),
    deduplicate_id: `${String(id)}:${String(created_at)}`,
    type: 'customers',
    status: String(status),
    failed: status === 'failed',
    description: 'Customers',
    // 0 until it is done.
    total: status === 'done' ? Number(total) : 0,
    downloads: Number(downloads),
    user_id: 0,
    user_email: 'ada@acme.example',
    created_at: Number(created_at),
    updated_at: Number(created_at),
  }
}

const refuseFile = (status: 400 | 403, code: string) =>
  new Response(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code></Error>`, {
    status,
    headers: { 'content-type': 'application/xml' },
  })

const sign = ({ world }: SimulatorContext, id: number, expires: number): string =>
  createHmac('sha256', `customerio export ${world.seed}`).update(`${id} ${expires}`).digest('hex')

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

const isTexts = (value: Json): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '')

const linkSeconds = 15 * 60
