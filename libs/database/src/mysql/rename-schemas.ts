/** A quoted text, a comment, or a quoted name with the dot that makes it a qualifier. */
const TOKEN = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`((?:[^`]|``)*)`(\.?)/gs;

/**
 * A view's definition, as the server prints it, with schemas renamed where they qualify: `` `a`.`t` `` becomes
 * `` `b`.`t` ``. What stands in quotes is data and stays.
 */
export function renameSchemas(sql: string, names: ReadonlyMap<string, string>): string {
  let qualified = false;
  let end = 0;
  return sql.replaceAll(
    TOKEN,
    (token: string, name: string | undefined, dot: string | undefined, at: number) => {
      const follows = qualified && at === end;
      end = at + token.length;
      qualified = dot === '.';
      const renamed =
        name === undefined || follows || !qualified ? undefined : names.get(name.replaceAll('``', '`'));
      return renamed === undefined ? token : `\`${renamed.replaceAll('`', '``')}\`.`;
    },
  );
}
