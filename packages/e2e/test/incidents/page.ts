export type Shown = { name: string; symptom: string; args: readonly string[]; output: string }

const HEAD = `# Incidents

Each incident was brought about on a real system with the simulator (\`npm run docs:incidents\`), and the one command that
names its cause was run. [no-code.md](no-code.md) says where to begin. A test runs all of them.
`

/** A number on a command line is replaced, because no document shows a whole number. */
const withoutNumber = (args: readonly string[]) =>
  args.map((arg) => (/^1[3-9][0-9]{9}$/.test(arg) ? '<number>' : arg)).join(' ')

/** The policy file of the test lies in a directory of this machine. */
const withoutDirectory = (output: string) =>
  output.replaceAll(/\/\S+\/[0-9a-z]+\.yaml/g, '/etc/sms-codes/policy.yaml')

/** The heading of an incident. */
export const titleOf = (name: string) =>
  `${name.charAt(0).toUpperCase()}${name.slice(1)}`.replaceAll('-', ' ')

/** The page with the commands and their outputs. */
export function incidentPage(shown: readonly Shown[]): string {
  const parts = shown.map(({ name, symptom, args, output }) => {
    return `## ${titleOf(name)}

${symptom}

\`\`\`
$ npm run ops -- ${withoutNumber(args)}
${withoutDirectory(output.trimEnd())}
\`\`\`
`
  })
  return [HEAD, ...parts].join('\n')
}
