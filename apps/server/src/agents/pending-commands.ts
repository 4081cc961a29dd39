import type { AgentRequest, Outcome } from '@lifeboat/coordination';
import { fromErrorReport, LifeboatError, type NodeId } from '@lifeboat/kernel';
import type { Command, CommandProgress, CommandResult } from '@lifeboat/wire';

interface Pending {
  readonly command: Command;
  readonly node: NodeId;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((progress: CommandProgress) => void) | undefined;
  readonly deadline: NodeJS.Timeout;
}

/** Commands that were given to agents and not answered yet; they outlive the connection they were given on. */
export class PendingCommands {
  readonly #pending = new Map<string, Pending>();
  readonly #onGivenUp: (node: NodeId, commandId: string) => void;

  /** `onGivenUp` is told of each command whose answer nobody waits for any more. */
  constructor(onGivenUp: (node: NodeId, commandId: string) => void) {
    this.#onGivenUp = onGivenUp;
  }

  /** Registers a command; the promise settles with its outcome, its failure, its deadline or its cancellation. */
  add(commandId: string, request: AgentRequest): { command: Command; outcome: Promise<Outcome> } {
    const { node, operation, epoch, work, deadlineSeconds, signal, onProgress } = request;
    const command: Command = {
      commandId,
      operationId: operation,
      epoch: BigInt(epoch),
      deadlineSeconds,
      work,
    };
    const outcome = new Promise<Outcome>((resolve, reject) => {
      const deadline = setTimeout(
        () =>
          this.#giveUp(
            commandId,
            new LifeboatError('DEADLINE', `${work.$case} took longer than ${deadlineSeconds} s`),
          ),
        deadlineSeconds * 1000,
      );
      this.#pending.set(commandId, { command, node, resolve, reject, onProgress, deadline });
      const cancel = () =>
        this.#giveUp(commandId, new LifeboatError('CANCELLED', `${work.$case} was cancelled`));
      if (signal?.aborted) cancel();
      signal?.addEventListener('abort', cancel, { once: true });
    });
    return { command, outcome };
  }

  ofNode(node: NodeId): Command[] {
    return [...this.#pending.values()]
      .filter((pending) => pending.node === node)
      .map((pending) => pending.command);
  }

  has(commandId: string): boolean {
    return this.#pending.has(commandId);
  }

  /** Results that nobody waits for any more are legal: their operation has ended meanwhile. */
  settle(result: CommandResult): void {
    const pending = this.#take(result.commandId);
    if (pending === undefined) return;
    if (result.outcome === undefined) {
      pending.reject(new LifeboatError('PROTOCOL_BREACH', 'an agent answered a command with nothing'));
    } else if (result.outcome.$case === 'failure') {
      pending.reject(fromErrorReport(result.outcome.value));
    } else {
      pending.resolve(result.outcome);
    }
  }

  progress(progress: CommandProgress): void {
    this.#pending.get(progress.commandId)?.onProgress?.(progress);
  }

  /** The node stayed away for too long, or may not come back. */
  failNode(node: NodeId, error: LifeboatError): void {
    for (const command of this.ofNode(node)) this.#fail(command.commandId, error);
  }

  #giveUp(commandId: string, error: LifeboatError): void {
    const node = this.#pending.get(commandId)?.node;
    this.#fail(commandId, error);
    if (node !== undefined) this.#onGivenUp(node, commandId);
  }

  #fail(commandId: string, error: LifeboatError): void {
    this.#take(commandId)?.reject(error);
  }

  #take(commandId: string): Pending | undefined {
    const pending = this.#pending.get(commandId);
    this.#pending.delete(commandId);
    clearTimeout(pending?.deadline);
    return pending;
  }
}
