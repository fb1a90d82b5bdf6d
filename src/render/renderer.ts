/** Listeners of run events. The engine never prints; these do, and they never count: every number comes from an event. */
import { createGithubRenderer } from './github-renderer.ts'
import { createJsonRenderer } from './json-renderer.ts'
import { eventOnTarget } from './on-target.ts'
import { createPlainRenderer } from './plain-renderer.ts'
import type { Renderer, RendererOptions } from './renderer-contract.ts'
import { createTtyRenderer } from './tty-renderer.ts'

export function createRenderer(options: RendererOptions): Renderer {
  const renderer = rendererOf(options)
  return { ...renderer, onEvent: (event) => renderer.onEvent(eventOnTarget(event, options.target)) }
}

function rendererOf(options: RendererOptions): Renderer {
  switch (options.mode) {
    case 'json':
      return createJsonRenderer(options)
    case 'plain':
      return createPlainRenderer(options)
    case 'github':
      return createGithubRenderer(options)
    case 'tty':
      return createTtyRenderer(options)
    default:
      return options.mode satisfies never
  }
}
