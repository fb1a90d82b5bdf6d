import { openSqliteStore } from '../../src/state/sqlite/sqlite-store.ts'
import type { OpenStore } from './conformance.ts'

/** Imported by the tests and by their child processes: how one opens the store at a place. */
export const open: OpenStore = async (location, options) => openSqliteStore({ path: location, ...options })
