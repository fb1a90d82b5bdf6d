import { setFlagsFromString } from 'node:v8'

/**
 * A vendor's pages are external memory. V8 begins a full collection at every 12 MB or so of it, which took a fifth of the
 * CPU of a run; counted against the limit of the whole heap it begins one in a hundred MB.
 */
export function countPagesAsMemory(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
}
