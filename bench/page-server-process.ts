import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { here } from './child.ts'
import type { PageShape } from './page-bytes.ts'

export type PageServer = { readonly url: string; readonly stop: () => Promise<void> }

/** The vendor, in a process of its own: what it costs is neither side's. */
export async function startPageServer(pages: {
  readonly shape: PageShape | 'csv'
  readonly rows: number
}): Promise<PageServer> {
  const child = spawn(process.execPath, [here('page-server.ts'), JSON.stringify(pages)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  const url = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`The page server ended with ${code}.`))),
  ])
  return {
    url,
    async stop() {
      if (child.exitCode !== null) return
      const exit = once(child, 'exit')
      child.kill()
      await exit
    },
  }
}
