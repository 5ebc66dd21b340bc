import type { CodePolicy } from '@sms-codes/core/codes/code-store'
import type { PhoneConfig } from './config.ts'
import { usageError } from './ops-error.ts'

/** @throws OpsError for a scene that SCENES does not have */
export function policyOf({ policies }: Pick<PhoneConfig, 'policies'>) {
  return (scene: string): CodePolicy => {
    const policy = policies.get(scene)
    if (policy === undefined) throw usageError(`--scene: must be one of ${[...policies.keys()].join(', ')}`)
    return policy
  }
}
