/** Stands between a client and a server, and can cut the line after a request has got through and before its answer has. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export type LossyProxy = {
  readonly port: number
  /** The answer to the next request that holds this text is lost, and the connection with it. */
  readonly loseAnswerTo: (text: string) => void
  readonly lost: () => number
  readonly close: () => Promise<void>
}

export async function startLossyProxy(serverPort: number): Promise<LossyProxy> {
  let wanted: string | null = null
  let lost = 0
  const sockets = new Set<Socket>()
  const proxy = createServer((client) => {
    const server = connect(serverPort, '127.0.0.1')
    let isLosing = false
    const cut = () => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', cut)
      socket.on('close', cut)
    }
    client.on('data', (data) => {
      if (wanted !== null && data.includes(wanted)) {
        isLosing = true
        wanted = null
      }
      server.write(data)
    })
    server.on('data', (data) => {
      if (!isLosing || data.toString().startsWith('-NOSCRIPT')) return client.write(data)
      lost++
      return cut()
    })
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    port: address.port,
    loseAnswerTo: (text) => {
      wanted = text
    },
    lost: () => lost,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
