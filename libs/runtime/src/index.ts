export { Backoff, type BackoffOptions } from './backoff.ts';
export { Bandwidth, type BandwidthOptions } from './bandwidth/bandwidth.ts';
export type { RateSchedule, RateWindow } from './bandwidth/rate-schedule.ts';
export {
  oneOf,
  optionalText,
  optionalWholeNumber,
  text,
  wholeNumber,
  yesOrNo,
  type ConfigField,
  type ConfigSchema,
} from './config-schema.ts';
export { createLog, type LogOptions } from './create-log.ts';
export { Deferred } from './deferred.ts';
export { describeFailure, exitWith } from './exit-with.ts';
export { lowerPriority } from './lower-priority.ts';
export { makeDirectory } from './make-directory.ts';
export { Metrics } from './metrics.ts';
export { onStop } from './on-stop.ts';
export { environmentName, readConfig, type ConfigSources } from './read-config.ts';
export { readIfThere } from './read-if-there.ts';
export { redact, redactText } from './redact.ts';
export { Semaphore } from './semaphore.ts';
export { sleep } from './sleep.ts';
export { systemClock } from './system-clock.ts';
export { writeDurably, type WriteDurablyOptions } from './write-durably.ts';
export { syncDirectory, syncFile } from './sync-file.ts';
export { writeFileAtomic } from './write-file-atomic.ts';
export { WorkerLane, type LaneReply } from './worker-lane.ts';
