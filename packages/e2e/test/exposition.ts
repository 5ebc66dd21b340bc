// Reads the text format of Prometheus.

/** The series in a scrape: a name with its labels. */
export const seriesIn = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))

type Metric = { type: string; help: string; apps: string[]; labels: Set<string> }

/**
 * Describes the metrics of several processes as rows of a Markdown table, sorted by name: name, type, processes, labels
 * and meaning. The label `app`, which every series has, and the bounds of buckets are left out.
 */
export function describeMetrics(scraped: Record<string, string>): string[] {
  const metrics = new Map<string, Metric>()
  for (const [app, text] of Object.entries(scraped)) {
    for (const [, name = '', help = ''] of text.matchAll(/^# HELP (\S+) (.*)$/gm)) {
      const type = new RegExp(`^# TYPE ${name} (.*)$`, 'm').exec(text)?.[1] ?? ''
      const metric = metrics.get(name) ?? { type, help, apps: [], labels: new Set() }
      metric.apps.push(app)
      metrics.set(name, metric)
    }
    for (const series of seriesIn(text)) {
      const [, name = '', labels = ''] = /^([a-z_0-9]+)\{(.*)\}$/.exec(series) ?? []
      const metric = metrics.get(name) ?? metrics.get(name.replace(/_(bucket|sum|count)$/, ''))
      for (const [, label = ''] of labels.matchAll(/(?:^|,)([a-z_]+)="/g))
        if (label !== 'app' && label !== 'le') metric?.labels.add(label)
    }
  }
  return [...metrics]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { type, help, apps, labels }]) => {
      const shown = labels.size === 0 ? '' : ` ${[...labels].map((label) => `\`${label}\``).join(', ')}`
      return `| \`${name}\` | ${type} | ${apps.join(', ')} |${shown} | ${help} |`
    })
}
