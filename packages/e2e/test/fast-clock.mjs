// Loaded with --import: makes the clock of a process run 25 s ahead.
const now = Date.now
Date.now = () => now() + 25_000
