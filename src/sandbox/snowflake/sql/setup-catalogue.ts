/**
 * Views over DuckDB's catalogue in Snowflake's words. What a DuckDB type does not tell (VARCHAR(10), ARRAY, TIMESTAMP_NTZ(6))
 * is in the comment of the table: {"types": {"NAME": "VARCHAR(10)"}, "comment": "…", "transient": true, "ddl": "2026-11-20T10:00:00.000Z"}.
 */

export const macro = (head: string, body: string): string => `CREATE OR REPLACE MACRO ${head} AS ${body}`
const mark = 'chr(8291)'

/** decodeName in SQL. */
const decode = macro(
  'sf_decode(name)',
  `CASE WHEN strpos(name, ${mark}) = 0 THEN name ELSE array_to_string(string_split(name, ${mark})[:-2], ${mark}) END`,
)

const splitName = macro(
  'sf_name_part(name, place)',
  `replace(regexp_split_to_array(replace(sf_decode(name), chr(8292) || '.', chr(8292)), '\\.')[place], chr(8292), '.')`,
)

const type = macro(
  'sf_shown_type(duckdb, given)',
  `CASE WHEN given IS NOT NULL THEN given
    WHEN duckdb LIKE 'DECIMAL(%' THEN 'NUMBER' || substr(duckdb, 8)
    WHEN duckdb = 'DOUBLE' OR duckdb = 'FLOAT' THEN 'FLOAT'
    WHEN duckdb IN ('BOOLEAN', 'DATE') THEN duckdb
    WHEN duckdb = 'TIME' THEN 'TIME(9)'
    WHEN duckdb LIKE 'TIMESTAMP WITH%' THEN 'TIMESTAMP_LTZ(9)'
    WHEN duckdb LIKE 'TIMESTAMP%' THEN 'TIMESTAMP_NTZ(9)'
    WHEN duckdb = 'JSON' THEN 'VARIANT'
    WHEN duckdb = 'BLOB' THEN 'BINARY(8388608)'
    WHEN duckdb LIKE '%INT%' THEN 'NUMBER(38,0)'
    ELSE 'VARCHAR(16777216)' END`,
)

const given = macro(
  'sf_given_type(comment, name)',
  `CASE WHEN comment IS NULL OR NOT json_valid(comment) THEN NULL
    ELSE json_transform(comment, '{"types":"MAP(VARCHAR,VARCHAR)"}').types[name] END`,
)

const wordOfType = `regexp_replace(t, '\\(.*', '')`
const argument = (place: number) => `TRY_CAST(regexp_extract(t, '\\((\\d+)(?:,(\\d+))?\\)', ${place}) AS INTEGER)`

/** Every column of every table and view, with the type in Snowflake's words. */
const allColumns = `CREATE OR REPLACE VIEW sf_all_columns AS
  WITH comments AS (
    SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE NOT internal
    UNION ALL SELECT schema_name, view_name, comment FROM duckdb_views() WHERE NOT internal)
  SELECT
    CASE WHEN c.database_name = 'temp' THEN sf_name_part(c.table_name, 1) ELSE sf_name_part(c.schema_name, 1) END AS database_name,
    CASE WHEN c.database_name = 'temp' THEN sf_name_part(c.table_name, 2) ELSE sf_name_part(c.schema_name, 2) END AS schema_name,
    CASE WHEN c.database_name = 'temp' THEN sf_name_part(c.table_name, 3) ELSE sf_decode(c.table_name) END AS table_name,
    c.database_name = 'temp' AS is_temporary,
    sf_decode(c.column_name) AS column_name,
    c.column_index AS column_index,
    c.is_nullable AS is_nullable,
    c.column_default AS column_default,
    sf_shown_type(c.data_type, sf_given_type(m.comment, sf_decode(c.column_name))) AS t
  FROM duckdb_columns() c LEFT JOIN comments m ON m.schema_name = c.schema_name AND m.table_name = c.table_name
  WHERE NOT c.internal AND ((c.database_name = 'temp' AND c.table_name LIKE '%.%.%') OR c.schema_name LIKE '%.%')`

