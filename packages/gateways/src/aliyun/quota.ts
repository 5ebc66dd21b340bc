/** Verification messages that Aliyun allows one number under one signature. */
export const aliyunQuota = [
  { most: 1, seconds: 60 },
  { most: 5, seconds: 3_600 },
  { most: 10, seconds: 86_400 },
]
