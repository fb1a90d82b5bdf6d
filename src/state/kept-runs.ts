/** How many runs a control store keeps, and for how long: both stores, the same. */

/** Of those that ended; and of those that say they are on and began before `keptOnMs`, as who was killed does. */
export const keptRuns = 1_000
export const keptMs = 90 * 24 * 3_600_000
/** One may be on for hours: of the last days all stay, whatever their number. */
export const keptOnMs = 3 * 24 * 3_600_000
