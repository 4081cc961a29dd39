/** What `discover` may see of a machine: text files and names, absolute POSIX paths. Unreadable is undefined. */
export interface FileView {
  read(path: string): string | undefined;
  /** Names in a directory; with a limit no more than the first so many, in no order. */
  list(path: string, limit?: number): readonly string[] | undefined;
  exists(path: string): boolean;
  /** Without symbolic links; undefined when it is not there. */
  realPath(path: string): string | undefined;
}

/** A running Java process: its arguments (not the program's name alone) and its environment. */
export interface ProcessView {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
