import { Type } from '@sinclair/typebox'
import { describe, expect, it } from 'vitest'
import { findMisspelled } from '../../src/config/misspelled.ts'
import { keyVariables, processVariables, shared } from '../../src/config/shared-variables.ts'

const schema = Type.Object({
  NODE_ENV: processVariables.NODE_ENV,
  CODE_KEYS: keyVariables.CODE_KEYS,
  CALLBACK_TOKEN: shared.CALLBACK_TOKEN,
})

describe('a variable in the environment', () => {
  it.each([
    ['lacks a letter', 'CALLBACK_TOKE', 'CALLBACK_TOKEN'],
    ['lacks a letter inside', 'CALBACK_TOKEN', 'CALLBACK_TOKEN'],
    ['has a letter too many', 'CALLBACKK_TOKEN', 'CALLBACK_TOKEN'],
    ['has a wrong letter', 'CALLBACK-TOKEN', 'CALLBACK_TOKEN'],
    ['has two letters swapped', 'NODE_EVN', 'NODE_ENV'],
    ['is in lower case', 'callback_token', 'CALLBACK_TOKEN'],
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
