import * as z from 'zod';
import type { Series } from '#adapters/data-api-series';
import type { LatestMinute } from '#core/contracts/api/measurements';
import { ruleName } from '#core/contracts/api/words';
import { NOT_FITTED, STATUS, type Status } from '#core/contracts/status';
import type { PlanStore } from '#core/ports';
import { hourOfText, textOfMinute } from '#core/time';
import type { Routes } from '../asked.ts';
import { columnOf, minuteIn, versionAt } from '../channel-columns.ts';
import { cursorOf, hourPlace, minutePlace } from '../cursor.ts';
import { hoursIn, minutesIn } from '../span.ts';
import { sourceFor } from '../visible-facilities.ts';
import { ageOf } from './facilities.ts';

export interface MeasurementParts {
  readonly plans: PlanStore;
  readonly series: Series;
  readonly now: () => number;
}

const placeOfMinutes = cursorOf('minutes', minutePlace);
const placeOfHours = cursorOf('hours', hourPlace);
const placeOfRecords = cursorOf('compliance', z.tuple([hourPlace, ruleName]));

export const measurementRoutes = ({ plans, series, now }: MeasurementParts) =>
  ({
    minutes: async ({ caller, params, query }) => {
      const { from, until } = minutesIn(query);
      const next = placeOfMinutes.read(query.cursor) ?? from;
      const { plan, sourceId } = await sourceFor(plans, caller, params);
      const version = versionAt(plan, until - 1);
      const span = { from: Math.max(from, next), until };
      const { items, more } = await series.minutes(sourceId, span, query.limit);
      const last = items.at(-1);
      return {
        channels: version.channels.map(columnOf),
        minutes: items.map((row) => minuteIn(version, row)),
        next: more && last ? placeOfMinutes.write(last[0] + 1) : null,
      };
    },

    latestMinute: async ({ caller, params }) => {
      const { plan, sourceId } = await sourceFor(plans, caller, params);
      const newest = await series.newestMinute(sourceId);
      const version = versionAt(plan, newest?.minute ?? Math.floor(now() / 60_000));
      const channels = version.channels.map((channel): LatestMinute['channels'][number] => {
        const { position, range } = channel;
        const status = newest?.statuses[position - 1] ?? (newest ? NOT_FITTED : 'N');
        const lastValid = status === 'V' ? newest?.minute : newest?.lastValid[position];
        return {
          ...columnOf(channel),
          value: newest?.readings[position - 1] ?? null,
          status,
          meaning: STATUS[status as Status] ?? 'not fitted',
          lastValid: lastValid === undefined ? null : textOfMinute(lastValid),
          range,
        };
      });
      if (!newest) return { minute: null, ageSeconds: null, firedSeconds: null, grossLoad: null, channels };
      const { minute, firedSeconds, grossLoad } = newest;
      const ageSeconds = Math.floor(ageOf(minute, now()) / 1000);
      return { minute: textOfMinute(minute), ageSeconds, firedSeconds, grossLoad, channels };
    },

    hours: async ({ caller, params, query }) => {
      const { from, until } = hoursIn(query);
      const next = placeOfHours.read(query.cursor) ?? from;
      const { sourceId } = await sourceFor(plans, caller, params);
      const { items, more } = await series.hours(sourceId, { from: Math.max(from, next), until }, query.limit);
      const last = items.at(-1);
      return { hours: [...items], next: more && last ? placeOfHours.write(hourOfText(last.hour) + 1) : null };
    },

    compliance: async ({ caller, params, query }) => {
      const span = hoursIn(query);
      const after = placeOfRecords.read(query.cursor) ?? ([0, ''] as const);
      const { sourceId } = await sourceFor(plans, caller, params);
      const filter = { rule: query.rule ?? null, after };
      const { items, more } = await series.compliance(sourceId, span, filter, query.limit);
      const last = items.at(-1);
      return {
        records: [...items],
        next: more && last ? placeOfRecords.write([hourOfText(last.windowEnd), last.rule]) : null,
      };
    },
  }) satisfies Pick<Routes, 'minutes' | 'latestMinute' | 'hours' | 'compliance'>;
