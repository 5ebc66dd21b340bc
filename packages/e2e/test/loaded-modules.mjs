// Loaded with --import: the process writes the name of each module that it imports to the file IMPORTS_FILE. Standard output
// would end the process if its reader is too slow.
import { appendFileSync } from 'node:fs'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

// Node runs the hook in a thread of its own, which loads this file once more.
if (isMainThread) register(import.meta.url)

export function resolve(specifier, context, next) {
  appendFileSync(process.env['IMPORTS_FILE'], `${specifier}\n`)
  return next(specifier, context)
}
