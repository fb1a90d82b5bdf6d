import { MillraceError } from '../model/millrace-error.ts'
import type { Session, SessionRequest } from '../warehouse/port.ts'
import type { App } from './app.ts'

/** Looks, and leaves no trace. @param nothing where nothing was ever loaded on this target */
export async function lookInWarehouse<T>(
  { warehouse }: Pick<App, 'warehouse'>,
  request: Omit<SessionRequest, 'rehearsal'>,
  { look, nothing }: { readonly look: (session: Session) => Promise<T>; readonly nothing: T },
): Promise<T> {
  try {
    return await warehouse.session({ ...request, rehearsal: true }, look)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MR-2102') return nothing
    throw error
  }
}
