/** What is kept when a call ends a run or a command, as the host says it of calls. True for reading, writing and looking. */
export const keptBefore = 'What was committed or acknowledged before stays; a scan goes on at its last checkpoint.'
