// Loaded with --import: the process writes the name of each module that it imports to standard output.
import { writeSync } from 'node:fs'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

// Node runs the hook in a thread of its own, which loads this file once more.
if (isMainThread) register(import.meta.url)

export function resolve(specifier, context, next) {
  writeSync(1, `imports ${specifier}\n`)
  return next(specifier, context)
}
