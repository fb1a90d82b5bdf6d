import { describe, expect, it } from 'vitest'
import type { Json } from 'millrace'
import { isServed, readOpenApi } from './open-api.ts'

const api = readOpenApi(
  JSON.stringify({
    openapi: '3.1.0',
    paths: {
      '/v1/people/{id}': {
        parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
        get: {
          parameters: [
            { $ref: '#/components/parameters/limit' },
            {
              name: 'made',
              in: 'query',
              schema: { anyOf: [{ type: 'object', properties: { gte: { type: 'integer' } } }, { type: 'integer' }] },
            },
            { name: 'tags', in: 'query', schema: { type: 'array', items: { type: 'string' } } },
            { name: 'kind', in: 'query', required: true, schema: { type: 'string', enum: ['a', 'b'] } },
          ],
          responses: { 200: { $ref: '#/components/responses/Person' } },
        },
      },
      '/v1/people/batch': {
        post: {
          requestBody: {
            required: true,
            content: {
              'application/json': {
                schema: {
                  type: 'array',
                  maxItems: 2,
                  items: { oneOf: [{ $ref: '#/components/schemas/Make' }, { $ref: '#/components/schemas/Drop' }] },
                },
              },
            },
          },
          responses: { default: { description: 'an error' } },
        },
      },
    },
    components: {
      parameters: { limit: { name: 'limit', in: 'query', schema: { type: 'integer', maximum: 10 } } },
      responses: {
        Person: {
          content: {
            'application/json': {
              schema: {
                allOf: [
                  { $ref: '#/components/schemas/Named' },
                  {
                    type: 'object',
                    properties: {
                      age: { type: ['integer', 'null'] },
                      more: { type: 'object', additionalProperties: { type: 'string' } },
                    },
                  },
                ],
              },
            },
          },
        },
      },
      schemas: {
        Named: {
          type: 'object',
          required: ['name'],
          properties: { name: { type: 'string', maxLength: 5 }, nick: { type: 'string', nullable: true } },
        },
        Make: {
          type: 'object',
          required: ['action', 'name'],
          properties: { action: { const: 'make' }, name: { type: 'string' } },
        },
        Drop: {
          type: 'object',
          required: ['action', 'id'],
          properties: { action: { const: 'drop' }, id: { type: 'integer' } },
        },
      },
    },
  }),
)

const ask = (query: string) =>
  api.checkRequest({ ...exchange, method: 'GET', path: '/v1/people/7', query: new URLSearchParams(query) })
const send = (sent: Json) => api.checkRequest({ ...exchange, method: 'POST', path: '/v1/people/batch', sent })
const answer = (answered: Json, status = 200) =>
  api.checkAnswer({ ...exchange, method: 'GET', path: '/v1/people/7', status, answered })

const exchange = {
  method: '',
  path: '',
  query: new URLSearchParams(),
  headers: {},
  sent: null,
  status: 200,
  answered: null,
}

describe('a description', () => {
  it('knows its endpoints, the literal ones before those with parameters', () => {
    expect(isServed(api, 'GET /v1/people/:id')).toBe(true)
    expect(isServed(api, 'DELETE /v1/people/:id')).toBe(false)
    expect(isServed(api, 'GET /v1/people/:id/pets')).toBe(false)
    expect(api.operation('POST', '/v1/people/batch')?.requestBody).toBeDefined()
  })

  it('checks a query: what is unknown, missing, of another type or not allowed', () => {
    expect(ask('kind=a&limit=3')).toEqual([])
    expect(ask('limit=11')).toEqual(['GET /v1/people/{id}: no kind', 'GET /v1/people/{id} limit: 11 is out of bounds'])
    expect(ask('kind=c&limit=x&size=1')).toEqual([
      'GET /v1/people/{id} kind: "c" is none of a, b',
      'GET /v1/people/{id} limit: "x" is no integer',
      'GET /v1/people/{id}: no parameter size',
    ])
  })

  it('takes what stands in brackets for parts of an object or a list', () => {
    expect(ask('kind=a&made[gte]=1&tags[0]=x&tags[1]=y')).toEqual([])
    expect(ask('kind=a&made[after]=1&tags[0]=x&size[]=1')).toEqual([
      'GET /v1/people/{id} made.after is not described',
      'GET /v1/people/{id}: no parameter size',
    ])
  })

  it('checks what is sent against the choice that fits it best', () => {
    expect(
      send([
        { action: 'make', name: 'x' },
        { action: 'drop', id: 1 },
      ]),
    ).toEqual([])
    expect(send([{ action: 'make', name: 'x', id: 1 }])).toEqual(['POST /v1/people/batch[].id is not described'])
    expect(send([{ action: 'drop', id: 'x' }])).toEqual(['POST /v1/people/batch[].id: "x" is no integer'])
    expect(send([{}, {}, {}])).toContain('POST /v1/people/batch: 3 items')
    expect(send(null)).toEqual(['POST /v1/people/batch: nothing sent'])
  })

  it('checks an answer with all that its schema is made of', () => {
    const at = 'GET /v1/people/{id} 200'
    expect(answer({ name: 'Ada', nick: null, age: null, more: { any: 'x' } })).toEqual([])
    expect(answer({ name: 'Adalbert', age: 1.5, more: { any: 1 }, pet: 'cat' })).toEqual([
      `${at}.name: too long`,
      `${at}.age: 1.5 is no integer|null`,
      `${at}.more.any: 1 is no string`,
      `${at}.pet is not described`,
    ])
    expect(answer({ name: null })).toEqual([`${at}.name: null is no string`])
    expect(answer({})).toEqual([`${at}.name is required`])
    expect(answer({}, 404)).toEqual(['GET /v1/people/{id} 404 is not described'])
  })
})
