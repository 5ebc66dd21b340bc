import { createInterface } from 'node:readline'

const HOME = '\x1b[H'
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'

type Streams = {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean }
  stdout: NodeJS.WritableStream & { isTTY?: boolean }
  stderr: NodeJS.WritableStream
  signal: AbortSignal
}

/**
 * Makes the input and output of a command. Results go to standard output, and errors go to standard error. Control
 * sequences go only to a screen. A file or a pipe gets plain lines.
 */
export function createTerminal({ stdin, stdout, stderr, signal }: Streams) {
  const say = (line: string): void => void stdout.write(`${line}\n`)
  return {
    /** Aborted when the operator stops the command. */
    signal,
    say,
    complain: (line: string): void => void stderr.write(`${line}\n`),

    /** Prints a page. On a screen the page replaces the last page. */
    page(lines: readonly string[]): void {
      if (stdout.isTTY !== true) return lines.forEach(say)
      const body = lines.map((line) => `${line}${REST_OF_LINE}\n`).join('')
      stdout.write(`${HOME}${body}${REST_OF_SCREEN}`)
    },

    /** Whether an operator can be asked. */
    isInteractive: stdin.isTTY === true && stdout.isTTY === true,

    /** Asks the operator a question. Any answer but "y" and "yes" means no. */
    async confirm(question: string): Promise<boolean> {
      stdout.write(`${question} [y/N] `)
      for await (const line of createInterface({ input: stdin, signal })) return /^y(es)?$/i.test(line.trim())
      return false
    },

    /** Reads standard input to its end or until an abort, for a number that must not be on a command line. */
    async readInput(): Promise<string> {
      const lines: string[] = []
      for await (const line of createInterface({ input: stdin, signal })) lines.push(line)
      return lines.join('\n').trim()
    },
  }
}
export type Terminal = ReturnType<typeof createTerminal>
