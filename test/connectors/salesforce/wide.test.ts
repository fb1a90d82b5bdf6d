import type { Change, JsonObject, Scan, Stream } from 'millrace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCsvPage } from '../../../connectors/salesforce/csv-page.ts'
import { joinParts, splitLines } from '../../../connectors/salesforce/join-lines.ts'
import { changeOf, openSalesforce, rowsOf, type OpenedSalesforce } from './open-salesforce.ts'

const answer = (n: number) => `Answer_${String(n).padStart(3, '0')}_of_the_yearly_survey__c`
const surveys = 230
let org: OpenedSalesforce
beforeAll(async () => {
  org = await openSalesforce({ scale: 0.02, keys: { bulk_query_from: 'never', page_size: 200 } })
  await write(
    Array.from({ length: surveys }, (_, n) =>
      changeOf('insert', `S-${n}`, {
        External_Id__c: `S-${n}`,
        Name: `Survey ${n}`,
        [answer(1)]: `a "first" answer, ${n}`,
        [answer(225)]: `half-way \\ ${n}`,
        [answer(450)]: `last {${n}} 😀`,
      }),
    ),
  )
})
afterAll(() => org[Symbol.asyncDispose]())

const write = async (changes: readonly Change[]) => org.write(await org.object('Survey__c'), 'External_Id__c', changes)
const scanOf = async (stream: Stream, more: Partial<Scan> = {}) => org.scanOf(stream, more)
const asked = async () =>
  (await org.sandbox.journal('salesforce')).filter(({ path }) => /queryAll.*Survey__c/.test(path)).length
/** Has asked for the first page, and waits for its second part; a day has passed. */
async function beginSlowly(stream: Stream) {
  const scan = await scanOf(stream)
  await org.sandbox.move(1)
  await org.sandbox.setFault('salesforce', 'delay', { ms: 700, match: 'queryAll.*Answer_450', times: 1 })
  const reading = org.read(stream, scan)
  await new Promise((resolve) => setTimeout(resolve, 300))
  return { reading }
}
const comparable = (rows: readonly JsonObject[]) =>
  new Map(rows.map(({ attributes: _attributes, ...row }) => [row['Id'], row]))

describe('an object with more fields than a URL has room for', () => {
  it('ends its reading where a part brings one page again and again', async () => {
    const stream = await org.stream('Survey__c')
    const [row = {}] = rowsOf(await org.read(stream, await scanOf(stream, { limit: 1 })))
    const { attributes = null, Id = null, SystemModstamp = null } = row
    const again = { attributes, Id, SystemModstamp }
    const body = { totalSize: 230, done: false, records: [again] }
    await org.sandbox.setFault('salesforce', 'error_200', { match: 'queryAll.*Answer_450', times: 'always', body })
    await expect(org.read(stream, await scanOf(stream))).rejects.toMatchObject({ code: 'MR-3005' })
    await org.sandbox.setFault('salesforce', 'error_200', null)
  })

  it('is read in parts that are joined by Id, and gives what the org holds, from every checkpoint', async () => {
    const stream = await org.stream('Survey__c')
    const scan = await scanOf(stream)
    const before = await asked()
    const items = await org.read(stream, scan)
    // Two pages, each in two parts.
    expect((await asked()) - before).toBe(4)
    const rows = rowsOf(items)
    const held = await org.sandbox.show('salesforce', 'Survey__c')
    expect(rows).toHaveLength(surveys)
    for (const row of rows) {
      expect(Object.keys(row)).toHaveLength(1 + Object.keys(stream.columns).length)
      const record = held.find(({ Id }) => Id === row['Id']) ?? {}
      for (const field of ['Name', 'External_Id__c', 'IsDeleted', answer(1), answer(2), answer(225), answer(450)])
        expect(row[field]).toEqual(record[field])
    }
    const [checkpoint] = items.filter(({ kind }) => kind === 'checkpoint')
    const rest = await org.read(stream, {
      ...scan,
      resume: checkpoint?.kind === 'checkpoint' ? checkpoint.resume : null,
    })
    expect(comparable(rowsOf(rest))).toEqual(comparable(rows.slice(200)))
  })

  it('is read in one where few of its fields are wanted', async () => {
    const stream = await org.stream('Survey__c')
    const before = await asked()
    const rows = rowsOf(await org.read(stream, await scanOf(stream, { fields: ['Id', 'SystemModstamp', answer(9)] })))
    expect(rows).toHaveLength(surveys)
    expect((await asked()) - before).toBe(2)
  })

  it('gives a row that is written between its parts as it was at one moment', async () => {
    const stream = await org.stream('Survey__c')
    const changed = async () => {
      const rows = await org.sandbox.show('salesforce', 'Survey__c')
      return rows.filter((row) => row['Name'] === 'Torn')
    }
    // Somebody writes ten rows of the page.
    const { reading } = await beginSlowly(stream)
    await write(
      Array.from({ length: 10 }, (_, n) =>
        changeOf('upsert', `S-${n}`, {
          External_Id__c: `S-${n}`,
          Name: 'Torn',
          [answer(1)]: 'after',
          [answer(450)]: 'after',
        }),
      ),
    )
    const rows = rowsOf(await reading)
    expect(await changed()).toHaveLength(10)
    expect(rows).toHaveLength(surveys)
    const torn = rows.filter((row) => (row[answer(1)] === 'after') !== (row[answer(450)] === 'after'))
    expect(torn).toEqual([])
    expect(rows.filter((row) => row['Name'] === 'Torn')).toHaveLength(10)
  })

  it('loses no row that is read again, however short the pages are', async () => {
    const stream = await org.stream('Survey__c')
    const { reading } = await beginSlowly(stream)
    await write(
      Array.from({ length: 10 }, (_, n) =>
        changeOf('upsert', `S-${n + 20}`, {
          External_Id__c: `S-${n + 20}`,
          [answer(1)]: 'again',
          [answer(450)]: 'again',
        }),
      ),
    )
    await org.sandbox.setFault('salesforce', 'short_pages', { rows: 4, match: 'IN%20', times: 'always' })
    const rows = rowsOf(await reading)
    await org.sandbox.setFault('salesforce', 'short_pages', null)
    expect(rows).toHaveLength(surveys)
    expect(rows.filter((row) => row[answer(1)] === 'again' && row[answer(450)] === 'again')).toHaveLength(10)
  })

  it('goes by one query where it goes by a query job', async () => {
    await using bulk = await openSalesforce({ scale: 0.01, keys: { bulk_query_from: 1 } })
    const object = await bulk.object('Survey__c')
    await bulk.write(object, 'External_Id__c', [
      changeOf('insert', 'S', { External_Id__c: 'S', Name: 'One', [answer(450)]: 'last' }),
    ])
    const stream = await bulk.stream('Survey__c')
    const [row] = rowsOf(await bulk.read(stream, await bulk.scanOf(stream)))
    expect(row).toMatchObject({ Name: 'One', [answer(450)]: 'last', [answer(449)]: null })
  })
})

