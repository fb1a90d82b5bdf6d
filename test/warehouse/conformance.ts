import { describe } from 'vitest'
import { acknowledgeConformance } from './conformance/acknowledge.ts'
import { commitConformance } from './conformance/commit.ts'
import { decimalConformance } from './conformance/decimals.ts'
import { diffConformance } from './conformance/diff.ts'
import { fenceConformance } from './conformance/fences.ts'
import { fieldHistoryConformance } from './conformance/field-history.ts'
import { generationConformance } from './conformance/generation.ts'
import { lookupConformance } from './conformance/lookups.ts'
import { mergeConformance } from './conformance/merge.ts'
import { recordHistoryConformance } from './conformance/record-history.ts'
import { rejectConformance } from './conformance/rejects.ts'
import { scd2Conformance } from './conformance/scd2.ts'
import { sessionConformance } from './conformance/sessions.ts'
import { stateConformance } from './conformance/state.ts'
import { sweepConformance } from './conformance/sweep.ts'
import { windowConformance } from './conformance/windows.ts'
import { tableConformance } from './conformance/tables.ts'
import { typeConformance } from './conformance/types.ts'
import { upkeepConformance } from './conformance/upkeep.ts'
import type { OpenWarehouse } from './workbench.ts'

/** What every warehouse must do. `adapterUrl`: a module that exports `open: OpenWarehouse`; child processes import it too. */
export function warehouseConformance(
  name: string,
  { open, adapterUrl }: { readonly open: OpenWarehouse; readonly adapterUrl: string },
): void {
  describe(`${name} keeps the contract of a warehouse`, () => {
    sessionConformance(open)
    tableConformance(open)
    typeConformance(open)
    mergeConformance(open)
    generationConformance(open)
    scd2Conformance(open)
    sweepConformance(open)
    windowConformance(open)
    rejectConformance(open)
    commitConformance(open)
    fenceConformance(open, adapterUrl)
    stateConformance(open)
    diffConformance(open)
    lookupConformance(open)
    acknowledgeConformance(open)
    fieldHistoryConformance(open)
    recordHistoryConformance(open)
    decimalConformance(open)
    upkeepConformance(open)
  })
}
