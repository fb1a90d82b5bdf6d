/** What a vendor may call the history of a stream; of a glob, the globs of the histories. The first that there is counts. */
export const historyNames = (name: string): readonly string[] => [
  // Before the other, which of opportunities has a row per stage and not per field.
  `${name}FieldHistory`,
  `${name}History`,
  ...(name.endsWith('__c') ? [name.replace(/__c$/, '__History')] : []),
]
