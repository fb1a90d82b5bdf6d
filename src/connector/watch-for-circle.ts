/**
 * Tells whether a place, as a page's cursor, is one that pages in a circle come back to: false then. By Brent's method: it
 * compares with one remembered place, which moves up at every power of two, and finds any circle in a few rounds of it. The
 * memory stays the same, however many pages there are.
 */
export function watchForCircle(): (place: string) => boolean {
  let remembered: string | null = null
  let steps = 0
  let power = 1
  return (place) => {
    if (place === remembered) return false
    if (++steps === power) {
      remembered = place
      power *= 2
      steps = 0
    }
    return true
  }
}
