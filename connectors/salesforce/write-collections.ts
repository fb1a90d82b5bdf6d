import { MillraceError, type Change, type WriteResult } from 'millrace'
import { passing } from './classify-failure.ts'
import { queryDocs, queryPath, type SalesforceApi } from './client.ts'
import { collectionsDocs, updateRequest, upsertRequest, type Target } from './collection-requests.ts'
import { quoted } from './soql.ts'

type Write = Target & { readonly signal: AbortSignal }

/** One request of up to 200 records, each with its own result in order; `update`, `clear` and `set` never create. */
export async function writeCollections(
  api: SalesforceApi,
  changes: readonly Change[],
  write: Write,
): Promise<readonly WriteResult[]> {
  if (changes.length === 0) return []
  const results = new Map<Change, WriteResult>()
  const upserts = changes.filter(({ op }) => op === 'upsert' && write.match !== 'Id')
  if (upserts.length > 0) await settle(api, upserts, { request: upsertRequest(upserts, write), results, write })
  const updates = changes.filter((change) => !upserts.includes(change))
  if (updates.length > 0) await updateKnown(api, updates, { results, write })
  return changes.map((change) => results.get(change) ?? { outcome: 'unknown' })
}

async function updateKnown(
  api: SalesforceApi,
  changes: readonly Change[],
  { results, write }: { readonly results: Map<Change, WriteResult>; readonly write: Write },
): Promise<void> {
  const ids = write.match === 'Id' ? new Map(changes.map(({ key }) => [key, key])) : await findIds(api, changes, write)
  const known = changes.flatMap((change) => {
    const id = ids.get(change.key)
    if (id === undefined)
      results.set(change, { outcome: 'absent', message: `no ${write.object} has ${write.match} ${change.key}` })
    return id === undefined ? [] : [{ change, id }]
  })
  if (known.length === 0) return
  await settle(
    api,
    known.map(({ change }) => change),
    { request: updateRequest(known, write), results, write },
  )
}

async function findIds(
  api: SalesforceApi,
  changes: readonly Change[],
  { object, match, signal }: Write,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>()
  const folded = new Map(changes.map(({ key }) => [key.toLowerCase(), key]))
  // Fifty at a time: the question goes in the URL.
  for (let start = 0; start < changes.length; start += 50) {
    const keys = changes.slice(start, start + 50).map(({ key }) => quoted(key))
    const soql = `SELECT Id, ${match} FROM ${object} WHERE ${match} IN (${keys.join(', ')})`
    const page = await api.page({ path: queryPath(soql, 'query'), docs: queryDocs, signal })
    for (const line of Buffer.from(page.lines).toString().split('\n')) {
      if (!line) continue
      const row: { readonly [field: string]: unknown } = JSON.parse(line)
      const key = folded.get(String(row[match]).toLowerCase())
      if (key !== undefined && typeof row['Id'] === 'string') ids.set(key, row['Id'])
    }
  }
  return ids
}

async function settle(
  api: SalesforceApi,
  changes: readonly Change[],
  {
    request,
    results,
    write,
  }: {
    readonly request: { readonly path: string; readonly body: string }
    readonly results: Map<Change, WriteResult>
    readonly write: Write
  },
): Promise<void> {
  const answer = await api.json({ method: 'PATCH', ...request, docs: collectionsDocs, signal: write.signal })
  if (!Array.isArray(answer) || answer.length !== changes.length)
    throw new MillraceError('MR-3005', {
      message: `${request.path} at Salesforce: ${Array.isArray(answer) ? answer.length : 'no'} results for ${changes.length} records.`,
      kept: 'Their intents stay open: they will be sent again.',
    })
  changes.forEach((change, index) => results.set(change, resultOf(answer[index])))
}

function resultOf(saved: unknown): WriteResult {
  const { success, errors } = Object(saved) as { readonly success?: unknown; readonly errors?: readonly SaveError[] } // as documented, checked here
  if (success === true) return { outcome: 'ok' }
  const [first] = errors ?? []
  if (!first) return { outcome: 'unknown', message: 'neither success nor an error' }
  const fields = first.fields?.length ? ` (${first.fields.join(', ')})` : ''
  return {
    outcome: 'rejected',
    code: first.statusCode,
    message: `${first.message}${fields}`,
    retryable: passing.has(first.statusCode),
  }
}

type SaveError = { readonly statusCode: string; readonly message: string; readonly fields?: readonly string[] }
