import type { Formula } from '../contracts/monitoring-plan.ts';
import { EQ_19_1, K_NOX, OXYGEN_OF_AIR } from '../rules/cfr40-60/method-19.ts';
import { BTU_PER_MMBTU, EQ_D_5, EQ_D_6, EQ_D_12, EQ_D_15A } from '../rules/cfr40-75/appendix-d.ts';
import { EQ_F_1, EQ_F_5, EQ_F_6, EQ_F_11, EQ_F_15, EQ_F_24A, K_CO2, K_SO2 } from '../rules/cfr40-75/appendix-f.ts';
import { EQ_G_4, MOLECULAR_WEIGHT, POUNDS_PER_SHORT_TON, SCF_PER_POUND_MOLE } from '../rules/cfr40-75/appendix-g.ts';
import type { Citation } from '../rules/citation.ts';
import type { Input, Inputs } from './inputs.ts';

/** The equations that give a value, in the order in which they are applied, and what goes in. */
export interface Explanation {
  readonly equations: readonly [Citation, ...Citation[]];
  readonly inputs: readonly Input[];
}

const ofConcentrationAndFlow = (put: Inputs, equation: Citation, k: Input, concentration: Input, flow: string) => ({
  equations: [equation] as const,
  inputs: [k, concentration, put.channel('Qh', 'stack flow', flow, 'stackFlow')],
});

const kNox = (put: Inputs) => put.constant('K', 'NOx as NO2, ppm to lb/scf', K_NOX, '(lb/scf)/ppm');
const heatInputRate = (put: Inputs, symbol: string) => put.value(symbol, 'heat input rate', 'heatInputRate');
const fuelTimes = (put: Inputs) => [
  put.operatingTime('ti', 'time in which the fuel was burned: one fuel, whenever the unit ran'),
  put.operatingTime('tu', 'operating time of the unit'),
];

const noxRate = (formula: Extract<Formula, { parameter: 'noxRate' }>, put: Inputs): Explanation => {
  const nox = put.channel('Ch', 'NOx concentration', formula.nox, 'concentration');
  if (formula.equation === 'F-6')
    return {
      equations: [EQ_F_6],
      inputs: [
        kNox(put),
        nox,
        put.plan('Fc', 'carbon-based F-factor', 'fc', 'scf CO2/mmBtu'),
        put.channel('%CO2', 'carbon dioxide', formula.co2, 'concentration'),
      ],
    };
  const [equation, factor, oxygen] =
    formula.equation === '19-1' ? ([EQ_19_1, 'Fd', '%O2d'] as const) : ([EQ_F_5, 'F', '%O2'] as const);
  return {
    equations: [equation],
    inputs: [
      kNox(put),
      nox,
      put.plan(factor, 'dry-basis F-factor', 'fd', 'dscf/mmBtu'),
      put.channel(oxygen, 'oxygen', formula.o2, 'oxygen'),
      put.constant('20.9', 'oxygen in dry air', OXYGEN_OF_AIR, '%'),
    ],
  };
};

/** How a formula of the plan makes its value. */
export const explainFormula = (formula: Formula, put: Inputs): Explanation => {
  switch (formula.equation) {
    case 'D-15A':
      return {
        equations: [EQ_D_6, EQ_D_15A],
        inputs: [
          put.channel('GASrate', 'fuel flow', formula.fuelFlow, 'gasFlow'),
          put.plan('GCV', 'gross calorific value', 'gcv', 'Btu/100 scf'),
          put.constant('10^6', 'Btu in a mmBtu', BTU_PER_MMBTU, 'Btu/mmBtu'),
          ...fuelTimes(put),
        ],
      };
    case 'F-15':
      return {
        equations: [EQ_F_15],
        inputs: [
          put.channel('Qw', 'stack flow', formula.flow, 'stackFlow'),
          put.plan('Fc', 'carbon-based F-factor', 'fc', 'scf CO2/mmBtu'),
          put.channel('%CO2w', 'carbon dioxide', formula.co2, 'concentration'),
        ],
      };
    case 'D-5':
      return {
        equations: [EQ_D_5, EQ_D_12],
        inputs: [
          put.plan('ER', 'default SO2 emission rate', 'so2Rate', 'lb/mmBtu'),
          heatInputRate(put, 'HIrate'),
          ...fuelTimes(put),
        ],
      };
    case 'F-1': {
      const k = put.constant('K', 'SO2, ppm to lb/scf', K_SO2, '(lb/scf)/ppm');
      const so2 = put.channel('Ch', 'SO2 concentration', formula.so2, 'concentration');
      return ofConcentrationAndFlow(put, EQ_F_1, k, so2, formula.flow);
    }
    case 'F-11': {
      const k = put.constant('K', 'CO2, % to short tons/scf', K_CO2, '(short ton/scf)/%');
      const co2 = put.channel('Ch', 'carbon dioxide', formula.co2, 'concentration');
      return ofConcentrationAndFlow(put, EQ_F_11, k, co2, formula.flow);
    }
    case 'G-4':
      return {
        equations: [EQ_G_4],
        inputs: [
          put.plan('Fc', 'carbon-based F-factor', 'fc', 'scf CO2/mmBtu'),
          heatInputRate(put, 'H'),
          put.constant('1/Uf', 'volume of CO2', SCF_PER_POUND_MOLE, 'scf/lb-mol'),
          put.constant('MW(CO2)', 'molecular weight of CO2', MOLECULAR_WEIGHT, 'lb/lb-mol'),
          put.constant('2000', 'pounds in a short ton', POUNDS_PER_SHORT_TON, 'lb/short ton'),
        ],
      };
    case 'F-24A':
      return {
        equations: [EQ_F_24A],
        inputs: [put.value('R(NOx)', 'NOx rate', 'noxRate'), heatInputRate(put, 'HI')],
      };
    default:
      return noxRate(formula, put);
  }
};
