/** A user or password of an address, as it is meant. One with a lone percent sign is taken as it stands. */
export function decodePart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
