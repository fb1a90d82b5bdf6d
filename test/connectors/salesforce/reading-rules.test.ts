import { afterEach, describe, expect, it } from 'vitest'
import type { DescribeSObjectResult, Field } from '../../../connectors/salesforce/describe.ts'
import { composeParts, compoundOf } from '../../../connectors/salesforce/compound.ts'
import { limitJobs } from '../../../connectors/salesforce/limit-jobs.ts'
import { watchQuota } from '../../../connectors/salesforce/quota.ts'
import { openSalesforce, rowsOf, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce | undefined
afterEach(async () => {
  await org?.[Symbol.asyncDispose]()
  org = undefined
})
const open = async (keys: { readonly [key: string]: unknown } = {}, scale = 0.1) =>
  (org = await openSalesforce({ scale, keys }))

describe('the quota', () => {
  it('ends a read politely where the org has used its share, and lets writes go on', async () => {
    const { sandbox, stream, read, scanOf, object, write } = await open({ page_size: 200 })
    const contacts = await stream('Contact')
    const scan = await scanOf(contacts)
    await sandbox.setFault('salesforce', 'near_limit', { times: 'always', after: 1 })
    const items: unknown[] = []
    const reading = async () => {
      for await (const item of contacts.read(scan, org!.host.context(org!.signal))) items.push(item)
    }
    await expect(reading()).rejects.toMatchObject({
      code: 'MR-3006',
      retry: 'later',
      message: expect.stringMatching(/85000 of the org’s 100000 .* \(85 %\), .* 80% \(quota_in_all\)/),
      kept: expect.stringContaining('last checkpoint'),
    })
    // The page before it, with its checkpoint.
    expect(items).toHaveLength(2)
    await expect(read(contacts, scan)).rejects.toMatchObject({ code: 'MR-3006' })
    const [account] = await sandbox.show('salesforce', 'Account')
    const accounts = await object('Account')
    const id = String(account?.['Id'])
    expect(
      await write(accounts, 'Id', [
        { op: 'update', key: id, fields: { Id: id, Sic: '1' }, previous: null, idempotencyKey: 'k' },
      ]),
    ).toEqual([{ outcome: 'ok' }])
    await sandbox.setFault('salesforce', 'near_limit', null)
    await org?.opened.check({ signal: org.signal })
    const last = items.at(-1) as { readonly resume: { readonly id: string; readonly at: string } }
    const rest = rowsOf(await read(contacts, { ...scan, resume: last.resume }))
    expect(rest).toHaveLength((await sandbox.show('salesforce', 'Contact')).length - 200)
  })

  it('ends a run that has made its own share of the day’s requests', async () => {
    const { sandbox, stream, read, scanOf, host, signal } = await open({ page_size: 200, quota_per_run: '10%' })
    await sandbox.setFault('salesforce', 'small_limit', { requests: 100, times: 'always' })
    const contacts = await stream('Contact')
    const scan = await scanOf(contacts)
    for (let n = 0; n < 3; n++) await contacts.count?.(scan, host.context(signal))
    await expect(
      (async () => {
        for (;;) await read(contacts, scan)
      })(),
    ).rejects.toMatchObject({ code: 'MR-3006', message: expect.stringMatching(/this run has made 1\d of the 100/) })
  })

  it.each([
    ['the org has used its share', {}, 'near_limit', {}, /quota_in_all/],
    ['the run has made its own', { quota_per_run: '10%' }, 'small_limit', { requests: 100 }, /quota_per_run/],
  ])('describes no further object to read where %s, and all that are written', async (_, keys, fault, spec, says) => {
    const { sandbox, opened, signal } = await open(keys)
    const names = (await opened.streamNames?.({ signal })) ?? []
    expect(names.length).toBeGreaterThan(15)
    await sandbox.setFault('salesforce', fault, { ...spec, times: 'always' })
    const described = async () =>
      (await sandbox.journal('salesforce')).filter(({ path }) => path.endsWith('/describe')).length
    await expect(opened.streams?.({ names, signal })).rejects.toMatchObject({
      code: 'MR-3006',
      message: expect.stringMatching(says),
    })
    // Four are under way at one time.
    expect(await described()).toBeLessThanOrEqual(fault === 'near_limit' ? 4 : 12)
    const before = await described()
    expect((await opened.objects?.({ signal }))?.length).toBeGreaterThan(5)
    expect((await described()) - before).toBeGreaterThan(5)
  })

  it('takes the shares that the connection says', () => {
    const warned: string[] = []
    const quota = watchQuota({ warn: (message) => warned.push(message) }, { quota_per_run: '50%', quota_in_all: '90%' })
    quota.check()
    quota.saw(null)
    quota.check()
    quota.saw('api-usage=89/100 (per-app-api-usage=9/10)')
    quota.check()
    expect(warned).toHaveLength(1)
    quota.saw('api-usage=90/100')
    expect(() => quota.check()).toThrow(/quota_in_all/)
    quota.saw('api-usage=3/8')
    expect(() => quota.check()).toThrow(/this run has made 4 of the 8/)
    const seventh = watchQuota({ warn: () => {} }, { quota_per_run: '7%', quota_in_all: '80%' })
    for (let made = 0; made < 7; made++) {
      seventh.check()
      seventh.saw('api-usage=7/100')
    }
    expect(() => seventh.check()).toThrow(/this run has made 7 of the 100/)
  })
})

describe('an object that answers only with a filter', () => {
  it('is offered, and refused in words before anything is sent, unless the sync filters it', async () => {
    const { opened, signal, stream, scanOf, read, sandbox, host } = await open()
    expect(await opened.streamNames?.({ signal })).toContain('ContentDocumentLink')
    const links = await stream('ContentDocumentLink')
    const scan = await scanOf(links)
    const before = (await sandbox.journal('salesforce')).length
    for (const refused of [read(links, scan), links.count?.(scan, host.context(signal))])
      await expect(refused).rejects.toMatchObject({
        code: 'MR-3004',
        message: expect.stringMatching(/can only be queried with a filter on ContentDocumentId or LinkedEntityId/),
        next: [
          expect.stringContaining('where: "ContentDocumentId IN (\'…\')"'),
          expect.stringContaining('enabled: false'),
        ],
      })
    expect((await sandbox.journal('salesforce')).length).toBe(before)
    const [held] = await sandbox.show('salesforce', 'ContentDocumentLink')
    const where = `LinkedEntityId IN ('${String(held?.['LinkedEntityId'])}')`
    expect(rowsOf(await read(links, { ...scan, where })).map((row) => row['Id'])).toEqual([held?.['Id']])
    await expect(read(links, { ...scan, where: "ShareType = 'V'" })).rejects.toThrow(/requires a filter by a single Id/)
    // A reconciliation, which reads all keys, would be refused, too.
    expect([links.enumerates, (await stream('Account')).enumerates]).toEqual([false, undefined])
  })
})

describe('what Salesforce lists and cannot be read as a stream', () => {
  it.each([
    'Visit__b',
    'LogoutEvent',
    'LoginEvent',
    'FileEventStore',
    'EntityDefinition',
    'FieldDefinition',
    'FieldHistoryArchive',
    'UserFieldAccess',
  ])('is offered to no glob, and refused in words: %s', async (name) => {
    const { opened, signal } = await open()
    expect(await opened.streamNames?.({ signal })).not.toContain(name)
    expect(await opened.streams?.({ names: [name], signal })).toEqual([])
    expect(opened.whyNoStream?.(name)).toMatch(/its records have no Id/)
    expect(opened.whyNoStream?.('Account')).toBeNull()
    // Stored by the same feature, and not a big object.
    expect(opened.whyNoStream?.('ApiAnomalyEventStore')).toBeNull()
  })
})

describe('custom metadata', () => {
  it('is read whole by Id, page after page, without a count and without a job', async () => {
    const { stream, scanOf, read, sandbox } = await open({ page_size: 200, bulk_query_from: 1 })
    const regions = await stream('Sales_Region__mdt')
    // A scan of before may have come somewhere by its stamp, which says nothing of Ids.
    expect(regions).toMatchObject({
      enumerates: true,
      fullEveryMs: 0,
      heedsStart: false,
      order: 'none',
      resumesAs: 'Id',
    })
    expect([regions.version, regions.count]).toEqual([undefined, undefined])
    expect((await stream('Account')).heedsStart).toBeUndefined()
    const before = (await sandbox.journal('salesforce')).length
    const all = await read(regions, await scanOf(regions))
    const labels = rowsOf(all).map(({ Label }) => Label)
    expect(labels).toEqual(['America', 'Asia', 'Europe'])
    const asked = (await sandbox.journal('salesforce')).slice(before).map(({ path }) => decodeURIComponent(path))
    expect(asked).toEqual([expect.stringMatching(/FROM Sales_Region__mdt ORDER BY Id LIMIT 200$/)])
    const ids = rowsOf(all).map(({ Id }) => String(Id))
    const rest = await read(regions, await scanOf(regions, { resume: { id: ids[0] ?? '', at: null } }))
    expect(rowsOf(rest).map(({ Label }) => Label)).toEqual(['Asia', 'Europe'])
  })
})

describe('deletions', () => {
  it('are flagged where a record goes to the recycle bin, and not of objects that never come back from it', async () => {
    const { stream } = await open()
    expect((await stream('Account')).deletedWhen).toEqual({ column: 'IsDeleted', is: 'true' })
    expect((await stream('ContentDocumentLink')).deletedWhen).toMatchObject({ column: 'IsDeleted', isPartial: true })
  })
})

describe('formulas', () => {
  it('are named by the stream, and read alone with key and version as cheaply as anything', async () => {
    const { stream, scanOf, read, sandbox } = await open({ page_size: 2000 })
    const accounts = await stream('Account')
    expect(accounts.calculated).toEqual(['Employees_Per_Site__c'])
    expect((await stream('Contact')).calculated).toBeUndefined()
    const fields = ['Id', 'SystemModstamp', ...(accounts.calculated ?? [])]
    const before = (await sandbox.journal('salesforce')).length
    const rows = rowsOf(await read(accounts, await scanOf(accounts, { fields })))
    expect(rows).toHaveLength((await sandbox.show('salesforce', 'Account')).length)
    expect(Object.keys(rows[0] ?? {})).toEqual(['attributes', 'Id', 'SystemModstamp', 'IsDeleted', ...fields.slice(2)])
    // The count that decides, and one page.
    expect((await sandbox.journal('salesforce')).length - before).toBe(2)
  })
})

describe('jobs under way', () => {
  it('are so many at one time and no more, in their order, and a stopped one leaves its place', async () => {
    const underWay = limitJobs(2)
    const { signal } = new AbortController()
    let running = 0
    let most = 0
    const order: number[] = []
    const work = (n: number) => async () => {
      order.push(n)
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 5))
      running--
      if (n === 3) throw new TypeError('broken')
      return n
    }
    const stopped = new AbortController()
    const jobs = [1, 2, 3, 4].map((n) => underWay(signal, work(n)))
    const waiting = underWay(stopped.signal, work(5))
    const last = underWay(signal, work(6))
    stopped.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'MR-7001' })
    expect((await Promise.allSettled([...jobs, last])).map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
    expect([most, order]).toEqual([2, [1, 2, 3, 4, 6]])
  })
})

