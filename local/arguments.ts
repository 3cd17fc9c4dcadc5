import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { givenPath } from '#cli/given-path';

export const CHAOS = ['duplicate', 'reorder', 'late'] as const;

export interface Arguments {
  readonly input: readonly string[];
  readonly unit: readonly string[];
  readonly export: string | undefined;
  readonly exit: boolean;
  readonly dataDir: string;
  readonly speed: 'max' | number;
  readonly chaos: readonly (typeof CHAOS)[number][];
  readonly seed: number;
  /** Of the console. Undefined: 8080, or a free one when that is taken. */
  readonly port: number | undefined;
}

const positive = (text: string): 'max' | number => {
  if (text === 'max') return 'max';
  const speed = Number(text);
  if (!(speed > 0)) throw new InvalidArgumentError("expected a number of plant minutes a second, or 'max'.");
  return speed;
};

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
};

const port = (text: string): number => {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number < 1 || number > 65_535)
    throw new InvalidArgumentError('expected a port from 1 to 65535.');
  return number;
};

const input = (file: string, previous: readonly string[]): readonly string[] => [...previous, givenPath(file)];

const unit = (text: string, previous: readonly string[]): readonly string[] => {
  if (!/^\d+\/[A-Za-z0-9_.*-]+$/.test(text)) throw new InvalidArgumentError('expected ORIS/UNIT, such as 7953/CT1.');
  return [...previous, text];
};

const chaos = (text: string): readonly string[] => {
  const kinds = text.split(',');
  const unknown = kinds.find((kind) => !(CHAOS as readonly string[]).includes(kind));
  if (unknown !== undefined) throw new InvalidArgumentError(`'${unknown}' is not one of ${CHAOS.join(', ')}.`);
  return kinds;
};

/**
 * The command line of `npm start`.
 * @throws CommanderError after printing the reason, when the line cannot be used
 */
export const readArguments = (argv: readonly string[]): Arguments => {
  const command = new Command('npm start --')
    .configureHelp({ helpWidth: 80 })
    .description(
      'Runs EmissionWatch on this machine: the functions and streams of the deployed ' +
        'system on a local cloud, on loopback only, with an edge agent that is connected ' +
        'by mutual TLS. Without --input a simulated plant sends its last 48 hours fast, ' +
        'then its minutes as they come.',
    )
    .addOption(
      new Option('--input <file...>', "replay real hours: EPA's hourly CSV, plain or zipped")
        .argParser(input)
        .default([], 'a simulated plant'),
    )
    .addOption(
      new Option('--unit <oris/unit>', 'replay only this unit; may be given several times')
        .argParser(unit)
        .default([], 'every unit of the input'),
    )
    .option('--export <file>', 'with --exit: write every stored hour of these facilities as CSV', givenPath)
    .option('--exit', 'stop when the input, or the 48 hours, are processed', false)
    .option('--data-dir <dir>', 'where everything is kept', givenPath, '.emissionwatch')
    .addOption(
      new Option('--port <number>', 'port of the console (default: 8080, or a free one when it is taken)').argParser(
        port,
      ),
    )
    .addOption(
      new Option('--speed <minutes>', 'plant minutes a second while the plant is behind')
        .argParser(positive)
        .default('max'),
    )
    .addOption(
      new Option('--chaos <kinds>', `disturb the messages: ${CHAOS.join(', ')}, separated by commas`)
        .argParser(chaos)
        .default([], 'none'),
    )
    .addOption(
      new Option('--seed <number>', 'seed of the simulated plant and of chaos').argParser(wholeNumber).default(1),
    )
    .addHelpText(
      'after',
      '\nWith --input, the hours are real and the minutes are not: the agent makes up\n' +
        'analyser minutes that average to each published hour. That proves the pipeline,\n' +
        'not the equations. With --exit the stored hours are compared with the input, and\n' +
        'the last line of the output is one line of JSON.\n' +
        '\nExamples:\n' +
        '  npm start\n' +
        '  npm start -- --exit --input epacems2018id01.zip --export hours.csv\n' +
        '  npm start -- --exit --input jan.zip feb.zip --unit 7953/CT1 --unit 7953/CT2',
    );
  command.showHelpAfterError('(npm start -- --help shows all options)');
  command.parse([...argv], { from: 'user' });
  const options = command.opts<Arguments>();
  for (const file of options.input) if (!existsSync(file)) command.error(`error: input file ${file} does not exist`);
  if (options.export !== undefined && !options.exit)
    command.error('error: --export goes with --exit: hours are written when the run is done');
  if (options.unit.length > 0 && options.input.length === 0) command.error('error: --unit goes with --input');
  return { ...options, dataDir: resolve(options.dataDir) };
};
