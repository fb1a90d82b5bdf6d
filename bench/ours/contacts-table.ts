import type { Table } from '../../src/model/table.ts'
import { metaColumns } from '../../src/model/table.ts'

export const contactsTable: Table = {
  schema: 'raw',
  name: 'contacts',
  columns: [
    { name: 'id', type: 'string' },
    { name: 'email', type: 'string' },
    { name: 'name', type: 'string' },
    { name: 'plan', type: 'string' },
    { name: 'seats', type: 'integer' },
    { name: 'balance', type: 'decimal(38,2)' },
    { name: 'subscribed', type: 'boolean' },
    { name: 'updated', type: 'timestamp' },
    { name: 'tags', type: 'json' },
    { name: 'note', type: 'string' },
    ...metaColumns,
  ],
}

export const contactsScope = { sync: 'merge', stream: 'contacts', partition: '' } as const
