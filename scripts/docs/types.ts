import type { DocFunction, DocMember, DocMembers, DocParam, DocType, DocTypeParam } from "./model.ts";

/** Prints a type as TypeScript. */
export function printType(type: DocType | undefined): string {
  if (type === undefined) return "unknown";
  const { kind, value } = type;
  switch (kind) {
    case "keyword":
    case "this":
    case "typePredicate":
      return type.repr ?? value;
    case "literal":
      return printLiteral(value);
    case "typeRef":
      return value.typeName + printArguments(value.typeParams);
    case "array":
      return `${printNested(value)}[]`;
    case "tuple":
      return `[${value.map(printType).join(", ")}]`;
    case "union":
      return value.map((part: DocType) => (part.kind === "fnOrConstructor" ? `(${printType(part)})` : printType(part))).join(" | ");
    case "intersection":
      return value.map(printNested).join(" & ");
    case "optional":
      return `${printType(value)}?`;
    case "rest":
      return `...${printType(value)}`;
    case "parenthesized":
      return `(${printType(value)})`;
    case "typeOperator":
      return `${value.operator} ${printNested(value.tsType)}`;
    case "typeQuery":
      return `typeof ${typeof value === "string" ? value : value.typeName}`;
    case "indexedAccess":
      return `${printNested(value.objType)}[${printType(value.indexType)}]`;
    case "conditional":
      return `${printType(value.checkType)} extends ${printType(value.extendsType)} ? ${printType(value.trueType)} : ${
        printType(value.falseType)
      }`;
    case "infer":
      return `infer ${printTypeParam(value.typeParam)}`;
    case "importType":
      return `import("${value.specifier}").${value.qualifier ?? ""}${printArguments(value.typeParams)}`;
    case "mapped":
      return printMapped(value);
    case "typeLiteral":
      return printMembers(value);
    case "fnOrConstructor":
      return `${value.constructor === true ? "new " : ""}${printTypeParams(value.typeParams)}(${printParams(value.params)}) => ${
        printType(value.tsType)
      }`;
    default:
      throw new Error(`scripts/docs/types.ts cannot print a type of kind ${kind}: ${JSON.stringify(type)}`);
  }
}

/** Prints `<A extends B = C>`, or nothing. */
export function printTypeParams(params: readonly DocTypeParam[] | undefined): string {
  return params === undefined || params.length === 0 ? "" : `<${params.map(printTypeParam).join(", ")}>`;
}

/** Prints a signature without its name: `<T>(a: A, b?: B): C`. */
export function printSignature({ typeParams, params, returnType }: Partial<DocFunction>, withReturn = true): string {
  return `${printTypeParams(typeParams)}(${printParams(params ?? [])})${
    withReturn ? `: ${returnType === undefined ? "void" : printType(returnType)}` : ""
  }`;
}

/** Prints a member as it would be declared, without its body. */
export function printMember(member: DocMember): string {
  const optional = member.optional === true ? "?" : "";
  const name = /^[\w$]+$|^\[/.test(member.name) ? member.name : JSON.stringify(member.name);
  const static_ = member.isStatic === true ? "static " : "";
  const signature = member.functionDef ?? member;
  if (member.kind === "getter") return `${static_}readonly ${name}: ${printType(signature.returnType)}`;
  if (member.kind === "setter") return `${static_}set ${name}(${printParams(signature.params ?? [])})`;
  if (member.kind === "method" || (member.params !== undefined && member.tsType === undefined)) {
    return `${static_}${name}${optional}${printSignature(signature)}`;
  }
  return `${static_}${member.readonly === true ? "readonly " : ""}${name}${optional}: ${printType(member.tsType)}`;
}

function printMembers({ properties = [], methods = [], callSignatures = [], indexSignatures = [] }: DocMembers): string {
  const members = [
    ...callSignatures.map((member) =>
      `${printTypeParams(member.typeParams)}(${printParams(member.params ?? [])}): ${printType(member.tsType)}`
    ),
    ...indexSignatures.map((member) =>
      `${member.readonly === true ? "readonly " : ""}[${printParams(member.params ?? [])}]: ${printType(member.tsType)}`
    ),
    ...properties.map(printMember),
    ...methods.map(printMember),
  ];
  return members.length === 0 ? "{}" : `{ ${members.join("; ")} }`;
}

function printParams(params: readonly DocParam[]): string {
  return params.map((param) => printParam(param)).join(", ");
}

function printParam(param: DocParam, type: DocType | undefined = param.tsType, optional: boolean = param.optional === true): string {
  // A default value makes a parameter optional; a pattern has no name of its own.
  if (param.kind === "assign" && param.left !== undefined) return printParam(param.left, type ?? param.left.tsType, true);
  if (param.kind === "rest" && param.arg !== undefined) return `...${printParam(param.arg, type ?? param.arg.tsType, false)}`;
  const name = param.name ?? (param.kind === "array" ? "items" : "options");
  return `${name}${optional ? "?" : ""}${type === undefined ? "" : `: ${printType(type)}`}`;
}

function printTypeParam({ name, constraint, default: fallback }: DocTypeParam): string {
  return `${name}${constraint === undefined ? "" : ` extends ${printType(constraint)}`}${
    fallback === undefined ? "" : ` = ${printType(fallback)}`
  }`;
}

function printArguments(types: readonly DocType[] | undefined): string {
  return types === undefined || types === null || types.length === 0 ? "" : `<${types.map(printType).join(", ")}>`;
}

function printNested(type: DocType): string {
  const open = ["union", "intersection", "conditional", "fnOrConstructor", "infer", "typeOperator"].includes(type.kind);
  return open ? `(${printType(type)})` : printType(type);
}

function printLiteral(value: { kind: string; [key: string]: unknown }): string {
  if (value.kind === "string") return JSON.stringify(value["string"]);
  if (value.kind === "template") {
    const parts = value["tsTypes"] as DocType[];
    return `\`${
      parts.map((part) => (part.kind === "literal" && part.value.kind === "string" ? part.value.string : `\${${printType(part)}}`)).join("")
    }\``;
  }
  return String(value[value.kind]);
}

interface MappedValue {
  readonly readonly?: boolean | string;
  readonly optional?: boolean | string;
  readonly typeParam: DocTypeParam;
  readonly nameType?: DocType;
  readonly tsType?: DocType;
}

function printMapped({ readonly, optional, typeParam, nameType, tsType }: MappedValue): string {
  const modifier = (
    value: boolean | string | undefined,
    word: string,
  ): string => (value === undefined ? "" : `${typeof value === "string" ? value : ""}${word}`);
  const name = nameType === undefined ? "" : ` as ${printType(nameType)}`;
  const before = modifier(readonly, "readonly ");
  return `{ ${before}[${typeParam.name} in ${printType(typeParam.constraint)}${name}]${modifier(optional, "?")}: ${printType(tsType)} }`;
}
