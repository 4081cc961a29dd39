import { describe, expect, it } from '@jest/globals';
import { LifeboatError, silentLog } from '@lifeboat/kernel';
import { gate, waitUntil } from '@lifeboat/testkit';
import type { Command, CommandProgress, CommandResult } from '@lifeboat/wire';

import { CommandDesk, type Work } from './command-desk.ts';

const DONE = { $case: 'empty', value: {} } as const;

/** What one session hears. */
class Session {
  readonly results: CommandResult[] = [];
  readonly progresses: CommandProgress[] = [];

  result(result: CommandResult): void {
    this.results.push(result);
  }

  progress(progress: CommandProgress): void {
    this.progresses.push(progress);
  }
}

function command(commandId: string, facts: Partial<Command> = {}): Command {
  return {
    commandId,
    operationId: 'set-1',
    epoch: 1n,
    work: { $case: 'releaseHold', value: {} },
    ...facts,
  } as Command;
}

function deskOf(work: Work): CommandDesk {
  return new CommandDesk(work, silentLog);
}

function answered(session: Session, count = 1): Promise<boolean> {
  return waitUntil('the answer', () => session.results.length >= count);
}

describe('CommandDesk', () => {
  it('does a command once that is given twice, under way or done', async () => {
    const working = gate();
    let times = 0;
    const desk = deskOf(async () => {
      times += 1;
      await working.pass();
      return DONE;
    });
    const session = new Session();
    desk.attach(session);
    desk.accept(command('c1'));
    desk.accept(command('c1'));
    working.open();
    await answered(session);
    desk.accept(command('c1'));
    expect(session.results).toEqual([
      { commandId: 'c1', outcome: DONE },
      { commandId: 'c1', outcome: DONE },
    ]);
    expect(times).toBe(1);
  });

  it('keeps a result until the server has it, over as many sessions as that takes', async () => {
    const working = gate();
    const desk = deskOf(async () => {
      await working.pass();
      return DONE;
    });
    const first = new Session();
    desk.attach(first);
    desk.accept(command('c1'));
    await working.reached;
    desk.detach(first);
    expect(desk.held).toEqual(['c1']);
    working.open();
    const second = new Session();
    desk.attach(second);
    await answered(second);
    expect(first.results).toEqual([]);
    const third = new Session();
    desk.attach(third);
    expect(third.results).toEqual([{ commandId: 'c1', outcome: DONE }]);
    desk.acknowledged('c1');
    const fourth = new Session();
    desk.attach(fourth);
    expect({ held: desk.held, results: fourth.results }).toEqual({ held: [], results: [] });
  });

  it('does not let a session that ended late silence the next one', async () => {
    const desk = deskOf(async () => DONE);
    const [old, current] = [new Session(), new Session()];
    desk.attach(old);
    desk.attach(current);
    desk.detach(old);
    desk.accept(command('c1'));
    await answered(current);
    expect(old.results).toEqual([]);
  });

  it('passes on progress under the command’s id, and drops it while no session is up', async () => {
    const working = gate();
    const desk = deskOf(async (_command, { onProgress }) => {
      onProgress({ bytes: 1n } as never);
      await working.pass();
      onProgress({ bytes: 2n } as never);
      return DONE;
    });
    const session = new Session();
    desk.attach(session);
    desk.accept(command('c1'));
    await working.reached;
    desk.detach(session);
    working.open();
    await waitUntil('the command to end', () => desk.held.length === 1);
    expect(session.progresses).toEqual([{ commandId: 'c1', bytes: 1n }]);
  });

  it('answers with code, message and guidance of what went wrong', async () => {
    const desk = deskOf(() => {
      throw new LifeboatError('ROOT_NOT_FOUND', '/x is not there', { guidance: 'Mount it.' });
    });
    const session = new Session();
    desk.attach(session);
    desk.accept(command('c1'));
    await answered(session);
    expect(session.results[0]?.outcome).toEqual({
      $case: 'failure',
      value: { code: 'ROOT_NOT_FOUND', message: '/x is not there', guidance: 'Mount it.' },
    });
  });

  it('refuses a server that was overtaken, for that operation only', async () => {
    const done: string[] = [];
    const desk = deskOf(async ({ commandId }) => {
      done.push(commandId);
      return DONE;
    });
    const session = new Session();
    desk.attach(session);
    desk.accept(command('new', { epoch: 5n }));
    desk.accept(command('late', { epoch: 4n }));
    desk.accept(command('same', { epoch: 5n }));
    desk.accept(command('other', { epoch: 1n, operationId: 'set-2' }));
    await answered(session, 4);
    expect(done).toEqual(['new', 'same', 'other']);
    const refused = session.results.find(({ commandId }) => commandId === 'late');
    expect(refused?.outcome).toMatchObject({ $case: 'failure', value: { code: 'CONFLICT' } });
  });

  it('tells running commands to stop', async () => {
    const started = gate();
    const desk = deskOf(async (_command, { signal }) => {
      void started.pass();
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      return DONE;
    });
    const session = new Session();
    desk.attach(session);
    desk.accept(command('c1'));
    await started.reached;
    desk.stop();
    await answered(session);
    expect(session.results[0]?.outcome?.$case).toBe('failure');
  });
});