describe('a compound field', () => {
  const part = (name: string, compoundFieldName: string, type = 'string') =>
    ({ name, compoundFieldName, type }) as Partial<Field> as Field
  const objectOf = (...fields: readonly Field[]) => ({ fields }) as unknown as Pick<DescribeSObjectResult, 'fields'>

  it('is made of its parts where they say all of it', () => {
    const whole = { name: 'Depot__c', type: 'location' } as Partial<Field> as Field
    const object = objectOf(
      whole,
      part('Depot__Longitude__s', 'Depot__c', 'double'),
      part('Depot__Latitude__s', 'Depot__c', 'double'),
    )
    const location = compoundOf(object, whole)
    if (!location) throw new TypeError('none')
    const cells: { readonly [field: string]: string } = { Depot__Latitude__s: '60.1', Depot__Longitude__s: '-1.0E-4' }
    expect(composeParts(location, (field) => cells[field] ?? '')).toBe('{"latitude":60.1,"longitude":-0.0001}')
    expect(composeParts(location, () => '')).toBeNull()
  })

  it('is not where they do not: a custom address has codes in its parts and names in the whole', () => {
    const whole = { name: 'Home__c', type: 'address' } as Partial<Field> as Field
    const parts = ['Street', 'City', 'PostalCode', 'CountryCode', 'StateCode'].map((name) =>
      part(`Home__${name}__s`, 'Home__c'),
    )
    expect(compoundOf(objectOf(whole, ...parts), whole)).toBeNull()
  })
})
