/** What a person is told when Salesforce ends a run: what was kept, and what to do next. */
import { MillraceError, type Stream } from 'millrace'
import { afterEach, describe, expect, it } from 'vitest'
import { openSalesforce, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
afterEach(() => org[Symbol.asyncDispose]())

const kept = 'What was committed or acknowledged before stays; a scan goes on at its last checkpoint.'
const failureOf = async (work: Promise<unknown> | undefined): Promise<MillraceError> => {
  const error = await work?.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof MillraceError)) throw new TypeError(`not an error of ours: ${String(error)}`)
  return error
}

describe('pages of a query job that cannot be used', () => {
  it.each([
    ['repeat_page', kept],
    ['skip_page', 'What came is committed; the next run reads this part again.'],
  ])('%s', async (fault, words) => {
    org = await openSalesforce({ scale: 0.2, keys: { bulk_query_from: 1, bulk_query_page: 200 } })
    await org.sandbox.setFault('salesforce', fault, { times: 'always' })
    const stream = await org.stream('Contact')
    const error = await failureOf(org.read(stream, await org.scanOf(stream)))
    expect(error).toMatchObject({ code: 'MR-3005', kept: words })
    expect(error.next.join(' ')).toMatch(/^Run again: what is missing of Contact .*`bulk_query_from: never`/)
  })
})

describe('a query that Salesforce refuses', () => {
  const where = "LastName != 'x' AND LastName IS WEIRD"
  it.each([
    ['a read', (stream: Stream) => org.scanOf(stream, { where }).then((scan) => org.read(stream, scan))],
    [
      'a count',
      (stream: Stream) =>
        org.scanOf(stream, { where }).then((scan) => stream.count?.(scan, org.host.context(org.signal))),
    ],
  ] as const)(
    '%s: its stream is named, its SOQL whole from FROM on, and the where that may be at fault',
    async (_, ask) => {
      org = await openSalesforce({ keys: { bulk_query_from: 'never' } })
      const error = await failureOf(ask(await org.stream('Contact')))
      expect(error).toMatchObject({ code: 'MR-3004', kept, retry: 'never' })
      expect(error.message).toMatch(/^Reading Contact of Salesforce: salesforce answered 400 .*unexpected token: 'IS'/s)
      expect(error.message).toMatch(
        /The query: SELECT \S+ FROM Contact WHERE SystemModstamp < .* AND \(LastName != 'x' AND LastName IS WEIRD\)/,
      )
      // Its own excerpt begins in the middle of a word.
      expect(error.message).toMatch(/: MALFORMED_QUERY: ERROR at Row:1:Column:\d+ unexpected/)

      expect(error.next[0]).toBe(
        `The \`where\` of Contact in the sync may be at fault, all else is millrace's own: ${where}`,
      )
      expect(error.next[1]).toContain('https://developer.salesforce.com/')
    },
  )

  it('without a where is not blamed on one', async () => {
    org = await openSalesforce({ keys: { bulk_query_from: 'never' } })
    await org.opened.check({ signal: org.signal })
    const stream = await org.stream('Contact')
    await org.sandbox.setFault('salesforce', 'status', { status: 400, match: 'queryAll', times: 'always' })
    const error = await failureOf(org.read(stream, await org.scanOf(stream)))
    expect(error).toMatchObject({
      code: 'MR-3004',
      kept,
      message: expect.stringContaining('Reading Contact of Salesforce'),
    })
    expect(error.next).toEqual([expect.stringContaining('millrace connection test salesforce')])
  })
})

it('the vendor’s own limit and the share that was set say the same of what is kept', async () => {
  org = await openSalesforce({ keys: { page_size: 200 } })
  const stream = await org.stream('Contact')
  const scan = await org.scanOf(stream)
  await org.sandbox.setFault('salesforce', 'daily_limit', { times: 'always' })
  const ofVendor = await failureOf(org.read(stream, scan))
  await org.sandbox.setFault('salesforce', 'daily_limit', null)
  await org.sandbox.setFault('salesforce', 'near_limit', { times: 'always' })
  await org.opened.check({ signal: org.signal })
  const ofShare = await failureOf(org.read(stream, scan))
  expect([ofVendor, ofShare].map(({ code }) => code)).toEqual(['MR-3006', 'MR-3006'])
  expect([ofVendor.kept, ofShare.kept]).toEqual([kept, kept])
})
