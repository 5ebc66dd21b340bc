// Lists the outcome class of each CCP (Yuntongxun) status code. CCP accepts a message only with 000000. An unlisted
// code is therefore a refusal, and the next gateway may send the message.
import { classByCode } from '../code-table.ts'

export const ccpCodes = classByCode({
  accepted: '000000',
  // 160054: CCP has seen the message's id today. 160056: CCP treats the same text to the same number as a repeat.
  duplicate: '160054 160056',
  retry_same: '112354 160016 161006',
  switch_now: `111001-111099 112302 112326 160000-160010 160050 160063-160064 161000-161001 161004-161005
    161008-161012 161020 161022-161024`,
  // 161021: the platform timed out while reading from its own channel. 172xxx: CCP never sends these codes. Client
  // libraries use them for their own network faults, and a proxy between the worker and CCP may pass them on.
  ambiguous: '161021 172001 172003 172006-172007 172012',
  number: '112300 112306 112316-112317 112319 160013 160034 160042 160044 160051',
  number_limit: '112314 160015 160021-160022 160038-160041',
  template: `112307-112309 112311 112313 112315 112318 112323 160011 160018-160020 160032-160033
    160035-160037 160043 160046 160049 160052`,
  config: `111109 111141 111181 112301 112303-112305 112310 112312 112320-112321 112349-112350 112353 113302
    160012 160014 160017 160031 160045 160048 160053 160055 160058-160062 160065 161002-161003 161007
    161100-161108`,
})
