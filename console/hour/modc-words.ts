/** Methods of determination by their codes. @see 40 CFR 75.57, Table 4a */
const MODC: Readonly<Record<string, string>> = {
  '01': 'measured by the primary monitoring system',
  '02': 'measured by a certified backup monitoring system',
  '03': 'measured by an approved alternative monitoring system',
  '04': 'measured by a reference method',
  '05': 'from control parameters, by an approved procedure',
  '06': 'mean of the hour before and the hour after the missing ones',
  '07': 'initial missing data procedure',
  '08': '90th percentile of the look-back',
  '09': '95th percentile of the look-back',
  '10': 'highest value of the look-back',
  '11': 'mean of the load range',
  '12': 'maximum potential value',
  '14': 'diluent cap',
  '16': 'least SO2 of a very low sulfur fuel, 2.0 ppm',
  '17': 'measured by a like-kind replacement analyser',
  '20': '200 % of full scale, after a reading over the full scale',
  '21': 'negative mean, replaced by 0',
  '26': 'less than 1.0 mmBtu/h, reported as 1.0',
};

/** @param modc null where the regulation has none, and while a substitute is due */
export const modcWords = (modc: string | null, value: string | null): string => {
  if (modc !== null) return MODC[modc] ? `${modc}: ${MODC[modc]}` : modc;
  return value === null ? 'none yet: missing data, a substitute is due' : 'none, there is no code for this value';
};
