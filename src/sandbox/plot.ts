import { MillraceError } from '../model/millrace-error.ts'
import type { Day, World } from './contract.ts'
import { beginStory, tellNextDay } from './story.ts'
import type { KeptWorld, WorldFile } from './world-file.ts'
import { createWorld } from './world.ts'

/** The world with its story, told as far as it has been asked for. What it was made of is kept as one fact. */
export type Plot = {
  readonly world: World
  readonly kept: () => KeptWorld
  /** Changes when the world is made anew: a vendor that has another one is filled again. */
  readonly id: string
  readonly day: (number: number) => Day
  /** Another day begins; `seed` tells it by another dice. */
  readonly beginDay: (number: number, seed?: number) => void
}

/** Goes on with the kept world, or makes one. @throws MillraceError MR-6001 where another seed is kept */
export function openPlot(file: WorldFile, wanted: { readonly seed?: number; readonly scale?: number }): Plot {
  const kept = file.read()
  if (!kept) return renewPlot(file, wanted)
  for (const name of ['seed', 'scale'] as const) {
    if (wanted[name] === undefined || wanted[name] === kept[name]) continue
    throw new MillraceError('MR-6001', {
      message: `Starting the sandbox with ${name} ${wanted[name]}: the kept world has ${name} ${kept[name]}.`,
      kept: 'The kept world is as it was.',
      next: `Leave --${name} out to go on with it, or make a new one: \`millrace sandbox reset --${name} ${wanted[name]}\`.`,
    })
  }
  return tellPlot(file, kept)
}

/** Makes the world anew, in one write: a kill finds either the old one or the new one. */
export function renewPlot(file: WorldFile, wanted: { readonly seed?: number; readonly scale?: number }): Plot {
  const before = file.read()
  const { seed = before?.seed ?? 1, scale = before?.scale ?? 1 } = wanted
  if (!Number.isSafeInteger(seed) || !(scale > 0 && scale <= 1000)) {
    throw new MillraceError('MR-1001', {
      message: `Making a sandbox world of seed ${seed} and scale ${scale}: a seed is a whole number, a scale lies above 0 and up to 1000.`,
      kept: before ? 'The kept world is as it was.' : 'Nothing was made.',
    })
  }
  const kept = { seed, scale, day: 0, storySeeds: {}, generation: (before?.generation ?? 0) + 1 }
  file.write(kept)
  return tellPlot(file, kept)
}

function tellPlot(file: WorldFile, opened: KeptWorld): Plot {
  let kept = opened
  const world = createWorld(kept.seed, kept.scale)
  const state = beginStory(world)
  const told: Day[] = []
  return {
    world,
    kept: () => kept,
    id: `${kept.seed} ${kept.scale} ${kept.generation}`,
    day: (number) => {
      while (told.length < number) told.push(tellNextDay(world, state, kept.storySeeds[told.length + 1]))
      const day = told[number - 1]
      if (!day)
        throw new MillraceError('MR-7000', { message: `Telling day ${number} of the sandbox: days begin at 1.` })
      return day
    },
    beginDay: (number, seed) => {
      kept = {
        ...kept,
        day: number,
        storySeeds: seed === undefined ? kept.storySeeds : { ...kept.storySeeds, [number]: seed },
      }
      file.write(kept)
    },
  }
}
