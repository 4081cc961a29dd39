import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Documents that send a reader to code, or to each other. */
const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'proto/*.md', '{apps,libs,tools}/**/*.md'], {
  cwd: ROOT,
  exclude: ['**/node_modules'],
}).sort();

/** In backticks: a path of this repository, and behind `#` what is declared there, as `name` or `Class.member`. */
const REFERENCE = /`((?:apps|libs|tools|proto|docs)\/[^`#\s*<>]+?)(?:#([^`\s]+))?`/g;

/** `[text](target)`, but for addresses and places within a page. */
const LINK = /\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g;

interface Reference {
  readonly file: string;
  readonly name: string | undefined;
}

describe.each(DOCUMENTS)('%s', (document) => {
  const text = readFileSync(path.join(ROOT, document), 'utf8');
  const references = referencesOf(text);

  it('links only to what is there', () => {
    const links = [...text.matchAll(LINK)].map(([, target]) => target as string);
    const directory = path.dirname(path.join(ROOT, document));
    expect(links.filter((target) => !existsSync(path.resolve(directory, target)))).toEqual([]);
  });

  it('names only files that are there', () => {
    expect(references.filter(({ file }) => !existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  it('names only what is declared in those files', () => {
    const wrong = references.filter(
      ({ file, name }) => name !== undefined && !declarationsOf(file).has(name),
    );
    expect(wrong).toEqual([]);
  });
});

describe('the walkthrough', () => {
  const text = readFileSync(path.join(ROOT, 'docs/walkthrough.md'), 'utf8');

  it('follows its three lines through code', () => {
    const lines = text.split(/^## /m).slice(1, 4);
    expect(lines).toHaveLength(3);
    for (const line of lines)
      expect(referencesOf(line).filter(({ name }) => name !== undefined).length).toBeGreaterThan(10);
  });

  it('is checked against real declarations', () => {
    const names = declarationsOf('libs/capture/src/server/upload-session.ts');
    expect(names.has('UploadSession.#offer')).toBe(true);
    expect(names.has('UploadSession.#nothing')).toBe(false);
    expect(names.has('complement')).toBe(true);
  });
});

function referencesOf(text: string): Reference[] {
  return [...text.matchAll(REFERENCE)].map(([, file, name]) => ({ file: file as string, name }));
}

const known = new Map<string, Set<string>>();

/** Functions, classes, types and constants at the top of a file, and the members of its classes. */
function declarationsOf(file: string): Set<string> {
  const before = known.get(file);
  if (before !== undefined) return before;
  const names = new Set<string>();
  const place = path.join(ROOT, file);
  if (existsSync(place) && file.endsWith('.ts')) {
    const source = ts.createSourceFile(file, readFileSync(place, 'utf8'), ts.ScriptTarget.Latest);
    for (const statement of source.statements) collect(statement, names);
  }
  known.set(file, names);
  return names;
}

function collect(statement: ts.Statement, names: Set<string>): void {
  if (ts.isVariableStatement(statement)) {
    for (const { name } of statement.declarationList.declarations)
      if (ts.isIdentifier(name)) names.add(name.text);
  } else if (
    ts.isFunctionDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement)
  ) {
    if (statement.name !== undefined) names.add(statement.name.text);
  } else if (ts.isClassDeclaration(statement) && statement.name !== undefined) {
    names.add(statement.name.text);
    for (const { name } of statement.members) {
      if (name !== undefined && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)))
        names.add(`${statement.name.text}.${name.text}`);
    }
  }
}
