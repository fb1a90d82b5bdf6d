import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** When a process began, in the system's own words: tells it from a later one with the same pid. null: there is none. */
export function readProcessStart(pid: number): string | null {
  try {
    return process.platform === 'linux' ? readLinuxStart(pid) : readStartFromPs(pid)
  } catch {
    return null // no such process, or it has just ended
  }
}

function readLinuxStart(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The command's name stands in brackets and may hold anything: the fields count from behind it.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = fields[18]
  if (state === 'Z' || ticks === undefined) return null
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${ticks}`
}

function readStartFromPs(pid: number): string | null {
  process.kill(pid, 0)
  if (process.platform === 'win32') return 'alive'
  return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null
}
