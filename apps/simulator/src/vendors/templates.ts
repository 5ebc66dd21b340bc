// The templates that a vendor has registered, out of the worker's variables: the general one, and those that scenes
// have of their own, as `scene:template` or, where a template's text says the minutes, `scene:template:minutes`.

/** Minutes by template; a template without minutes of its own has the general ones. */
export function readTemplates(general: string, ofScenes: string, minutes = 0): Map<string, number> {
  const templates = new Map([[general, minutes]])
  for (const entry of ofScenes.split(',')) {
    const [, template, own] = entry.split(':')
    if (template !== undefined) templates.set(template, own === undefined ? minutes : Number(own))
  }
  return templates
}
