/**
 * What there is, as Snowflake describes it: DuckDB does not know VARCHAR(20) or TRANSIENT. In memory, because reading a
 * statement asks it at every name; kept in a table of the same file, written with the DDL itself.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import { quoteText } from '../../../duckdb/sql-text.ts'
import type { Column, ObjectName, SchemaName } from '../sql/statement.ts'
import type { Session } from '../session/session.ts'
import type { Run } from '../session/transaction.ts'

export type CatalogObject = {
  readonly kind: 'table' | 'view' | 'schema' | 'database' | 'stage' | 'file_format'
  readonly name: ObjectName
  readonly columns: readonly Column[]
  readonly transient: boolean
  readonly owner: string
  readonly createdAt: string
  readonly comment: string | null
  /** Of a view: its statement, as it was written. */
  readonly text: string | null
  /** Of a stage or file format: its properties. */
  readonly options: Readonly<Record<string, string>>
}

export type Catalog = {
  readonly hasDatabase: (name: string) => boolean
  readonly hasSchema: (schema: SchemaName) => boolean
  readonly get: (kind: Kind, name: ObjectName) => CatalogObject | undefined
  readonly all: () => IterableIterator<CatalogObject>
  /** Within the DDL's transaction; seen by others at once after `keep`. */
  readonly put: (object: CatalogObject, run: Run) => Promise<void>
  readonly remove: (kind: Kind, name: ObjectName, run: Run) => Promise<readonly CatalogObject[]>
}

/** Tables and views share their names; the rest have spaces of their own. */
export type Kind = 'relation' | 'schema' | 'database' | 'stage' | 'file_format'

export async function openCatalog(connection: DuckDBConnection): Promise<Catalog> {
  await connection.run(`CREATE SCHEMA IF NOT EXISTS _sandbox`)
  await connection.run(`CREATE TABLE IF NOT EXISTS _sandbox.objects (key VARCHAR NOT NULL, object VARCHAR NOT NULL)`)
  const rows = await (await connection.run(`SELECT key, object FROM _sandbox.objects`)).getRowsJson()
  // What we wrote ourselves.
  const objects = new Map(rows.map(([key, text]) => [String(key), JSON.parse(String(text)) as CatalogObject]))
  return {
    hasDatabase: (name) => objects.has(keyOf('database', { database: null, schema: null, name })),
    hasSchema: ({ database, schema }) =>
      schema === 'INFORMATION_SCHEMA'
        ? objects.has(keyOf('database', { database: null, schema: null, name: database }))
        : objects.has(keyOf('schema', { database, schema: null, name: schema })),
    get: (kind, name) => objects.get(keyOf(kind, name)),
    all: () => objects.values(),
    put: async (object, run) => {
      const key = keyOf(kindOf(object), object.name)
      await run(`DELETE FROM _sandbox.objects WHERE key = ${quoteText(key)}`)
      await run(`INSERT INTO _sandbox.objects VALUES (${quoteText(key)}, ${quoteText(JSON.stringify(object))})`)
      objects.set(key, object)
    },
    remove: async (kind, name, run) => {
      const gone = [...objects].filter(([key, object]) => key === keyOf(kind, name) || liesIn(object, kind, name))
      for (const [key] of gone) {
        await run(`DELETE FROM _sandbox.objects WHERE key = ${quoteText(key)}`)
        objects.delete(key)
      }
      return gone.map(([, object]) => object)
    },
  }
}

export const kindOf = ({ kind }: Pick<CatalogObject, 'kind'>): Kind =>
  kind === 'table' || kind === 'view' ? 'relation' : kind

/** Of a temporary object too, within its session. */
export const keyOf = (kind: Kind, { database, schema, name }: ObjectName): string =>
  JSON.stringify([kind, database, schema, name])

/** The same where a session's own, which is temporary, stands before everybody's. */
export function seenKey(session: Pick<Session, 'id' | 'temporary'>, kind: Kind, name: ObjectName): string {
  const key = keyOf(kind, name)
  return session.temporary.has(key) ? `${session.id}${key}` : key
}

function liesIn({ name }: CatalogObject, kind: Kind, parent: ObjectName): boolean {
  if (kind === 'database') return name.database === parent.name
  return kind === 'schema' && name.database === parent.database && name.schema === parent.name
}
