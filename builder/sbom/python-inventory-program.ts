/**
 * Owns the small Python program that the environment's own interpreter runs after a compile (Python 3.8 and later): it reads what the
 * compiler says it took (Nuitka's compilation report, PyInstaller's tables of contents) and tells whose each file and module is.
 * It reads one JSON object from standard input and answers with one. It imports nothing of the program.
 */
import { z } from 'zod';

/** `distribution:<name>`, the runtime, the application's own, the compiler's, or something that the machine brought. */
const OwnerSchema = z.string().regex(/^(distribution:.+|python|application|compiler|other)$/);

export const InventoryAnswerSchema = z.object({
  python: z.object({ version: z.string(), implementation: z.string() }),
  /** Each that any file or module names, with what its metadata says. */
  distributions: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      summary: z.string().nullable(),
      homepage: z.string().nullable(),
      licenseExpression: z.string().nullable(),
      license: z.string().nullable(),
      licenseClassifiers: z.array(z.string()),
      /** Names of what it needs, without what only an extra asks for. */
      requires: z.array(z.string()),
      /** Of the wheel: `cp312-cp312-manylinux_2_17_x86_64`. */
      tags: z.array(z.string()),
      /** Of its list of installed files. */
      recordSha256: z.string().nullable(),
      /** It came from a folder beside the project's own, and from no index. */
      isLocal: z.boolean(),
    }),
  ),
  /** What the compiler put beside the program: its place there, and where it came from. */
  files: z.array(z.object({ place: z.string(), source: z.string(), owner: OwnerSchema })),
  /** What it put into the program. */
  modules: z.array(z.object({ name: z.string(), owner: OwnerSchema })),
});

export type InventoryAnswer = z.infer<typeof InventoryAnswerSchema>;
export type InstalledDistribution = InventoryAnswer['distributions'][number];

