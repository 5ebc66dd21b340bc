import type { Call } from './calls.ts'
import type { Refusal, Scene, Siteverify } from './results.ts'

export type SceneAnswer = {
  code_length: number
  expires_in: number
  captcha: string[]
  siteverify?: { service: Siteverify['service']; site_key: string; script: string }
  countries: string[]
  email_fallback: boolean
}
export const SCENE: SceneAnswer = {
  code_length: 0,
  expires_in: 0,
  captcha: [],
  countries: [],
  email_fallback: false,
}

export async function getScene(call: Call, scene: string): Promise<Scene | Refusal> {
  const result = await call(`/v1/scenes/${encodeURIComponent(scene)}`, SCENE)
  if (!result.ok) return result
  const { code_length, expires_in, captcha, siteverify, countries, email_fallback } = result.answer
  return {
    ok: true,
    codeLength: code_length,
    expiresIn: expires_in,
    captcha,
    countries,
    emailFallback: email_fallback,
    ...(siteverify !== undefined && {
      siteverify: {
        service: siteverify.service,
        siteKey: siteverify.site_key,
        script: siteverify.script,
      },
    }),
  }
}
