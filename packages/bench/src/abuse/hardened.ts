/** The settings that docs/abuse.md recommends during an attack. The built-in policy only reports. */
export const HARDENED = {
  guard: {
    mode: 'challenge',
    react_for: '2h',
    address: { mode: 'deny', min_sends: 5, window: '6h' },
    service: { min_percent: 50 },
  },
  limits: { address: { sends: ['5/60s', '40/1h', '200/1d'] } },
}
