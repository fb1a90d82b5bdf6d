/**
 * The faults of a delivery by seeds, against every destination: process, HTTP, auth, partial, data, volume, runners.
 * `npm run fault-seeds -- 1000` plays so many others.
 */
import { halfOfSeeds, playSeeds } from './play-seeds.ts'

playSeeds(halfOfSeeds(1))
