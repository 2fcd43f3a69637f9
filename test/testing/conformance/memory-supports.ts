import type { TransportSupports } from '../../../src/testing/index.js';

/** What the memory transport promises without a codec. */
export const memorySupports: TransportSupports = {
  ordered: true,
  loss: false,
  duplicates: false,
  notices: true,
  addresses: false,
  copies: false,
  checksValues: false,
  queuedMessages: 300,
  reopens: true,
};
