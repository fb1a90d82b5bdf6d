import type { LogicalType } from 'millrace'
import type { Field } from './describe.ts'

/**
 * The type of a field's column. null: cannot be read in a query (base64 comes by a request of its own per record).
 * https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/field_types.htm
 */
export function columnType(
  field: Pick<Field, 'type' | 'precision' | 'scale' | 'calculated' | 'calculatedFormula'>,
  numbers: Numbers,
): LogicalType | null {
  switch (field.type) {
    case 'int':
    case 'long':
      return 'integer'
    case 'double':
    case 'currency':
    case 'percent':
      return numbers === 'double' ? 'double' : numberType(field)
    case 'boolean':
      return 'boolean'
    case 'date':
      return 'date'
    case 'datetime':
      return 'timestamp'
    case 'address':
    case 'location':
    case 'complexvalue':
    case 'json':
      return 'json'
    case 'base64':
      return null
    // string, picklist, reference, id, email, time, anyType (old and new values of a history, as text) and what may come.
    default:
      return 'string'
  }
}

/** `double`: any decimals are taken, and digits past a double's are not kept. */
export type Numbers = 'exact' | 'double'

function numberType({
  precision,
  scale,
  calculated,
  calculatedFormula,
}: Pick<Field, 'precision' | 'scale' | 'calculated' | 'calculatedFormula'>): LogicalType {
  // A formula is computed in doubles, and its scale is only for the eye: 1/3 comes with 16 decimals. A roll-up has none.
  if (calculated && calculatedFormula) return 'double'
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) return 'decimal(38,18)'
  return `decimal(${precision},${scale})`
}
