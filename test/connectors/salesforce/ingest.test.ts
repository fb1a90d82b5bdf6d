import type { Change, Json, WriteResult } from 'millrace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exact } from '../exact-number.ts'
import { changeOf, openSalesforce, type OpenedSalesforce } from './open-salesforce.ts'

let org: OpenedSalesforce
beforeAll(async () => {
  org = await openSalesforce({ scale: 0.05, keys: { bulk_from: 20, bulk_wait_seconds: 1 } })
})
afterAll(() => org[Symbol.asyncDispose]())

const held = (type: string) => org.sandbox.show('salesforce', type)
const accountOf = async (id: string) => (await held('Account')).find((row) => row['External_Id__c'] === id)
const accounts = (prefix: string, count: number, more: (n: number) => Change['fields'] = () => ({})) =>
  Array.from({ length: count }, (_, n) =>
    changeOf('upsert', `${prefix}-${n}`, { External_Id__c: `${prefix}-${n}`, Name: `Firm ${n}`, ...more(n) }),
  )

/** Writes, and tells which requests it took and what receipt it left. */
async function write(name: string, match: string, changes: readonly Change[]) {
  const object = await org.object(name)
  const since = (await org.sandbox.journal('salesforce')).length
  const receipts: Json[] = []
  const context = {
    ...org.host.context(org.signal),
    options: {},
    match,
    saveReceipt: async (receipt: Json) => void receipts.push(receipt),
  }
  const outcome: { results: readonly WriteResult[]; error?: unknown } = { results: [] }
  try {
    outcome.results = await object.write(changes, context)
  } catch (error) {
    outcome.error = error
  }
  const requests = (await org.sandbox.journal('salesforce')).slice(since)
  return {
    ...outcome,
    receipts,
    settle: (others: readonly Change[] | null = changes) =>
      object.settle?.(receipts.at(-1) ?? null, { ...context, changes: others }),
    readBack: () => object.readBack?.(changes, context),
    uploads: requests.filter(({ method }) => method === 'PUT').map(({ body }) => String(body)),
    steps: requests.map(
      ({ method, path }) =>
        `${method} ${path.replace(/^\/services\/data\/v66\.0/, '').replace(/750\w{15}/, '<job>')}`.split('?')[0],
    ),
  }
}
const codesOf = (results: readonly WriteResult[] | undefined) =>
  (results ?? []).map((result) => (result.outcome === 'rejected' ? result.code : result.outcome))
const withFault = async (name: string, spec: { readonly [key: string]: Json }, work: () => Promise<void>) => {
  await org.sandbox.setFault('salesforce', name, spec)
  try {
    await work()
  } finally {
    await org.sandbox.setFault('salesforce', name, null)
  }
}

