/**
 * Owns the small Python program that the environment's own interpreter runs before a compile (Python 3.8 and later):
 * it finds an entry point or a module without importing anything of the program, and makes a main file of a module or a file.
 * It reads one JSON object from standard input and answers with one.
 */
import { z } from 'zod';

export const EntryAnswerSchema = z.discriminatedUnion('answer', [
  z.object({
    answer: z.literal('script'),
    entryPoint: z.string(),
    distribution: z.string().nullable(),
    /** Other modules of the program with a syntax error: `kit/late.py:3: invalid syntax`. */
    broken: z.array(z.string()),
  }),
  z.object({
    answer: z.literal('main'),
    /** The main file's text: the program's own, with the start module imported first and relative imports made absolute. */
    source: z.string(),
    distribution: z.string().nullable(),
    /** Folders of the source tree that the compiler has to search, absolute. */
    searchPath: z.array(z.string()),
    /** Options in comments that only Nuitka would read. */
    hasCompilerComments: z.boolean(),
  }),
  z.object({ answer: z.literal('no-script'), known: z.array(z.string()) }),
  z.object({ answer: z.literal('no-module'), reason: z.string() }),
  z.object({ answer: z.literal('no-file') }),
  z.object({
    answer: z.literal('syntax'),
    file: z.string(),
    line: z.number().nullable(),
    message: z.string(),
    text: z.string().nullable(),
  }),
]);

export type EntryAnswer = z.infer<typeof EntryAnswerSchema>;

