/** The settings that docs/abuse.md recommends during an attack. The defaults of the API only report. */
export const HARDENED = {
  GUARD_MODE: 'challenge',
  GUARD_DENY_SECONDS: '7200',
  GUARD_ADDRESS_MODE: 'deny',
  GUARD_ADDRESS_MIN_SENDS: '5',
  GUARD_ADDRESS_WINDOW_SECONDS: '21600',
  GUARD_SERVICE_MIN_PERCENT: '50',
  LIMIT_ADDRESS_SENDS: '5/60,40/3600,200/86400',
}
