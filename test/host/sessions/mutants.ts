import type { Mutant } from '../../mutants.js';

const machine = 'test/host/sessions/with-sessions.test.ts';
const property = 'test/host/sessions/exactly-once.test.ts';
const expiry = 'test/host/sessions/expiry.test.ts';
const snapshots = 'test/host/sessions/snapshots.test.ts';
const client = 'test/host/sessions/session.test.ts';

/** Bugs by which a command is applied twice, or not at all, or differently on two members. */
export const clientSessionMutants: readonly Mutant[] = [
  {
    name: 'applies what the client has the answer of once more',
    suite: property,
    file: 'host/sessions/with-sessions.ts',
    find: "if (sequence < session.lowest) return refused('already-answered');",
    replace: '',
  },
  {
    name: 'applies both copies in a batch',
    suite: property,
    file: 'host/sessions/with-sessions.ts',
    find: "if (typeof remembered === 'number') return remembered;",
    replace: "if (typeof remembered !== 'number')",
  },
  {
    name: 'remembers only the last result of a session',
    suite: property,
    file: 'host/sessions/with-sessions.ts',
    find: 'session.results.set(sequence, place);',
    replace: 'session.results.clear(), session.results.set(sequence, place);',
  },
  {
    name: 'judges results by the limit at the end of the batch',
    suite: machine,
    file: 'host/sessions/with-sessions.ts',
    find: 'const bytes = this.#encode(result, maxResultBytes);',
    replace: 'const bytes = this.#encode(result, this.#table.limits.maxResultBytes);',
  },
  {
    name: 'takes a refused command for an applied one',
    suite: machine,
    file: 'host/sessions/with-sessions.ts',
    find: "if (sequence - session.lowest >= maxOutstanding) return refused('overloaded');",
    replace:
      "if (sequence - session.lowest >= maxOutstanding) return session.results.set(sequence, null), refused('overloaded');",
  },
  {
    name: 'ends the node at a result that cannot be encoded',
    suite: machine,
    file: 'host/sessions/with-sessions.ts',
    find: '    } catch {\n      return null;\n    }',
    replace: '    } catch (error) {\n      throw error;\n    }',
  },
  {
    name: 'numbers sessions by their id',
    suite: machine,
    file: 'host/sessions/table.ts',
    find: 'const opened: SessionState = { number: index,',
    replace: 'const opened: SessionState = { number: id.charCodeAt(0),',
  },
  {
    name: 'lets the lowest sequence number go back',
    suite: machine,
    file: 'host/sessions/table.ts',
    find: 'if (lowest <= session.lowest) return;',
    replace: 'if (lowest === session.lowest) return;',
  },
  {
    name: 'believes every clock',
    suite: expiry,
    file: 'host/sessions/table.ts',
    find: 'this.size === 0 ? stampMs : Math.min(stampMs, furthest)',
    replace: 'stampMs',
  },
  {
    name: 'lets the log time go back',
    suite: expiry,
    file: 'host/sessions/table.ts',
    find: 'this.logTimeMs = Math.max(this.logTimeMs, moved);',
    replace: 'this.logTimeMs = moved;',
  },
  {
    name: 'forgets the oldest session in place of the one that was idle for longest',
    suite: expiry,
    file: 'host/sessions/table.ts',
    find: 'this.#byNumber.delete(number);\n      this.#byNumber.set(number, session);',
    replace: '',
  },
  {
    name: 'leaves the results out of snapshots',
    suite: snapshots,
    file: 'host/sessions/table-codec.ts',
    find: 'for (const [sequence, result] of results) pieces.push(encodeResult(sequence - lowest, result));',
    replace: 'for (const [sequence] of results) pieces.push(encodeResult(sequence - lowest, null));',
  },
  {
    name: 'believes what a snapshot claims of its lengths',
    suite: snapshots,
    file: 'host/sessions/table-codec.ts',
    find: "'the length of a result', MOST_RESULT_BYTES + LENGTHS)",
    replace: "'the length of a result')",
  },
  {
    name: 'repeats with a new sequence number',
    suite: client,
    file: 'host/sessions/session.ts',
    find: '() => this.#encode(call), call.options',
    replace: '() => this.#encode({ ...call, sequence: this.#nextSequence++ }), call.options',
  },
  {
    name: 'repeats what a state machine without sessions has answered',
    suite: client,
    file: 'host/sessions/attempts.ts',
    find: "!isQuorateError(error) || error.code === 'malformed'",
    replace: '!isQuorateError(error)',
  },
  {
    name: 'says failed of what an earlier attempt may have done',
    suite: client,
    file: 'host/sessions/attempts.ts',
    find: 'this.#unknown ? asUnknown(error) : error',
    replace: 'error',
  },
];
