import { LifeboatError, messageOf, toErrorReport, type Log } from '@lifeboat/kernel';
import type { Command, CommandProgress, CommandResult } from '@lifeboat/wire';

export type Work = (
  command: Command,
  call: { signal: AbortSignal; onProgress: (progress: Omit<CommandProgress, 'commandId'>) => void },
) => Promise<NonNullable<CommandResult['outcome']>>;

/** Where answers go while a session is up. */
export interface Outbox {
  result(result: CommandResult): void;
  progress(progress: CommandProgress): void;
}

/**
 * Commands under way and results not yet acknowledged. They outlive sessions: a command given twice is done once, and
 * a result is kept until the server says that it has it.
 */
export class CommandDesk {
  readonly #work: Work;
  readonly #log: Log;
  readonly #running = new Map<string, AbortController>();
  readonly #results = new Map<string, CommandResult>();
  readonly #epochs = new Map<string, bigint>();
  #outbox: Outbox | undefined;

  constructor(work: Work, log: Log) {
    this.#work = work;
    this.#log = log;
  }

  /** Ids that the server need not give again. */
  get held(): string[] {
    return [...this.#running.keys(), ...this.#results.keys()];
  }

  /** A session is up: what could not be said before is said now. */
  attach(outbox: Outbox): void {
    this.#outbox = outbox;
    for (const result of this.#results.values()) outbox.result(result);
  }

  detach(outbox: Outbox): void {
    if (this.#outbox === outbox) this.#outbox = undefined;
  }

  acknowledged(commandId: string): void {
    this.#results.delete(commandId);
  }

  accept(command: Command): void {
    const kept = this.#results.get(command.commandId);
    if (kept !== undefined) this.#outbox?.result(kept);
    if (kept !== undefined || this.#running.has(command.commandId)) return;
    void this.#run(command);
  }

  /** Nobody waits for it any more. Its result, if it comes to one, is still told and acknowledged. */
  cancel(commandId: string): void {
    this.#running.get(commandId)?.abort();
  }

  stop(): void {
    for (const abort of this.#running.values()) abort.abort();
  }

  async #run(command: Command): Promise<void> {
    const { commandId, work } = command;
    const abort = new AbortController();
    this.#running.set(commandId, abort);
    const log = this.#log.child({ command: work?.$case ?? 'unknown', operation: command.operationId });
    const startedAt = performance.now();
    let result: CommandResult;
    try {
      this.#checkEpoch(command);
      const onProgress = (progress: Omit<CommandProgress, 'commandId'>) =>
        this.#outbox?.progress({ commandId, ...progress });
      result = { commandId, outcome: await this.#work(command, { signal: abort.signal, onProgress }) };
      log.info({ millis: Math.round(performance.now() - startedAt) }, 'command done');
    } catch (error) {
      log.warn(
        { error: messageOf(error), cause: messageOf((error as { cause?: unknown }).cause ?? '') },
        'command failed',
      );
      const { code, message, guidance = '' } = toErrorReport(error);
      result = { commandId, outcome: { $case: 'failure', value: { code, message, guidance } } };
    }
    this.#running.delete(commandId);
    this.#results.set(commandId, result);
    this.#outbox?.result(result);
  }

  /** A server that was overtaken must not have its commands done any more. */
  #checkEpoch({ operationId, epoch }: Command): void {
    const highest = this.#epochs.get(operationId) ?? 0n;
    if (epoch < highest) {
      throw new LifeboatError('CONFLICT', `epoch ${epoch} of this operation is over; ${highest} was seen`, {
        guidance: 'Another server has taken this operation over; only one may lead it.',
      });
    }
    this.#epochs.set(operationId, epoch);
  }
}
