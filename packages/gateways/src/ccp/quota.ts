// Verification messages of one template that CCP allows one number. CCP counts calendar days. Counting any 24 hours
// instead never exceeds its limit.
export const ccpQuota = [
  { most: 1, seconds: 30 },
  { most: 5, seconds: 86_400 },
]
