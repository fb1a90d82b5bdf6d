/** How a folder is made that holds what was read of people, or may: only its own user looks into it. One that stands stays as it is. */
export const ownFolder = { recursive: true, mode: 0o700 } as const