describe('the parts of a row', () => {
  it('are joined byte for byte, whatever stands in their texts', () => {
    const head = (n: number) => `{"attributes":{"type":"T","url":"/a,b\\"{${n}"},"Id":"a0${n}","Stamp":"2026"`
    const first = splitLines(Buffer.from(`${head(1)},"A":"},\\"{[","B":{"x":[1,2]}}\n${head(2)}}\n`), ['Id', 'Stamp'])
    const second = splitLines(Buffer.from(`${head(1)},"C":"9007199254740993"}\n${head(2)},"C":null}\n`), [
      'Id',
      'Stamp',
    ])
    expect(first.map(({ id, stamp }) => [id, stamp])).toEqual([
      ['a01', '2026'],
      ['a02', '2026'],
    ])
    const lines = first.map((part, index) => Buffer.from(joinParts([part, second[index] ?? part])).toString())
    expect(lines).toEqual([
      `${head(1)},"A":"},\\"{[","B":{"x":[1,2]},"C":"9007199254740993"}\n`,
      `${head(2)},"C":null}\n`,
    ])
  })

  it('are refused where they are not in the order of the query', () => {
    const line = Buffer.from('{"attributes":{},"Stamp":"2026","Id":"a01","A":1}\n')
    expect(() => splitLines(line, ['Id', 'Stamp'])).toThrow(/not in the order/)
  })
})

describe('a page of CSV', () => {
  const id = (n: number) => `001${String(n).padStart(15, '0')}`
  const whole = `"Id","Text","BillingCity","BillingLatitude"\n"${id(1)}","a ""b"",\nc","Åbo 😀","60.5"\n"${id(2)}","","",""\n`
  const address = {
    name: 'BillingAddress',
    parts: [
      { key: 'city', field: 'BillingCity', isNumber: false },
      { key: 'latitude', field: 'BillingLatitude', isNumber: true },
    ],
  }
  const columns = ['Id', 'Text', 'BillingCity', 'BillingLatitude']
  const pass = (text: string, size: number, compounds: Parameters<typeof openCsvPage>[1]) => {
    const page = openCsvPage(columns, compounds)
    const bytes = Buffer.from(text)
    const out: Uint8Array[] = []
    for (let from = 0; from < bytes.length; from += size) out.push(page.take(bytes.subarray(from, from + size)))
    return { ...page.end(), text: Buffer.concat(out).toString() }
  }

  it('is counted and completed the same, wherever its bytes are cut', () => {
    for (let size = 1; size <= Buffer.byteLength(whole); size++) {
      const plain = pass(whole, size, [])
      expect(plain).toMatchObject({ rows: 2, firstId: id(1), lastId: id(2) })
      // The header is written anew.
      expect(plain.text.split('\n').slice(1)).toEqual(whole.split('\n').slice(1))
      const { text } = pass(whole, size, [address])
      expect(text).toBe(
        `Id,Text,BillingCity,BillingLatitude,BillingAddress\n"${id(1)}","a ""b"",\nc","Åbo 😀","60.5","{""city"":""Åbo 😀"",""latitude"":60.5}"\n"${id(2)}","","","",\n`,
      )
    }
  })

  it('is refused where it is cut, has other columns, or no Id', () => {
    expect(() => pass(whole.slice(0, -5), 7, [])).toThrow(/ends within a row/)
    expect(() => pass(whole.replace('"Text"', '"Words"'), 1000, [])).toThrow(/columns are not those/)
    expect(() => pass(whole.replace(id(1), ''), 1000, [])).toThrow(/without its Id/)
    expect(pass('', 10, [])).toMatchObject({ rows: 0 })
  })
})
