import type { Scan } from 'millrace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSalesforce, rowsOf, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
beforeAll(async () => {
  org = await openSalesforce({ scale: 0.2, keys: { page_size: 200 } })
})
afterAll(() => org[Symbol.asyncDispose]())

describe('a Salesforce stream', () => {
  it('brings every row of the org once, deleted ones too, and counts them', async () => {
    for (const name of [
      'Account',
      'Contact',
      'Lead',
      'Opportunity',
      'User',
      'AccountHistory',
      'LeadHistory',
      'OpportunityFieldHistory',
    ]) {
      const stream = await org.stream(name)
      const scan = await org.scanOf(stream)
      const ids = rowsOf(await org.read(stream, scan)).map((row) => row['Id'])
      const held = await org.sandbox.show('salesforce', name)
      expect(new Set(ids), name).toEqual(new Set(held.map((row) => row['Id'])))
      expect(ids.length, name).toBe(held.length)
      expect(await stream.count?.(scan, org.host.context(org.signal)), name).toBe(held.length)
    }
  })

  it('reads what was modified in a range, for a backfill, and counts it', async () => {
    for (const [name, field] of [
      ['Account', 'SystemModstamp'],
      ['AccountHistory', 'CreatedDate'],
    ] as const) {
      const stream = await org.stream(name)
      expect(stream.boundedBy).toBe(field)
      const held = await org.sandbox.show('salesforce', name)
      const stamp = (row: { readonly [field: string]: unknown }) =>
        new Date(String(row[field]).replace(/([+-]\d\d)(\d\d)$/, '$1:$2')).toISOString()
      const stamps = [...new Set(held.map(stamp))].toSorted()
      const [from = '', to = ''] = [stamps[Math.floor(stamps.length / 3)], stamps[Math.floor((stamps.length * 2) / 3)]]
      const scan = await org.scanOf(stream, { from, to, full: true })
      const inside = held.filter((row) => stamp(row) >= from && stamp(row) < to).map((row) => row['Id'])
      expect(inside.length, name).toBeGreaterThan(0)
      expect(new Set(rowsOf(await org.read(stream, scan)).map((row) => row['Id'])), name).toEqual(new Set(inside))
      expect(await stream.count?.(scan, org.host.context(org.signal)), name).toBe(inside.length)
    }
  })

  it.each([200, 'never'] as const)(
    'brings what was written in the last minutes, too, where its rows take the place of all (bulk_query_from: %s)',
    async (bulk_query_from) => {
      await using other = await openSalesforce({ scale: 0.1, keys: { page_size: 200, bulk_query_from } })
      const stream = await other.stream('Account')
      const held = await other.sandbox.show('salesforce', 'Account')
      const stamps = held.map((row) => String(row['SystemModstamp'])).toSorted()
      const scan = await other.scanOf(stream, { to: stamps[Math.floor(stamps.length / 2)] ?? '', whole: true })
      const ids = rowsOf(await other.read(stream, scan)).map((row) => row['Id'])
      expect(ids).toEqual(held.map((row) => String(row['Id'])).toSorted())
      expect(await stream.count?.(scan, other.host.context(other.signal))).toBe(held.length)
    },
  )

  it('marks deleted rows', async () => {
    const stream = await org.stream('Account')
    const rows = rowsOf(await org.read(stream, await org.scanOf(stream)))
    expect(stream.deletedWhen).toEqual({ column: 'IsDeleted', is: 'true' })
    const held = await org.sandbox.show('salesforce', 'Account')
    const deleted = rows.filter((row) => row['IsDeleted'] === true).map((row) => row['Id'])
    expect(deleted).not.toEqual([])
    expect(new Set(deleted)).toEqual(new Set(held.filter((row) => row['IsDeleted'] === true).map((row) => row['Id'])))
  })

  it('gives the same rows again from every checkpoint', async () => {
    for (const name of ['Account', 'OpportunityFieldHistory']) {
      const stream = await org.stream(name)
      const scan = await org.scanOf(stream)
      const items = await org.read(stream, scan)
      const all = rowsOf(items)
      const checkpoints = items.flatMap((item, index) =>
        item.kind === 'checkpoint' ? [{ resume: item.resume, seen: rowsOf(items.slice(0, index)).length }] : [],
      )
      expect(checkpoints.length, name).toBeGreaterThan(1)
      for (const { resume, seen } of checkpoints) {
        const rest = rowsOf(await org.read(stream, { ...scan, resume }))
        expect(rest).toEqual(all.slice(seen))
      }
    }
  })

  it.each([
    ['by their stamps', 'Account'],
    ['by their Ids', 'TaskStatus'],
  ])('ends where rows that are read %s come again and again, in one page or in two by turns', async (_, name) => {
    const { sandbox, host, signal } = org
    const stream = await org.stream(name)
    const scan = await org.scanOf(stream)
    const [first, second] = rowsOf(await org.read(stream, { ...scan, limit: 2 }))
    for (const rows of [[first], [first, second]]) {
      let read = 0
      const answer = () => {
        const body = { totalSize: 2000, done: false, records: [rows[read % rows.length] ?? null] }
        return sandbox.setFault('salesforce', 'error_200', { match: 'LIMIT%20200', times: 'always', body })
      }
      await answer()
      const reading = async () => {
        for await (const { kind } of stream.read(scan, host.context(signal))) {
          if (kind !== 'checkpoint') continue
          if (++read > 5) return
          await answer()
        }
      }
      await expect(reading()).rejects.toMatchObject({
        code: 'MR-3005',
        message: expect.stringContaining(`Reading ${name} of Salesforce: a page brings the rows that came before`),
      })
      expect(read).toBe(rows.length)
    }
    await sandbox.setFault('salesforce', 'error_200', null)
  })

  it('refuses a checkpoint that it did not make, and not for later: reading from the beginning alone helps', async () => {
    const stream = await org.stream('Account')
    const scan = await org.scanOf(stream, { resume: { locator: '01g-2000' } })
    await expect(org.read(stream, scan)).rejects.toMatchObject({
      code: 'MR-1401',
      retry: 'never',
      next: [expect.stringContaining('--full-refresh')],
    })
  })

  it('keeps every digit', async () => {
    const stream = await org.stream('Account')
    expect(stream.columns).toMatchObject({
      Big_Number__c: 'decimal(18,0)',
      Precise__c: 'decimal(18,6)',
      MRR__c: 'decimal(18,2)',
      NumberOfEmployees: 'integer',
      Employees_Per_Site__c: 'double',
    })
    const rows = new Map(rowsOf(await org.read(stream, await org.scanOf(stream))).map((row) => [row['Id'], row]))
    const [held] = await org.sandbox.show('salesforce', 'Account')
    const row = rows.get(String(held?.['Id']))
    const text = await linesOf('Account')
    expect(text).toContain(`"Big_Number__c":${String(held?.['Big_Number__c'])}`)
    expect(row?.['Precise__c']).toBe(held?.['Precise__c'])
  })

  it('reads a half-open window, rows of one stamp across the edges of pages', async () => {
    const account = await org.object('Account')
    const held = (await org.sandbox.show('salesforce', 'Account')).filter((row) => row['IsDeleted'] !== true)
    // More than a page of rows with one and the same stamp: the clock of the sandbox stands still.
    for (let from = 0; from < held.length; from += 200)
      await org.write(
        account,
        'External_Id__c',
        held.slice(from, from + 200).map((row) => ({
          op: 'upsert',
          key: String(row['External_Id__c']),
          fields: { External_Id__c: String(row['External_Id__c']), Sic: 'x' },
          previous: null,
          idempotencyKey: 'k',
        })),
      )
    expect(held.length).toBeGreaterThan(200)
    const now = await org.sandbox.now()
    const stream = await org.stream('Account')
    const inside = await org.scanOf(stream, { from: now.toISOString(), full: false })
    const ids = rowsOf(await org.read(stream, inside)).map((row) => row['Id'])
    expect(ids).toHaveLength(held.length)
    expect(new Set(ids).size).toBe(held.length)
    const before = await org.scanOf(stream, { to: now.toISOString() })
    expect(rowsOf(await org.read(stream, before)).filter((row) => row['IsDeleted'] !== true)).toEqual([])
    const future = await org.scanOf(stream, {
      from: new Date(now.getTime() + 60_000).toISOString(),
      to: new Date(now.getTime() + 120_000).toISOString(),
    })
    expect(rowsOf(await org.read(stream, future))).toEqual([])
  })

  it('says that deletions of longer ago than the recycle bin reaches are not seen, at the beginning of such a scan alone', async () => {
    await using late = await openSalesforce()
    const now = await late.sandbox.now()
    const ago = (days: number) => new Date(now.getTime() - days * 86_400_000).toISOString()
    const read = async (name: string, more: Partial<Scan>) => {
      const stream = await late.stream(name)
      const items = await late.read(stream, await late.scanOf(stream, { full: false, ...more }))
      return items.find((item) => item.kind === 'checkpoint')?.resume ?? null
    }
    await read('Account', { from: ago(14) })
    await read('Account', { from: null, full: true })
    // A part of a backfill.
    await read('Account', { from: ago(90), to: ago(50), full: true })
    // Of users nobody deletes any.
    await read('User', { from: ago(90) })
    expect(late.warnings()).toEqual([])
    const resume = await read('Account', { from: ago(900) })
    expect(resume).not.toBeNull()
    await read('Account', { from: ago(900), resume })
    expect(late.warnings()).toEqual([
      expect.stringMatching(`^Account: changes are read from ${ago(900)} on, and deleted records leave .*reconcile`),
    ])
  })

  it('reads what was created since the start, where the sync says so, up to its limit', async () => {
    const stream = await org.stream('Contact')
    const start = '2025-06-01T00:00:00.000Z'
    const scan = await org.scanOf(stream, { start, where: "Title != null OR LastName LIKE 'A%'" })
    const rows = rowsOf(await org.read(stream, scan))
    const held = (await org.sandbox.show('salesforce', 'Contact')).filter(
      (row) => String(row['CreatedDate']) >= start && (row['Title'] !== null || /^a/i.test(String(row['LastName']))),
    )
    expect(rows.length).toBe(held.length)
    expect(new Set(rows.map((row) => row['Id']))).toEqual(new Set(held.map((row) => row['Id'])))
    expect(await stream.count?.(scan, org.host.context(org.signal))).toBe(held.length)
    expect(rowsOf(await org.read(stream, { ...scan, limit: 7 }))).toEqual(rows.slice(0, 7))
  })

  it('says what Salesforce says of a bad `where`, and refuses a query that no URL takes', async () => {
    const stream = await org.stream('Contact')
    await expect(org.read(stream, await org.scanOf(stream, { where: 'Nothing__c = 1' }))).rejects.toThrow(
      /No such column 'Nothing__c' on entity 'Contact'/,
    )
    await expect(org.read(stream, await org.scanOf(stream, { where: 'Email = ' }))).rejects.toThrow(/unexpected token/)
    await using restOnly = await openSalesforce({ keys: { bulk_query_from: 'never' } })
    const contacts = await restOnly.stream('Contact')
    const before = (await restOnly.sandbox.journal('salesforce')).length
    const long = await restOnly.scanOf(contacts, {
      where: `LastName IN (${Array.from({ length: 2000 }, (_, n) => `'name ${n}'`).join(',')})`,
    })
    await expect(restOnly.read(contacts, long)).rejects.toMatchObject({
      code: 'MR-3004',
      message: expect.stringContaining('16384'),
    })
    expect((await restOnly.sandbox.journal('salesforce')).length).toBe(before)
  })

  it('reads only the fields that are asked for, with key, stamp and deletion', async () => {
    const stream = await org.stream('Lead')
    const [row] = rowsOf(await org.read(stream, await org.scanOf(stream, { fields: ['Email'], limit: 1 })))
    expect(Object.keys(row ?? {})).toEqual(['attributes', 'Id', 'SystemModstamp', 'IsDeleted', 'Email'])
  })
})

async function linesOf(name: string): Promise<string> {
  const stream = await org.stream(name)
  const items = await org.read(stream, await org.scanOf(stream))
  return items.map((item) => (item.kind === 'lines' ? Buffer.from(item.lines).toString() : '')).join('')
}
