/**
 * Salesforce publishes no description of its REST API that a program could read whole. What there is: the fields of the standard objects, in
 * jsforce's declarations, which are made of a real org's describe; and the requests of Salesforce's own Postman collection
 * (github.com/forcedotcom/postman-salesforce-apis up to 83bd942), where this is pointed at its folder:
 * MILLRACE_SALESFORCE_DESCRIPTION=…/src/collections/salesforce_apis
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import salesforce from '../../../connectors/salesforce/index.ts'
import simulator from '../../../connectors/salesforce/sandbox.ts'
import type { Field } from '../../../connectors/salesforce/sandbox/field.ts'
import { objects } from '../../../connectors/salesforce/sandbox/objects.ts'
import { openRecorded, type Recorded } from '../open-api-exchanges.ts'
import { readCollection } from './description-collection.ts'
import { fieldsOf, parentsOf } from './description-fields.ts'
import { changeOf } from './open-salesforce.ts'

describe('the standard objects', () => {
  const described = objects.filter(({ name }) => !name.includes('__') && fieldsOf(name).size > 0)

  it('are described but for two, which the org of the declarations did not have', () => {
    const undescribed = objects.filter(
      ({ name }) => !name.includes('__') && !described.some((each) => each.name === name),
    )
    expect(undescribed.map(({ name }) => name)).toEqual(['ContactPointTypeConsent', 'LogoutEvent'])
    expect(described.length).toBeGreaterThan(8)
  })

  it.each(described.map((object) => [object.name, object] as const))(
    '%s has fields of the description alone, with its types',
    (name, object) => {
      const fields = fieldsOf(name)
      const own = object.fields.filter((field) => !field.name.endsWith('__c'))
      const odd = own.filter((field) => !hidden.has(`${name}.${field.name}`) && !fits(field, fields.get(field.name)))
      expect(
        odd.map(
          (field) => `${field.name}: ${field.type}${field.nillable ? ', or null' : ''} is ${fields.get(field.name)}`,
        ),
      ).toEqual([])
    },
  )

  it.each(described.map((object) => [object.name, object] as const))(
    '%s has all of them but those that are left out',
    (name, object) => {
      const own = new Set(object.fields.map((field) => field.name))
      const missing = [...fieldsOf(name).keys()].filter((field) => !own.has(field) && !isLeftOut(name, field))
      expect(missing).toEqual([])
    },
  )

  it.each(described.map((object) => [object.name, object] as const))(
    '%s names its relationships as described',
    (name, object) => {
      const parents = parentsOf(name)
      const odd = object.fields
        .filter((field) => field.relationshipName !== null && !field.name.endsWith('__c'))
        .filter(
          ({ relationshipName }) =>
            !hidden.has(`${name}.${relationshipName}Id`) && !parents.has(relationshipName ?? ''),
        )
      expect(odd.map((field) => field.relationshipName)).toEqual([])
    },
  )
})

/**
 * Not in the declarations, and in the object reference: fields that could not be seen in the org that they were made of, or that came later.
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_list.htm
 */
const hidden = new Set([
  ...['AccountNumber', 'Sic', 'Ownership', 'TickerSymbol', 'Rating', 'Site'].map((name) => `Account.${name}`),
  ...['MobilePhone', 'Fax', 'HasOptedOutOfEmail', 'HasOptedOutOfFax', 'DoNotCall', 'LastTransferDate'].map(
    (name) => `Lead.${name}`,
  ),
  ...['IsPrivate', 'ExpectedRevenue', 'TotalOpportunityQuantity', 'PushCount', 'LastStageChangeDate', 'ContactId'].map(
    (name) => `Opportunity.${name}`,
  ),
  'Opportunity.LastAmountChangedHistoryId',
  'Opportunity.LastCloseDateChangedHistoryId',
  // A lookup whose values are names.
  'FieldDefinition.EntityDefinitionId',
  // Of type anyType, which the declarations have as text.
  ...['AccountHistory', 'LeadHistory', 'OpportunityFieldHistory', 'ContactHistory'].flatMap((name) => [
    `${name}.DataType`,
    `${name}.OldValue`,
    `${name}.NewValue`,
  ]),
])

