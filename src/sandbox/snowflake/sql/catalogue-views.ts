/** INFORMATION_SCHEMA: what Snowflake calls the columns of its views. The views are in setup-catalogue.ts. */
import type { Column } from './statement.ts'

export type CatalogueView = { readonly sql: string; readonly database: string; readonly columns: readonly Column[] }

const of =
  (type: string) =>
  (names: string): readonly Column[] =>
    names.split(' ').map((name) => ({ name, type }))
const text = of('VARCHAR(16777216)')
const number = of('NUMBER(9,0)')
const moment = of('TIMESTAMP_LTZ(6)')

/** The first column is the database. */
const view = (name: string, columns: readonly Column[]): readonly [string, CatalogueView] => [
  name,
  { sql: `sf_${name.toLowerCase()}`, database: columns[0]?.name ?? '', columns },
]

/** https://docs.snowflake.com/en/sql-reference/info-schema */
export const catalogueViews: ReadonlyMap<string, CatalogueView> = new Map([
  view('SCHEMATA', text('CATALOG_NAME SCHEMA_NAME SCHEMA_OWNER IS_TRANSIENT COMMENT')),
  view('TABLES', [
    ...text('TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER TABLE_TYPE IS_TRANSIENT'),
    ...of('NUMBER(38,0)')('ROW_COUNT BYTES'),
    ...moment('CREATED LAST_ALTERED LAST_DDL'),
    ...text('COMMENT'),
  ]),
  view('VIEWS', [
    ...text('TABLE_CATALOG TABLE_SCHEMA TABLE_NAME TABLE_OWNER VIEW_DEFINITION IS_SECURE'),
    ...moment('CREATED LAST_DDL'),
    ...text('COMMENT'),
  ]),
  view('COLUMNS', [
    ...text('TABLE_CATALOG TABLE_SCHEMA TABLE_NAME COLUMN_NAME'),
    ...number('ORDINAL_POSITION'),
    ...text('COLUMN_DEFAULT IS_NULLABLE DATA_TYPE'),
    ...number('CHARACTER_MAXIMUM_LENGTH CHARACTER_OCTET_LENGTH NUMERIC_PRECISION NUMERIC_PRECISION_RADIX'),
    ...number('NUMERIC_SCALE DATETIME_PRECISION'),
    ...text('COMMENT'),
  ]),
])
