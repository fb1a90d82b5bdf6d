import { MillraceError } from 'millrace'

export type Sdk = Awaited<ReturnType<typeof loadSdk>>

/** Imported when a connection is opened: it is optional, and none of a start's business. */
export async function loadSdk() {
  try {
    return await import('customerio-node')
  } catch (cause) {
    throw new MillraceError('MR-1302', {
      message: 'Opening a Customer.io connection: the package customerio-node is not installed.',
      next: 'npm install customerio-node@5.2.0',
      cause,
    })
  }
}
