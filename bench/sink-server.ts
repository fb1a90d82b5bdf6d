/** The vendor of the delivery benchmark: takes people, answers 5 ms later, and tells at the end how many it got. */
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

let people = 0
const server = createServer((request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => (body += text))
  request.on('end', () => {
    if (request.url === '/count') {
      response.end(JSON.stringify({ people }))
      people = 0
      return
    }
    if (request.method === 'POST') people += body.split('"person_id"').length - 1
    void sleep(5).then(() => response.setHeader('content-type', 'application/json').end('{"ok":true}'))
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`)
})