describe('many rows', () => {
  it('go as one job whose receipt is saved before it begins, and whose three results are all read', async () => {
    const done = await write('Account', 'External_Id__c', accounts('job', 30))
    expect(codesOf(done.results)).toEqual(Array(30).fill('ok'))
    expect(done.receipts).toEqual([{ jobs: [{ id: expect.stringMatching(/^750/), kind: 'upsert' }] }])
    expect(done.steps).toEqual([
      'POST /jobs/ingest',
      'PUT /jobs/ingest/<job>/batches',
      'PATCH /jobs/ingest/<job>',
      'GET /jobs/ingest/<job>',
      'GET /jobs/ingest/<job>',
      'GET /jobs/ingest/<job>/successfulResults',
      'GET /jobs/ingest/<job>/failedResults',
      'GET /jobs/ingest/<job>/unprocessedrecords',
    ])
    expect((await held('Account')).filter((row) => String(row['External_Id__c']).startsWith('job-'))).toHaveLength(30)
  })

  it('say digits, dates, booleans and text exactly; null clears, what is not there is left alone', async () => {
    const objects = Array.from({ length: 25 }, (_, n) =>
      changeOf('upsert', `sub-${n}`, {
        Stripe_Id__c: `sub-${n}`,
        'Account__r.External_Id__c': 'ACME-00001',
        Amount__c: exact('12345678901234.56'),
        Started_On__c: '2024-02-29',
        Ends_At__c: '2026-11-20T09:55:00Z',
        Cancels__c: n % 2 === 0,
        Name: n === 0 ? ' =1+1, "quoted"\nÜmläut 😀 ' : `Sub ${n}`,
        Status__c: 'active',
      }),
    )
    expect(codesOf((await write('Subscription__c', 'Stripe_Id__c', objects)).results)).toEqual(Array(25).fill('ok'))
    const first = (await held('Subscription__c'))[0]
    expect(first).toMatchObject({
      Account__c: (await accountOf('ACME-00001'))?.['Id'],
      Amount__c: '12345678901234.56',
      Started_On__c: '2024-02-29',
      Ends_At__c: '2026-11-20T09:55:00.000Z',
      Cancels__c: true,
      Name: '=1+1, "quoted"\nÜmläut 😀',
    })
    const some = Array.from({ length: 25 }, (_, n) =>
      changeOf('update', `sub-${n}`, {
        Stripe_Id__c: `sub-${n}`,
        ...(n === 0 ? { Status__c: '', Ends_At__c: null } : { Cancels__c: true }),
      }),
    )
    const updated = await write('Subscription__c', 'Stripe_Id__c', some)
    expect(codesOf(updated.results)).toEqual(Array(25).fill('ok'))
    expect(updated.uploads[0]?.split('\n').slice(0, 3)).toEqual([
      'Id,Status__c,Ends_At__c,Cancels__c',
      `${first?.['Id']},#N/A,#N/A,`,
      expect.stringMatching(/^a01\w{15},,,true$/),
    ])
    const [cleared, other] = await held('Subscription__c')
    expect(cleared).toMatchObject({ Status__c: null, Ends_At__c: null, Cancels__c: true, Started_On__c: '2024-02-29' })
    expect(other).toMatchObject({ Status__c: 'active', Ends_At__c: '2026-11-20T09:55:00.000Z', Cancels__c: true })
  })

  it('are blamed one by one, each for itself, whatever the order of the results', async () => {
    const bad: { readonly [n: number]: readonly [Change['fields'], string] } = {
      2: [{ Name: null }, 'REQUIRED_FIELD_MISSING'],
      7: [{ Name: 'x'.repeat(256) }, 'STRING_TOO_LONG'],
      11: [{ NumberOfEmployees: 'many' }, 'INVALID_TYPE_ON_FIELD_IN_RECORD'],
      19: [{ ParentId: '001000000000000' }, 'INVALID_CROSS_REFERENCE_KEY'],
    }
    const { results } = await write(
      'Account',
      'External_Id__c',
      accounts('blame', 30, (n) => bad[n]?.[0] ?? {}),
    )
    expect(codesOf(results)).toEqual(Array.from({ length: 30 }, (_, n) => bad[n]?.[1] ?? 'ok'))
    expect(results[2]).toMatchObject({ message: 'Required fields are missing: [Name]', retryable: false })
    expect(results[7]).toMatchObject({
      message: expect.stringMatching(/^Name: data value too large: x+ \(max length=255\)$/),
    })
  })

  it('of one parent stand together, and an emptied lookup has a column and a job of its own', async () => {
    const people = Array.from({ length: 60 }, (_, n) =>
      changeOf('upsert', `kid-${n}`, {
        Person_Id__c: `kid-${n}`,
        LastName: 'Kid',
        'Account.External_Id__c': n >= 40 ? null : `ACME-0000${1 + (n % 3)}`,
      }),
    )
    const { results, uploads, receipts } = await write('Contact', 'Person_Id__c', people)
    expect(codesOf(results)).toEqual(Array(60).fill('ok'))
    expect(receipts).toEqual([{ jobs: [expect.anything(), expect.anything()] }])
    const parents = uploads[0]
      ?.trim()
      .split('\n')
      .map((line) => line.split(',')[2])
    expect(parents).toEqual([
      'Account.External_Id__c',
      ...[14, 13, 13].flatMap((count, at) => Array(count).fill(`ACME-0000${at + 1}`)),
    ])
    expect(uploads[1]?.split('\n').slice(0, 2)).toEqual(['Person_Id__c,LastName,AccountId', 'kid-40,Kid,#N/A'])
    const kids = (await held('Contact')).filter((row) => String(row['Person_Id__c']).startsWith('kid-'))
    expect(kids.filter((row) => row['AccountId'] === null)).toHaveLength(20)
  })

  it('that CSV cannot say go by request', async () => {
    const changes = accounts('na', 25, (n): Change['fields'] => (n === 3 ? { Sic: '#N/A' } : {}))
    const { results, steps } = await write('Account', 'External_Id__c', changes)
    expect(codesOf(results)).toEqual(Array(25).fill('ok'))
    expect(steps.slice(0, 2)).toEqual(['PATCH /composite/sobjects/Account/External_Id__c', 'POST /jobs/ingest'])
    expect(await accountOf('na-3')).toMatchObject({ Sic: '#N/A' })
  })

  it('too long for a job go by request, which blames one whose field cannot hold it, and the others are a job', async () => {
    const essay = 'x'.repeat(110_000)
    const odd: Record<number, Change['fields']> = {
      3: { Essay_One__c: essay, Essay_Two__c: essay, Essay_Three__c: essay, Essay_Four__c: essay },
      5: { Essay_One__c: 'x'.repeat(131_073) },
    }
    const changes = Array.from({ length: 25 }, (_, n) =>
      changeOf('upsert', `long-${n}`, { External_Id__c: `long-${n}`, ...odd[n] }),
    )
    const { results, error, uploads } = await write('Survey__c', 'External_Id__c', changes)
    expect(error).toBeUndefined()
    expect(codesOf(results)).toEqual(Array(25).fill('ok').with(5, 'STRING_TOO_LONG'))
    expect(uploads).toHaveLength(1)
  })

  it('are deleted by Id, and those that are not there are absent', async () => {
    await write('Account', 'External_Id__c', accounts('gone', 30))
    const changes = [...accounts('gone', 30), ...accounts('never', 1)].map((change) => ({
      ...change,
      op: 'delete' as const,
    }))
    const { results, uploads } = await write('Account', 'External_Id__c', changes)
    expect(codesOf(results)).toEqual([...Array(30).fill('ok'), 'absent'])
    expect(uploads[0]).toMatch(/^Id\n001\w{15}\n/)
    expect(await accountOf('gone-7')).toMatchObject({ IsDeleted: true })
  })

  it('are inserted once: a record that is there as it was to be made is ok, another is refused', async () => {
    const inserts = accounts('ins', 30).map((change) => ({ ...change, op: 'insert' as const }))
    expect(codesOf((await write('Account', 'External_Id__c', inserts)).results)).toEqual(Array(30).fill('ok'))
    const again = [
      ...inserts,
      ...accounts('ins', 1, () => ({ Name: 'Another' })).map((change) => ({ ...change, op: 'insert' as const })),
    ]
    const second = await write('Account', 'External_Id__c', again.slice(1))
    expect(codesOf(second.results)).toEqual([...Array(29).fill('ok'), 'DUPLICATE_VALUE'])
    expect(second.steps.every((step) => step?.startsWith('GET '))).toBe(true)
  })

  it('go by request where there is no Bulk API for them', async () => {
    await org.sandbox.setFault('salesforce', 'status', {
      match: 'POST .*jobs',
      status: 400,
      body: [
        { errorCode: 'INVALIDENTITY', message: "InvalidEntity : Entity 'Account' is not supported by the Bulk API." },
      ],
      times: 1,
    })
    const { results, steps, receipts } = await write('Account', 'External_Id__c', accounts('nobulk', 25))
    expect(codesOf(results)).toEqual(Array(25).fill('ok'))
    expect(steps).toEqual(['POST /jobs/ingest', 'PATCH /composite/sobjects/Account/External_Id__c'])
    expect(receipts).toEqual([])
  })
})

