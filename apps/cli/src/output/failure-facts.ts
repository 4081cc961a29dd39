import type { BackupSet } from '@lifeboat/console-api';

/** What went wrong and what to do: a line each, because guidance may hold statements to copy. */
export function failureFacts(
  failure: BackupSet['failure'],
): (readonly [name: string, value: string | undefined])[] {
  if (!failure) return [];
  const [first, ...more] = (failure.guidance ?? '').split('\n');
  return [
    ['failure', `${failure.message} (${failure.code})`],
    ['what to do', first === '' ? undefined : first],
    ...more.map((line) => ['', line] as const),
  ];
}
