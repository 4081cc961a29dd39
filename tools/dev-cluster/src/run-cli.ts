import { startProgram } from './programs.ts';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One run of the operator's command, as a process of its own. */
export async function runCli(args: readonly string[], env: Record<string, string>): Promise<CliResult> {
  const { code, stdout, stderr } = await startProgram('cli', args, { env }).done;
  return { code, stdout, stderr };
}
