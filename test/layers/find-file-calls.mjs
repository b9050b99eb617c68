// Finds calls by which node:fs changes files: by their names, on whatever is called like a file system.
import ts from 'typescript'

const CHANGING = [
  'appendFile', 'chmod', 'copyFile', 'cp', 'createWriteStream', 'lchown', 'link', 'mkdir', 'mkdtemp', 'open', 'rename', 'rm', 'rmdir',
  'symlink', 'truncate', 'unlink', 'utimes', 'writeFile',
] // prettier-ignore
const NAMES = new Set(CHANGING.flatMap((name) => [name, `${name}Sync`]))
const OPENS = new Set(['open', 'openSync'])
const MODULES = new Set(['fs', 'node:fs', 'fs/promises', 'node:fs/promises'])
/** `fs`, `this.#fileSystem`, `options.fileSystem`, `realFileSystem`, `promises`. */
const FILE_SYSTEM = /(?:^|\.|#)(?:fs|promises|(?:real)?fileSystem)$/i
const READING = /^(?:'r'|constants\.O_RDONLY\b(?!.*O_(?:CREAT|TRUNC|APPEND|WRONLY|RDWR)))/

/** @returns the names of the changing calls of a module, each once. */
export function findFileCalls(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  /** Local names of what was imported by name, or taken out of a file system. */
  const local = new Map()
  const found = new Set()

  const noteImport = (node) => {
    const bindings = node.importClause?.namedBindings
    if (!MODULES.has(node.moduleSpecifier.text) || bindings === undefined || !ts.isNamedImports(bindings)) return
    for (const { name, propertyName } of bindings.elements) local.set(name.text, (propertyName ?? name).text)
  }
  const noteTaking = (node) => {
    if (!ts.isObjectBindingPattern(node.name) || !FILE_SYSTEM.test(node.initializer?.getText(source) ?? '')) return
    for (const { name, propertyName } of node.name.elements)
      local.set(name.getText(source), (propertyName ?? name).getText(source))
  }
  const noteCall = ({ expression, arguments: given }) => {
    let name
    if (ts.isIdentifier(expression)) name = local.get(expression.text)
    else if (ts.isPropertyAccessExpression(expression) && FILE_SYSTEM.test(expression.expression.getText(source)))
      name = expression.name.text
    if (name === undefined || !NAMES.has(name)) return
    const mode = given[1]?.getText(source)
    if (OPENS.has(name) && (mode === undefined || READING.test(mode))) return
    found.add(name)
  }
  const visit = (node) => {
    if (ts.isImportDeclaration(node)) noteImport(node)
    if (ts.isVariableDeclaration(node)) noteTaking(node)
    if (ts.isCallExpression(node)) noteCall(node)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...found]
}
