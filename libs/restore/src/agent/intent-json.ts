import type { SwitchIntent } from '@lifeboat/file-tree';

type JsonMetadata = {
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: string;
  xattrs: [name: string, value: string][];
};

/** A SwitchIntent as the journal keeps it: times as decimal text, bytes of attributes as base64. */
export interface JsonIntent {
  exchanges: SwitchIntent['exchanges'];
  excludes: SwitchIntent['excludes'];
  keeps: boolean;
  spine: { path: string; old: JsonMetadata; new: JsonMetadata | null }[];
}

type Metadata = SwitchIntent['spine'][number]['old'];

export function intentToJson(intent: SwitchIntent): JsonIntent {
  return {
    exchanges: intent.exchanges,
    excludes: intent.excludes,
    keeps: intent.keeps,
    spine: intent.spine.map((directory) => ({
      path: directory.path,
      old: metadataToJson(directory.old),
      new: directory.new === undefined ? null : metadataToJson(directory.new),
    })),
  };
}

export function intentFromJson(json: JsonIntent): SwitchIntent {
  return {
    exchanges: json.exchanges,
    excludes: json.excludes,
    keeps: json.keeps,
    spine: json.spine.map((directory) => ({
      path: directory.path,
      old: metadataFromJson(directory.old),
      new: directory.new === null ? undefined : metadataFromJson(directory.new),
    })),
  };
}

function metadataToJson(metadata: Metadata): JsonMetadata {
  return {
    ...metadata,
    mtimeNs: String(metadata.mtimeNs),
    xattrs: metadata.xattrs.map(({ name, value }) => [name.toString('base64'), value.toString('base64')]),
  };
}

function metadataFromJson(json: JsonMetadata): Metadata {
  return {
    ...json,
    mtimeNs: BigInt(json.mtimeNs),
    xattrs: json.xattrs.map(([name, value]) => ({
      name: Buffer.from(name, 'base64'),
      value: Buffer.from(value, 'base64'),
    })),
  };
}
