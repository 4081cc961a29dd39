import type { CaptureResult } from '@lifeboat/wire';
import type { Clock } from '@lifeboat/kernel';
import { LISTED_PATHS } from './limits.ts';
import type { ManifestWriter } from './manifest-writer.ts';
import type { TransferCounters } from './upload-session.ts';

/** What a capture has to say besides its bytes. Lists are bounded: a message must stay small whatever the tree. */
export class CaptureReport {
  readonly #startedAt: Date;
  readonly #changedWhileRead: string[] = [];
  readonly #notKept: { path: string; reason: string }[] = [];
  #moreChanged = 0;
  #moreNotKept = 0;

  filesChanged = 0;

  constructor(clock: Clock) {
    this.#startedAt = clock.now();
  }

  get startedAt(): Date {
    return this.#startedAt;
  }

  /** Nothing that was seen was left out. */
  get isWhole(): boolean {
    return this.#notKept.length === 0;
  }

  changedWhileRead(path: string): void {
    if (this.#changedWhileRead.length < LISTED_PATHS) this.#changedWhileRead.push(path);
    else this.#moreChanged += 1;
  }

  notKept(path: string, reason: string): void {
    if (this.#notKept.length < LISTED_PATHS) this.#notKept.push({ path, reason });
    else this.#moreNotKept += 1;
  }

  result(root: Buffer, manifest: ManifestWriter, counters: TransferCounters, clock: Clock): CaptureResult {
    const more = (count: number): string[] => (count === 0 ? [] : [`… and ${count} more`]);
    return {
      root,
      entries: BigInt(manifest.entries),
      bytes: BigInt(manifest.contentBytes),
      bytesRead: BigInt(counters.bytesRead),
      bytesChanged: BigInt(counters.bytesChanged),
      bytesWire: BigInt(counters.bytesWire),
      filesChanged: BigInt(this.filesChanged),
      startedUnixMillis: BigInt(this.#startedAt.getTime()),
      endedUnixMillis: BigInt(clock.now().getTime()),
      changedWhileRead: [...this.#changedWhileRead, ...more(this.#moreChanged)],
      notKept: [
        ...this.#notKept,
        ...more(this.#moreNotKept).map((path) => ({ path, reason: 'the list is cut here' })),
      ],
      searchIndex: undefined,
    };
  }
}
