// Reads the templates that a vendor has registered from the variables that configure the worker: the general template
// and a list of `scene:template` or, when the template's text names the minutes, `scene:template:minutes`.

/** Minutes by template id. A template without minutes of its own gets the general ones. */
export function readTemplates(general: string, sceneTemplates: string, minutes = 0): Map<string, number> {
  const templates = new Map([[general, minutes]])
  for (const entry of sceneTemplates.split(',')) {
    const [, template, own] = entry.split(':')
    if (template !== undefined) templates.set(template, own === undefined ? minutes : Number(own))
  }
  return templates
}
