/**
 * Every error a user can meet. `exit` follows cli.md; `retry` says whether the same command may work later without
 * anyone changing anything. docs/errors.md is tested against this table.
 */
export const errorCatalogue = {
  // 1xxx: usage and configuration; nothing ran
  'MR-1001': { title: 'bad usage of the command line', exit: 2, retry: 'never' },
  'MR-1002': { title: 'no such sync, tag or connection', exit: 2, retry: 'never' },
  'MR-1003': { title: 'not a millrace project', exit: 2, retry: 'never' },
  'MR-1101': { title: 'a YAML file cannot be parsed', exit: 2, retry: 'never' },
  'MR-1102': { title: 'a YAML file is too large or too deep', exit: 2, retry: 'never' },
  'MR-1201': { title: 'a value has the wrong type or form', exit: 2, retry: 'never' },
  'MR-1202': { title: 'a required key is missing', exit: 2, retry: 'never' },
  'MR-1203': { title: 'unknown key', exit: 2, retry: 'never' },
  'MR-1204': { title: 'a name that is not defined', exit: 2, retry: 'never' },
  'MR-1205': { title: 'a literal secret in YAML', exit: 2, retry: 'never' },
  'MR-1206': { title: 'a path outside the project', exit: 2, retry: 'never' },
  'MR-1207': { title: 'syncs or models depend on each other in a circle', exit: 2, retry: 'never' },
  'MR-1208': { title: 'unknown stream or field of a source', exit: 2, retry: 'never' },
  'MR-1209': { title: 'unknown object, field or operation of a destination', exit: 2, retry: 'never' },
  'MR-1210': { title: 'a column is used as an opt-out but is not a boolean', exit: 2, retry: 'never' },
  'MR-1211': { title: 'a part of the configuration that is planned and not built yet', exit: 2, retry: 'never' },
  'MR-1301': { title: 'a secret is missing', exit: 2, retry: 'never' },
  'MR-1302': { title: 'an optional package is not installed', exit: 2, retry: 'never' },
  'MR-1401': { title: 'a connector does not keep its contract', exit: 2, retry: 'never' },
  // 2xxx: the warehouse and the models
  'MR-2001': { title: 'the warehouse cannot be opened', exit: 1, retry: 'later' },
  'MR-2002': { title: 'the warehouse file is held by another program', exit: 1, retry: 'later' },
  'MR-2003': { title: 'a statement failed in the warehouse', exit: 1, retry: 'never' },
  'MR-2004': { title: 'the disk is full', exit: 1, retry: 'later' },
  'MR-2005': { title: 'another run has taken over', exit: 1, retry: 'later' },
  'MR-2006': { title: 'the ledger does not balance', exit: 70, retry: 'never' },
  'MR-2101': { title: 'a model cannot be built', exit: 1, retry: 'never' },
  'MR-2102': { title: 'a model reads a table that has not been loaded', exit: 1, retry: 'never' },
  'MR-2103': { title: 'a mapped column is not in the model', exit: 2, retry: 'never' },
  'MR-2201': { title: 'a table changed in a way that is not allowed', exit: 1, retry: 'never' },
  // 3xxx: the vendors
  'MR-3001': { title: 'the vendor refused the credentials', exit: 1, retry: 'never' },
  'MR-3002': { title: 'the vendor cannot be reached', exit: 1, retry: 'later' },
  'MR-3003': { title: 'the vendor answered with errors again and again', exit: 1, retry: 'later' },
  'MR-3004': { title: 'the vendor refused the request', exit: 1, retry: 'never' },
  'MR-3005': { title: 'the vendor sent something that is not what it documents', exit: 1, retry: 'later' },
  'MR-3006': { title: 'the vendor’s quota is used up', exit: 1, retry: 'later' },
  'MR-3007': { title: 'the vendor took too long', exit: 1, retry: 'later' },
  'MR-3008': { title: 'an address that millrace does not connect to', exit: 1, retry: 'never' },
  'MR-3101': { title: 'the vendor counts other rows than were read', exit: 1, retry: 'later' },
  // 4xxx: not run, on purpose
  'MR-4001': { title: 'another run holds the lock', exit: 4, retry: 'later' },
  'MR-4002': { title: 'the target may not deliver', exit: 4, retry: 'never' },
  'MR-4003': { title: 'the first delivery of a sync needs a word from you', exit: 4, retry: 'never' },
  'MR-4004': { title: 'the snapshot is of another account, object or mapping of keys', exit: 4, retry: 'never' },
  'MR-4005': { title: 'the snapshot is lost', exit: 4, retry: 'never' },
  'MR-4006': { title: 'an input is older than the sync allows', exit: 4, retry: 'later' },
  'MR-4101': { title: 'more rows to add than max_added allows', exit: 4, retry: 'never' },
  'MR-4102': { title: 'more rows to change than max_changed allows', exit: 4, retry: 'never' },
  'MR-4103': { title: 'more rows to remove than max_removed allows', exit: 4, retry: 'never' },
  'MR-4104': { title: 'the model is empty', exit: 4, retry: 'never' },
  'MR-4105': { title: 'the source shrank more than max_shrink allows', exit: 4, retry: 'never' },
  'MR-4106': { title: 'keys of the model are null or not unique', exit: 4, retry: 'never' },
  // 5xxx: rows
  'MR-5001': { title: 'a row without its key', exit: 5, retry: 'never' },
  'MR-5002': { title: 'a value does not fit its column', exit: 5, retry: 'never' },
  'MR-5003': { title: 'a row is not valid JSON or CSV', exit: 5, retry: 'never' },
  'MR-5004': { title: 'the destination refused a row', exit: 5, retry: 'later' },
  'MR-5005': { title: 'a value that cannot be sent', exit: 5, retry: 'never' },
  // 6xxx: the sandbox, the control store
  'MR-6001': { title: 'the sandbox did not start', exit: 1, retry: 'later' },
  'MR-6002': { title: 'no sandbox is running or kept', exit: 1, retry: 'never' },
  'MR-6003': { title: 'the control store cannot be opened', exit: 1, retry: 'later' },
  'MR-7000': { title: 'a bug in millrace', exit: 70, retry: 'never' },
  'MR-7001': { title: 'stopped by a signal', exit: 130, retry: 'later' },
} as const satisfies Record<string, { title: string; exit: number; retry: 'later' | 'never' }>

export type ErrorCode = keyof typeof errorCatalogue
