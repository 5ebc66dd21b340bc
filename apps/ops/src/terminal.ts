import { createInterface } from 'node:readline'

const CLEAR = '\x1b[2J'
const HOME = '\x1b[H'
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'

type Input = NodeJS.ReadableStream & { isTTY?: boolean }
type Output = NodeJS.WritableStream & { isTTY?: boolean }
type Streams = { stdin: Input; stdout: Output; stderr: Output; signal: AbortSignal }

/**
 * Makes the input and output of a command. Results go to standard output, and questions and errors go to standard
 * error. Control sequences go only to a screen. A file or a pipe gets plain lines.
 */
export function createTerminal({ stdin, stdout, stderr, signal }: Streams) {
  const isScreen = stdout.isTTY === true
  let isLineOpen = false
  let isPainted = false
  let last = ''

  const printTo = (output: Output) => (line: string) => {
    output.write(isLineOpen ? `\n${line}\n` : `${line}\n`)
    isLineOpen = false
  }
  const say = printTo(stdout)

  return {
    /** Aborted when the operator stops the command. */
    signal,
    say,
    complain: printTo(stderr),

    /** Replaces the last line on a screen. A file or a pipe gets each line that differs from the last line. */
    progress(line: string): void {
      if (!isScreen) {
        if (line !== last) say(line)
        last = line
        return
      }
      stdout.write(`\r${line}${REST_OF_LINE}`)
      isLineOpen = true
    },

    /** Prints a page. On a screen the page replaces the last page. */
    page(lines: readonly string[]): void {
      if (!isScreen) return lines.forEach(say)
      const body = lines.map((line) => `${line}${REST_OF_LINE}\n`).join('')
      stdout.write(`${isPainted ? '' : CLEAR}${HOME}${body}${REST_OF_SCREEN}`)
      isPainted = true
    },

    /** Whether standard input is a terminal, so that an operator can answer a question. */
    canAsk: stdin.isTTY === true,

    /** Returns the answer to a question, or '' at the end of the input. */
    async ask(question: string): Promise<string> {
      stderr.write(question)
      const lines = createInterface({ input: stdin, signal })
      for await (const line of lines) return line.trim()
      return ''
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
