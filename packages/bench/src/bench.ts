import type { Options } from './options.ts'
import type { Progress } from './progress.ts'
import type { Measured } from './rounds.ts'
import type { Stack } from './stack.ts'

/** What every part of the benchmark gets. */
export type Bench = { stack: Stack; base: Measured; options: Options; progress: Progress }
