import { PEER_NAMES } from './peers/open-peers.ts';

export const USAGE = `npm run bench -- WORK [--corpus DIR[,DIR…]|synthetic:SPEC] [--peers ${PEER_NAMES.join(',')}] [--runs 5] [--until sealed|proved] [--json FILE] [--quick]
npm run bench -- fence [--engine postgresql|mariadb] [--documents 20000] [--operations 50] [--sets 20] [--json FILE]
npm run bench -- statement [--rows 1000000]

Measures Lifeboat and the peers that are named in turn on this machine (A B A B …). A result counts only when it is right.

  backup       a first backup into an empty repository
  incremental  another with nothing changed
  changed      another after 1 % of the files were appended to (in a copy of the corpus)
  restore      the whole corpus to empty directories
  delta        in place, with 1 % of the files damaged; a peer restores all of it
  dedup        a second machine with the same corpus: what more is stored
  memory       first backups of 10,000, 100,000 and 1,000,000 small files
  lookup       chunk ids a second, of a catalog of 20,000,000 chunks
  all          all of these
  fence        sets of a portal cluster under load: how long the fence is
  statement    document rows of a PostgreSQL checked against a store's files, before and while the dump streams

A corpus is never written to. synthetic:files=100000,bytes=4g,seed=1 or synthetic:big=3g makes one and removes it.
--quick: one run, a corpus of 300 MB, fewer files and chunks; under five minutes for all of it.
--until proved: a backup ends when its bytes were read back.`;
