import { describe, expect, it } from 'vitest';
import { checkNodeId, isNodeId, MAX_NODE_ID_LENGTH } from '../../src/core/index.js';

describe('a node id', () => {
  it.each(['a', 'n1', '10.0.0.1:4100', '!~', 'x'.repeat(MAX_NODE_ID_LENGTH)])('may be %j', (id) => {
    expect(checkNodeId('id', id)).toBe(id);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])('may not be %j, which every object has', (id) => {
    expect(isNodeId(id)).toBe(false);
    expect(() => checkNodeId('peer', id)).toThrow('no name that every object has');
  });

  it.each(['', ' ', 'a b', 'ü', '\n', 'x'.repeat(MAX_NODE_ID_LENGTH + 1), 7, null, undefined, ['a']])(
    'may not be %j',
    (id) => {
      expect(isNodeId(id)).toBe(false);
      expect(() => checkNodeId('peer', id)).toThrow(/^peer is .*; it must be 1 to 128 printable ASCII characters/);
    },
  );
});
