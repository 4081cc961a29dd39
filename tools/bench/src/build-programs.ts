import { runProcess } from '@lifeboat/testkit';

/** Measured is what an operator has: the built programs, fresh. */
export async function buildPrograms(): Promise<void> {
  const build = await runProcess('npx', ['nx', 'run-many', '-t', 'build']);
  if (build.code !== 0) throw new Error(`the build failed: ${build.stderr}${build.stdout}`);
  process.env.LIFEBOAT_RUN = 'built';
}
