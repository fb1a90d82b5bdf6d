/**
 * What lies where in Redis. A stored format: add keys and fields, never change a meaning; else raise `format`.
 *
 * All keys of a project begin with `{millrace:<project>}`, so that a cluster keeps them in one slot and a script may touch
 * any of them. Names are URI-encoded in them: they hold neither `:` nor `/` nor braces. A project's own keys are
 * `{millrace:<project>}:<kind>` or `…:<kind>/<rest>`, a target's are `{millrace:<project>}:<target>:<kind>`; the queue of
 * BullMQ (`…:<target>:queue:*`) is not of this store. Times are milliseconds since 1970 by Redis's clock, or ISO text.
 *
 * Of a project:
 * | key                   | type   | content |
 * |-----------------------|--------|---------|
 * | format                | string | the format of all this: 1 |
 * | runs                  | hash   | run id → RunRecord (JSON) |
 * | run-processes         | hash   | run id → ProcessId (JSON) of who ran it |
 * | runs-newest           | zset   | run id, scored by started_at |
 * | runs-on               | zset   | run id of one that says it is on, scored by started_at |
 * | runs-last             | hash   | <target>|<sync> → <when it ended>|<run id> of the last run that ended |
 * | runs-past             | zset   | run id of the others that ended, scored by when |
 * | deliveries            | hash   | <target>|<sync> → { run_id, at } (JSON) of the last run that delivered; outlives it |
 * | events/<run>          | zset   | event id, scored by its place. `p:<kind> <of>`: a sum; `k:…`: kept always; `d:…`: the rest |
 * | event-bodies/<run>    | hash   | event id → EngineEvent (JSON) |
 * | lease/<name>          | hash   | token, run (empty: free), process (JSON), since, expires, ttl, grace, claim, from (JSON) |
 * | ticket-last           | string | the number that was given last |
 * | tickets/<resource>    | zset   | ticket number, scored by itself |
 * | ticket-bodies/<resource> | hash | ticket number → { runId, purpose, process, sinceMs } (JSON) |
 * | ticket-seen/<resource> | hash  | ticket number → when its process last asked for its turn |
 * | ticket-request/<id>   | string | the number that a request got; for 2 minutes |
 * | process/<host>/<pid>/<start> | string | '1', for a minute: this process lives; renewed every 5 s |
 * | daemons               | hash   | <host>/<pid>/<start> → its last beat |
 *
 * Of a target, where a slot's id is `<instant>|<schedule>`:
 * | key                   | type   | content |
 * |-----------------------|--------|---------|
 * | life                  | string | { id, bornAtMs } (JSON): another id after the store was emptied |
 * | rev                   | string | raised by every write of schedules, slots and jobs |
 * | writer/<store>        | string | the last write of this opened store, so that a repeat of it is known; for an hour |
 * | schedules             | hash   | name → KnownSchedule (JSON) |
 * | slots                 | hash   | slot id → SlotDocument (JSON), its jobs in it |
 * | open                  | set    | slot id, while it has a job that has not ended |
 * | newest                | zset   | slot id, all scored 0: in the order of the text, which is that of the instants |
 * | newest/<schedule>     | zset   | the same of one schedule |
 * | claimed               | zset   | slot id, scored by when it was claimed |
 * | changed               | zset   | slot id, scored by the `rev` that wrote it last |
 */
import type { ProcessId } from '../port.ts'

export type ProjectKeys = ReturnType<typeof keysOfProject>
export type TargetKeys = ReturnType<typeof keysOfTarget>

export const format = 1

export function keysOfProject(project: string) {
  const prefix = `{millrace:${encodeURIComponent(project)}}:`
  return {
    format: `${prefix}format`,
    runs: `${prefix}runs`,
    runProcesses: `${prefix}run-processes`,
    runsNewest: `${prefix}runs-newest`,
    runsOn: `${prefix}runs-on`,
    runsLast: `${prefix}runs-last`,
    runsPast: `${prefix}runs-past`,
    deliveries: `${prefix}deliveries`,
    events: `${prefix}events/`,
    eventBodies: `${prefix}event-bodies/`,
    lease: (name: string) => `${prefix}lease/${name}`,
    ticketLast: `${prefix}ticket-last`,
    tickets: (resource: string) => `${prefix}tickets/${resource}`,
    ticketBodies: (resource: string) => `${prefix}ticket-bodies/${resource}`,
    ticketSeen: (resource: string) => `${prefix}ticket-seen/${resource}`,
    ticketRequest: (id: string) => `${prefix}ticket-request/${id}`,
    /** Followed by `processName`. */
    process: `${prefix}process/`,
    daemons: `${prefix}daemons`,
  }
}

export function keysOfTarget(project: string, target: string) {
  const prefix = `{millrace:${encodeURIComponent(project)}}:${encodeURIComponent(target)}:`
  return {
    life: `${prefix}life`,
    rev: `${prefix}rev`,
    writer: (store: string) => `${prefix}writer/${store}`,
    schedules: `${prefix}schedules`,
    slots: `${prefix}slots`,
    open: `${prefix}open`,
    newest: `${prefix}newest`,
    newestOf: `${prefix}newest/`,
    claimed: `${prefix}claimed`,
    changed: `${prefix}changed`,
  }
}

export const processName = ({ host, pid, startedAt }: ProcessId): string => `${host}/${pid}/${startedAt}`

export const slotId = ({ schedule, instant }: { readonly schedule: string; readonly instant: string }): string =>
  `${instant}|${schedule}`
