// Spells a message's number, which is E.164, in the forms that vendors expect.

/** The number with its country calling code and without plus, such as 85290000000. */
export const digitsOf = (mobile: string) => mobile.slice(1)

/** Whether a number belongs to the mainland of China. The numbers of Hong Kong, Macao and Taiwan do not. */
export const isMainland = ({ mobile }: { mobile: string }) => mobile.startsWith('+86')

/** The eleven digits of a mainland number. */
export const nationalOf = (mobile: string) => mobile.slice(3)
