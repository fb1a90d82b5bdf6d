import { MillraceError, watchForCircle, type LogicalType } from 'millrace'
import type { AdsApi } from './client.ts'
import { objectOf, parseLines, readPage, type AdsPage } from './page.ts'

/** What the vendor says of a field or resource. https://developers.google.com/google-ads/api/docs/concepts/field-service */
export type FieldInfo = {
  readonly name: string
  readonly category: string
  readonly dataType: string
  readonly isRepeated: boolean
  readonly isSelectable: boolean
  readonly selectableWith: ReadonlySet<string>
  /** Of a resource: what may stand beside it. */
  readonly attributeResources: readonly string[]
  readonly metrics: ReadonlySet<string>
  /** Of a resource: what splits its rows, segments and the names of other resources. */
  readonly segments: ReadonlySet<string>
}

export type Metadata = {
  /** Of these names, those that there are. */
  readonly find: (names: readonly string[], signal: AbortSignal) => Promise<ReadonlyMap<string, FieldInfo>>
  /** All field names that begin so. */
  readonly namesOf: (resource: string, signal: AbortSignal) => Promise<readonly string[]>
  /** What can stand in FROM. */
  readonly resources: (signal: AbortSignal) => Promise<readonly string[]>
}

export function openMetadata(api: AdsApi): Metadata {
  const known = new Map<string, FieldInfo>()

  async function ask(query: string, signal: AbortSignal): Promise<readonly FieldInfo[]> {
    const infos: FieldInfo[] = []
    const isNew = watchForCircle()
    for (let pageToken: string | null = null; ;) {
      const page: AdsPage = await api.searchFields({
        query,
        pageToken,
        signal,
        read: (bytes) => readPage(bytes, new Date(), null),
      })
      infos.push(...parseLines(page.lines).map(infoOf))
      if (page.nextPageToken === null) return infos
      // What is behind it would be taken for fields that there are not.
      if (!isNew(page.nextPageToken))
        throw new MillraceError('MR-3005', {
          message: 'Reading the fields of Google Ads: a page names one as the next that was read already.',
        })
      pageToken = page.nextPageToken
    }
  }

  return {
    async find(names, signal) {
      const missing = [...new Set(names)].filter((name) => !known.has(name))
      for (let at = 0; at < missing.length; at += namesPerQuery) {
        const list = missing.slice(at, at + namesPerQuery).map((name) => `'${name}'`)
        for (const info of await ask(`${select} WHERE name IN (${list.join(', ')})`, signal)) known.set(info.name, info)
      }
      return new Map(names.flatMap((name) => (known.has(name) ? [[name, known.get(name) ?? nothing]] : [])))
    },
    namesOf: async (resource, signal) =>
      (await ask(`SELECT name WHERE name LIKE '${resource}.%'`, signal)).map(({ name }) => name),
    resources: async (signal) => (await ask("SELECT name WHERE category = 'RESOURCE'", signal)).map(({ name }) => name),
  }
}

/** The same on every warehouse. Money stays in micros. */
export function columnTypeOf({ name, dataType, isRepeated }: FieldInfo): LogicalType {
  if (isRepeated) return 'json'
  switch (dataType) {
    case 'BOOLEAN':
      return 'boolean'
    case 'DOUBLE':
    case 'FLOAT':
      return 'double'
    case 'INT32':
    case 'INT64':
      return 'integer'
    case 'UINT64':
      return 'decimal(20,0)'
    case 'DATE':
      // Others of this type have a time too, in the account's zone, and no offset.
      return /^segments\.(date|week|month|quarter)$/.test(name) ? 'date' : 'string'
    case 'MESSAGE':
      return 'json'
    default:
      return 'string'
  }
}

function infoOf(row: unknown): FieldInfo {
  const found = objectOf(typeof row === 'object' && row !== null ? { ...row } : null)
  if (typeof found.name !== 'string')
    throw new MillraceError('MR-3005', { message: 'Reading the fields of Google Ads: one has no name.' })
  const texts = (value: unknown) => (Array.isArray(value) ? value.map(String) : [])
  return {
    name: found.name,
    category: String(found.category ?? ''),
    dataType: String(found.dataType ?? ''),
    isRepeated: found.isRepeated === true,
    isSelectable: found.selectable === true,
    selectableWith: new Set(texts(found.selectableWith)),
    attributeResources: texts(found.attributeResources),
    metrics: new Set(texts(found.metrics)),
    segments: new Set(texts(found.segments)),
  }
}

const select =
  'SELECT name, category, data_type, is_repeated, selectable, selectable_with, attribute_resources, metrics, segments'
const namesPerQuery = 200
const nothing = infoOf({ name: '' })
