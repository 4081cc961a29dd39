import { seededRandom, type SeededRandom } from '@lifeboat/testkit';
import { documentSize } from './content.ts';
import { labelOf, type SimulatedDocument, type SimulatedVersion } from './document.ts';

export interface SimulatedImage {
  readonly imageId: string;
  readonly companyId: string;
  readonly type: string;
  readonly size: number;
}

export interface Place {
  readonly companyId: string;
  readonly groupId: string;
  /** '0': at the top of the site. */
  readonly folderId: string;
}

/** What a simulated portal holds, decided by the seed alone. */
export interface Population {
  readonly companies: readonly { readonly companyId: string; readonly webId: string }[];
  /** Where documents can be: tops of sites and folders. */
  readonly places: readonly Place[];
  readonly documents: readonly SimulatedDocument[];
  /** Copies of documents inside a publication; their bytes are in the database. */
  readonly published: readonly SimulatedDocument[];
  readonly images: readonly SimulatedImage[];
  /** Next free number of the general counter, and of the counter that names documents. */
  readonly nextId: number;
  readonly nextName: number;
}

const PUBLICATION = '41201';

export function populate(options: {
  readonly seed: number;
  readonly documents: number;
  readonly images: number;
  readonly published: number;
}): Population {
  const random = seededRandom(`population/${options.seed}`);
  let id = 40_000;
  const nextId = (): string => String(++id);
  const companies = [
    { companyId: '20097', webId: 'liferay.com' },
    { companyId: '30301', webId: 'second.example' },
  ];
  const places = makePlaces(random, nextId, Math.max(8, Math.ceil(options.documents / 50)));
  let name = 100;
  const documents = Array.from({ length: options.documents }, () => {
    // Counters hand out blocks, so names jump (DXP facts §2.10).
    name += random.integer(200) === 0 ? 100 : 1;
    return makeDocument(random, nextId, random.pick(places), String(name), '0');
  });
  const published = documents
    .slice(0, options.published)
    .map((document) => publish(document, random, nextId));
  const images = Array.from({ length: options.images }, () => makeImage(random, nextId));
  return { companies, places, documents, published, images, nextId: id + 1000, nextName: name + 100 };
}

function makePlaces(random: SeededRandom, nextId: () => string, folders: number): Place[] {
  const sites = Array.from({ length: 8 }, (_, at) => ({
    companyId: at < 6 ? '20097' : '30301',
    groupId: nextId(),
  }));
  const tops = sites.map((site) => ({ ...site, folderId: '0' }));
  return [...tops, ...Array.from({ length: folders }, () => ({ ...random.pick(sites), folderId: nextId() }))];
}

function makeDocument(
  random: SeededRandom,
  nextId: () => string,
  place: Place,
  name: string,
  ctCollectionId: string,
): SimulatedDocument {
  const count = 1 + [0, 0, 0, 1, 1, 1, 1, 2, 2, 2][random.integer(10)]!;
  const inTrash = random.integer(50) === 0;
  const versions = Array.from({ length: count }, (_, at): SimulatedVersion => ({
    fileVersionId: nextId(),
    version: `1.${at}`,
    storeUUID: at === 0 ? '' : makeUuid(random),
    size: documentSize(random),
    origin: '',
    status: inTrash ? 8 : 0,
  }));
  return { ...place, fileEntryId: nextId(), name, title: `Document ${name}`, ctCollectionId, versions };
}

/** A document edited inside a publication: same ids and name, one version more, known to the publication alone. */
function publish(document: SimulatedDocument, random: SeededRandom, nextId: () => string): SimulatedDocument {
  const edited = {
    fileVersionId: nextId(),
    version: '2.0',
    storeUUID: makeUuid(random),
    size: documentSize(random),
    origin: '',
    status: 2,
  };
  return { ...document, ctCollectionId: PUBLICATION, versions: [edited] };
}

function makeImage(random: SeededRandom, nextId: () => string): SimulatedImage {
  const type = random.pick(['png', 'jpg', 'gif']);
  return {
    imageId: nextId(),
    companyId: random.integer(10) === 0 ? '30301' : '20097',
    type,
    size: imageSize(random),
  };
}

export function imageSize(random: SeededRandom): number {
  return 500 + random.integer(20_000);
}

export function imagePath({ companyId, imageId, type }: SimulatedImage): string {
  return `${companyId}/0/${imageId}.${type}/1.0`;
}

export function makeUuid(random: SeededRandom): string {
  const hex = Array.from({ length: 8 }, () => random.integer(0x10000).toString(16).padStart(4, '0'));
  return `${hex[0]}${hex[1]}-${hex[2]}-${hex[3]}-${hex[4]}-${hex[5]}${hex[6]}${hex[7]}`;
}

/** Files that the portal derives from a document and can make again (DXP facts §2.7). */
export function derivedPaths(document: SimulatedDocument): string[] {
  const { companyId, groupId, fileEntryId } = document;
  const { fileVersionId } = document.versions.at(-1)!;
  const segments = base256(Number(fileEntryId)).slice(0, -1).join('/');
  return [
    `${companyId}/0/document_thumbnail/${groupId}/${segments}/${fileEntryId}/${fileVersionId}.png/1.0`,
    `${companyId}/0/document_preview/${groupId}/${segments}/${fileEntryId}/${fileVersionId}/1.png/1.0`,
    `${companyId}/0/adaptive/demo-xsmall/${groupId}/${groupId}/${fileEntryId}/${fileVersionId}/1.0`,
    `${companyId}/${document.folderId === '0' ? groupId : document.folderId}/${document.name}/${labelOf(document.versions.at(-1)!)}.index`,
  ];
}

/** Digits to the base of 256, least significant first. */
function base256(number: number): number[] {
  return number < 256 ? [number] : [number % 256, ...base256(Math.floor(number / 256))];
}
