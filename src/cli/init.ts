import { relative, resolve } from 'node:path'
import { initProject } from '../config/init-project.ts'
import type { CommandResult, Shell } from './shell.ts'
import { ownVersion } from './own-version.ts'

/** Writes a project that runs against the sandbox at once. */
export async function writeProject(shell: Shell, directory: string | undefined): Promise<CommandResult> {
  const root = resolve(shell.directory, directory ?? '.')
  const files = await initProject(root, { millraceVersion: ownVersion() })
  for (const file of files)
    if (shell.json) shell.line({ type: 'file', path: file })
    else shell.print(` ${file}\n`)
  if (!files.includes('package.json'))
    shell.say(' package.json stays as it is; for connectors of your own it needs  "type": "module"')
  const near = relative(process.cwd(), root)
  const there = near === '' ? '' : ` -C ${near.startsWith('..') ? root : near}`
  shell.say(
    `\n Next:  millrace${there} sync run --all                   both directions, against the sandbox` +
      `\n        millrace${there} sync plan customerio_people      what would go out, field by field`,
  )
  return { exitCode: 0, result: { directory: root } }
}