describe('a job', () => {
  it('that fails in the middle leaves what it did not come to for the next run', async () => {
    await withFault('bulk_fails', { rows: 12 }, async () => {
      const { results } = await write('Account', 'External_Id__c', accounts('half', 30))
      expect(codesOf(results)).toEqual([...Array(12).fill('ok'), ...Array(18).fill('UNPROCESSED')])
      expect(results[29]).toMatchObject({ retryable: true })
    })
  })

  it('that somebody aborts is no different', async () => {
    await withFault('bulk_aborted', { rows: 0 }, async () => {
      const { results } = await write('Account', 'External_Id__c', accounts('stopped', 30))
      expect(codesOf(results)).toEqual(Array(30).fill('UNPROCESSED'))
    })
  })

  it('whose rows are locked has them tried once more, fifty a request', async () => {
    const changes = accounts('lock', 60)
    await withFault('lock_rows', { match: 'PATCH .*jobs', times: 'always' }, async () => {
      const { results, steps } = await write('Account', 'External_Id__c', changes)
      expect(codesOf(results)).toEqual(Array(60).fill('ok'))
      expect(steps.slice(-2)).toEqual(Array(2).fill('PATCH /composite/sobjects/Account/External_Id__c'))
    })
  })

  it('that takes too long ends the run, not the job; the next run takes its results over', async () => {
    const changes = accounts('slow', 30)
    await org.sandbox.setFault('salesforce', 'bulk_in_progress', { times: 'always' })
    const late = await write('Account', 'External_Id__c', changes)
    expect(late.error).toMatchObject({ code: 'MR-3007', message: expect.stringContaining('is not over after 1 s') })
    expect(await accountOf('slow-3')).toBeUndefined()
    // It may still write: what is held now is not asked.
    expect(await late.readBack()).toEqual(Array(30).fill(undefined))
    await org.sandbox.setFault('salesforce', 'bulk_in_progress', null)
    expect(codesOf(await late.settle())).toEqual(Array(30).fill('ok'))
    expect(await accountOf('slow-3')).toBeDefined()
    expect(codesOf(await late.settle())).toEqual(Array(30).fill('ok'))
  })

  it('that still takes too long is aborted by the next run, and its rows go again', async () => {
    const changes = accounts('stuck', 30)
    await org.sandbox.setFault('salesforce', 'bulk_in_progress', { times: 'always' })
    const late = await write('Account', 'External_Id__c', changes)
    expect(codesOf(await late.settle())).toEqual(Array(30).fill('unknown'))
    await org.sandbox.setFault('salesforce', 'bulk_in_progress', null)
    expect(codesOf(await late.settle())).toEqual(Array(30).fill('unknown'))
    expect(await accountOf('stuck-3')).toBeUndefined()
    expect(await late.settle(null)).toEqual([])
  })

  it('of updates and deletions is settled by the Ids that it went by', async () => {
    await write('Account', 'External_Id__c', accounts('both', 60))
    const changes = accounts('both', 60, (n) => ({ Sic: `s${n}` })).map((change, n) => ({
      ...change,
      op: n < 30 ? ('update' as const) : ('delete' as const),
    }))
    const done = await write('Account', 'External_Id__c', changes)
    expect(codesOf(done.results)).toEqual(Array(60).fill('ok'))
    // What is deleted is found no more, and goes again: then it is absent.
    expect(codesOf(await done.settle())).toEqual([...Array(30).fill('ok'), ...Array(30).fill('unknown')])
  })

  it('whose locked rows the dead run may have sent once more says nothing of them: they go again', async () => {
    await withFault('lock_rows', { match: '/jobs/ingest', times: 'always' }, async () => {
      const done = await write('Account', 'External_Id__c', accounts('held', 30))
      expect(codesOf(done.results)).toEqual(Array(30).fill('ok'))
      expect(codesOf(await done.settle())).toEqual(Array(30).fill('unknown'))
    })
  })

  it('that is gone, or says what nobody understands, is over', async () => {
    const done = await write('Account', 'External_Id__c', accounts('html', 30))
    await org.sandbox.setFault('salesforce', 'html', { match: 'Results', times: 'always' })
    expect(codesOf(await done.settle())).toEqual(Array(30).fill('unknown'))
    await org.sandbox.setFault('salesforce', 'html', null)
    const object = await org.object('Account')
    const context = {
      ...org.host.context(org.signal),
      options: {},
      match: 'External_Id__c',
      saveReceipt: async () => undefined,
    }
    const gone = { jobs: [{ id: '7505g0000000000AAA', kind: 'upsert' }] }
    expect(codesOf(await object.settle?.(gone, { ...context, changes: accounts('html', 2) }))).toEqual([
      'unknown',
      'unknown',
    ])
  })

  it.each(['reset_after', 'reset_before'])('is not uploaded twice where the answer is lost: %s', async (fault) => {
    await org.sandbox.setFault('salesforce', fault, { match: 'PUT ', times: 1 })
    const { results, steps } = await write('Account', 'External_Id__c', accounts(fault, 30))
    expect(codesOf(results)).toEqual(Array(30).fill('ok'))
    expect(steps.slice(0, 5)).toEqual([
      'POST /jobs/ingest',
      'PUT /jobs/ingest/<job>/batches',
      'PATCH /jobs/ingest/<job>',
      'POST /jobs/ingest',
      'PUT /jobs/ingest/<job>/batches',
    ])
  })

  it('that opts in is not uploaded again: nobody knows what was said since', async () => {
    await org.sandbox.setFault('salesforce', 'reset_after', { match: 'PUT ', times: 1 })
    const optIns = accounts('opt-in', 30).map((change) => ({ ...change, optsIn: true as const }))
    const { error, steps } = await write('Account', 'External_Id__c', optIns)
    expect(error).toMatchObject({ retry: 'later' })
    expect(steps).toEqual(['POST /jobs/ingest', 'PUT /jobs/ingest/<job>/batches'])
  })

  it('is let loose once where that answer is lost', async () => {
    await org.sandbox.setFault('salesforce', 'reset_after', { match: 'PATCH .*jobs', times: 1 })
    const { results } = await write('Account', 'External_Id__c', accounts('loose', 30))
    expect(codesOf(results)).toEqual(Array(30).fill('ok'))
  })

  it('that the day’s limit stops is left for the next run', async () => {
    const changes = accounts('quota', 30)
    await org.sandbox.setFault('salesforce', 'daily_limit', { match: 'GET .*jobs', times: 'always' })
    const stopped = await write('Account', 'External_Id__c', changes)
    expect(stopped.error).toMatchObject({ code: 'MR-3006' })
    await org.sandbox.setFault('salesforce', 'daily_limit', null)
    expect(codesOf(await stopped.settle())).toEqual(Array(30).fill('ok'))
  })

  it.each(['daily_limit', 'server_unavailable'])(
    'that cannot begin denies nothing of what went by request beside it: %s',
    async (fault) => {
      await write('Account', 'External_Id__c', accounts(`left-${fault}`, 5))
      const cleared = accounts(`left-${fault}`, 5).map(({ key }) =>
        changeOf('clear', key, { External_Id__c: key, Sic: null }),
      )
      await withFault(fault, { match: '^POST .*jobs/ingest', times: 'always' }, async () => {
        const { error, results } = await write('Account', 'External_Id__c', [...cleared, ...accounts(fault, 30)])
        expect(error).toBeUndefined()
        expect(codesOf(results)).toEqual([...Array(5).fill('ok'), ...Array(30).fill('unknown')])
        expect(results[5]).toMatchObject({ failure: { code: fault === 'daily_limit' ? 'MR-3006' : 'MR-3003' } })
      })
    },
  )

  const forbidden = {
    status: 403,
    body: [{ errorCode: 'INSUFFICIENT_ACCESS', message: 'the user may not create jobs' }],
    times: 'always',
  }

  it.each(['POST .*jobs/ingest', 'PUT .*jobs/ingest'])(
    'that is refused has its rows go by request, once, also beside others that went: %s',
    async (match) => {
      const prefix = `refused-${match.slice(0, 3)}`
      const optIns = accounts(prefix, 30).map((change) => ({ ...change, optsIn: true as const }))
      // What CSV cannot say goes by request.
      const beside = accounts(`${prefix}-beside`, 5, () => ({ Description: '#N/A' })).map((change) => ({
        ...change,
        optsIn: true as const,
      }))
      await withFault('status', { ...forbidden, match: `^${match}` }, async () => {
        const { error, results, steps } = await write('Account', 'External_Id__c', [...beside, ...optIns])
        expect(error).toBeUndefined()
        expect(codesOf(results)).toEqual(Array(35).fill('ok'))
        expect(steps.filter((step) => step?.startsWith('PATCH /composite'))).toHaveLength(2)
      })
    },
  )

  it('whose results are refused is left for the next run, which takes them over: nothing goes twice', async () => {
    const changes = accounts('unread', 30).map((change) => ({ ...change, optsIn: true as const }))
    await withFault('status', { ...forbidden, match: '^GET .*successfulResults' }, async () => {
      const done = await write('Account', 'External_Id__c', changes)
      expect(codesOf(done.results)).toEqual(Array(30).fill('unknown'))
      await org.sandbox.setFault('salesforce', 'status', null)
      expect(codesOf(await done.settle())).toEqual(Array(30).fill('ok'))
    })
  })

  it('whose results are refused to the next run, too, is over for it: what they do not tell is not known', async () => {
    const since = org.events.length
    const said = () =>
      org.events
        .slice(since)
        .flatMap((event) => (event.type === 'run.warning' ? [/does not tell its (.*?);/.exec(event.message)?.[1]] : []))
    const changes = accounts('hidden', 30, (n): Change['fields'] => (n === 4 ? { Name: null } : {}))
    const done = await write('Account', 'External_Id__c', changes)
    const known = Array.from({ length: 30 }, (_, n) => (n === 4 ? 'REQUIRED_FIELD_MISSING' : 'ok'))
    expect(codesOf(done.results)).toEqual(known)
    await withFault('status', { ...forbidden, match: '^GET .*(Results|records)$' }, async () => {
      expect(codesOf(await done.settle())).toEqual(Array(30).fill('unknown'))
    })
    await withFault('status', { ...forbidden, match: '^GET .*successfulResults$' }, async () => {
      expect(codesOf(await done.settle())).toEqual(known.map((code) => (code === 'ok' ? 'unknown' : code)))
    })
    expect(said()).toEqual(['successfulResults, failedResults, unprocessedrecords', 'successfulResults'])
  })

  it('that may not be asked after lets nothing be sent: it may still write', async () => {
    const done = await write('Account', 'External_Id__c', accounts('unasked', 30))
    await withFault('status', { ...forbidden, match: '^GET .*jobs/ingest/\\w+$' }, async () => {
      await expect(done.settle()).rejects.toMatchObject({
        code: 'MR-3004',
        message: expect.stringMatching(
          /Account: nobody may ask by these keys how job 750\w+ stands: .*INSUFFICIENT_ACCESS/,
        ),
        kept: 'Nothing was sent: the job may still write.',
      })
    })
  })

  it.each([
    ['', '^PATCH .*jobs/ingest', 'Open'],
    [', and then aborted', '^PATCH .*jobs/ingest', 'Aborted'],
  ])('that may not be let loose%s has its rows go by request, once', async (_, match, state) => {
    const optIns = accounts(`tied-${state}`, 30).map((change) => ({ ...change, optsIn: true as const }))
    const times = state === 'Open' ? 'always' : 1
    await withFault('status', { ...forbidden, match, times }, async () => {
      const done = await write('Account', 'External_Id__c', optIns)
      expect(codesOf(done.results)).toEqual(Array(30).fill('ok'))
      expect(done.steps).toEqual([
        'POST /jobs/ingest',
        'PUT /jobs/ingest/<job>/batches',
        'PATCH /jobs/ingest/<job>',
        'GET /jobs/ingest/<job>',
        'PATCH /jobs/ingest/<job>',
        'PATCH /composite/sobjects/Account/External_Id__c',
      ])
      // A run that died behind it leaves a job that wrote nothing, whether it can be aborted or not.
      expect(codesOf(await done.settle())).toEqual(Array(30).fill('unknown'))
    })
  })

  it('that was let loose by an attempt whose answer was lost is not taken for one that was refused', async () => {
    const lost = { match: '^PATCH .*jobs/ingest', times: 1 }
    await withFault('reset_after', lost, async () => {
      await withFault('status', { ...forbidden, ...lost, after: 1 }, async () => {
        const { results, steps } = await write('Account', 'External_Id__c', accounts('twice', 30))
        expect(codesOf(results)).toEqual(Array(30).fill('ok'))
        expect(steps.slice(2, 5)).toEqual([
          'PATCH /jobs/ingest/<job>',
          'PATCH /jobs/ingest/<job>',
          'GET /jobs/ingest/<job>',
        ])
        expect(steps.filter((step) => step?.includes('composite'))).toEqual([])
      })
    })
  })

  it('that takes too long denies nothing of the one before it', async () => {
    await write('Account', 'External_Id__c', accounts('behind', 30))
    const behind = accounts('behind', 30).map((change) => ({ ...change, op: 'update' as const }))
    // One request lets the first job loose, two ask for it.
    await withFault('bulk_in_progress', { after: 3, times: 'always' }, async () => {
      const { results, receipts } = await write('Account', 'External_Id__c', [...accounts('before', 30), ...behind])
      expect(codesOf(results)).toEqual([...Array(30).fill('ok'), ...Array(30).fill('unknown')])
      expect(results[30]).toMatchObject({ failure: { code: 'MR-3007' } })
      expect(receipts).toMatchObject([{ jobs: [{ kind: 'upsert' }, { kind: 'update' }] }])
    })
  })

  it('of another connector is not touched', async () => {
    const object = await org.object('Account')
    const context = { ...org.host.context(org.signal), options: {}, match: 'Id', saveReceipt: async () => undefined }
    await expect(object.settle?.({ id: 'job-1' }, { ...context, changes: [] })).rejects.toMatchObject({
      code: 'MR-1401',
    })
  })
})
