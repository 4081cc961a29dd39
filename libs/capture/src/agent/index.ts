export { captureReplica, type CaptureReplicaOptions } from './capture-replica.ts';
export { captureDump, type CapturedDump } from './capture-dump.ts';
export { captureStream, type StreamCaptureOptions } from './capture-stream.ts';
export { captureTree, forgetManifest, type CaptureOptions, type CaptureProgress } from './capture-tree.ts';
export { PacedCall, type Pace } from './paced-call.ts';
export type { SealingContext, UploadCall, UploadFactory } from './upload-call.ts';
export { WorkerPool, type WorkerPoolOptions } from './worker-pool.ts';
export { EARLIER_VERSIONS, Hold, type HoldBudget, type HoldOptions } from './hold.ts';
export { lookUpPaths } from './look-up-paths.ts';