const folder = process.env['MILLRACE_SALESFORCE_DESCRIPTION']
const requests = folder ? readCollection(folder) : []

describe.skipIf(!folder)('the requests (skipped where MILLRACE_SALESFORCE_DESCRIPTION names no collection)', () => {
  let recorded: Recorded
  beforeAll(async () => {
    recorded = await openRecorded({ connector: salesforce, simulator })
    const { sandbox, host, opened, read, write } = recorded
    await opened.check(host.context(new AbortController().signal))
    await sandbox.move(1)
    for (const object of ['Account', 'AccountHistory']) await read(object)
    await write('Contact', 'Person_Id__c', [
      changeOf('upsert', 'P-1', { Person_Id__c: 'P-1', LastName: 'Ada' }),
      changeOf('delete', 'P-2', { Person_Id__c: 'P-2' }),
    ])
  })
  afterAll(async () => {
    await recorded?.[Symbol.asyncDispose]()
  })

  it('that the simulator answers are in the collection', () => {
    const endpoints = Object.keys(simulator.coverage).map(wholePath)
    const unknown = endpoints.filter((endpoint) => requestsOf(endpoint).length === 0 && !isReferenced(endpoint))
    expect(unknown).toEqual([])
  })

  it('of the connector have parameters and fields of the collection', () => {
    const odd = recorded.exchanges.flatMap(({ method, path, query, sent }) => {
      if (isReferenced(`${method} ${path}`)) return []
      const described = requestsOf(`${method} ${path}`)
      const names = new Set(described.flatMap((request) => request.names))
      const given = [...query.keys(), ...(typeof sent === 'object' && sent !== null ? Object.keys(sent) : [])]
      return given
        .filter((name) => !names.has(name))
        .map((name) => `${method} ${path.replaceAll(/\w{15,18}/g, ':id')}: ${name}`)
    })
    expect([...new Set(odd)]).toEqual([])
  })
})

function fits({ type, nillable }: Field, declared: string | undefined): boolean {
  if (declared === undefined) return false
  const kind = {
    boolean: 'boolean',
    date: 'DateString',
    datetime: 'DateString',
    address: 'Address',
    int: 'number',
    double: 'number',
    currency: 'number',
    percent: 'number',
    anyType: 'any',
  }
  const wanted = Object.entries(kind).find(([name]) => name === type)?.[1] ?? 'string'
  const isNullable = declared.endsWith(' | null')
  return declared.replace(' | null', '') === wanted && (wanted === 'any' || isNullable === nillable)
}

/** `Account: CleanStatus, …, Person*` names fields; `*` stands for any ending, or beginning. */
function isLeftOut(object: string, field: string): boolean {
  return Object.keys(simulator.leftOut)
    .filter((thing) => thing.startsWith(`${object}: `))
    .flatMap((thing) => thing.slice(object.length + 2).split(', '))
    .some((name) => new RegExp(`^${name.replace(/ \(.*\)$/, '').replaceAll('*', '.*')}$`).test(field))
}

/**
 * Not in the collection, or with an object in the path that the reference does not have.
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_sobjects_collections.htm
 * https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_query.htm
 */
const isReferenced = (asked: string) =>
  /^(PATCH|DELETE) \/services\/data\/v66\.0\/composite\/sobjects(\/\w+\/\w+)?$|^GET \/services\/data\/v66\.0\/query\/[^/]+$/.test(
    asked,
  )

const requestsOf = (asked: string) => {
  const [method, path = ''] = asked.split(' ')
  return requests.filter((each) => each.method === method && each.path.test(path))
}

function wholePath(endpoint: string): string {
  const [method = '', path = ''] = endpoint.split(' ')
  const whole = path.startsWith('/services') ? path : `/services/data/v66.0${path}`
  return `${method} ${whole.replaceAll(/:\w+/g, 'x')}`
}
