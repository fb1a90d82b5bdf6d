import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { JsonObject } from 'millrace'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { millrace } from '../../faults/millrace-process.ts'
import { salesforceKeys, sandboxYaml } from '../../faults/sandbox-yaml.ts'

const yaml = (keys: { readonly [key: string]: string }) =>
  sandboxYaml('numbers', { salesforce: { ...salesforceKeys, ...keys } })
let project: FaultProject
beforeAll(async () => {
  project = await makeFaultProject({
    alone: true,
    vendors: ['salesforce'],
    scale: 0.01,
    files: {
      'millrace.yaml': yaml({}),
      'syncs/salesforce.yaml':
        'source: salesforce\nstreams:\n  Account: { include: [External_Id__c, Name, MRR__c, Big_Number__c, NumberOfEmployees] }\n',
    },
  })
})
afterAll(() => project.close())

/** As a program of the org's own may, which is not held to the field's two decimals. */
async function store(...records: readonly string[]): Promise<void> {
  const { login_url, client_id, client_secret } = project.sandbox.connection('salesforce')
  const signIn = await fetch(`${login_url}/services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: String(client_id),
      client_secret: String(client_secret),
    }),
  })
  const { access_token: token }: JsonObject = JSON.parse(await signIn.text())
  const answer = await fetch(`${login_url}/services/data/v66.0/composite/sobjects/Account/External_Id__c`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' },
    body: `{"records":[${records.map((fields) => `{"attributes":{"type":"Account"},${fields}}`).join()}]}`,
  })
  const results: readonly JsonObject[] = JSON.parse(await answer.text())
  expect(results.map(({ success }) => success)).toEqual(records.map(() => true))
}

const rows = () =>
  project.rows('SELECT external_id__c AS id, CAST(mrr__c AS DOUBLE) AS mrr FROM salesforce.account ORDER BY 1')
const types = async () =>
  (
    await project.rows(
      `SELECT column_name AS name, data_type AS type FROM duckdb_columns() WHERE schema_name = 'salesforce' AND column_name IN ('mrr__c', 'number_of_employees') ORDER BY 1`,
    )
  ).map(({ type }) => type)

it('with more decimals than their field has are rejects, and load as doubles into the table that stands', async () => {
  const first = await millrace(['sync', 'run', 'salesforce'], project)
  expect(first.code, first.stderr).toBe(0)
  const before = await rows()
  await store('"External_Id__c":"ACME-00001","MRR__c":12.3456')
  await project.sandbox.move(1)
  const second = await millrace(['sync', 'run', 'salesforce'], project)
  expect(second.code, second.stderr).toBe(5)
  expect(await types()).toEqual(['DECIMAL(18,2)', 'BIGINT'])
  expect((await rows())[0]).toEqual(before[0])

  writeFileSync(join(project.directory, 'millrace.yaml'), yaml({ numbers: 'double' }))
  const third = await millrace(['sync', 'run', 'salesforce', '--full-refresh'], project)
  expect(third.code, third.stderr).toBe(0)
  expect(await types()).toEqual(['DOUBLE', 'BIGINT'])
  const [changed, ...others] = await rows()
  expect(changed).toEqual({ id: 'ACME-00001', mrr: '12.3456' })
  expect(others).toEqual(before.slice(1))
})

it('that no double holds keep their digits, in a column that became text for them', async () => {
  const long = () =>
    project.rows(
      `SELECT external_id__c AS id, CAST(big_number__c AS VARCHAR) AS number FROM salesforce.account WHERE external_id__c IN ('ACME-00001', 'ACME-00002', 'ACME-00003') ORDER BY 1`,
    )
  const run = async (...args: readonly string[]) => {
    await project.sandbox.move(1)
    const done = await millrace(['sync', 'run', 'salesforce', ...args], project)
    expect(done.code, done.stderr).toBe(0)
    return long()
  }
  await project.write('DROP TABLE salesforce.account')
  writeFileSync(join(project.directory, 'millrace.yaml'), yaml({}))
  await store(
    '"External_Id__c":"ACME-00001","MRR__c":12,"Big_Number__c":123456789012345678',
    '"External_Id__c":"ACME-00002","Big_Number__c":123456789012345679',
    '"External_Id__c":"ACME-00003","Big_Number__c":5',
  )
  const exact = [
    { id: 'ACME-00001', number: '123456789012345678' },
    { id: 'ACME-00002', number: '123456789012345679' },
    { id: 'ACME-00003', number: '5' },
  ]
  expect(await run()).toEqual(exact)
  writeFileSync(join(project.directory, 'millrace.yaml'), yaml({ numbers: 'double' }))
  await store('"External_Id__c":"ACME-00001","Name":"Other"', '"External_Id__c":"ACME-00003","Name":"Other too"')
  expect(await run()).toEqual(exact)
  expect(await run('--full-refresh')).toEqual(exact)
})
