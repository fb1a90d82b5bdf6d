import type { App } from './app.ts'

/** For work that only looks: what a connection warns of, a run would say; here it is kept, each sentence once. */
export function hearWarnings(app: App): { readonly hearing: App; readonly heard: ReadonlySet<string> } {
  const heard = new Set<string>()
  return {
    hearing: {
      ...app,
      emit(event) {
        if (event.type === 'run.warning') heard.add(event.message)
        app.emit(event)
      },
    },
    heard,
  }
}
