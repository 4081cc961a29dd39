import { seededBytes, type SeededRandom } from '@lifeboat/testkit';

/**
 * Bytes of a document version: a function of its row alone, so that anyone can check a store against a database
 * without a second copy. `origin` is the label under which the bytes were first written (`DLFileVersion.extraSettings`
 * when a check-in copied them, else the version's own label).
 */
export function documentContent(companyId: string, name: string, origin: string, size: number): Buffer {
  return seededBytes(`document/${companyId}/${name}/${origin}/${size}`, size);
}

export function imageContent(imageId: string, size: number): Buffer {
  return seededBytes(`image/${imageId}/${size}`, size);
}

/** 1 KiB to 200 KiB, most of them below 4 KiB: a mean of about 7 KiB. */
export function documentSize(random: SeededRandom): number {
  return 1024 + random.integer(3 * 1024) + Math.floor(196 * 1024 * random.next() ** 40);
}
