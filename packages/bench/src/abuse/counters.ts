const LIMIT = /^sms_refused_by_limit_total\{limit="(\w+)"[^}]*\} (\d+)/gm
const FINDING = /^sms_guard_findings_total\{group="(\w+)"[^}]*\} (\d+)/gm

/** Reads two metrics of the API: requests refused by each limit, and findings of the pumping guard. */
export async function readCounters(opsPort: number): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${opsPort}/metrics`, { headers: { connection: 'close' } })
  const text = await response.text()
  const counters = new Map<string, number>()
  const read = (pattern: RegExp, what: string) => {
    // A group of the guard has a series for each mode.
    for (const [, name, count] of text.matchAll(pattern)) {
      const key = `${what} ${name}`
      counters.set(key, (counters.get(key) ?? 0) + Number(count))
    }
  }
  read(LIMIT, 'limit')
  read(FINDING, 'guard found')
  return counters
}

/** The counters that grew between two readings, and by how much. */
export function growth(before: Map<string, number>, after: Map<string, number>): Record<string, number> {
  const rows = [...after].map(([name, count]): [string, number] => [name, count - (before.get(name) ?? 0)])
  return Object.fromEntries(rows.filter(([, count]) => count > 0))
}
