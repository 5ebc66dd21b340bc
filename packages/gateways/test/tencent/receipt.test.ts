import { tencentReceipts } from '../../src/tencent/receipt.ts'
import { batchedReceiptContract } from '../batched-receipt-contract.ts'
import fixture from '../fixtures/receipts.json' with { type: 'json' }

const [row] = fixture.tencent
const ext = '0f8fad5bd9cb469fa16570867728950e'

batchedReceiptContract('Tencent', {
  parser: tencentReceipts,
  row: { ...row, ext },
  ids: [row?.sid, ext],
  code: 'DELIVRD',
  failed: { report_status: 'FAIL', errmsg: 'MK:0001' },
  number: (id) => ({ sid: id, ext: undefined }),
  waiting: [{ report_status: undefined }, { report_status: 'SENDING' }, { report_status: '' }],
  acknowledgement: fixture.acknowledgements.tencent,
})
