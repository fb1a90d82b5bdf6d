/** Which process, so surely that a reused pid is not mistaken for it: host, pid, and when it began. */
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import type { ProcessId } from './port.ts'

export function thisProcess(): ProcessId {
  own ??= { host: thisHost(), pid: process.pid, startedAt: startOf(process.pid) ?? 'unknown' }
  return own
}

/** false only where it is certain: a process of another host, or of another container, counts as alive. */
export function isAlive(id: ProcessId): boolean {
  if (!isOnThisHost(id)) return true
  return startOf(id.pid) === id.startedAt
}

export const isSameProcess = (one: ProcessId, other: ProcessId): boolean =>
  one.host === other.host && one.pid === other.pid && one.startedAt === other.startedAt

/** By its name: enough for a store that is a file of one machine. */
export const isOnThisHost = (id: ProcessId): boolean => id.host === thisHost()

/**
 * Two machines may have one name (clones, `--hostname`), but not one boot. What ran here before this machine started anew
 * is taken for another machine's, too: nothing tells it from one.
 */
export function isOnThisMachine(id: ProcessId): boolean {
  const [theirs, ours] = [bootOf(id), bootOf(thisProcess())]
  return isOnThisHost(id) && (theirs === undefined || ours === undefined || theirs === ours)
}

export const describeProcess = (id: ProcessId): string => `pid ${id.pid} on ${id.host}`

/** undefined: there is no such process, or it is a zombie. */
function startOf(pid: number): string | undefined {
  return process.platform === 'linux' ? linuxStart(pid) : posixStart(pid)
}

/** Boot id and clock ticks since boot: neither moves when the wall clock does. proc_pid_stat(5), fields 3 and 22. */
function linuxStart(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined // gone
  }
  // The second field is the program's name in parentheses and may hold anything, parentheses too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return `${boot}/${fields[19]}`
}

/** undefined: where it was said without one. */
const bootOf = ({ startedAt }: ProcessId): string | undefined => /^([0-9a-f-]{36})\//.exec(startedAt)?.[1]

function posixStart(pid: number): string | undefined {
  try {
    const answer = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', TZ: 'UTC' },
    })
    const [state = '', ...start] = answer.trim().split(/\s+/)
    return state === '' || state.startsWith('Z') ? undefined : start.join(' ')
  } catch {
    return undefined // ps exits 1 where there is no such process
  }
}

/** Containers may share a host name but not their pids, so the pid namespace is part of the host. */
function thisHost(): string {
  host ??= hostname() + pidNamespace()
  return host
}

function pidNamespace(): string {
  if (process.platform !== 'linux') return ''
  try {
    const inode = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]
    return inode === undefined || inode === initialNamespace ? '' : `#${inode}`
  } catch {
    return '' // /proc without namespaces
  }
}

/** PROC_PID_INIT_INO of Linux: the machine's own namespace. */
const initialNamespace = '4026531836'

let own: ProcessId | undefined
let host: string | undefined
let boot: string | undefined
