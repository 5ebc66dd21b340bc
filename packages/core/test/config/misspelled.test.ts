import { Type } from '@sinclair/typebox'
import { describe, expect, it } from 'vitest'
import { findMisspelled } from '../../src/config/misspelled.ts'
import { codeVariables, keyVariables, processVariables } from '../../src/config/shared-variables.ts'

const schema = Type.Object({
  NODE_ENV: processVariables.NODE_ENV,
  CODE_KEYS: keyVariables.CODE_KEYS,
  LIMIT_PHONE_SENDS: codeVariables.LIMIT_PHONE_SENDS,
})

describe('a variable in the environment', () => {
  it.each([
    ['lacks a letter', 'LIMIT_PHONE_SEND', 'LIMIT_PHONE_SENDS'],
    ['lacks a letter inside', 'LIMIT_PONE_SENDS', 'LIMIT_PHONE_SENDS'],
    ['has a letter too many', 'LIMIT_PHONNE_SENDS', 'LIMIT_PHONE_SENDS'],
    ['has a wrong letter', 'LIMIT-PHONE_SENDS', 'LIMIT_PHONE_SENDS'],
    ['has two letters swapped', 'NODE_EVN', 'NODE_ENV'],
    ['is in lower case', 'limit_phone_sends', 'LIMIT_PHONE_SENDS'],
  ])('is reported if it %s', (_what, given, similar) => {
    expect(findMisspelled(schema, { [given]: 'canary' })).toEqual([{ given, similar }])
  })

  it('is not reported if the variable that it resembles is set, or if it is empty', () => {
    expect(findMisspelled(schema, { CODE_KEY: 'x', CODE_KEYS: 'y' })).toEqual([])
    expect(findMisspelled(schema, { CODE_KEY: '' })).toEqual([])
  })

  it('is not reported if it differs in more than a letter', () => {
    expect(findMisspelled(schema, { NODE_EXE: 'x', NODE_ID: 'x', HOME: '/root', PATH: '/bin' })).toEqual([])
  })
})
