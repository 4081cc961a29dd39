import { describe, expect, it } from '@jest/globals';
import type { Resolution } from '@lifeboat/dxp';
import type { MissingDocument, StatementDocuments } from '@lifeboat/model';
import fc from 'fast-check';

import { buildStatement, judgeGuarantee } from './build-statement.ts';
import type { BackupSetRun } from './backup-set-run.ts';

const PINNED = new Date('2026-03-01T10:00:00.000Z');
const OPENED = new Date('2026-03-01T10:00:00.750Z');

function missing(expectedPath: string): MissingDocument {
  const row = { companyId: '1', groupId: '2', folderId: '3', name: '101', version: '1.0' };
  return { ...row, title: 'T', expectedPath, size: 1, status: 0 };
}

function documents(facts: {
  missing?: string[];
  sizeMismatch?: string[];
  images?: string[];
}): StatementDocuments {
  return {
    rows: 10,
    resolved: 10,
    resolvedByMove: 0,
    missing: (facts.missing ?? []).map(missing),
    knownMissing: 0,
    sizeMismatch: (facts.sizeMismatch ?? []).map(missing),
    ambiguous: [],
    inPublication: 0,
    orphanFiles: 0,
    images: { rows: 1, resolved: 1, missing: facts.images ?? [] },
  };
}

describe('judgeGuarantee', () => {
  it('is consistent when nothing is missing, and for a cluster without documents', () => {
    expect(judgeGuarantee(documents({}), new Set(['old']))).toBe('consistent');
    expect(judgeGuarantee(null, new Set())).toBe('consistent');
  });

  it('tells losses that the previous set had from new ones', () => {
    const known = new Set(['a', 'b']);
    expect(judgeGuarantee(documents({ missing: ['a'], sizeMismatch: ['b'] }), known)).toBe(
      'consistent-with-known-losses',
    );
    for (const loss of [{ missing: ['c'] }, { sizeMismatch: ['c'] }, { images: ['c'] }])
      expect(judgeGuarantee(documents({ ...loss, missing: ['a', ...(loss.missing ?? [])] }), known)).toBe(
        'incomplete',
      );
  });

  it('promises no more than is true, whatever is missing where', () => {
    const paths = fc.array(fc.constantFrom('a', 'b', 'c', 'd'));
    fc.assert(
      fc.property(paths, paths, paths, paths, (gone, wrong, images, known) => {
        const lost = [...gone, ...wrong, ...images];
        const guarantee = judgeGuarantee(
          documents({ missing: gone, sizeMismatch: wrong, images }),
          new Set(known),
        );
        expect(guarantee === 'consistent').toBe(lost.length === 0);
        expect(guarantee === 'incomplete').toBe(lost.some((path) => !known.includes(path)));
      }),
    );
  });
});

const RESOLUTION: Resolution = {
  rows: 3,
  resolved: 1,
  resolvedByMove: 0,
  moves: [],
  ambiguous: [],
  inPublication: 2,
  inExternalRepository: 1,
  outsideStore: [],
  derived: { files: 4, bytes: 40 },
  missing: [missing('known'), missing('new')],
  sizeMismatch: [],
  images: { rows: 1, resolved: 1, inPublication: 0, missing: [], sizeMismatch: [] },
  referenced: new Map([['1/3/100/1.0', 1]]),
  orphanFiles: 4,
};

/** A set that is about to be sealed; each test changes what it is about. */
function finished(facts: Partial<BackupSetRun> = {}): BackupSetRun {
  const tree = (node: string, name: string) => [
    `${node}/${name}`,
    {
      tree: { node, name },
      result: {
        entries: 12n,
        bytes: 34n,
        changedWhileRead: ['logs/x'],
        notKept: [{ path: 's', reason: 'socket' }],
      },
    },
  ];
  const report = {
    openedAt: OPENED,
    position: 'mariadb-bin.000001:1234',
    counts: { tables: 5, rows: 50, largeObjects: 2 },
    ddlDuringDump: false,
    doubts: [] as string[],
    release: { buildNumber: '7413', schemaVersion: '31.1.0' },
    companies: ['1'],
  };
  return {
    set: { id: 'set-1' },
    cluster: { definition: { database: { kind: 'mariadb' } } },
    captures: new Map([
      tree('a', 'liferay-home'),
      tree('b', 'liferay-home'),
      tree('a', 'document-store'),
    ] as never),
    round: {},
    dumped: { report },
    pinnedAt: PINNED,
    pins: 2,
    probe: { serverVersion: '11.8.3' },
    resolution: RESOLUTION,
    knownMissing: new Set(['known']),
    acknowledged: new Set(['known']),
    copies: { topFolders: () => new Set(['0', '1', '9', 'README']) },
    searchLeftOut: [],
    fence: { openedAt: PINNED, closedAt: OPENED, openedMonotonic: 0, millis: 750 },
    warnings: ['a: look here'],
    doubts: [],
    ...facts,
  } as unknown as BackupSetRun;
}

