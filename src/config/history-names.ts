/** What a vendor may call the history of a stream; of a glob, the globs of the histories. The first that there is counts. */
export const historyNames = (name: string): readonly string[] => [
  `${name}History`,
  `${name}FieldHistory`,
  ...(name.endsWith('__c') ? [name.replace(/__c$/, '__History')] : []),
]