const columns = `CREATE OR REPLACE VIEW sf_columns AS
  SELECT database_name AS "TABLE_CATALOG", schema_name AS "TABLE_SCHEMA", table_name AS "TABLE_NAME", column_name AS "COLUMN_NAME",
    row_number() OVER (PARTITION BY database_name, schema_name, table_name ORDER BY column_index) AS "ORDINAL_POSITION",
    column_default AS "COLUMN_DEFAULT", CASE WHEN is_nullable THEN 'YES' ELSE 'NO' END AS "IS_NULLABLE",
    CASE ${wordOfType} WHEN 'VARCHAR' THEN 'TEXT' ELSE ${wordOfType} END AS "DATA_TYPE",
    CASE WHEN t LIKE 'VARCHAR%' THEN ${argument(1)} END AS "CHARACTER_MAXIMUM_LENGTH",
    CASE WHEN t LIKE 'VARCHAR%' THEN least(${argument(1)} * 4, 16777216) WHEN t LIKE 'BINARY%' THEN ${argument(1)} END AS "CHARACTER_OCTET_LENGTH",
    CASE WHEN t LIKE 'NUMBER%' THEN ${argument(1)} END AS "NUMERIC_PRECISION",
    CASE WHEN t LIKE 'NUMBER%' THEN 10 END AS "NUMERIC_PRECISION_RADIX",
    CASE WHEN t LIKE 'NUMBER%' THEN ${argument(2)} END AS "NUMERIC_SCALE",
    CASE WHEN t LIKE 'TIME%' THEN ${argument(1)} END AS "DATETIME_PRECISION",
    CAST(NULL AS VARCHAR) AS "COMMENT"
  FROM sf_all_columns`

const flag = (name: string) =>
  `CASE WHEN json_valid(comment) AND json_extract_string(comment, '$.${name}') = 'true' THEN 'YES' ELSE 'NO' END`
const said = `CASE WHEN json_valid(comment) THEN json_extract_string(comment, '$.comment') END`
/** The last statement that made it or changed its columns. */
const ddl = `coalesce(TRY_CAST(CASE WHEN json_valid(comment) THEN json_extract_string(comment, '$.ddl') END AS TIMESTAMPTZ), TIMESTAMPTZ 'epoch')`

const tables = `CREATE OR REPLACE VIEW sf_tables AS
  SELECT sf_name_part(schema_name, 1) AS "TABLE_CATALOG", sf_name_part(schema_name, 2) AS "TABLE_SCHEMA", sf_decode(table_name) AS "TABLE_NAME",
    'ACCOUNTADMIN' AS "TABLE_OWNER", 'BASE TABLE' AS "TABLE_TYPE", ${flag('transient')} AS "IS_TRANSIENT",
    estimated_size AS "ROW_COUNT", CAST(NULL AS BIGINT) AS "BYTES", now() AS "CREATED", now() AS "LAST_ALTERED", ${ddl} AS "LAST_DDL", ${said} AS "COMMENT"
  FROM duckdb_tables() WHERE NOT internal AND NOT temporary AND schema_name LIKE '%.%'
  UNION ALL
  SELECT sf_name_part(table_name, 1), sf_name_part(table_name, 2), sf_name_part(table_name, 3), 'ACCOUNTADMIN', 'LOCAL TEMPORARY', 'NO',
    estimated_size, NULL, now(), now(), ${ddl}, ${said}
  FROM duckdb_tables() WHERE NOT internal AND temporary AND table_name LIKE '%.%.%'
  UNION ALL
  SELECT sf_name_part(schema_name, 1), sf_name_part(schema_name, 2), sf_decode(view_name), 'ACCOUNTADMIN', 'VIEW', 'NO', NULL, NULL, ${ddl}, now(), ${ddl}, ${said}
  FROM duckdb_views() WHERE NOT internal AND schema_name LIKE '%.%'`

const views = `CREATE OR REPLACE VIEW sf_views AS
  SELECT sf_name_part(schema_name, 1) AS "TABLE_CATALOG", sf_name_part(schema_name, 2) AS "TABLE_SCHEMA", sf_decode(view_name) AS "TABLE_NAME",
    'ACCOUNTADMIN' AS "TABLE_OWNER", CASE WHEN json_valid(comment) THEN json_extract_string(comment, '$.text') END AS "VIEW_DEFINITION",
    'NO' AS "IS_SECURE", ${ddl} AS "CREATED", ${ddl} AS "LAST_DDL", ${said} AS "COMMENT"
  FROM duckdb_views() WHERE NOT internal AND schema_name LIKE '%.%'`

const schemata = `CREATE OR REPLACE VIEW sf_schemata AS
  SELECT sf_name_part(schema_name, 1) AS "CATALOG_NAME", sf_name_part(schema_name, 2) AS "SCHEMA_NAME", 'ACCOUNTADMIN' AS "SCHEMA_OWNER",
    'NO' AS "IS_TRANSIENT", CAST(NULL AS VARCHAR) AS "COMMENT"
  FROM duckdb_schemas() WHERE NOT internal AND schema_name LIKE '%.%'`

export const catalogueSql: readonly string[] = [
  decode,
  splitName,
  type,
  given,
  allColumns,
  columns,
  tables,
  views,
  schemata,
]
