/** Something that a person can do something about: the message says what. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}
