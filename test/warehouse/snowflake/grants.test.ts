import { describe, expect, it } from 'vitest'
import { grantScript, type GrantNames } from '../../../src/warehouse/snowflake/grants.ts'

const names: GrantNames = {
  role: 'LOADER_ROLE',
  user: 'LOADER',
  warehouse: 'LOAD_WH',
  database: 'ANALYTICS',
  schemas: ['salesforce', 'stripe'],
  signIn: 'key_pair',
}
const statements = (script: string) => script.split('\n').filter((line) => line !== '' && !line.startsWith('--'))

describe('the script', () => {
  it('lets the role make its schemas, and gives it nothing else', () => {
    expect(statements(grantScript(names, { perSchema: false }))).toMatchInlineSnapshot(`
      [
        "USE ROLE SECURITYADMIN;",
        "CREATE ROLE IF NOT EXISTS LOADER_ROLE;",
        "GRANT ROLE LOADER_ROLE TO ROLE SYSADMIN;",
        "USE ROLE USERADMIN;",
        "CREATE USER IF NOT EXISTS LOADER TYPE = SERVICE DEFAULT_ROLE = LOADER_ROLE DEFAULT_WAREHOUSE = LOAD_WH;",
        "ALTER USER LOADER SET RSA_PUBLIC_KEY = '<PUBLIC KEY>';",
        "USE ROLE SECURITYADMIN;",
        "GRANT ROLE LOADER_ROLE TO USER LOADER;",
        "USE ROLE SYSADMIN;",
        "CREATE WAREHOUSE IF NOT EXISTS LOAD_WH WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = 60 AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE;",
        "CREATE DATABASE IF NOT EXISTS ANALYTICS;",
        "USE ROLE SECURITYADMIN;",
        "GRANT USAGE ON WAREHOUSE LOAD_WH TO ROLE LOADER_ROLE;",
        "GRANT MONITOR ON WAREHOUSE LOAD_WH TO ROLE LOADER_ROLE;",
        "GRANT USAGE, CREATE SCHEMA ON DATABASE ANALYTICS TO ROLE LOADER_ROLE;",
      ]
    `)
  })

  it('per schema: the role makes tables and views in them, and no schema', () => {
    const script = statements(grantScript(names, { perSchema: true }))
    expect(script.filter((line) => line.includes(' SCHEMA '))).toMatchInlineSnapshot(`
      [
        "CREATE SCHEMA IF NOT EXISTS ANALYTICS.MODELS;",
        "GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA ANALYTICS.MODELS TO ROLE LOADER_ROLE;",
        "CREATE SCHEMA IF NOT EXISTS ANALYTICS._MILLRACE;",
        "GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA ANALYTICS._MILLRACE TO ROLE LOADER_ROLE;",
        "CREATE SCHEMA IF NOT EXISTS ANALYTICS.SALESFORCE;",
        "GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA ANALYTICS.SALESFORCE TO ROLE LOADER_ROLE;",
        "CREATE SCHEMA IF NOT EXISTS ANALYTICS.STRIPE;",
        "GRANT USAGE, CREATE TABLE, CREATE VIEW ON SCHEMA ANALYTICS.STRIPE TO ROLE LOADER_ROLE;",
      ]
    `)
    expect(script.join('\n')).not.toContain('CREATE SCHEMA ON DATABASE')
  })

  it.each([
    ['key_pair', 'RSA_PUBLIC_KEY'],
    ['pat', 'ADD PROGRAMMATIC ACCESS TOKEN'],
  ] as const)('makes a user that signs in by %s', (signIn, words) => {
    expect(grantScript({ ...names, signIn }, { perSchema: false })).toContain(words)
  })

  it.each(['oauth', 'external_browser'] as const)('sets no key where %s signs in', (signIn) => {
    const script = statements(grantScript({ ...names, signIn }, { perSchema: false })).join('\n')
    expect(script).not.toMatch(/RSA_PUBLIC_KEY|ACCESS TOKEN/)
  })

  it('says what each part is for', () => {
    const parts = grantScript(names, { perSchema: true }).split('\n\n')
    for (const part of parts) expect(part.startsWith('--'), part).toBe(true)
  })

  it('never makes millrace an administrator', () => {
    for (const perSchema of [true, false])
      expect(grantScript(names, { perSchema })).not.toMatch(/OWNERSHIP|ALL PRIVILEGES|ACCOUNTADMIN|ON ACCOUNT/)
  })
})
