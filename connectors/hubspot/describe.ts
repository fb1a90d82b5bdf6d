import type { HubspotApi } from './client.ts'
import { isObject, isOfRequest, listOf, textOf, type JsonBody } from './classify-failure.ts'
import { pathOf } from './object-type.ts'
import { malformed } from './transport.ts'

/** A property, as far as writing it goes. */
export type Property = {
  readonly name: string
  /** string, number, bool, date, datetime, enumeration, phone_number, json, object_coordinates */
  readonly type: string
  /** How it is shown: text, checkbox (several options), booleancheckbox … */
  readonly fieldType: string
  /** Two records cannot have the same value: it finds records. */
  readonly unique: boolean
  readonly readOnly: boolean
  /** Internal values that it takes. null: any, or they are kept elsewhere. */
  readonly options: readonly string[] | null
}

/** null: there is no such object. Where all objects are listed, one that the token may not see is left out, and said. */
export function describeProperties(
  api: HubspotApi,
  { object, isListed }: { readonly object: string; readonly isListed: boolean },
  signal: AbortSignal,
): Promise<readonly Property[] | null> {
  const type = pathOf(object)
  return api.call<readonly Property[] | null>({
    label: `GET /crm/v3/properties/${type}`,
    readsOnly: true,
    docs: 'https://developers.hubspot.com/docs/api-reference/crm-properties-v3/core/get-crm-v3-properties-objectType',
    signal,
    send: (sdk) => sdk.properties.getAll(type),
    read: ({ results }) => {
      if (!Array.isArray(results)) throw malformed(`described ${object} without a list of properties`)
      return listOf(results).flatMap(readProperty)
    },
    recover: (error) => {
      const { status, message } = error
      const isUnknown = status === 404 ? isOfRequest(error) : status === 400 && /infer object type/i.test(message)
      if (isUnknown) return { value: null }
      if (status !== 403 || !isListed) return undefined
      api.warn(`HubSpot’s ${object} records are left out: ${message}`)
      return { value: null }
    },
  })
}

/** Fully qualified names of the account's own objects: `p123_machine`. */
export function listCustomObjects(api: HubspotApi, signal: AbortSignal): Promise<readonly string[]> {
  return api.call<readonly string[]>({
    label: 'GET /crm-object-schemas/v3/schemas',
    readsOnly: true,
    docs: 'https://developers.hubspot.com/docs/api-reference/crm-schemas-v3/core/get-crm-object-schemas-v3-schemas',
    signal,
    send: (sdk) => sdk.schemas.getAll(),
    read: ({ results }) =>
      listOf(results)
        .flatMap((schema) => textOf(schema['fullyQualifiedName']) ?? [])
        .sort(),
    recover: ({ status, message }) => {
      if (status !== 403) return undefined
      api.warn(`HubSpot’s custom objects are not listed: ${message} A sync can still name one: object: 2-123.`)
      return { value: [] }
    },
  })
}

function readProperty(property: JsonBody): readonly Property[] {
  const name = textOf(property['name'])
  if (name === undefined || property['archived'] === true) return []
  const type = textOf(property['type']) ?? 'string'
  const metadata = isObject(property['modificationMetadata']) ? property['modificationMetadata'] : {}
  const options = listOf(property['options']).flatMap((option) => textOf(option['value']) ?? [])
  return [
    {
      name,
      type,
      fieldType: textOf(property['fieldType']) ?? '',
      unique: property['hasUniqueValue'] === true,
      readOnly: property['calculated'] === true || metadata['readOnlyValue'] === true || type === 'object_coordinates',
      options: type === 'enumeration' && property['externalOptions'] !== true && options.length > 0 ? options : null,
    },
  ]
}
