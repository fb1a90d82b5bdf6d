import type { SimulatorContext } from 'millrace/sandbox'
import { applyItem } from './apply-item.ts'

/**
 * The Track API answers before it has done what it was asked. Here that is done at once, unless the fault `late` is on:
 * then it is done at the App API's `reads`-th look-up after it.
 */
export function createQueue(context: SimulatorContext) {
  let waiting: { readonly item: unknown; reads: number }[] = []
  return {
    take(item: unknown): void {
      const reads = context.fault('late')?.['reads']
      if (typeof reads === 'number') waiting.push({ item, reads })
      else applyItem(context, item)
    },
    look(): void {
      for (const each of waiting) each.reads--
      const due = waiting.filter(({ reads }) => reads <= 0)
      waiting = waiting.filter(({ reads }) => reads > 0)
      context.store.batch(() => {
        for (const { item } of due) applyItem(context, item)
      })
    },
  }
}

export type Queue = ReturnType<typeof createQueue>
