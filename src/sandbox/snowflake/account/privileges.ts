/** What may be granted on what, beside OWNERSHIP: https://docs.snowflake.com/en/sql-reference/sql/grant-privilege */

const words = (text: string): readonly string[] => text.split('|').map((word) => word.trim().replaceAll(/\s+/g, ' '))
const creating = (text: string): readonly string[] => words(text).map((what) => `CREATE ${what}`)

const byKind: { readonly [kind: string]: readonly string[] } = {
  ACCOUNT: [
    ...creating(`ACCOUNT | APPLICATION | APPLICATION PACKAGE | COMPUTE POOL | DATABASE | EXTERNAL VOLUME | FAILOVER GROUP |
      INTEGRATION | LISTING | NETWORK POLICY | REPLICATION GROUP | ROLE | SHARE | USER | WAREHOUSE`),
    ...words(`APPLY MASKING POLICY | APPLY ROW ACCESS POLICY | APPLY SESSION POLICY | APPLY TAG | ATTACH POLICY | AUDIT |
      BIND SERVICE ENDPOINT | EXECUTE ALERT | EXECUTE MANAGED TASK | EXECUTE TASK | IMPORT SHARE | MANAGE GRANTS |
      MANAGE WAREHOUSES | MODIFY LOG LEVEL | MODIFY TRACE LEVEL | MONITOR EXECUTION | MONITOR SECURITY | MONITOR USAGE |
      OVERRIDE SHARE RESTRICTIONS | READ SESSION | RESOLVE ALL`),
  ],
  DATABASE: words('APPLYBUDGET | CREATE DATABASE ROLE | CREATE SCHEMA | MODIFY | MONITOR | USAGE'),
  'SHARED DATABASE': ['IMPORTED PRIVILEGES'],
  SCHEMA: [
    ...words('ADD SEARCH OPTIMIZATION | APPLYBUDGET | MODIFY | MONITOR | USAGE'),
    ...creating(`ALERT | DYNAMIC TABLE | EVENT TABLE | EXTERNAL TABLE | FILE FORMAT | FUNCTION | GIT REPOSITORY | HYBRID TABLE |
      ICEBERG TABLE | IMAGE REPOSITORY | MASKING POLICY | MATERIALIZED VIEW | MODEL | NETWORK RULE | NOTEBOOK | PIPE |
      PROCEDURE | ROW ACCESS POLICY | SECRET | SEMANTIC VIEW | SEQUENCE | SERVICE | STAGE | STREAM | STREAMLIT | TABLE | TAG |
      TASK | VIEW`),
  ],
  TABLE: words('APPLYBUDGET | DELETE | EVOLVE SCHEMA | INSERT | REFERENCES | SELECT | TRUNCATE | UPDATE'),
  VIEW: words('REFERENCES | SELECT'),
  // Of internal ones: there are no others here.
  STAGE: words('READ | WRITE'),
  FILE_FORMAT: ['USAGE'],
  WAREHOUSE: words('APPLYBUDGET | MODIFY | MONITOR | OPERATE | USAGE'),
}

/** @param on as grants have it: TABLE, FUTURE TABLE, DATABASE … */
export function privilegesOn(on: string, name: string): readonly string[] {
  const kind = on.replace(/^FUTURE /, '')
  return byKind[kind === 'DATABASE' && name === 'SNOWFLAKE' ? 'SHARED DATABASE' : kind] ?? []
}

/** Of what lies in a schema or database, so that ALL and FUTURE take it. */
export const isInside = (kind: string): boolean => ['SCHEMA', 'TABLE', 'VIEW', 'STAGE', 'FILE_FORMAT'].includes(kind)
