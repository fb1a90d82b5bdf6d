import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ownFolder } from '../model/own-folder.ts'
import { strangerAt } from '../model/stranger-at.ts'
import { readProcessStart } from './process-start.ts'
import { readOwnJson } from './own-json.ts'

/** How to reach the sandbox of a project: `.millrace/sandbox/running.json`. Only its owner can read it: the token is in it. */
export type RunningFile = {
  readonly pid: number
  readonly processStart: string | null
  readonly controlPort: number
  readonly token: string
}

export const sandboxDir = (projectDir: string) => join(projectDir, '.millrace', 'sandbox')

/** null: none, or one whose process is gone. */
export function readRunningFile(dir: string): RunningFile | null {
  const file = join(dir, fileName)
  let text: string
  try {
    // Reading a named pipe would wait for ever.
    if (strangerAt(file) !== undefined) return null
    text = readFileSync(file, 'utf8')
  } catch {
    return null // not there: nothing is running
  }
  const running = parse(text)
  if (!running) return null
  const processStart = readProcessStart(running.pid)
  return processStart !== null && processStart === running.processStart ? running : null
}

/** Written beside and renamed, so that nobody reads half of it. */
export function writeRunningFile(
  dir: string,
  { controlPort, token }: Pick<RunningFile, 'controlPort' | 'token'>,
): RunningFile {
  const running = { pid: process.pid, processStart: readProcessStart(process.pid), controlPort, token }
  const beside = join(dir, `${fileName}.${process.pid}`)
  mkdirSync(dir, ownFolder(dir))
  writeFileSync(beside, `${JSON.stringify(running)}\n`, { mode: 0o600 })
  renameSync(beside, join(dir, fileName))
  return running
}

export const removeRunningFile = (dir: string) => rmSync(join(dir, fileName), { force: true })

function parse(text: string): RunningFile | null {
  try {
    const { pid, processStart = null, controlPort, token } = readOwnJson<Partial<RunningFile>>(text)
    return typeof pid === 'number' && typeof controlPort === 'number' && typeof token === 'string'
      ? { pid, processStart, controlPort, token }
      : null
  } catch {
    return null // not JSON: written by nobody we know
  }
}

const fileName = 'running.json'
