import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { native } from '@lifeboat/file-tree';

let collect: (() => void) | undefined;

/**
 * At the end of a capture everything goes back to the kernel, for the agent may now be idle for hours: V8 would keep
 * its dead Buffers, and the C library what V8 gave back. Tens of milliseconds, so never while work goes on.
 */
export function trimMemory(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  native.trimMemory();
}
