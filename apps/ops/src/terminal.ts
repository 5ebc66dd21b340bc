import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

const CLEAR = '\x1b[2J'
const HOME = '\x1b[H'
const REST_OF_LINE = '\x1b[K'
const REST_OF_SCREEN = '\x1b[J'

type Input = NodeJS.ReadableStream & { isTTY?: boolean }
type Output = NodeJS.WritableStream & { isTTY?: boolean }
type Streams = { stdin: Input; stdout: Output; stderr: Output; signal: AbortSignal }

/**
 * What a command says and asks. Answers go to standard output, questions and faults to standard error. Only a
 * screen is sent control sequences; a file or a pipe gets plain lines.
 */
export function createTerminal({ stdin, stdout, stderr, signal }: Streams) {
  const isScreen = stdout.isTTY === true
  let isLineOpen = false
  let isPainted = false
  let last = ''

  function say(line: string): void {
    stdout.write(isLineOpen ? `\n${line}\n` : `${line}\n`)
    isLineOpen = false
  }

  return {
    /** Aborted when the operator wants to stop. */
    signal,
    say,
    complain: (line: string): void => {
      stderr.write(isLineOpen ? `\n${line}\n` : `${line}\n`)
      isLineOpen = false
    },

    /** A line that replaces the one before; where that is not possible, a new line when it changes. */
    progress(line: string): void {
      if (!isScreen) {
        if (line !== last) say(line)
        last = line
        return
      }
      stdout.write(`\r${line}${REST_OF_LINE}`)
      isLineOpen = true
    },

    /** A page that replaces the one before; where that is not possible, one more page. */
    page(lines: readonly string[]): void {
      if (!isScreen) return lines.forEach(say)
      const body = lines.map((line) => `${line}${REST_OF_LINE}\n`).join('')
      stdout.write(`${isPainted ? '' : CLEAR}${HOME}${body}${REST_OF_SCREEN}`)
      isPainted = true
    },

    /** Whether somebody is there who can answer. */
    canAsk: stdin.isTTY === true,

    /** The answer to a question, '' where there is none. */
    async ask(question: string): Promise<string> {
      stderr.write(question)
      const lines = createInterface({ input: stdin, signal })
      for await (const line of lines) return line.trim()
      return ''
    },

    /** All of standard input, such as a number that must not stand on a command line. */
    readInput: async (): Promise<string> => (await text(stdin)).trim(),
  }
}
export type Terminal = ReturnType<typeof createTerminal>
