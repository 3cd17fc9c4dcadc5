import * as z from 'zod';
import { type Assembly, readAssembly, type Stack } from './assembly.ts';
import { AWS_ONLY } from './aws-only.ts';
import { AWS_ONLY_TYPE, type Identity, LOCAL_TYPES, nameOf } from './identity.ts';
import { resolveValue, type Scope } from './intrinsics.ts';

export interface TemplateResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** Physical name. */
  readonly name: string;
  readonly ref: string;
  /** Value of `Fn::GetAtt`. */
  attribute(name: string): string;
  /** The properties that the local service understands, with their intrinsic functions worked out, checked. */
  properties<Shape extends z.ZodObject>(schema: Shape): z.infer<Shape>;
}

export interface Templates {
  readonly resources: readonly TemplateResource[];
  ofType(type: string): readonly TemplateResource[];
  /** Outputs of each stack, by name. */
  outputs(): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** File or folder of an asset by the key under which a deployment would upload it. */
  readonly assets: Assembly['assets'];
}

/** A property that changes nothing on one machine: permissions, keys, tags, descriptions. */
export const IGNORED = z.unknown().optional();

export const isCustomResource = (type: string): boolean =>
  type === 'AWS::CloudFormation::CustomResource' || type.startsWith('Custom::');

/**
 * All stacks of a cloud assembly. References are worked out when they are asked for, so that what only AWS needs may
 * refer to what only AWS has.
 *
 * @throws Error that names every resource whose type no local service runs
 */
export const loadTemplates = (folder: string): Templates => {
  const { stacks, assets } = readAssembly(folder);
  const scopes = new Map(stacks.map((stack) => [stack.name, scopeOf(stack)]));
  const resources = stacks.flatMap((stack) =>
    existing(stack).map(([logicalId, { Type }]) => {
      const identity = identityOf(stack, logicalId);
      return {
        stack: stack.name,
        logicalId,
        type: Type,
        name: identity.name,
        get ref() {
          return String(scopes.get(stack.name)!.ref(logicalId));
        },
        attribute: (name: string) => String(scopes.get(stack.name)!.attribute(logicalId, name)),
        properties: <Shape extends z.ZodObject>(schema: Shape) => check(stack, logicalId, schema),
      };
    }),
  );
  refuseUnknown(resources);
  return {
    resources,
    assets,
    ofType: (type) => resources.filter((resource) => resource.type === type),
    outputs: () => Object.fromEntries(stacks.map((stack) => [stack.name, outputsOf(stack)])),
  };

  function outputsOf({ name, template }: Stack): Record<string, string> {
    const values = Object.entries(template.Outputs).map(([key, { Value }]) => [
      key,
      String(resolveValue(Value, scopes.get(name)!)),
    ]);
    return Object.fromEntries(values);
  }

  function existing(stack: Stack) {
    const { condition } = scopes.get(stack.name)!;
    return Object.entries(stack.template.Resources).filter(
      ([, { Condition }]) => Condition === undefined || condition(Condition),
    );
  }

  function check<Shape extends z.ZodObject>(stack: Stack, logicalId: string, schema: Shape): z.infer<Shape> {
    const { Type, Properties } = stack.template.Resources[logicalId]!;
    const scope = scopes.get(stack.name)!;
    const looksAt = (key: string) =>
      key in schema.shape ? schema.shape[key] !== IGNORED : schema.def.catchall instanceof z.ZodUnknown;
    const entries = Object.entries(Properties).map(([key, value]) => [
      key,
      looksAt(key) ? resolveValue(value, scope) : value,
    ]);
    const result = schema.safeParse(Object.fromEntries(entries));
    if (result.success) return result.data;
    const issues = result.error.issues.map(({ path, message }) => `${path.join('.') || 'properties'}: ${message}`);
    throw new Error(`${stack.name}/${logicalId} (${Type}) cannot run in the local cloud: ${issues.join('; ')}`);
  }

  function identityOf(stack: Stack, logicalId: string): Identity {
    const { Type, Properties } = stack.template.Resources[logicalId]!;
    const property = (name: string) => resolveValue(Properties[name], scopes.get(stack.name)!);
    const base = { stack: stack.name, logicalId, property };
    return { ...base, name: nameOf(LOCAL_TYPES[Type] ?? AWS_ONLY_TYPE, base) };
  }

  function scopeOf(stack: Stack): Scope {
    const { Resources, Parameters, Conditions } = stack.template;
    const where = (logicalId: string) => `${stack.name}/${logicalId}`;
    const typeOf = (logicalId: string) => {
      const type = Resources[logicalId]?.Type;
      if (type === undefined) throw new Error(`${where(logicalId)} is referred to and does not exist`);
      if (!isCustomResource(type)) return LOCAL_TYPES[type] ?? AWS_ONLY_TYPE;
      throw new Error(`${where(logicalId)} is referred to, but the answer of a custom resource is not kept here`);
    };
    return {
      stackName: stack.name,
      ref: (logicalId) => {
        const parameter = Parameters[logicalId];
        if (parameter) {
          if (parameter.Default !== undefined) return parameter.Default;
          throw new Error(`${where(logicalId)} is a parameter without a default, the local cloud has none to give`);
        }
        return typeOf(logicalId).ref(identityOf(stack, logicalId));
      },
      attribute: (logicalId, name) => {
        const value = typeOf(logicalId).attributes?.[name]?.(identityOf(stack, logicalId));
        if (value !== undefined) return value;
        throw new Error(
          `${where(logicalId)} (${Resources[logicalId]?.Type}) has no attribute ${name} in the local cloud`,
        );
      },
      condition: (name) => {
        if (!(name in Conditions)) throw new Error(`${stack.name} has no condition ${name}`);
        return resolveValue(Conditions[name], scopes.get(stack.name)!) === true;
      },
      stackOutput: (stackName, outputName) => {
        const from = stacks.find(({ name }) => name === stackName);
        const output = from?.template.Outputs[outputName];
        if (!output)
          throw new Error(`${stack.name} refers to output ${outputName} of ${stackName}, which does not exist`);
        return resolveValue(output.Value, scopes.get(stackName)!);
      },
      imported: (exportName) => {
        for (const { name, template } of stacks) {
          for (const { Value, Export } of Object.values(template.Outputs)) {
            const scope = scopes.get(name)!;
            if (Export && resolveValue(Export.Name, scope) === exportName) return resolveValue(Value, scope);
          }
        }
        throw new Error(`${stack.name} imports ${exportName}, which no stack exports`);
      },
    };
  }
};

const refuseUnknown = (resources: readonly TemplateResource[]) => {
  const unknown = resources.filter(({ type }) => !(type in LOCAL_TYPES || type in AWS_ONLY || isCustomResource(type)));
  if (unknown.length === 0) return;
  const named = unknown.map(({ stack, logicalId, type }) => `${type} (${stack}/${logicalId})`);
  throw new Error(
    `no local service runs ${named.join(', ')}: add a service under local/services, ` +
      'or a reason to local/template/aws-only.ts if it needs nothing here',
  );
};
