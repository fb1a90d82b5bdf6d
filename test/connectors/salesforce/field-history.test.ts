import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from 'millrace'
import { changeOf, openSalesforce, rowsOf, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
beforeAll(async () => {
  org = await openSalesforce({ scale: 0.05 })
})
afterAll(() => org[Symbol.asyncDispose]())

describe('the field history of Salesforce', () => {
  it('is append-only by its creation, and says whose fields it tells of', async () => {
    const stream = await org.stream('OpportunityFieldHistory')
    expect(stream).toMatchObject({ key: ['Id'], version: 'CreatedDate', appendOnly: true })
    expect(stream.columns).toMatchObject({ OldValue: 'string', NewValue: 'string', CreatedDate: 'timestamp' })
    expect(stream.history).toEqual({
      of: 'Opportunity',
      record: 'OpportunityId',
      field: 'Field',
      from: 'OldValue',
      to: 'NewValue',
      at: 'CreatedDate',
      by: 'CreatedById',
      kind: 'DataType',
      keyKind: 'EntityId',
      who: { stream: 'User', key: 'Id', name: 'Name' },
      createdAt: 'CreatedDate',
      names: expect.objectContaining({ Owner: 'OwnerId', Account: 'AccountId' }),
      otherNames: { ownerAssignment: 'Owner', ownerAccepted: 'Owner', ownerEscalated: 'Owner' },
      tracked: {
        StageName: 'StageName',
        Amount: 'Amount',
        Probability: 'Probability',
        CloseDate: 'CloseDate',
        Owner: 'OwnerId',
      },
    })
    // It would be flagged with its record, and an undeletion does not bring it again.
    expect(stream).not.toHaveProperty('deletedWhen')
    expect((await org.stream('AccountHistory')).history?.of).toBe('Account')
    expect((await org.stream('Account')).history).toBeUndefined()
  })

  it('ends at the present values for every record and tracked field, with no gap between', async () => {
    for (const [historyName, parentName] of [
      ['AccountHistory', 'Account'],
      ['LeadHistory', 'Lead'],
      ['OpportunityFieldHistory', 'Opportunity'],
    ] as const) {
      const stream = await org.stream(historyName)
      const { history } = stream
      if (!history) throw new Error('no history')
      const rows = rowsOf(await org.read(stream, await org.scanOf(stream)))
      expect(rows.length, historyName).toBeGreaterThan(10)
      const parents = await org.stream(parentName)
      const present = new Map(rowsOf(await org.read(parents, await org.scanOf(parents))).map((row) => [row['Id'], row]))
      const last = new Map<string, JsonObject>()
      for (const row of rows) {
        const name = String(row['Field'])
        const field = history.tracked[history.otherNames?.[name] ?? name]
        const isLookup = row['DataType'] === 'EntityId'
        if (!field || (field.endsWith('Id') && !isLookup)) continue
        const key = `${String(row[history.record])} ${field}`
        const before = last.get(key)
        if (before) expect(row['OldValue'], key).toEqual(before['NewValue'])
        last.set(key, row)
      }
      expect(last.size, historyName).toBeGreaterThan(5)
      for (const [key, row] of last) {
        const [id, field = ''] = key.split(' ')
        expect(String(row['NewValue']), key).toBe(String(present.get(id)?.[field]))
      }
      const created = rows.filter((row) => row['Field'] === 'created')
      // Salesforce keeps two years of history: the records that are older have no such row any more.
      const kept = (await org.sandbox.now()).getTime() - 2 * 365 * 86_400_000
      expect(new Set(created.map((row) => row[history.record])), historyName).toEqual(
        new Set(
          [...present.values()].filter((row) => Date.parse(String(row['CreatedDate'])) >= kept).map((row) => row['Id']),
        ),
      )
    }
  })

  it('tells of owners of leads by other words, too', async () => {
    const rows = await org.sandbox.show('salesforce', 'LeadHistory')
    const words = new Set(rows.map((row) => row['Field']))
    expect([words.has('ownerAssignment'), words.has('Owner')]).toEqual([true, false])
    expect((await org.stream('LeadHistory')).history?.otherNames).toMatchObject({ ownerAssignment: 'Owner' })
  })

  it('gets a lookup twice, by Id and by name, and what millrace writes by its own user', async () => {
    const [account] = (await org.sandbox.show('salesforce', 'Account')).filter((row) => row['IsDeleted'] === false)
    const users = await org.sandbox.show('salesforce', 'User')
    const owner = users.find((user) => user['Id'] !== account?.['OwnerId'] && user['Name'] !== 'Millrace Integration')
    const robot = users.find((user) => user['Name'] === 'Millrace Integration')
    const object = await org.object('Account')
    await org.write(object, 'Id', [
      changeOf('update', String(account?.['Id']), {
        Id: String(account?.['Id']),
        OwnerId: String(owner?.['Id']),
        Sic: 'untracked',
      }),
    ])
    const stream = await org.stream('AccountHistory')
    const now = await org.sandbox.now()
    const rows = rowsOf(await org.read(stream, await org.scanOf(stream, { from: now.toISOString() })))
    expect(rows).toMatchObject([
      {
        Field: 'Owner',
        DataType: 'Text',
        NewValue: owner?.['Name'],
        CreatedById: robot?.['Id'],
        AccountId: account?.['Id'],
      },
      { Field: 'Owner', DataType: 'EntityId', OldValue: account?.['OwnerId'], NewValue: owner?.['Id'] },
    ])
    const [after] = await org.sandbox.show('salesforce', 'Account', String(account?.['Id']))
    expect(after).toMatchObject({ LastModifiedById: robot?.['Id'], SystemModstamp: now.toISOString() })
  })
})

describe('a user who may not view the setup', () => {
  it('loads history objects and finds all streams, with one warning: nothing is known to be tracked', async () => {
    await using org = await openSalesforce()
    await org.sandbox.setFault('salesforce', 'hide_setup', { times: 'always' })
    const all = await org.opened.streams?.({ signal: org.signal })
    expect(all?.map(({ name }) => name)).toEqual(await org.opened.streamNames?.({ signal: org.signal }))
    const history = all?.find(({ name }) => name === 'OpportunityFieldHistory')?.history
    expect(history).toMatchObject({ of: 'Opportunity', tracked: {} })
    // What masks go by is told by the object's own description.
    expect(history).toMatchObject({ names: { Owner: 'OwnerId' }, otherNames: { ownerAccepted: 'Owner' } })
    expect(org.warnings()).toEqual([
      expect.stringMatching(/\(INVALID_TYPE: sObject type 'FieldDefinition' is not supported\.\).*View Setup/),
    ])
    const stream = await org.stream('AccountHistory')
    expect(rowsOf(await org.read(stream, await org.scanOf(stream))).length).toBeGreaterThan(10)
  })

  it.each(['INVALID_FIELD', 'INSUFFICIENT_ACCESS', 'INSUFFICIENT_ACCESS_OR_READONLY'])(
    'may be told so as %s',
    async (code) => {
      await using org = await openSalesforce()
      const body = [{ message: 'no', errorCode: code }]
      await org.sandbox.setFault('salesforce', 'status', { status: 400, match: 'tooling/query', times: 'always', body })
      expect((await org.stream('AccountHistory')).history?.tracked).toEqual({})
    },
  )

  it('is not taken for one where another refusal comes, or what is no list of fields', async () => {
    await using org = await openSalesforce()
    const body = [{ message: 'no', errorCode: 'MALFORMED_QUERY' }]
    await org.sandbox.setFault('salesforce', 'status', { status: 400, match: 'tooling/query', times: 1, body })
    await expect(org.stream('AccountHistory')).rejects.toMatchObject({ code: 'MR-3004' })
    await org.sandbox.setFault('salesforce', 'error_200', { match: 'tooling/query', times: 1, body })
    expect(Object.keys((await org.stream('AccountHistory')).history?.tracked ?? {})).toContain('Industry')
  })
})
