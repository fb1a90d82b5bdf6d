import type { SimulatorContext } from 'millrace/sandbox'
import { answerJson, answerPage, answerRefusal } from './answer.ts'
import { associateDefault } from './associations.ts'
import { readBatch, writeBatch } from './batch.ts'
import { checkScope, checkToken, portalId } from './credentials.ts'
import { merge } from './merge.ts'
import { findType, objectTypes, renderProperty, type ObjectType } from './properties.ts'
import { createRateLimit, createSearchLimit } from './rate.ts'
import { HubspotRefusal, invalid } from './refusal.ts'
import { searchRecords } from './search.ts'
import { writeStatus, writeStatuses } from './subscriptions.ts'

export function serveRequests(context: SimulatorContext): (request: Request) => Promise<Response> {
  const limitRate = createRateLimit(context)
  const limitSearches = createSearchLimit()
  return async (request) => {
    try {
      limitRate()
      checkToken(context, request)
      if (context.fault('locked'))
        throw new HubspotRefusal(423, {
          category: 'LOCKED',
          message: 'The resource is locked; try again in 2 seconds.',
        })
      if (new URL(request.url).pathname.endsWith('/search')) limitSearches()
      const response = await answer(context, request)
      if (!context.fault('gateway_timeout')) return response
      return new Response('<html><body><h1>504 Gateway Time-out</h1></body></html>', {
        status: 504,
        headers: { 'content-type': 'text/html' },
      })
    } catch (error) {
      if (error instanceof HubspotRefusal) return answerRefusal(context, error)
      throw error
    }
  }
}

async function answer(context: SimulatorContext, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url)
  const parts = pathname.split('/').filter(Boolean).map(decodeURIComponent)
  const route = routes.find(({ path }) => matches(path, parts))
  if (!route) return answerPage(404, 'Not Found')
  if (route.method !== request.method) return answerPage(405, 'Method Not Allowed')
  return route.answer(context, { parts, text: await request.text() })
}

type Asked = { readonly parts: readonly string[]; readonly text: string }
type Route = {
  readonly method: 'GET' | 'POST'
  readonly path: readonly string[]
  readonly answer: (context: SimulatorContext, asked: Asked) => Response
}

const routes: readonly Route[] = [
  {
    method: 'GET',
    path: ['account-info', 'v3', 'details'],
    answer: (context) => {
      checkScope(context, 'oauth')
      return answerJson(context, 200, account)
    },
  },
  {
    method: 'GET',
    path: ['crm', 'v3', 'properties', ':type'],
    answer: (context, { parts }) => {
      const type = typeOf(parts[3])
      checkScope(context, `crm.schemas.${type.scope.replace('crm.objects.', '')}.read`)
      return answerJson(context, 200, { results: [...type.properties.values()].map(renderProperty) })
    },
  },
  {
    method: 'GET',
    path: ['crm-object-schemas', 'v3', 'schemas'],
    answer: (context) => {
      checkScope(context, 'crm.schemas.custom.read')
      const own = objectTypes.filter(({ objectTypeId }) => objectTypeId.startsWith('2-'))
      return answerJson(context, 200, { results: own.map(renderSchema) })
    },
  },
  ...(['create', 'update', 'upsert'] as const).map((kind) =>
    onRecords(['batch', kind], 'write', (context, type, text) => writeBatch(context, type, kind, text)),
  ),
  onRecords(['batch', 'read'], 'read', readBatch),
  onRecords(['merge'], 'write', merge),
  onRecords(['search'], 'read', searchRecords),
  {
    method: 'POST',
    path: ['crm', 'v4', 'associations', ':from', ':to', 'batch', 'associate', 'default'],
    answer: (context, { parts, text }) => {
      const [from, to] = [typeOf(parts[3]), typeOf(parts[4])]
      for (const { scope } of [from, to]) checkScope(context, `${scope}.write`)
      return associateDefault(context, { from, to }, text)
    },
  },
  {
    method: 'POST',
    path: ['communication-preferences', 'v4', 'statuses', 'batch', 'write'],
    answer: (context, { text }) => {
      checkScope(context, 'communication_preferences.statuses.batch.write')
      return writeStatuses(context, text)
    },
  },
  {
    method: 'POST',
    path: ['communication-preferences', 'v4', 'statuses', ':email'],
    answer: (context, { parts, text }) => {
      checkScope(context, 'communication_preferences.read_write', 'communication_preferences.write')
      return writeStatus(context, parts[3] ?? '', text)
    },
  },
]

/** What is asked of the records of a type, by those who may read or write them. */
function onRecords(
  path: readonly string[],
  right: 'read' | 'write',
  serve: (context: SimulatorContext, type: ObjectType, text: string) => Response,
): Route {
  return {
    method: 'POST',
    path: ['crm', 'v3', 'objects', ':type', ...path],
    answer: (context, { parts, text }) => {
      const type = typeOf(parts[3])
      checkScope(context, `${type.scope}.${right}`)
      return serve(context, type, text)
    },
  }
}

const matches = (path: readonly string[], parts: readonly string[]) =>
  path.length === parts.length && path.every((part, at) => part.startsWith(':') || part === parts[at])

function typeOf(name = ''): ObjectType {
  const type = findType(name)
  if (!type) throw invalid(`Unable to infer object type from: ${name}`)
  return type
}

/** As much of a schema as is asked for. */
const renderSchema = ({ name, objectTypeId }: ObjectType) => ({
  id: objectTypeId.replace('2-', ''),
  objectTypeId,
  name,
  fullyQualifiedName: `p${portalId}_${name}`,
  labels: { singular: name, plural: `${name}s` },
  primaryDisplayProperty: 'serial_number',
  requiredProperties: [],
  searchableProperties: [],
  properties: [],
  associations: [],
  archived: false,
})

/** https://developers.hubspot.com/docs/api-reference/account-account-info-v3/details/get-account-info-v3-details */
const account = {
  portalId,
  accountType: 'STANDARD',
  timeZone: 'Europe/Helsinki',
  companyCurrency: 'EUR',
  additionalCurrencies: [],
  utcOffset: '+02:00',
  utcOffsetMilliseconds: 7_200_000,
  uiDomain: 'app.hubspot.com',
  dataHostingLocation: 'na1',
}