export const ENTRY_INSPECTOR = String.raw`
import ast, importlib.machinery, importlib.metadata, io, json, os, re, sys, tokenize


def local_distribution():
    """The name of the project itself: the one distribution that was installed from a folder."""
    for found in importlib.metadata.distributions():
        try:
            url = json.loads(found.read_text("direct_url.json") or "{}")
        except ValueError:
            continue
        if "dir_info" in url:
            return found.metadata["Name"]
    return None


def script(name):
    known, chosen, own = set(), None, local_distribution()
    for found in importlib.metadata.distributions():
        for point in found.entry_points:
            if point.group not in ("console_scripts", "gui_scripts"):
                continue
            known.add(point.name)
            if point.name == name and (chosen is None or found.metadata["Name"] == own):
                chosen = {"entryPoint": re.sub(r"\s*\[.*\]$", "", point.value).replace(" ", ""), "distribution": found.metadata["Name"]}
    if not chosen:
        return {"answer": "no-script", "known": sorted(known)}
    path, _, _ = find_module(chosen["entryPoint"].split(":")[0], [], False)
    if path is None:
        return {"answer": "no-module", "reason": "the entry point is '%s', and there is no such module" % chosen["entryPoint"]}
    if path.endswith(".py"):
        parse(path)
    return dict(chosen, answer="script", broken=broken_files(chosen["distribution"]))


def parse(path):
    with open(path, "rb") as stream:
        return ast.parse(stream.read(), path)


def broken_files(distribution):
    """Modules of the program itself that end it when they are imported; compilers pass them over."""
    broken = []
    for path in importlib.metadata.files(distribution) or []:
        if path.suffix != ".py" or ".." in path.parts:
            continue
        try:
            parse(str(path.locate()))
        except OSError:
            continue
        except (SyntaxError, ValueError) as error:
            broken.append("%s:%s: %s" % (path, getattr(error, "lineno", None) or 0, getattr(error, "msg", None) or error))
    return broken


def find_module(name, roots, runs=True):
    """The file that "python -m name" runs, or imports, the package it belongs to, and the folder of the source tree it came from."""
    parts = name.split(".")
    for root, path in [(None, sys.path)] + [(root, [root]) for root in roots]:
        spec = None
        for index in range(len(parts)):
            spec = importlib.machinery.PathFinder.find_spec(".".join(parts[: index + 1]), path)
            if spec is None:
                break
            path = list(spec.submodule_search_locations or [])
        if spec is None:
            continue
        if spec.submodule_search_locations is None or (not runs and spec.origin):
            return spec.origin, ".".join(parts[:-1]), root
        for folder in spec.submodule_search_locations:
            main = os.path.join(folder, "__main__.py")
            if os.path.isfile(main):
                return main, name, root
        return None, name, root
    return None, None, None


def distribution_of(package):
    """Which installed distribution brought a top-level package."""
    for found in importlib.metadata.distributions():
        tops = (found.read_text("top_level.txt") or "").split()
        if package in tops or any(str(path).split("/")[0] in (package, package + ".py") for path in found.files or []):
            return found.metadata["Name"]
    return None


def offset(line, column):
    return len(line.encode("utf-8")[:column].decode("utf-8"))


def absolute_imports(source, tree, package):
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level]
    for node in sorted(nodes, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        parts = package.split(".") if package else []
        base = parts[: len(parts) - node.level + 1]
        target = ".".join(base + ([node.module] if node.module else []))
        at = starts[node.lineno - 1] + offset(lines[node.lineno - 1], node.col_offset)
        head = re.compile(r"from[\s\\]*\.[\s\\.]*[\w.]*[\s\\]+import|from[\s\\]*\.[\s\\.]*import").match(source, at)
        if head and target:
            source = source[:at] + "from " + target + " import" + source[head.end() :]
    return source


def with_first_line(source, line):
    """Puts a line after the docstring and the future imports; on a blank line where there is one, so that line numbers stay."""
    tree = ast.parse(source)
    after = 0
    following = tree.body[0] if tree.body else None
    for index, node in enumerate(tree.body):
        is_docstring = index == 0 and isinstance(node, ast.Expr) and isinstance(getattr(node.value, "value", None), str)
        if not is_docstring and not (isinstance(node, ast.ImportFrom) and node.module == "__future__"):
            following = node
            break
        after, following = node.end_lineno, None
    lines = source.splitlines(keepends=True)
    decorators = getattr(following, "decorator_list", None) or []
    end = min([following.lineno] + [node.lineno for node in decorators]) - 1 if following is not None else len(lines)
    for index in range(after, max(after, end)):
        if not lines[index].strip() or lines[index].startswith("#!"):
            lines[index] = line + "\n"
            return "".join(lines)
    at = max(after, end) if after < end else after
    if at > 0 and not lines[at - 1].endswith("\n"):
        lines[at - 1] += "\n"
    return "".join(lines[:at] + [line + "\n"] + lines[at:])


def main_file(path, package, start_module):
    with open(path, "rb") as stream:
        raw = stream.read()
    encoding = tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
    source = io.TextIOWrapper(io.BytesIO(raw), encoding, newline=None).read()
    tree = ast.parse(source, path)
    if package is not None:
        source = absolute_imports(source, tree, package)
    head = source.splitlines(keepends=True)
    for index, line in enumerate(head[:2]):
        if line.startswith("#"):
            head[index] = re.sub(r"coding[=:]\s*[-\w.]+", "coding: utf-8", line)
    comments = re.compile(r"^(\s*#)( nuitka-project)", re.MULTILINE)
    source = "".join(head)
    first = "import " + start_module + ("; import " + package if package else "")
    return {
        "answer": "main",
        "source": with_first_line(comments.sub(r"\1 (not used)\2", source), first),
        "hasCompilerComments": bool(comments.search(source)),
    }


def answer(question):
    kind, name, project = question["kind"], question["name"], question["projectDirectory"]
    if kind == "script":
        return script(name)
    if kind == "entry":
        if not os.path.isfile(name):
            return {"answer": "no-file"}
        found = main_file(name, None, question["startModule"])
        return dict(found, distribution=local_distribution(), searchPath=[os.path.dirname(name)])
    roots = [root for root in (os.path.join(project, "src"), project) if os.path.isdir(root)]
    path, package, root = find_module(name, roots)
    if path is None or not path.endswith(".py"):
        reason = "there is no such module" if package is None else "it is a package without __main__.py" if path is None else "it is no Python source"
        return {"answer": "no-module", "reason": reason}
    found = main_file(path, package, question["startModule"])
    own = distribution_of(name.split(".")[0]) if root is None else None
    return dict(found, distribution=own, searchPath=[] if root is None else [root])


try:
    told = answer(json.load(sys.stdin))
except SyntaxError as error:
    told = {"answer": "syntax", "file": error.filename or "", "line": error.lineno, "message": error.msg, "text": (error.text or "").strip() or None}
except UnicodeDecodeError as error:
    told = {"answer": "syntax", "file": "", "line": None, "message": str(error), "text": None}
json.dump(told, sys.stdout)
`;
