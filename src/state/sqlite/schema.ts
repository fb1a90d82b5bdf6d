/** The tables of the control store. Add columns with a higher version; never change a meaning. */
import type { DatabaseSync } from 'node:sqlite'
import { MillraceError } from '../../model/millrace-error.ts'
import { numberOf } from './row.ts'

/** Makes the tables where they are missing; refuses a file that is not ours, or newer than this millrace. */
export function prepareSchema(sql: DatabaseSync, path: string): void {
  if (isCurrent(sql, path)) return
  sql.exec('pragma journal_mode = wal')
  sql.exec('begin immediate')
  // Another process may have made it while this one waited for the lock.
  if (!isCurrent(sql, path)) {
    const made = pragma(sql, 'user_version') === 0 ? `${tables}; pragma application_id = ${applicationId}` : ''
    sql.exec(`${made}; ${deliveryTable}; ${runsIndex}; ${slotsIndex}; pragma user_version = ${version}`)
  }
  sql.exec('commit')
}

function isCurrent(sql: DatabaseSync, path: string): boolean {
  const found = pragma(sql, 'user_version')
  const application = pragma(sql, 'application_id')
  const isEmpty = numberOf(sql.prepare('select count(*) as n from sqlite_schema').get(), 'n') === 0
  if (isEmpty && application === 0) return false
  if (application !== applicationId)
    throw new MillraceError('MR-6003', {
      message: `control store ${path}: opening it failed: it is a SQLite file of another program`,
      kept: 'The file is as it was.',
      next: 'Move that file away, and run again.',
    })
  if (found > version)
    throw new MillraceError('MR-6003', {
      message: `control store ${path}: opening it failed: it has format ${found}, and this millrace knows formats up to ${version}`,
      kept: 'The file is as it was.',
      next: 'A newer millrace has used this project: update this one (npm ci).',
    })
  if (found < oldest)
    throw new MillraceError('MR-6003', {
      message: `control store ${path}: opening it failed: it has format ${found}, which was in no release; this millrace knows formats from ${oldest} to ${version}`,
      kept: 'The file is as it was.',
      next: 'Move that file away, and run again: it holds what runs did, and no rows.',
    })
  return found === version
}

const pragma = (sql: DatabaseSync, name: string) => numberOf(sql.prepare(`pragma ${name}`).get(), name)

const version = 6
/** Of those that a release has written. */
const oldest = 3
/** "mill" in ASCII: `file` and we know the file by it. */
const applicationId = 0x6d696c6c

const tables = `
create table runs (
  run_id text primary key,
  sync text not null,
  status text not null,
  started_at text not null,
  record text not null,
  host text not null, pid integer not null, process_started_at text not null
) strict;
create index runs_newest on runs (started_at desc);
create table leases (
  name text primary key,
  token integer not null,
  run_id text,
  ttl_ms integer not null,
  grace_ms integer not null,
  since text not null,
  expires_ms integer not null,
  host text not null, pid integer not null, process_started_at text not null
) strict;
create table tickets (
  id integer primary key autoincrement,
  resource text not null,
  run_id text not null,
  purpose text not null,
  since text not null,
  seen_ms integer not null,
  host text not null, pid integer not null, process_started_at text not null
) strict;
create index tickets_queue on tickets (resource, id);
create table events (
  id integer primary key autoincrement,
  run_id text not null,
  type text not null,
  progress_of text,
  body text not null
) strict;
create unique index events_progress on events (run_id, progress_of) where progress_of is not null;
create index events_of_run on events (run_id, id);
create table schedules (
  target text not null,
  name text not null,
  since text not null,
  decided_until text not null,
  paused_at text,
  paused_by text,
  primary key (target, name)
) strict;
create table slots (
  target text not null,
  schedule text not null,
  instant text not null,
  trigger text not null,
  ended_as text,
  reason text,
  claimed_at text not null,
  ended_at text,
  primary key (target, schedule, instant)
) strict;
create index slots_newest on slots (target, instant desc);
create table jobs (
  target text not null,
  schedule text not null,
  instant text not null,
  sync text not null,
  needs text not null,
  connection text not null,
  priority integer not null,
  state text not null,
  attempt integer not null,
  token integer not null,
  not_before text not null,
  taken_at text,
  run_id text,
  reason text,
  host text, pid integer, process_started_at text,
  primary key (target, schedule, instant, sync),
  foreign key (target, schedule, instant) references slots (target, schedule, instant) on delete cascade
) strict;
create index jobs_open on jobs (target, not_before) where state in ('queued', 'dispatched', 'running');
create table daemons (
  host text not null, pid integer not null, process_started_at text not null,
  seen_ms integer not null,
  primary key (host, pid, process_started_at)
) strict`

/** Of a run that ended: as queries have to write it, so that they find the index. */
export const ofEndedRun = {
  target: `json_extract(record, '$.target')`,
  endedAt: `coalesce(json_extract(record, '$.finished_at'), started_at)`,
}

/** Format 5: the last run of each sync is found at once. */
const runsIndex = `
create index if not exists runs_ended on runs (${ofEndedRun.target}, sync, ${ofEndedRun.endedAt}) where status <> 'running'`

/** Format 6: which slots are old is known without reading them all. */
const slotsIndex = `
create index if not exists slots_claimed on slots (claimed_at) where ended_at is not null`

/** Format 4: what stays known of runs that are kept no longer. */
const deliveryTable = `
create table if not exists deliveries (
  target text not null,
  sync text not null,
  run_id text not null,
  at text not null,
  primary key (target, sync)
) strict`
