import { findProgram } from '@sms-codes/launcher/find-program'
import { findUnpacked, thisMachine, type Machine } from '@sms-codes/launcher/unpacked-programs'

/** Valkey is not in every release of Debian and Ubuntu. */
export const VALKEY_TOOLS = { name: 'valkey-tools', programs: { 'valkey-server': 'valkey-check-rdb' } }

/** Finds Valkey and nothing else, for tests that run on both servers: `findRedis` accepts either. */
export const findValkey = (machine: Machine = thisMachine()): string | null =>
  findProgram(['valkey-server', 'valkey-check-rdb'], machine.env) ??
  findUnpacked(VALKEY_TOOLS.name, 'valkey-server', machine)
