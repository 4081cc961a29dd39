/** Helpers of tests: file trees as data, a clock and a gate that a test moves, processes, ports. Never shipped. */
export { compareTrees } from './compare-trees.ts';
export { FaultyProxy, type Fault, type FaultOf, type ProxiedRequest } from './faulty-proxy.ts';
export { freePort } from './free-port.ts';
export { gate, type Gate } from './gate.ts';
export { movableClock, type MovableClock } from './movable-clock.ts';
export {
  runProcess,
  startProcess,
  type ProcessOptions,
  type ProcessResult,
  type RunningProcess,
} from './run-process.ts';
export { seededBytes, seededRandom, type SeededRandom } from './seeded.ts';
export { tempDir, type TempDir } from './temp-dir.ts';
export { directory, file, hardlink, makeTree, rawName, sparse, symlink, type TreeSpec } from './tree.ts';
export { waitUntil } from './wait-until.ts';
export * from './database-servers/index.ts';
export * from './swift-server/index.ts';
