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
        'source: salesforce\nstreams:\n  Account: { include: [External_Id__c, MRR__c, NumberOfEmployees] }\n',
    },
  })
})
afterAll(() => project.close())

/** As a program of the org's own may, which is not held to the field's two decimals. */
async function storeMore(): Promise<void> {
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
  await fetch(`${login_url}/services/data/v66.0/composite/sobjects/Account/External_Id__c`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${String(token)}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      records: [{ attributes: { type: 'Account' }, External_Id__c: 'ACME-00001', MRR__c: 12.3456 }],
    }),
  })
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
  await storeMore()
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
