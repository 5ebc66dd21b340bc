// Defines the kinds of secrets and settings that several vendors use.
import { Type, type StringOptions } from '@sinclair/typebox'

export const text = (pattern: string, description: string, options: StringOptions = {}) =>
  Type.String({ ...options, pattern, description })

export const secret = (description: string) =>
  Type.String({ minLength: 16, description: `secret: ${description}, 16 characters or more` })

/** The address of a vendor's API. */
export const apiUrl = (vendor: string, address: string) =>
  text('^https?://[^\\s]+$', `address of the ${vendor} API, such as ${address}`, { default: address })

/** The minutes in a template that has the code as its only variable. They must be the life of the code. */
export const templateMinutes = Type.Integer({
  minimum: 1,
  maximum: 10,
  description: 'minutes in the text of the template',
})

/** A sign name in front of a message, such as 美多商城. The vendors add the brackets. */
export const signName = (vendor: string) =>
  text('^[^\\s【】]{2,20}$', `sign name at ${vendor}, such as 美多商城, without its brackets`)
