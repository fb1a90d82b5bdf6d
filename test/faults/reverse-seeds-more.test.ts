/** The second half of the seeds, beside the first: see reverse-seeds.test.ts. */
import { halfOfSeeds, playSeeds } from './play-seeds.ts'

playSeeds(halfOfSeeds(2))
