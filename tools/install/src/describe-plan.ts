import type { InstallPlan } from './install-plan.ts';

/** The whole plan, to be read before it is carried out. */
export function describePlan({ files, commands }: InstallPlan): string {
  const parts = files.map(
    ({ path, mode, contents }) =>
      `write ${path} (mode ${mode.toString(8).padStart(4, '0')})\n${contents.trimEnd().replace(/^(?=.)/gm, '    ')}\n`,
  );
  return [...parts, ...commands.map((argv) => `run ${argv.join(' ')}`), ''].join('\n');
}
