import { LifeboatError } from '@lifeboat/kernel';

export function noSpace(cause: unknown): LifeboatError {
  return new LifeboatError('NO_SPACE', 'the file system ran full while staging', {
    guidance: 'Abort the restore (it frees the stage), free space and run it again.',
    cause,
  });
}
