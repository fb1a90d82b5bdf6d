/**
 * What the server's numbers mean for whoever runs millrace. Snowflake publishes no list; these are from its drivers and from
 * messages that people met. A number that is not here is a statement that failed, in Snowflake's own words.
 */
import type { ErrorCode } from '../../../model/error-catalogue.ts'
import type { FailureFacts } from './failure-facts.ts'

export type Meaning = {
  readonly code: ErrorCode
  /** Comes before Snowflake's own words. */
  readonly what: string
  readonly kept?: string
  readonly next: string | readonly string[]
  readonly retry?: 'later' | 'never'
}

export function meaningOf(facts: FailureFacts): Meaning {
  return meanings.find(({ when }) => when(facts))?.meaning ?? failed
}

const failed: Meaning = {
  code: 'MR-2003',
  what: '',
  next: 'The query’s id finds the whole statement in Snowflake’s query history.',
}

type Case = { readonly when: (facts: FailureFacts) => boolean; readonly meaning: Meaning }

const codes =
  (...list: readonly string[]) =>
  ({ code }: FailureFacts) =>
    list.includes(code)

const says =
  (pattern: RegExp) =>
  ({ message }: FailureFacts) =>
    pattern.test(message)

/** As `says`, but not of SQL that is refused: the names of its columns and tables stand in those words, and may be any. */
const tells =
  (pattern: RegExp) =>
  (facts: FailureFacts): boolean =>
    says(pattern)(facts) && !says(/SQL compilation error/)(facts)

/** The first that fits. */
const meanings: readonly Case[] = [
  {
    when: codes('390144'),
    meaning: {
      code: 'MR-2202',
      what: 'Snowflake does not take the key pair: the user or the account is another, the public key is not set, or this machine’s clock is wrong. ',
      next: [
        'DESC USER <user>: RSA_PUBLIC_KEY_FP must be the fingerprint of this key.',
        "ALTER USER <user> SET RSA_PUBLIC_KEY = '…';   sets it; `millrace grants snowflake` prints the whole script.",
      ],
    },
  },
  {
    // A programmatic access token: invalid, expired, disabled, or not for this role.
    when: (facts) => codes('394400', '390318', '390303')(facts) || tells(/(access|oauth)[ _]?(access )?token/i)(facts),
    meaning: {
      code: 'MR-2202',
      what: 'the token is expired or not valid any more. ',
      next: 'Make a new one (ALTER USER <user> ADD PROGRAMMATIC ACCESS TOKEN …), and put it where `token` refers to.',
    },
  },
  {
    when: (facts) =>
      codes('390422', '390420', '390432')(facts) || tells(/network policy|not allowed to access Snowflake/i)(facts),
    meaning: {
      code: 'MR-2202',
      what: 'a network policy of the account keeps this machine’s address out, or a token has no policy that it needs. ',
      next: 'Have the address of this machine added: SHOW NETWORK POLICIES; ALTER NETWORK POLICY … SET ALLOWED_IP_LIST = (…).',
    },
  },
  {
    when: codes('390189'),
    meaning: {
      code: 'MR-2203',
      what: 'the role does not exist, or is not granted to the user. ',
      next: 'GRANT ROLE <role> TO USER <user>;   or correct `role` in millrace.yaml.',
    },
  },
  {
    when: (facts) => codes('390201')(facts) && !says(/account/i)(facts),
    meaning: {
      code: 'MR-2203',
      what: 'the warehouse or the database does not exist, or is not granted to the role. ',
      next: 'Correct `warehouse` and `database` in millrace.yaml; `millrace grants snowflake` prints the rights that are needed.',
    },
  },
  {
    when: (facts) => codes('390201')(facts) || tells(/account .*(not found|does not exist|cannot be found)/i)(facts),
    meaning: {
      code: 'MR-2001',
      what: 'there is no such account. ',
      next: 'Correct `account` in millrace.yaml: it is ORGANISATION-ACCOUNT, as the address of the account begins.',
      retry: 'never',
    },
  },
  {
    when: ({ code, sqlState }) => /^390\d{3}$/.test(code) || (/^39\d{4}$/.test(code) && sqlState.startsWith('08')),
    meaning: {
      code: 'MR-2202',
      what: 'Snowflake refused the sign-in. ',
      next: 'Check `user` and the key or token in millrace.yaml; an administrator sees the reason in LOGIN_HISTORY.',
    },
  },
  {
    when: (facts) => codes('000606', '000607')(facts) || tells(/was suspended|is suspended/i)(facts),
    meaning: {
      code: 'MR-2205',
      what: 'no warehouse runs for this session: it is suspended, or the role may not use it. ',
      next: [
        'ALTER WAREHOUSE <warehouse> SET AUTO_RESUME = TRUE;',
        'GRANT USAGE ON WAREHOUSE <warehouse> TO ROLE <role>;',
      ],
    },
  },
  {
    when: (facts) => codes('090073')(facts) || tells(/exceeded its quota|free trial has ended/i)(facts),
    meaning: {
      code: 'MR-2205',
      what: 'the account has no more credits for the warehouse. ',
      next: 'Raise the resource monitor’s quota, or wait for its next period.',
    },
  },
  {
    when: (facts) =>
      codes('002043')(facts) || (codes('002003')(facts) && says(/\b(Database|Warehouse|Role) '/i)(facts)),
    meaning: {
      code: 'MR-2203',
      what: '',
      next: 'Create it, or have it granted: `millrace grants snowflake` prints the rights that are needed.',
    },
  },
  {
    when: codes('002003'),
    meaning: {
      code: 'MR-2003',
      what: '',
      next: 'It is not there yet (run the sync that loads it), or the role may not see it.',
    },
  },
  {
    when: (facts) => codes('003001')(facts) || says(/Insufficient privileges/i)(facts),
    meaning: {
      code: 'MR-2204',
      what: '',
      next: [
        '`millrace grants snowflake` prints the rights that are needed.',
        '`millrace doctor` tries them one by one.',
      ],
    },
  },
  {
    when: codes('000630'),
    meaning: {
      code: 'MR-2206',
      what: '',
      next: 'Raise `statement_timeout` of the target, or the size of the warehouse. The warehouse’s own STATEMENT_TIMEOUT_IN_SECONDS counts, too.',
    },
  },
  {
    when: codes('000625'),
    meaning: {
      code: 'MR-2206',
      what: 'another session held the table locked for too long. ',
      next: 'Run again. SHOW LOCKS IN ACCOUNT says who holds it; millrace itself locks for the time of a commit only.',
    },
  },
  {
    when: (facts) => codes('000604')(facts) || tells(/execution (was )?cancel/i)(facts),
    meaning: {
      code: 'MR-2206',
      what: 'the statement was cancelled. ',
      next: 'Run again: it goes on where it stopped.',
    },
  },
  {
    when: codes('100090'),
    meaning: {
      code: 'MR-2003',
      what: 'several rows of one statement claim the same row of the table. ',
      next: 'This is a bug of millrace, or somebody wrote into its tables: report it with the query’s id.',
    },
  },
  {
    when: (facts) =>
      tells(/stage.*(full|quota|limit)|storage (quota|limit)|quota.*storage|No space left|ENOSPC|EDQUOT/i)(facts),
    meaning: {
      code: 'MR-2004',
      what: 'there is no room for the file: in the stage, or on this machine’s disk, where files are encrypted on their way. ',
      kept: 'Nothing of it was loaded. What was committed before is there.',
      next: ['Free some space in the account’s storage (LIST @%table, REMOVE), or in the temporary directory here.'],
    },
  },
]
