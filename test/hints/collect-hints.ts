// All hints of the program, read out of its source: whatever is given as a `hint`, wherever.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** A hint as it is written; what is filled in is `…`. */
export interface WrittenHint {
  readonly text: string
  readonly file: string
}

export function collectHints(root: string): WrittenHint[] {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('kernels/assembly'))
    .map((name) => ({
      name,
      tree: ts.createSourceFile(name, readFileSync(join(root, name), 'utf8'), ts.ScriptTarget.Latest, true),
    }))
  const takers = new Map<string, number>()
  for (const { tree } of files) walk(tree, (node) => noteTaker(node, takers))
  const hints: WrittenHint[] = []
  for (const { name, tree } of files) {
    const add = (expression: ts.Node | undefined): void => {
      if (expression !== undefined) for (const text of textsOf(expression)) hints.push({ text, file: name })
    }
    walk(tree, (node) => {
      if (ts.isPropertyAssignment(node) && node.name.getText() === 'hint') add(node.initializer)
      if (ts.isVariableDeclaration(node) && /hints?$/i.test(node.name.getText())) add(node.initializer)
      if (ts.isCallExpression(node)) add(node.arguments[takers.get(node.expression.getText()) ?? -1])
      if (ts.isParameter(node) && node.name.getText() === 'hint') add(node.initializer)
      if (ts.isReturnStatement(node) && isAdviser(node)) add(node.expression)
    })
  }
  return hints
}

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

/** Functions that take a hint, and at which place. */
function noteTaker(node: ts.Node, takers: Map<string, number>): void {
  if (!ts.isFunctionLike(node)) return
  const place = node.parameters.findIndex((parameter) => parameter.name.getText() === 'hint')
  const name = node.name?.getText() ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : undefined)
  if (place >= 0 && name !== undefined) takers.set(name, place)
}

/** In a function whose business is advice, what it returns is a hint. */
function isAdviser(node: ts.Node): boolean {
  for (let around = node.parent; around !== undefined; around = around.parent) {
    if (ts.isFunctionDeclaration(around)) return (around.name?.getText() ?? '').startsWith('advise')
  }
  return false
}

function textsOf(node: ts.Node): string[] {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text === '' ? [] : [node.text]
  if (ts.isTemplateExpression(node))
    return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')]
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)]
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression)
  if (ts.isBinaryExpression(node)) return [...textsOf(node.left), ...textsOf(node.right)]
  if (ts.isObjectLiteralExpression(node))
    return node.properties.flatMap((property) =>
      ts.isPropertyAssignment(property) ? textsOf(property.initializer) : [],
    )
  return []
}
