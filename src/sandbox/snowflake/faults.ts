import { faultCatalogue, waitMs, type FaultCatalogue } from '../fault-catalogue.ts'

/** What the simulated Snowflake plays: its own faults, and those of the host's on the wire that its server knows. */
export const snowflakeFaults: FaultCatalogue = {
  ...Object.fromEntries(Object.entries(faultCatalogue).filter(([, fault]) => !('isLasting' in fault))),
  hang: { does: 'never answers' },
  expire_session: {
    does: 'the session’s token is over: 390112; with master: true the master token too',
    keys: { master: 'flag' },
  },
  lose_commit_answer: {
    does: 'COMMIT is done, the socket is cut; retry: a retry is cut too, gets an answer, or finds the session gone (cut)',
    keys: { retry: { oneOf: ['cut', 'answer', 'gone'] } },
  },
  cut_put: { does: 'half of a file arrives, and the upload fails; nobody ever sees the half' },
  full_stage: { does: 'PUT is refused' },
  statement_fails: {
    does: 'a statement fails: code, sql_state, message',
    keys: { code: 'text', sql_state: 'text', message: 'text' },
  },
  suspended_warehouse: { does: 'what needs a warehouse has none: 000606' },
  slow: { does: 'a statement takes longer: ms (1000)', keys: { ms: waitMs } },
}
