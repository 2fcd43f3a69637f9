/**
 * Hosts and tools to test machines and everything that takes a clock: a virtual clock and a seeded simulation.
 *
 * @module testing
 */
export { ConformanceError } from './conformance/case.js';
export type { ConformanceCase } from './conformance/case.js';
export type { TransportNetwork, TransportSetup, TransportSupports } from './conformance/transport-bench.js';
export { transportCases } from './conformance/transport.js';
export type { JournalPlace, JournalSetup, JournalSupports } from './conformance/journal-bench.js';
export { journalCases } from './conformance/journal.js';
export { clockCases } from './conformance/clock.js';
export type { ClockSetup, ClockSupports } from './conformance/clock.js';
export type { MachineInputs, MachineSetup } from './conformance/machine-run.js';
export { machineCases } from './conformance/machine.js';
export type { MachineSupports } from './conformance/machine.js';
export type { Estimate } from './detector/estimate.js';
export { exponentialTrace } from './detector/exponential-trace.js';
export type { ExponentialTraceOptions } from './detector/exponential-trace.js';
export { measureDetector } from './detector/measure.js';
export type { MeasureDetectorOptions, MeasuredDetector } from './detector/measure.js';
export type { HeartbeatTrace } from './detector/trace.js';
export { wideAreaTrace } from './detector/wide-area-trace.js';
export type { WideAreaTraceOptions } from './detector/wide-area-trace.js';
export { RecordingTransport } from './recorder/record.js';
export type { RecordingOptions } from './recorder/record.js';
export { formatRecording, parseRecording } from './recorder/recording.js';
export type { RecordedEvent, Recording } from './recorder/recording.js';
export { replayRecording } from './recorder/replay.js';
export type { ReplayOptions, ReplayPace, ReplayResult } from './recorder/replay.js';
export { raftReplayRules } from './recorder/raft-rules.js';
export type { Normalise, ReplayRules } from './recorder/rules.js';
export { SimulatedDisk } from './simulation/disk.js';
export type { SimulatedCheckpoint } from './simulation/disk.js';
export { EventQueue } from './simulation/event-queue.js';
export { defaultWeights, nemesis } from './simulation/faults.js';
export type { Fault, Link, NemesisOptions, NemesisWeights, Range, TimedFault } from './simulation/faults.js';
export { calmConditions, defaultConditions } from './simulation/network.js';
export type { Conditions } from './simulation/network.js';
export { explore } from './explorer/explore.js';
export { exploreMachines } from './explorer/explore-machines.js';
export type {
  Envelope,
  ExploredNode,
  HistoryModel,
  MachineModel,
  MachinesState,
  NetworkModel,
} from './explorer/machine-model.js';
export type { MachineSymmetry, Rename } from './explorer/machine-symmetry.js';
export { always, eventually, sometimes } from './explorer/model.js';
export type { Model, Property, PropertyKind } from './explorer/model.js';
export { formatPath } from './explorer/format-path.js';
export type { ExploreOptions, ExploreProgress, ExploreResult, PropertyResult, StopReason } from './explorer/result.js';
export type { Step } from './explorer/space.js';
export type { Symmetry } from './explorer/symmetry.js';
export { InvariantViolation } from './simulation/protocol.js';
export type { SimulatedHost, SimulatedProtocol } from './simulation/protocol.js';
export type { Scenario } from './simulation/scenario.js';
export { shrink } from './simulation/shrink.js';
export { simulate, SimulationError } from './simulation/simulate.js';
export type { SimulateOptions, SimulateResult } from './simulation/simulate.js';
export { Simulation } from './simulation/simulation.js';
export type { SimulationOptions } from './simulation/simulation.js';
export { formatEvent } from './simulation/trace.js';
export type { TraceEvent } from './simulation/trace.js';
export { VirtualClock } from './virtual-clock.js';
export { canonicalText } from './linearizability/canonical.js';
export { checkLinearizability } from './linearizability/check.js';
export type { LinearizabilityOptions, LinearizabilityResult } from './linearizability/check.js';
export type { History, HistoryOperation, OperationBase } from './linearizability/history.js';
export { parseKeyValueHistory } from './linearizability/json-lines.js';
export type { KeyValueOperation } from './linearizability/json-lines.js';
export type { Hindsight, HindsightOperation, SequentialModel } from './linearizability/model.js';
export { casRegisterModel, keyValueModel, lockModel, registerModel } from './linearizability/models.js';
export type {
  CasRegisterInput,
  Held,
  KeyValueInput,
  KeyValueOutput,
  KeyValueState,
  LockInput,
  LockOutput,
  LockState,
  RegisterInput,
} from './linearizability/models.js';
export { HistoryRecorder } from './linearizability/recorder.js';
export type { HistoryRecorderOptions } from './linearizability/recorder.js';
export type { Describe } from './linearizability/labels.js';
export { renderTimeline } from './linearizability/timeline.js';
export type { TimelineOptions } from './linearizability/timeline.js';
export { queueModel } from './linearizability/queue.js';
export type { QueueState } from './linearizability/queue.js';
export type { QueueInput, QueueOutput } from './linearizability/queue-fates.js';
