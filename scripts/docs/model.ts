/** What `deno doc --json` (version 2) tells, as far as it is used here. */

/** A type: `value` depends on `kind`. */
export interface DocType {
  readonly kind: string;
  readonly repr?: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- its shape is another one for each kind
  readonly value?: any;
}

/** A type parameter. */
export interface DocTypeParam {
  readonly name: string;
  readonly constraint?: DocType;
  readonly default?: DocType;
}

/** A parameter of a function; `kind` says how it is written. */
export interface DocParam {
  readonly kind: "identifier" | "assign" | "rest" | "object" | "array";
  readonly name?: string;
  readonly optional?: boolean;
  readonly tsType?: DocType;
  readonly left?: DocParam;
  readonly arg?: DocParam;
}

/** A docstring: its text, and what its tags say. */
export interface DocString {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly name?: string; readonly doc?: string }[];
}

/** The signature of a function. */
export interface DocFunction {
  readonly params: readonly DocParam[];
  /** Whether it is more than a signature. */
  readonly hasBody?: boolean;
  readonly returnType?: DocType;
  readonly typeParams?: readonly DocTypeParam[];
}

/** A member of a class, an interface or a literal type. */
export interface DocMember extends Partial<DocFunction> {
  readonly name: string;
  readonly kind?: "method" | "getter" | "setter";
  readonly jsDoc?: DocString;
  readonly tsType?: DocType;
  readonly functionDef?: DocFunction;
  readonly optional?: boolean;
  readonly readonly?: boolean;
  readonly isStatic?: boolean;
  readonly isOverride?: boolean;
  readonly accessibility?: string;
  readonly location?: DocLocation;
}

/** Where something stands. */
export interface DocLocation {
  readonly filename: string;
  readonly line: number;
}

/** What a class, an interface or a literal type holds. */
export interface DocMembers {
  readonly constructors?: readonly DocMember[];
  readonly properties?: readonly DocMember[];
  readonly methods?: readonly DocMember[];
  readonly callSignatures?: readonly DocMember[];
  readonly indexSignatures?: readonly DocMember[];
}

/** A declaration of an exported symbol. */
export interface DocDeclaration {
  readonly kind: "function" | "class" | "interface" | "typeAlias" | "variable" | "reference" | "import";
  readonly location: DocLocation;
  readonly jsDoc?: DocString;
  readonly def?:
    & DocMembers
    & Partial<DocFunction>
    & {
      readonly tsType?: DocType;
      readonly extends?: unknown;
      readonly superTypeParams?: readonly DocType[];
      readonly implements?: readonly DocType[];
    };
}

/** A public module and what it exports. */
export interface DocModule {
  readonly module_doc?: DocString;
  readonly symbols: readonly { readonly name: string; readonly declarations: readonly DocDeclaration[] }[];
}
