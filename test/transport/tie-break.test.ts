import { describe, expect, it } from 'vitest';
import { keepsPresent, whileDialing } from '../../src/transport/stream/peer.js';

describe('two connections of one pair of nodes', () => {
  const run = 'run 1';

  it('of which each side dialed one at the same time: that of the smaller id stays, on both sides', () => {
    const [small, large] = [
      { dialer: 'a', incarnation: run },
      { dialer: 'b', incarnation: run },
    ];
    expect(keepsPresent(small, large, 10, 2000)).toBe(true);
    expect(keepsPresent(large, small, 10, 2000)).toBe(false);
  });

  it('of which one is older than a dial takes: the peer has lost it, and the new one stays', () => {
    expect(keepsPresent({ dialer: 'a', incarnation: run }, { dialer: 'b', incarnation: run }, 2001, 2000)).toBe(false);
  });

  it('of the same dialer, or of another run of the peer: the new one stays', () => {
    expect(keepsPresent({ dialer: 'a', incarnation: run }, { dialer: 'a', incarnation: run }, 1, 2000)).toBe(false);
    expect(keepsPresent({ dialer: 'a', incarnation: run }, { dialer: 'b', incarnation: 'run 2' }, 1, 2000)).toBe(false);
  });

  it('while dialing: only the smaller id that has said hello lets the other one wait', () => {
    expect(whileDialing('a', 'b', true)).toBe('wait');
    expect(whileDialing('a', 'b', false)).toBe('take');
    expect(whileDialing('b', 'a', true)).toBe('take');
    expect(whileDialing('b', 'a', false)).toBe('take');
  });
});
