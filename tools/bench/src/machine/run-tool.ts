import { runProcess } from '@lifeboat/testkit';

/** Runs a program that must succeed and answers with what it printed. */
export async function runTool(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runProcess(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}
