import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { native } from '@lifeboat/file-tree';

type Collect = (options: { type: 'minor' | 'major' }) => void;

let collect: Collect | undefined;

/** minor: what died young, a millisecond. major: everything in this thread, tens of milliseconds. */
export function collectGarbage(type: 'minor' | 'major'): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  collect({ type });
}

/** At the end of a capture everything goes back to the kernel, for the agent may now be idle for hours. */
export function trimMemory(): void {
  collectGarbage('major');
  native.trimMemory();
}
