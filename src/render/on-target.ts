/** Whoever named a target means it for what is done next, too: without it the same words would run on the default one. */
export const onTarget = (next: readonly string[], target: string | undefined): readonly string[] =>
  target === undefined
    ? next
    : next.map((text) => (text.includes('--target') ? text : text.replace(commands, `millrace --target ${target}`)))

/** Those that work on a target. */
const commands =
  /\bmillrace(?= +(?:sync|connection|backfill|runs|run|logs|rejects|schedule|daemon|doctor|forget|sandbox)\b)/g
