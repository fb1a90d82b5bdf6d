import { describe, expect, it } from 'vitest'
import { checkAgainstConnectors } from '../../src/config/check-against-connectors.ts'
import { loadProject } from '../../src/config/load.ts'
import { MillraceErrors } from '../../src/model/millrace-error.ts'
import { absent, brief, caughtFrom, findingsOf, tempProject, type Files } from './temp-project.ts'

const project = (first: string, second: string): Files => ({
  'millrace.yaml': `project: acme
targets: { sandbox: { sandbox: true } }
connections:
  crm: { connector: salesforce }
  other_crm: { connector: salesforce }
  shop: { connector: stripe }
`,
  'syncs/crm.yaml': absent,
  'syncs/people.yaml': absent,
  'models/people.sql': absent,
  'syncs/s1.yaml': first,
  'syncs/s2.yaml': second,
})
const sync = (streams: string, source = 'crm') => `source: ${source}\nschema: shr\nstreams:\n  ${streams}\n`
const found = async (first: string, second: string) => (await findingsOf(project(first, second))).map(brief)

const shared = 'MR-1201 syncs/s2.yaml:4:3'

describe('two syncs that load one table', () => {
  it('are refused by both names, with the table, both places and what to do', async () => {
    const [error, ...others] = await findingsOf(
      project(sync('Lead: { mode: full_refresh }'), sync('Lead: { mode: full_refresh }')),
    )
    expect(others).toEqual([])
    expect(error?.message).toBe('the syncs `s1` and `s2` would both load shr.lead (syncs/s1.yaml:4)')
    expect(error?.next.join(' ')).toMatch(/another `schema:`/)
    expect(error && brief(error)).toBe(`${shared} Lead`)
  })

  it('are told about in one finding, however many tables they share', async () => {
    const streams = ['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((name) => `${name}: {}`).join('\n  ')
    const [error, ...others] = await findingsOf(project(sync(streams), sync(streams)))
    expect(others).toEqual([])
    expect(error?.message).toMatch(/shr\.a \(syncs\/s1\.yaml:4\), .*shr\.e \(syncs\/s1\.yaml:8\) and 2 more$/)
  })

  it('are found by the schema that a sync has of its own, and by spellings of one table', async () => {
    expect(
      await found(
        'source: crm\nstreams:\n  ContactList: {}\n',
        'source: shop\nschema: s1\nstreams:\n  contact_list: {}\n',
      ),
    ).toEqual(['MR-1201 syncs/s2.yaml:4:3 contact_list'])
  })

  it('are found across connections, where the table is the same', async () => {
    expect(await found(sync('Lead: {}'), sync('Lead: {}', 'other_crm'))).toEqual([`${shared} Lead`])
  })

  it('are found where a glob fits the other’s stream, on either side, at any connection of the connector', async () => {
    expect(await found(sync('"L*": {}'), sync('Lead: {}'))).toEqual([`${shared} Lead`])
    expect(await found(sync('Lead: {}'), sync('"{Lead,Account}": {}', 'other_crm'))).toEqual([
      `${shared} "{Lead,Account}"`,
    ])
  })

  it('are found where two globs are equal, or one has all that the other has', async () => {
    expect(await found(sync('"Opp*": {}'), sync('"Opp*": {}'))).toEqual([`${shared} "Opp*"`])
    const [error] = await findingsOf(project(sync('"*": {}'), sync('"Opp*": {}')))
    expect(error?.message).toBe('the syncs `s1` and `s2` would both load the tables of `Opp*` in shr (syncs/s1.yaml:4)')
  })

  it('are found where one loads the history that the other asks for', async () => {
    expect(await found(sync('Account: { field_history: true }'), sync('AccountHistory: {}'))).toEqual([
      `${shared} AccountHistory`,
    ])
    expect(await found(sync('"*__c": { field_history: true }'), sync('Thing__History: {}'))).toEqual([
      `${shared} Thing__History`,
    ])
  })

  it.each([
    ['have schemas of their own', sync('Lead: {}'), sync('Lead: {}').replace('shr', 'other')],
    ['load different streams into one schema', sync('Lead: {}'), sync('Account: {}')],
    ['have switched the stream off', sync('Lead: {}'), sync('Lead: { enabled: false }\n  Account: {}')],
    ['take it out of their own glob', sync('"*": {}\n  Lead: { enabled: false }'), sync('Lead: {}')],
    ['have globs of different vendors', sync('"*": {}'), sync('"*": {}', 'shop')],
    ['have a query of their own, which no glob fits', sync('"*": {}'), sync('costs: { query: SELECT x }')],
    ['have globs that need not meet', sync('"Acc*": {}'), sync('"*__c": {}')],
  ])('are let be where they %s', async (_, first, second) => {
    expect(await found(first, second)).toEqual([])
  })

  it('are found by the streams that the connector is known to have, where two globs only overlap', async () => {
    const loaded = await loadProject(await tempProject(project(sync('"c*": {}', 'shop'), sync('"*s": {}', 'shop'))))
    const against = (streams: readonly string[] | null) =>
      caughtFrom(() =>
        checkAgainstConnectors(loaded, {
          connectorNames: () => ['salesforce', 'stripe'],
          streamNames: () => streams,
          objectNames: () => null,
          streamOptions: () => null,
          objectOptions: () => null,
          configSchema: () => null,
        }),
      )
    const [error, ...others] = await against(['customers', 'cards_all', 'charges', 'invoices'])
    expect(others).toEqual([])
    expect(error?.message).toMatch(/both load shr\.customers \(syncs\/s1\.yaml:4\)$/)
    expect(await against(['cards_all', 'invoices'])).toEqual([])
    expect(await against(null)).toEqual([])
  })

  it('come together with whatever else is wrong with the project', async () => {
    const root = await tempProject(project(sync('Lead: {}'), sync('Lead: {}').replace('source: crm', 'source: cmr')))
    const error: unknown = await loadProject(root).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(MillraceErrors)
    expect((await caughtFrom(() => loadProject(root))).map(({ code }) => code)).toEqual(['MR-1204', 'MR-1201'])
  })
})
