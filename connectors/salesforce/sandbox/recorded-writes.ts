import type { JsonObject } from 'millrace'
import type { SimulatorStore } from 'millrace/sandbox'

/** A store whose writes can be taken back: rows, and the history that they left. Ids that were used up stay used up. */
export function recordWrites(store: SimulatorStore): { readonly store: SimulatorStore; readonly undo: () => void } {
  const writes: { readonly type: string; readonly id: string; readonly before: JsonObject | undefined }[] = []
  const note = (type: string, id: string) => writes.push({ type, id, before: store.get(type, id) })
  return {
    store: {
      ...store,
      put: (type, id, record) => {
        note(type, id)
        store.put(type, id, record)
      },
      remove: (type, id) => {
        note(type, id)
        store.remove(type, id)
      },
    },
    undo: () => {
      for (const { type, id, before } of writes.toReversed())
        if (before) store.put(type, id, before)
        else store.remove(type, id)
    },
  }
}
