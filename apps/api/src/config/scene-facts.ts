import type { ApiConfig } from './config.ts'

/** The addresses from which the captcha services tell pages to load their widgets. */
const SCRIPTS = {
  turnstile: 'https://challenges.cloudflare.com/turnstile/v0/api.js',
  hcaptcha: 'https://js.hcaptcha.com/1/api.js',
  recaptcha: 'https://www.google.com/recaptcha/api.js',
}

/** What a page must know about each scene. It contains nothing that a page could not find out by trying. */
export function sceneFacts({
  policy,
  policies,
  captchas,
}: Pick<ApiConfig, 'policy' | 'policies' | 'captchas'>) {
  const { service, site_key, script } = policy.captcha.siteverify ?? {}
  const widget =
    service === undefined || site_key === undefined
      ? undefined
      : { service, site_key, script: script ?? SCRIPTS[service] }
  const countries = Object.keys(policy.countries)
  return new Map(
    Object.entries(policies).map(([scene, { length, ttlSeconds }]) => {
      const captcha = captchas[scene] ?? []
      const hasWidget = widget !== undefined && captcha.includes('siteverify')
      return [
        scene,
        {
          scene,
          code_length: length,
          expires_in: ttlSeconds,
          captcha: [...captcha],
          ...(hasWidget && { siteverify: widget }),
          countries,
          email_fallback: policy.scenes[scene]?.fallback === true,
        },
      ]
    }),
  )
}
