/** Rows of cells as lines in columns; those whose names are in `right` are aligned to the right. */
export function table(head: readonly string[], rows: readonly string[][], right: string[] = []): string[] {
  const all = [[...head], ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    head
      .map((name, column) => {
        const [cell, width] = [row[column] ?? '', widths[column] ?? 0]
        return right.includes(name) ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd(),
  )
}