describe('buildStatement', () => {
  it('says when T was: not before the pin was asked for, not after the dump’s snapshot was open', () => {
    expect(buildStatement(finished()).point).toEqual({
      from: '2026-03-01T10:00:00.000Z',
      to: '2026-03-01T10:00:00.750Z',
      position: 'mariadb-bin.000001:1234',
      pins: 2,
    });
    const { point } = buildStatement(finished({ pinnedAt: new Date(OPENED.getTime() + 5) }));
    expect(point?.from).toBe(point?.to);
  });

  it('counts which of the missing documents were missing before', () => {
    const statement = buildStatement(finished());
    expect(statement.documents).toMatchObject({
      rows: 3,
      resolved: 1,
      knownMissing: 1,
      inPublication: 2,
      orphanFiles: 4,
    });
    expect(statement.documents?.missing).toHaveLength(2);
    expect(statement.documents).toMatchObject({
      newLosses: ['new'],
      acknowledged: 1,
      inExternalRepository: 1,
    });
    expect(statement.documents?.derived).toEqual({ files: 4, bytes: 40, skipped: false });
    expect(statement.guarantee).toBe('incomplete');
  });

  it('names folders of companies that the database does not know, and a build that it does not know', () => {
    const { documents, warnings } = buildStatement(finished());
    expect(documents?.companiesWithoutRow).toEqual(['9']);
    expect(warnings).toEqual(['a: look here', expect.stringContaining('does not know: 9')]);
    for (const buildNumber of [null, '8100', '6120', 'x']) {
      const run = finished();
      const report = { ...run.dumped!.report, release: { buildNumber, schemaVersion: null } };
      const told = buildStatement({ ...run, dumped: { ...run.dumped!, report } }).warnings;
      expect(told.at(-1)).toContain(
        buildNumber === null ? 'no Release_ row' : `build ${buildNumber} is not one`,
      );
    }
  });

  it('lists every tree under its node, with what changed and what was not kept', () => {
    const [a, b] = buildStatement(finished()).nodes;
    expect(a?.trees.map(({ tree }) => tree)).toEqual(['liferay-home', 'document-store']);
    expect(b).toEqual({
      node: 'b',
      trees: [
        {
          tree: 'liferay-home',
          provedBy: 'walk',
          entries: 12,
          bytes: 34,
          changedWhileRead: ['logs/x'],
          notKept: [{ path: 's', reason: 'socket' }],
        },
      ],
    });
  });

  it('describes the database as the dump itself told it', () => {
    expect(buildStatement(finished()).database).toEqual({
      engine: 'mariadb',
      serverVersion: '11.8.3',
      portalBuild: '7413',
      schemaVersion: '31.1.0',
      tables: 5,
      rows: 50,
      ddlDuringDump: false,
      largeObjects: 2,
      doubts: [],
    });
  });

  it('calls no set consistent whose dump may be of more than one moment', () => {
    const { dumped } = finished();
    const doubtful = (change: object) =>
      buildStatement(
        finished({
          resolution: {
            ...RESOLUTION,
            missing: [],
            sizeMismatch: [],
            images: { rows: 0, resolved: 0, inPublication: 0, missing: [], sizeMismatch: [] },
          },
          dumped: { ...dumped!, report: { ...dumped!.report, ...change } },
        }),
      );
    expect(doubtful({})).toMatchObject({ guarantee: 'consistent', database: { doubts: [] } });
    const doubts = ['table Lock_ is MyISAM'];
    expect(doubtful({ doubts })).toMatchObject({ guarantee: 'incomplete', database: { doubts } });
    expect(
      buildStatement(finished({ dumped: undefined, resolution: undefined, doubts: ['hsql'] })),
    ).toMatchObject({
      guarantee: 'incomplete',
      warnings: ['hsql', 'a: look here'],
    });
    expect(doubtful({ ddlDuringDump: true })).toMatchObject({
      guarantee: 'incomplete',
      database: { doubts: ['the structure of the database was changed while it was dumped'] },
    });
  });

  it('claims no point, fence, documents or database for a cluster of plain paths', () => {
    const statement = buildStatement(
      finished({
        dumped: undefined,
        probe: undefined,
        pinnedAt: undefined,
        fence: undefined,
        resolution: undefined,
      }),
    );
    expect(statement).toMatchObject({
      point: null,
      fence: null,
      documents: null,
      database: null,
      guarantee: 'consistent',
      warnings: ['a: look here'],
    });
  });

  it('claims no fence that was not closed', () => {
    const fence = { openedAt: PINNED, closedAt: undefined, openedMonotonic: 0, millis: 0 };
    expect(buildStatement(finished({ fence })).fence).toBeNull();
  });
});
