import { LifeboatError } from '@lifeboat/kernel';

/** What cannot be undone is done on a plain word only. `what`: a sentence that says it. */
export function demandYes(yes: true | undefined, what: string): void {
  if (yes === true) return;
  throw new LifeboatError('USAGE', what, { guidance: 'If that is what you want, say it with --yes.' });
}
