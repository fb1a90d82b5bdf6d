import type { FieldType } from 'millrace'
import type { Field } from './describe.ts'

/** What a field takes. null: cannot be written (compound fields are written by their parts). */
export function fieldType(field: Pick<Field, 'type'>): FieldType | null {
  switch (field.type) {
    case 'int':
    case 'long':
    case 'double':
    case 'currency':
    case 'percent':
      return 'number'
    case 'boolean':
      return 'boolean'
    case 'date':
      return 'date'
    case 'datetime':
      return 'timestamp'
    case 'address':
    case 'location':
    case 'complexvalue':
    case 'base64':
      return null
    default:
      return 'string'
  }
}