export const INVENTORY_PROGRAM = String.raw`
import ast, hashlib, importlib.metadata, json, os, platform, posixpath, re, sys, sysconfig
import xml.etree.ElementTree
from urllib.parse import urlparse
from urllib.request import url2pathname


def real(path):
    return os.path.normcase(os.path.realpath(path))


def below(path, folder):
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def folder_of(found):
    """The folder that a distribution was installed from, if it was one."""
    try:
        direct = json.loads(found.read_text("direct_url.json") or "{}")
    except ValueError:
        return None
    return real(url2pathname(urlparse(direct["url"]).path)) if "dir_info" in direct else None


class Owners:
    """Whose a file is, by the place that it came from."""

    def __init__(self, job):
        self.own = [real(folder) for folder in job["own"]]
        self.compilers = {normal(name) for name in job["compilers"]}
        self.project = real(job["project"])
        self.files, self.found, self.program = {}, {}, set()
        for distribution in importlib.metadata.distributions():
            name = distribution.metadata["Name"]
            if not name or name in self.found:
                continue
            self.found[name] = distribution
            if folder_of(distribution) == self.project:
                self.program.add(name)
            for file in distribution.files or []:
                self.files.setdefault(real(str(file.locate())), name)
        self.site = [real(path) for path in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}]
        base = {"base": sys.base_prefix, "platbase": sys.base_exec_prefix, "installed_base": sys.base_prefix}
        self.stdlib = {real(sysconfig.get_path(key, vars=base)) for key in ("stdlib", "platstdlib")}
        self.stdlib.add(real(os.path.dirname(os.__file__)))
        home = real(sys.base_prefix)
        # A system's own Python shares its folders with everything else.
        self.home = None if home in (real("/usr"), real("/usr/local"), real("/")) else home

    def of(self, source):
        place = real(source)
        name = self.files.get(place) or self.beside(place)
        if name is not None:
            return self.named(name)
        if any(below(place, folder) for folder in self.own):
            return "application"
        file = os.path.basename(place).lower()
        if re.match(r"(lib)?python[0-9.]*[a-z]*\.(so|dll|dylib)|python$", file) or file == "base_library.zip":
            return "python"
        for folder in self.stdlib:
            if below(place, folder) and not re.match(r"(site|dist)-packages", os.path.relpath(place, folder)):
                return "python"
        if self.home is not None and below(place, self.home):
            return "python"
        return "other"

    def named(self, name):
        if name in self.program:
            return "application"
        return "compiler" if normal(name) in self.compilers else "distribution:" + name

    def beside(self, place):
        """Of a file that was made after the installation, such as a cached module, or one that no list names: its folder's owner."""
        for folder in self.site:
            if not below(place, folder):
                continue
            top = os.path.relpath(place, folder).split(os.sep)[0]
            start = os.path.join(folder, top) + os.sep
            names = {name for file, name in self.files.items() if file.startswith(start)}
            return names.pop() if len(names) == 1 else None
        return None


def nuitka(job, owners):
    root = xml.etree.ElementTree.parse(job["report"]).getroot()
    folders = {"sys.prefix": sys.prefix, "sys.real_prefix": sys.base_prefix, "cwd": job["cwd"]}

    def place(text):
        full = re.sub(r"\$\{([a-z._]+)\}", lambda match: folders.get(match.group(1), match.group(0)), text)
        return os.path.normpath(os.path.join(job["cwd"], full))

    files, modules = [], []
    for tag, place_key, source_key in (
        ("included_extension", "dest_path", "source_path"),
        ("included_dll", "dest_path", "source_path"),
        ("data_file", "name", "source"),
    ):
        for entry in root.iter(tag):
            if entry.get("ignored") == "yes":
                continue
            source = place(entry.get(source_key) or "")
            files.append({"place": entry.get(place_key).replace("\\", "/"), "source": source, "owner": owners.of(source)})
    for entry in root.iter("module"):
        if entry.get("kind", "") in ("PythonExtensionModule", ""):
            continue
        source = entry.get("source_path")
        owner = owners.of(place(source)) if source else "application"
        name = entry.get("distribution")
        if owner in ("other", "application") and name in owners.found:
            owner = owners.named(name)
        # Code that the compiler wrote itself has no place: it belongs to the program that it was written for.
        modules.append({"name": entry.get("name"), "owner": "application" if owner == "other" else owner})
    for entry in root.iter("included_metadata"):
        name = next((name for name in owners.found if normal(name) == normal(entry.get("name"))), None)
        if name is not None:
            modules.append({"name": name, "owner": owners.named(name)})
    return files, modules


def pyinstaller(job, owners):
    def table(file):
        with open(os.path.join(job["tables"], file), encoding="utf-8") as stream:
            return ast.literal_eval(stream.read())

    entries = table("COLLECT-00.toc")[0]
    files = []
    for name, source, kind in entries:
        if kind in ("EXECUTABLE", "SYMLINK"):
            continue
        files.append({"place": name.replace("\\", "/"), "source": source, "owner": owners.of(source)})
    known = {entry["place"]: entry for entry in files}
    for name, target, kind in entries:
        place = name.replace("\\", "/")
        led = posixpath.normpath(posixpath.join(posixpath.dirname(place), target.replace("\\", "/")))
        if kind == "SYMLINK" and led in known:
            files.append(dict(known[led], place=place))
    modules = [{"name": name, "owner": owners.of(source)} for name, source, _ in table("PYZ-00.toc")[1] if source not in ("", "-")]
    return files, [dict(entry, owner="application") if entry["owner"] == "other" else entry for entry in modules]


def lines(metadata, key):
    return [value for value in metadata.get_all(key) or [] if value and value != "UNKNOWN"]


def homepage(metadata):
    urls = dict(part for part in (re.split(r"\s*,\s*", text, maxsplit=1) for text in lines(metadata, "Project-URL")) if len(part) == 2)
    named = {key.lower(): url for key, url in urls.items()}
    return (lines(metadata, "Home-page") or [None])[0] or named.get("homepage") or named.get("source") or named.get("repository")


def describe(name, found):
    metadata = found.metadata
    record = found.read_text("RECORD")
    first = lambda key: (lines(metadata, key) or [None])[0]
    requires = [text for text in found.requires or [] if not re.search(r"\bextra\s*==", text.partition(";")[2])]
    return {
        "name": name,
        "version": found.version,
        "summary": first("Summary"),
        "homepage": homepage(metadata),
        "licenseExpression": first("License-Expression"),
        "license": first("License"),
        "licenseClassifiers": [text for text in lines(metadata, "Classifier") if text.startswith("License ::")],
        "requires": [re.match(r"[A-Za-z0-9._-]+", text).group(0) for text in requires],
        "tags": re.findall(r"^Tag:\s*(\S+)", found.read_text("WHEEL") or "", re.M),
        "recordSha256": hashlib.sha256(record.encode()).hexdigest() if record else None,
        "isLocal": folder_of(found) is not None,
    }


def main():
    job = json.load(sys.stdin)
    owners = Owners(job)
    files, modules = (nuitka if "report" in job else pyinstaller)(job, owners)
    named = sorted({entry["owner"].partition(":")[2] for entry in files + modules if entry["owner"].startswith("distribution:")})
    json.dump(
        {
            "python": {"version": platform.python_version(), "implementation": platform.python_implementation()},
            "distributions": [describe(name, owners.found[name]) for name in named],
            "files": files,
            "modules": modules,
        },
        sys.stdout,
    )


main()
`;
