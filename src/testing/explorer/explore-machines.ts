import { checkNodeId, checkNumber, InvalidOptionError } from '../../core/index.js';
import { MAX_COUNTS } from './counters.js';
import { search } from './explore.js';
import type { MachineModel, MachinesState } from './machine-model.js';
import { MachineSpace } from './machine-space.js';
import { checkGroups } from './renamings.js';
import type { ExploreOptions, ExploreResult } from './result.js';

/**
 * Visits every state that machines can come to, in every order of events that a {@link MachineModel} allows, and checks
 * its properties. The machines are the real ones: each step makes one from a copy of its state, gives it an input, drives
 * it until it rests, and remembers what came of it, so that no step of a node is taken twice.
 *
 * A few nodes, a few messages in flight and one or two faults are what fits; that is also where most bugs of protocols
 * show. For long runs, real clocks and larger clusters use a {@link Simulation}.
 *
 * @throws InvalidOptionError naming the option, the value and what is allowed; QuorateError with code `not-plain-data`
 * when a state or message is not plain data, `does-not-rest` when a machine goes on having effects, `not-symmetric` when nodes that `symmetry` names are not treated
 * alike; and whatever a machine
 * throws
 */
export function exploreMachines<Message, Command, Output, Write, State, History = null>(
  model: MachineModel<Message, Command, Output, Write, State, History>,
  options: ExploreOptions = {},
): ExploreResult<MachinesState<Message, State, History>> {
  checkModel(model);
  return search(new MachineSpace(model), model.properties ?? [], options);
}

function checkModel<Message, Command, Output, Write, State, History>(
  model: MachineModel<Message, Command, Output, Write, State, History>,
): void {
  const { nodes, network, storage = 'atOnce', draws = [0.5] } = model;
  for (const id of nodes) checkNodeId('nodes', id);
  if (nodes.length === 0 || new Set(nodes).size < nodes.length) {
    throw new InvalidOptionError('nodes', nodes, 'at least one node id, each different');
  }
  if (storage !== 'atOnce' && storage !== 'later') {
    throw new InvalidOptionError('storage', storage, "'atOnce' or 'later'");
  }
  if (model.symmetry !== undefined) checkGroups(model.symmetry.groups, nodes);
  checkNumber('crashes', model.crashes ?? 0, { min: 0, max: MAX_COUNTS.crashes });
  checkNumber('maxCommands', model.maxCommands ?? 1, { min: 0, max: MAX_COUNTS.commands });
  checkNumber('peerNotices', model.peerNotices ?? 0, { min: 0, max: MAX_COUNTS.notices });
  if (draws.length === 0) throw new InvalidOptionError('draws', draws, 'at least one number');
  for (const draw of draws) checkNumber('draws', draw, { min: 0, max: 1 - 2 ** -32, integer: false });
  const { maxInFlight = Infinity, lossy, duplicating } = network ?? {};
  if (typeof lossy === 'number') checkNumber('network.lossy', lossy, { min: 0, max: MAX_COUNTS.losses });
  if (typeof duplicating === 'number') {
    checkNumber('network.duplicating', duplicating, { min: 0, max: MAX_COUNTS.duplications });
  }
  if (maxInFlight !== Infinity) checkNumber('network.maxInFlight', maxInFlight, { min: 0 });
}
