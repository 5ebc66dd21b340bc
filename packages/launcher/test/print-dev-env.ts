// A process that needs the development environment: prints what it gets.
import { developmentEnv } from '../src/dev-env.ts'

console.log(JSON.stringify(developmentEnv({}, process.argv[2] ?? '')))
