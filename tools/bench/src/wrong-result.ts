/** A contender was done, but what it did is not right: its time counts for nothing. */
export class WrongResult extends Error {
  override readonly name = 'WrongResult';

  constructor(contender: string, what: string) {
    super(`${contender}: ${what}`);
  }
}
