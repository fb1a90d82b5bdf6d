import { z } from 'zod'
import { duration, json, jsonObject, someName, strict } from './file-schema.ts'
import { checkSnowflakeKeys, snowflakeWarehouse } from './snowflake-warehouse.ts'

const sizeForm = 'a size in the words of DuckDB: `1GB`'

const duckdb = strict({
  type: z.literal('duckdb').describe('Embedded; one file, one process at a time.'),
  path: z
    .string()
    .min(1)
    .optional()
    .describe('The database file, relative to the project and inside it. Default: `.millrace/<target>.duckdb`.'),
  memory_limit: z
    .string({ error: sizeForm })
    .regex(/^\d+(\.\d+)? ?([KMGT]i?B|B)$/i, sizeForm)
    .default('1GB')
    .describe('What DuckDB may use of memory before it spills to disk.'),
  threads: z.int().min(1).optional().describe('Threads of DuckDB. Default: as many as there are cores.'),
})

const warehouse = z.discriminatedUnion('type', [duckdb, snowflakeWarehouse], {
  error: 'a warehouse is `{ type: duckdb, path: … }` or `{ type: snowflake, account: … }`',
})

const target = strict({
  sandbox: z.boolean().default(false).describe('Connections are pointed at the simulators; no vendor is called.'),
  deliver: z
    .boolean()
    .optional()
    .describe('Reverse ETL may send. Without it a target only plans. Default: true for a sandbox, else false.'),
  warehouse: warehouse.optional().describe('Where data lands. Default: DuckDB in `.millrace/<target>.duckdb`.'),
  connections: z
    .record(someName, jsonObject)
    .default({})
    .describe('Keys that are laid over a connection’s own on this target, per connection.'),
  changes_retention: duration
    .prefault('90d')
    .describe('How long `_millrace.changes` keeps what was sent; a sync may say otherwise.'),
}).superRefine(
  ({ warehouse: keys, sandbox }, context) => {
    if (keys?.type !== 'snowflake') return
    checkSnowflakeKeys(keys, { isSandbox: sandbox }, (path, message) =>
      context.addIssue({ code: 'custom', path: ['warehouse', ...path], message, input: undefined }),
    )
  },
  // Beside keys that are wrong: all findings come at once.
  { when: ({ value }) => typeof value === 'object' && value !== null },
)

const connection = z
  .looseObject({
    connector: someName.describe(
      'The connector: a folder of `connectors/`, of millrace’s or of the project’s. An unknown one is refused with a list of all.',
    ),
    max_runs: z.int().min(1).optional().describe('Runs that may use this connection at once, across machines.'),
  })
  .catchall(json)

/** millrace.yaml */
export const millraceFile = strict({
  project: someName.describe('The project’s name.'),
  default_target: someName.default('sandbox').describe('The target of a command without `--target`.'),
  targets: z
    .record(someName, target)
    .default({ sandbox: { sandbox: true, connections: {}, changes_retention: 90 * 86_400_000 } })
    .describe('Named environments: a warehouse, and what differs in the connections.'),
  connections: z
    .record(someName, connection)
    .default({})
    .describe('Connectors with credentials. Secrets are references: `${env:X}` or `${file:/run/secrets/x}`.'),
}).describe('millrace.yaml: targets and connections.')

export const millraceKeys: readonly string[] = Object.keys(millraceFile.shape)
export const targetKeys: readonly string[] = Object.keys(target.shape)
/** Of every kind of warehouse. */
export const warehouseKeys: readonly string[] = Object.keys({ ...duckdb.shape, ...snowflakeWarehouse.shape })

export type MillraceFile = z.output<typeof millraceFile>
