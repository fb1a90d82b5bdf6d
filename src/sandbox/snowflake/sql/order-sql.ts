/** NULLs are last in ASC and first in DESC, unless the statement says so. */
import type { OrderItem } from './expression.ts'
import type { Scope } from './scope.ts'
import type { Translation } from './translation.ts'

export const orderSql = (t: Translation, items: readonly OrderItem[], scope: Scope): string =>
  items.map((item) => `${t.expression(item.value, scope).sql} ${directionSql(item)}`).join(', ')

export const directionSql = ({ descending, nulls }: Pick<OrderItem, 'descending' | 'nulls'>): string =>
  `${descending ? 'DESC' : 'ASC'} NULLS ${nulls ?? (descending ? 'FIRST' : 'LAST')}`
