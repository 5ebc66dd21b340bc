import { aliyunReceipts } from '../../src/aliyun/receipt.ts'
import { batchedReceiptContract } from '../batched-receipt-contract.ts'
import fixture from '../fixtures/receipts.json' with { type: 'json' }

const [row] = fixture.aliyun

batchedReceiptContract('Aliyun', {
  parser: aliyunReceipts,
  row: { ...row },
  ids: [row?.biz_id, row?.out_id],
  code: 'DELIVERED',
  failed: { success: false, err_code: 'MK:0001' },
  number: (id) => ({ biz_id: id, out_id: undefined }),
  waiting: [{ success: undefined }, { success: 'true' }, { success: null }, { success: 1 }],
  acknowledgement: fixture.acknowledgements.aliyun,
})
