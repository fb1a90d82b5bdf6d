/** Errors of running, beside those of reading (sql/snowflake-error.ts). Which words are from memory: README. */
import type { Grant } from '../account/account.ts'
import { shownName } from '../sql/names.ts'
import { snowflakeError, type SnowflakeError } from '../sql/snowflake-error.ts'
import type { ObjectName } from '../sql/statement.ts'
import type { LockHolder } from '../session/write-lock.ts'

export const noWarehouse = (): SnowflakeError =>
  snowflakeError(
    '000606',
    '57P03',
    "No active warehouse selected in the current session.  Select an active warehouse with the 'use warehouse' command.\n",
  )

export const cancelled = (): SnowflakeError => snowflakeError('000604', '57014', 'SQL execution canceled')

export const timedOut = (seconds: number): SnowflakeError =>
  snowflakeError(
    '000630',
    '57014',
    `Statement reached its statement or warehouse timeout of ${seconds} second(s) and was canceled.`,
  )

export const lockedOut = (holder: LockHolder, queryId: string, timeoutSeconds: number): SnowflakeError =>
  snowflakeError(
    '000625',
    '57014',
    `Statement '${holder.queryId}' has locked table '${holder.table}' in transaction ${holder.transaction} and this lock has not yet been released.\n` +
      `Your statement '${queryId}' was aborted because the number of seconds it has been waiting exceeded the LOCK_TIMEOUT value of ${timeoutSeconds}.`,
  )

export const insufficient = (kind: string, name: string): SnowflakeError =>
  snowflakeError(
    '003001',
    '42501',
    `SQL access control error:\nInsufficient privileges to operate on ${kind.toLowerCase()} '${name}'.`,
  )

/** Of an object whose owner is to be another. */
export const dependentGrant = ({ privilege, name }: Grant, role: string): SnowflakeError =>
  snowflakeError(
    '003036',
    '23001',
    `SQL execution error: Dependent grant of privilege '${privilege}' on securable '${name}' to role '${role}' exists.  It must be revoked first.  ` +
      "More than one dependent grant may exist: use 'SHOW GRANTS' command to view them.  To revoke all dependent grants while " +
      "transferring object ownership, use convenience command 'GRANT OWNERSHIP ON <target_objects> TO <target_role> REVOKE CURRENT GRANTS'.",
  )

/** USE of something that is not there, or not for this role. */
export const cannotUse = (): SnowflakeError =>
  snowflakeError('002043', '02000', 'SQL compilation error:\nObject does not exist, or operation cannot be performed.')

export const roleNotUsable = (role: string): SnowflakeError =>
  snowflakeError(
    '003013',
    '42501',
    `SQL access control error:\nRequested role '${role}' is not assigned to the executing user. Specify another role to activate.`,
  )

export const unknownParameter = (name: string): SnowflakeError =>
  snowflakeError('001420', '22023', `SQL compilation error:\ninvalid parameter '${name}'`)

export const unknownProperty = (name: string, kind: string): SnowflakeError =>
  snowflakeError('001420', '22023', `SQL compilation error:\ninvalid property '${name}' for '${kind}'`)

export const wrongParameter = (name: string, value: string, expected: string): SnowflakeError =>
  snowflakeError(
    '001008',
    '22023',
    `SQL compilation error:\ninvalid value [${value}] for parameter '${name}': ${expected} expected`,
  )

export const wrongStatementCount = (found: number, wanted: number): SnowflakeError =>
  snowflakeError(
    '000008',
    '0A000',
    `Actual statement count ${found} did not match the desired statement count ${wanted}.`,
  )

export const stageMissing = (name: ObjectName): SnowflakeError =>
  snowflakeError(
    '002003',
    '02000',
    `SQL compilation error:\nStage '${shownName(name)}' does not exist or not authorized.`,
  )

export const internalError = (queryId: string, what: string): SnowflakeError =>
  snowflakeError(
    '000603',
    'XX000',
    `SQL execution internal error:\nProcessing aborted by error 300010:${queryId}; incident 0. ${what}`,
  )

export const notQueried = (id: string): SnowflakeError => snowflakeError('000709', '02000', `Statement ${id} not found`)
