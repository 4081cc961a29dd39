import { runTool } from './machine/run-tool.ts';

/** Measured is what an operator has: the built programs, fresh. */
export async function buildPrograms(): Promise<void> {
  // No daemon: it would outlive the bench.
  process.env.NX_DAEMON = 'false';
  await runTool('npx', ['nx', 'run-many', '-t', 'build']);
  process.env.LIFEBOAT_RUN = 'built';
}
