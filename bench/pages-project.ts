import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { here } from './child.ts'

/** A copy of bench/project, with nothing in its warehouse yet. Gives the warehouse's file. */
export async function copyPagesProject(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true })
  await cp(here('project'), directory, { recursive: true })
  return join(directory, '.millrace', 'bench.duckdb')
}
