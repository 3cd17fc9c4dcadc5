/** The command line cannot be used: the message says what was expected. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}
