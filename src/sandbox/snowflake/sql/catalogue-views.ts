/** INFORMATION_SCHEMA: what Snowflake calls the columns of its views. The views are in setup-catalogue.ts. */
import type { Column } from './statement.ts'

export type CatalogueView = { readonly sql: string; readonly database: string; readonly columns: readonly Column[] }

const text = (name: string): Column => ({ name, type: 'VARCHAR(16777216)' })
const number = (name: string): Column => ({ name, type: 'NUMBER(9,0)' })
const moment = (name: string): Column => ({ name, type: 'TIMESTAMP_LTZ(6)' })

/** https://docs.snowflake.com/en/sql-reference/info-schema */
export const catalogueViews: ReadonlyMap<string, CatalogueView> = new Map([
  [
    'SCHEMATA',
    {
      sql: 'sf_schemata',
      database: 'CATALOG_NAME',
      columns: [text('CATALOG_NAME'), text('SCHEMA_NAME'), text('SCHEMA_OWNER'), text('IS_TRANSIENT'), text('COMMENT')],
    },
  ],
  [
    'TABLES',
    {
      sql: 'sf_tables',
      database: 'TABLE_CATALOG',
      columns: [
        text('TABLE_CATALOG'),
        text('TABLE_SCHEMA'),
        text('TABLE_NAME'),
        text('TABLE_OWNER'),
        text('TABLE_TYPE'),
        text('IS_TRANSIENT'),
        { name: 'ROW_COUNT', type: 'NUMBER(38,0)' },
        { name: 'BYTES', type: 'NUMBER(38,0)' },
        moment('CREATED'),
        moment('LAST_ALTERED'),
        moment('LAST_DDL'),
        text('COMMENT'),
      ],
    },
  ],
  [
    'VIEWS',
    {
      sql: 'sf_views',
      database: 'TABLE_CATALOG',
      columns: [
        text('TABLE_CATALOG'),
        text('TABLE_SCHEMA'),
        text('TABLE_NAME'),
        text('TABLE_OWNER'),
        text('VIEW_DEFINITION'),
        text('IS_SECURE'),
        moment('CREATED'),
        moment('LAST_DDL'),
        text('COMMENT'),
      ],
    },
  ],
  [
    'COLUMNS',
    {
      sql: 'sf_columns',
      database: 'TABLE_CATALOG',
      columns: [
        text('TABLE_CATALOG'),
        text('TABLE_SCHEMA'),
        text('TABLE_NAME'),
        text('COLUMN_NAME'),
        number('ORDINAL_POSITION'),
        text('COLUMN_DEFAULT'),
        text('IS_NULLABLE'),
        text('DATA_TYPE'),
        number('CHARACTER_MAXIMUM_LENGTH'),
        number('CHARACTER_OCTET_LENGTH'),
        number('NUMERIC_PRECISION'),
        number('NUMERIC_PRECISION_RADIX'),
        number('NUMERIC_SCALE'),
        number('DATETIME_PRECISION'),
        text('COMMENT'),
      ],
    },
  ],
])
