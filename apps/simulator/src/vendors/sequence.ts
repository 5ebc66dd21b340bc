// Numbers for what arrives, messages and mails alike: one order for both, so that one "last seen" says where a reader of
// the events stands. It never goes back, not even when the boxes are emptied.

export type Sequence = ReturnType<typeof createSequence>

export function createSequence() {
  let newest = 0
  return {
    next: () => ++newest,
    newest: () => newest,
  }
}
