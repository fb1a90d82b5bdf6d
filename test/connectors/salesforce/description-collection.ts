import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from 'millrace'

export type CollectedRequest = { readonly method: string; readonly path: RegExp; readonly names: readonly string[] }

/** Salesforce's Postman collection, as its sources are: a file a request. */
export function readCollection(root: string): readonly CollectedRequest[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\/.*\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(root, name), 'utf8')) as JsonObject)
    .flatMap((request) => {
      const { url, method } = request
      if (typeof url !== 'string' || typeof method !== 'string') return []
      const path = url.split('?')[0]?.replace(/^(\{\{\w+\}\})+/, '') ?? ''
      return [{ method, path: patternOf(path), names: namesIn(request) }]
    })
}

/** The keys of its query and form, and those of what it sends. */
function namesIn({ url, queryParams, data, rawModeData }: JsonObject): readonly string[] {
  const keys = [queryParams, data]
    .flatMap((list) => (Array.isArray(list) ? list : []))
    .flatMap((each) => (typeof each === 'object' && each !== null && 'key' in each ? [String(each['key'])] : []))
  const inUrl = [...String(url).matchAll(/[?&](\w+)=/g)].map(([, name = '']) => name)
  const inBody = [...String(rawModeData ?? '').matchAll(/"(\w+)"\s*:/g)].map(([, name = '']) => name)
  return [...keys, ...inUrl, ...inBody]
}

/** `{{version}}`, `<SOBJECT_API_NAME>` and `:SOBJECT_ID` stand for anything. */
const patternOf = (path: string) =>
  new RegExp(
    `^${path
      .replace(/\/$/, '')
      .replaceAll(/\{\{\w+\}\}|<\w+>|:\w+/g, '[^/]+')
      .replaceAll('.', '\\.')}/?$`,
  )
