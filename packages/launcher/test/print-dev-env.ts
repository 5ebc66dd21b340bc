// Prints the development environment, for tests of several processes at once.
import { developmentEnv } from '../src/dev-env.ts'

console.log(JSON.stringify(developmentEnv({}, process.argv[2] ?? '')))
