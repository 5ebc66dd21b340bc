// Lists the outcome class of each result code of Huawei Cloud SMS, for a number or for the whole call. Huawei accepts a
// message only with 000000. An unlisted code is therefore a refusal, and the next gateway may send the message.
import { classByCode } from '../code-table.ts'

export const huaweiCodes = classByCode({
  accepted: '000000',
  // Huawei also answers E000000 to a request that it cannot read.
  switch_now: 'E000000',
  template: 'E200028 E200029 E200030 E200031 E200033',
  config: `E000001 E000002 E000003 E000004 E000005 E000006 E000007 E000008 E000020 E000021 E000022 E000023
    E000024 E000025 E000026 E000027 E000111 E000112 E000503 E000620 E200015 E200018 E200041`,
})
