/**
 * The SDK's own API classes, one set per attempt. They are taken from the packages that the SDK is made of and not from
 * its Client: only those take a transport, and the Client loads many more.
 */
import { MillraceError, type Exchange } from 'millrace'
import { sendRequest, type SdkAnswer, type SdkRequest } from './transport.ts'

export type Sdk = ReturnType<Awaited<ReturnType<typeof loadSdk>>>

/** Imported when a connection is opened: it is optional, and none of a start's business. */
export async function loadSdk(connection: { readonly access_token: string; readonly base_url: string }) {
  const { objects, associations, properties, schemas } = await importPackages()
  const baseUrl = connection.base_url.replace(/\/+$/, '')
  const authMethods = { oauth2: { accessToken: connection.access_token } }

  return (exchange: Exchange) => {
    const send = (request: SdkRequest) => sendRequest(request, exchange)
    const objectsConfiguration = objects.createConfiguration({
      baseServer: new objects.ServerConfiguration(baseUrl, {}),
      httpApi: objects.wrapHttpLibrary({ send: async (request) => asContext(objects, await send(request)) }),
      authMethods,
    })
    const associationsConfiguration = associations.createConfiguration({
      baseServer: new associations.ServerConfiguration(baseUrl, {}),
      httpApi: associations.wrapHttpLibrary({ send: async (request) => asContext(associations, await send(request)) }),
      authMethods,
    })
    const propertiesConfiguration = properties.createConfiguration({
      baseServer: new properties.ServerConfiguration(baseUrl, {}),
      httpApi: properties.wrapHttpLibrary({ send: async (request) => asContext(properties, await send(request)) }),
      authMethods,
    })
    const schemasConfiguration = schemas.createConfiguration({
      baseServer: new schemas.ServerConfiguration(baseUrl, {}),
      httpApi: schemas.wrapHttpLibrary({ send: async (request) => asContext(schemas, await send(request)) }),
      authMethods,
    })

    /** An endpoint that the SDK has no method for; address, token and headers are made by the SDK as ever. */
    async function request(method: 'GET' | 'POST', path: string, body?: unknown): Promise<void> {
      const { GET, POST } = objects.HttpMethod
      const context = objectsConfiguration.baseServer.makeRequestContext(path, method === 'GET' ? GET : POST)
      context.setHeaderParam('Accept', 'application/json, */*;q=0.8')
      if (body !== undefined) {
        context.setHeaderParam('Content-Type', 'application/json')
        context.setBody(JSON.stringify(body))
      }
      await objectsConfiguration.authMethods.oauth2?.applySecurityAuthentication(context)
      await send(context)
    }

    return {
      batch: new objects.BatchApi(objectsConfiguration),
      associations: new associations.BatchApi(associationsConfiguration),
      properties: new properties.CoreApi(propertiesConfiguration),
      schemas: new schemas.CoreApi(schemasConfiguration),
      request,
    }
  }
}

type ContextClass<Context> = {
  readonly ResponseContext: new (
    status: number,
    headers: { [name: string]: string },
    body: SdkAnswer['body'],
  ) => Context
}

const asContext = <Context>(
  { ResponseContext }: ContextClass<Context>,
  { status, headers, body }: SdkAnswer,
): Context => new ResponseContext(status, headers, body)

async function importPackages() {
  try {
    const [objects, associations, properties, schemas] = await Promise.all([
      import('@hubspot/api-client/lib/codegen/crm/objects/index.js'),
      import('@hubspot/api-client/lib/codegen/crm/associations/v4/index.js'),
      import('@hubspot/api-client/lib/codegen/crm/properties/index.js'),
      import('@hubspot/api-client/lib/codegen/crm/schemas/index.js'),
    ])
    return { objects, associations, properties, schemas }
  } catch (cause) {
    throw new MillraceError('MR-1302', {
      message: 'Opening a HubSpot connection: the package @hubspot/api-client is not installed.',
      next: 'npm install @hubspot/api-client@14.0.1',
      cause,
    })
  }
}
