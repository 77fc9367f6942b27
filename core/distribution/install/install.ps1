#: about
#
# For Windows PowerShell 5.1 and PowerShell 7. Under `iex` this runs in somebody's session: it throws, and never exits; what it sets
# stays inside the block. All of it is one block: of a script that broke off on its way nothing runs.
param(
    [string]$Dir,
    [string]$Platform,
    [switch]$NoModifyPath,
    [switch]$Force,
    [switch]$Uninstall,
    [switch]$Help
)

& {
    param($Options)

    if ($ExecutionContext.SessionState.LanguageMode -ne 'FullLanguage') {
        throw 'PowerShell runs in constrained language mode here, in which this script cannot work: open the link in a browser, download the package and unpack it, or ask who looks after this machine'
    }
    if ($PSVersionTable.PSVersion.Major -lt 5) {
        throw "this script needs PowerShell 5.1 or newer, and this is $($PSVersionTable.PSVersion)"
    }
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'
    Set-StrictMode -Version 2

#: facts

#: places.ps1

    function Show-Usage {
        Write-Host @"
Installs $($facts.Title) for you alone: no administrator, nothing outside of one folder but an entry in your PATH and one in the list
of installed apps.

usage: powershell -ExecutionPolicy Bypass -File install.ps1 [options]
       & ([scriptblock]::Create((irm LINK/install.ps1))) [options]

  -Dir DIR             install into DIR (default: `$env:$($facts.Variable)_INSTALL_DIR, or %LOCALAPPDATA%\Programs\$($facts.Name))
  -NoModifyPath        leave PATH alone (as `$env:$($facts.Variable)_NO_MODIFY_PATH does when it is set)
  -Platform PLATFORM   not the package of this system but: $($facts.Platforms -join ', ')
  -Force               fetch and unpack again what is installed
  -Uninstall           remove an installation
  -Help                this text

DIR\versions gets the versions: the one that is used, and the one before; DIR\current leads to the one that is used.
The SHA-256 of what is fetched is checked against the one in this script.
"@
    }

    function Assert-Platform {
        if ($env:OS -ne 'Windows_NT') {
            Stop-Script 'this script is for Windows' "elsewhere, run: curl -fsSL $($facts.Link)/install.sh | sh"
        }
        if ($Options.Platform) {
            if ($facts.Platforms -notcontains $Options.Platform) {
                Stop-Script "there is no package for '$($Options.Platform)'" "there is: $($facts.Platforms -join ', ')"
            }
            return
        }
        # Of the machine, not of this process: that may be one for another processor, which Windows emulates.
        $machine = [Environment]::GetEnvironmentVariable('PROCESSOR_ARCHITECTURE', 'Machine')
        if (-not $machine) { $machine = $env:PROCESSOR_ARCHITECTURE }
        if ($machine -eq 'ARM64') {
            Stop-Script 'there is no package for Windows on ARM64' "there is: $($facts.Platforms -join ', '); Windows 11 runs that by emulation, if that is what you want: -Platform windows-x86_64"
        }
        if ($machine -ne 'AMD64') {
            Stop-Script "there is no package for Windows on '$machine'" "there is: $($facts.Platforms -join ', ')"
        }
    }

    # Asks for what is missing alone: the gate counts a download that is gone on with as the same one.
    function Receive-File($Package, $File) {
        $url = "$($facts.Link)/$($Package.File)"
        Write-Host "fetching $($Package.File) ($([math]::Round($Package.Size / 1048576, 1)) MB)"
        for ($try = 1; ; $try++) {
            try {
                Receive-Rest $url $File
                # Where a connection ends too early, .NET Framework takes that for the end of the file.
                if ((Get-Item -LiteralPath $File).Length -ge $Package.Size) { return }
                if ($try -ge 4) { return }
            }
            catch [Net.WebException] {
                $answer = $_.Exception.Response
                $status = if ($answer) { [int]$answer.StatusCode } else { 0 }
                if ($status -ge 400 -and $status -lt 500 -and $status -ne 429) {
                    Stop-Script "the link refuses to hand out $($Package.File) (HTTP $status): $(Get-Refusal $answer)" 'ask whoever sent you the link for a new one'
                }
                if ($try -ge 4) {
                    Stop-Script "$($Package.File) could not be fetched: $($_.Exception.Message)" 'look at your connection, and run this again'
                }
            }
            catch [IO.IOException] {
                if ($try -ge 4) { Stop-Script "$($Package.File) could not be fetched: $($_.Exception.Message)" 'look at your connection and at the room on your disk, and run this again' }
            }
            Write-Host 'the connection broke off: trying again'
            Start-Sleep -Seconds $try
        }
    }

    # Not Invoke-WebRequest: in 5.1 it cannot go on with a file, and shows bars that cost more than the download.
    # Neither marks what it writes as coming from the internet, so that nothing has to be unblocked.
    function Receive-Rest($Url, $File) {
        $request = [Net.HttpWebRequest]::Create($Url)
        $request.UserAgent = "install.ps1 PowerShell/$($PSVersionTable.PSVersion)"
        $request.Timeout = 30000
        $request.ReadWriteTimeout = 60000
        if ($request.Proxy) { $request.Proxy.Credentials = [Net.CredentialCache]::DefaultCredentials }
        $have = if (Test-Path -LiteralPath $File) { (Get-Item -LiteralPath $File).Length } else { 0 }
        if ($have -gt 0) { $request.AddRange([long]$have) }
        $answer = $request.GetResponse()
        try {
            $mode = if ([int]$answer.StatusCode -eq 206) { [IO.FileMode]::Append } else { [IO.FileMode]::Create }
            $target = [IO.File]::Open($File, $mode)
            try { $answer.GetResponseStream().CopyTo($target) } finally { $target.Dispose() }
        }
        finally { $answer.Close() }
    }

    # The gate says why, and under which reference whoever sent the link finds it.
    function Get-Refusal($Answer) {
        try {
            $reader = New-Object IO.StreamReader($Answer.GetResponseStream())
            $text = $reader.ReadToEnd() -replace '[^\x20-\x7e\n]', ''
            if ($text.StartsWith('<')) { return 'no reason was given' }
            return $text.Substring(0, [math]::Min(600, $text.Length)).Trim()
        }
        catch { return 'no reason was given' }
    }

    function Assert-Digest($Package, $File) {
        $size = (Get-Item -LiteralPath $File).Length
        if ($size -ne $Package.Size) {
            Stop-Script "$($Package.File) is $size bytes, and $($Package.Size) were promised" 'run this again; if it stays so, tell whoever sent you the link'
        }
        $sha256 = [Security.Cryptography.SHA256]::Create()
        $stream = [IO.File]::OpenRead($File)
        try { $digest = [BitConverter]::ToString($sha256.ComputeHash($stream)).Replace('-', '').ToLowerInvariant() }
        finally { $stream.Dispose(); $sha256.Dispose() }
        if ($digest -cne $Package.Sha256) {
            Stop-Script "$($Package.File) is not the file that was promised: its SHA-256 is '$digest', not '$($Package.Sha256)'" 'run this again; if it stays so, tell whoever sent you the link'
        }
    }

    # Nothing that would land outside of the package's folder.
    function Expand-Package($Package, $File, $Into) {
        Add-Type -AssemblyName System.IO.Compression
        Add-Type -AssemblyName System.IO.Compression.FileSystem
        $archive = [IO.Compression.ZipFile]::OpenRead($File)
        try {
            foreach ($entry in $archive.Entries) {
                $parts = $entry.FullName -split '[\\/]'
                if ($parts[0] -cne $Package.Folder -or $parts.Count -lt 2 -or $parts -contains '..' -or $entry.FullName.Contains(':')) {
                    Stop-Script "$($Package.File) holds '$($entry.FullName)', which does not belong there" 'tell whoever sent you the link'
                }
            }
        }
        finally { $archive.Dispose() }
        [IO.Compression.ZipFile]::ExtractToDirectory($File, $Into)
        foreach ($program in $Package.Programs) {
            if (-not (Test-Path -LiteralPath (Join-Path $Into $program.Path) -PathType Leaf)) {
                Stop-Script "the package has no '$($program.Path)'" 'tell whoever sent you the link'
            }
        }
    }

    # A folder is put under its name only when it is whole: one that is there is one that was checked.
    function Install-Release($Release) {
        $work = Join-Path $places.Home ".new.$PID"
        # With the lock held, what is left of others is left for good.
        Get-ChildItem -LiteralPath $places.Home -Filter '.new.*' -Force | Remove-Item -Recurse -Force
        New-Item -ItemType Directory -Path (Join-Path $work 'unpacked') -Force | Out-Null
        try {
            foreach ($package in $facts.Packages) {
                $file = Join-Path $work $package.File
                Receive-File $package $file
                Assert-Digest $package $file
                Expand-Package $package $file (Join-Path $work 'unpacked')
            }
            Move-Folder (Join-Path $work 'unpacked') (Join-Path $places.Versions $Release)
        }
        finally { Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue }
    }

    # Whoever looks through new files, such as a scanner for viruses, holds them for a moment.
    function Move-Folder($From, $To) {
        for ($try = 1; ; $try++) {
            try { [IO.Directory]::Move($From, $To); return }
            catch [IO.IOException] { if ($try -ge 20) { throw } }
            Start-Sleep -Milliseconds 250
        }
    }

    # A junction needs no administrator. Windows replaces none in one step: between the two, which take no time, there is none.
    function Switch-Current($Release) {
        $fresh = "$($places.Current).new"
        if (Test-Path -LiteralPath $fresh) { [IO.Directory]::Delete($fresh) }
        New-Item -ItemType Junction -Path $fresh -Target (Join-Path $places.Versions $Release) | Out-Null
        Remove-Junction $places.Current
        [IO.Directory]::Move($fresh, $places.Current)
    }

    # The version before stays for whoever runs it. A folder of which a program runs cannot be renamed, and stays as well.
    function Remove-OldReleases($Keep) {
        foreach ($folder in @(Get-ChildItem -LiteralPath $places.Versions -Directory)) {
            if ($Keep -contains $folder.Name) { continue }
            $gone = Join-Path $places.Home ".old.$($folder.Name)"
            try {
                [IO.Directory]::Move($folder.FullName, $gone)
                Remove-Item -LiteralPath $gone -Recurse -Force
            }
            catch [IO.IOException] { Write-Host "note: '$($folder.Name)' is in use, and stays until the next time" }
        }
    }

    function Save-Uninstaller {
        $script = @'
#: uninstall.ps1
'@
        $file = Join-Path $places.Home 'uninstall.ps1'
        [IO.File]::WriteAllText($file, $script.Replace("`r`n", "`n").Replace("`n", "`r`n"), [Text.Encoding]::ASCII)
        $command = "powershell.exe -NoProfile -ExecutionPolicy Bypass -File `"$file`""
        $entry = New-Item -Path $places.AppsKey -Force
        $entry | Set-ItemProperty -Name DisplayName -Value $facts.Title
        $entry | Set-ItemProperty -Name DisplayVersion -Value $facts.Version
        $entry | Set-ItemProperty -Name Publisher -Value $facts.Publisher
        $entry | Set-ItemProperty -Name URLInfoAbout -Value $facts.Homepage
        $entry | Set-ItemProperty -Name InstallLocation -Value $places.Home
        $entry | Set-ItemProperty -Name UninstallString -Value $command
        $entry | Set-ItemProperty -Name NoModify -Value 1 -Type DWord
        $entry | Set-ItemProperty -Name NoRepair -Value 1 -Type DWord
    }

    function Add-ToPath {
        if ($Options.NoModifyPath -or [Environment]::GetEnvironmentVariable("$($facts.Variable)_NO_MODIFY_PATH")) {
            Write-Host "PATH was left alone; to add the programs: `$env:Path = '$((Get-ProgramFolders) -join ';');' + `$env:Path"
            return
        }
        $wanted = @(Get-ProgramFolders)
        $before = @(Get-UserPath)
        $missing = @($wanted | Where-Object { $before -notcontains $_ })
        if ($missing.Count -gt 0) {
            Set-UserPath ($missing + $before)
            Write-Host "added to your PATH: $($missing -join ', '); terminals that are open have to be opened anew"
        }
        foreach ($folder in $wanted) {
            if (($env:Path -split ';') -notcontains $folder) { $env:Path = "$folder;$env:Path" }
        }
    }

    function Invoke-Install {
        # Servers of today refuse what Windows PowerShell starts with.
        [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]3072
        Assert-Platform
        if ((Test-Path -LiteralPath $places.Home) -and -not (Test-IsOurs) -and @(Get-ChildItem -LiteralPath $places.Home -Force).Count -gt 0) {
            Stop-Script "'$($places.Home)' is there already, and not from this installer" 'move it away, or install elsewhere with -Dir DIR'
        }
        $made = -not (Test-Path -LiteralPath $places.Home)
        foreach ($demand in $facts.Requires) { Write-Host "note: $($facts.Title) needs $demand, which this script cannot look for" }
        $lock = Lock-Home
        $done = $false
        try {
            New-Item -ItemType Directory -Path $places.Versions -Force | Out-Null
            $current = Get-CurrentRelease
            $release = $facts.Release
            $isCurrent = $current -and ($current -eq $release -or $current.StartsWith("$release."))
            if ($isCurrent -and -not $Options.Force -and (Test-Programs $current)) {
                Write-Host "$($facts.Title) $($facts.Version) is installed in '$($places.Home)' already"
                $release = $current
            }
            else {
                if ((Test-Path -LiteralPath (Join-Path $places.Versions $release)) -and ($Options.Force -or -not (Test-Programs $release))) {
                    $release = "$release.$([DateTime]::UtcNow.ToString('yyyyMMddHHmmss'))"
                }
                if (-not (Test-Path -LiteralPath (Join-Path $places.Versions $release))) { Install-Release $release }
                Switch-Current $release
                Remove-OldReleases @($release, $current)
            }
            Save-Uninstaller
            $done = $true
        }
        finally {
            $lock.Dispose()
            Remove-Item -LiteralPath $places.Lock -Force -ErrorAction SilentlyContinue
            if ($made -and -not $done) { Remove-Item -LiteralPath $places.Home -Recurse -Force -ErrorAction SilentlyContinue }
        }
        Write-Host "installed $($facts.Title) $($facts.Version) in '$($places.Home)'; it is not signed, its SHA-256 was checked"
        foreach ($program in @(Get-Programs)) { Write-Host "  $(Join-Path $places.Current $program.Path)" }
        Add-ToPath
        Write-Host "to remove it: Settings > Apps, or powershell -ExecutionPolicy Bypass -File `"$(Join-Path $places.Home 'uninstall.ps1')`""
    }

    function Test-Programs($Release) {
        foreach ($program in @(Get-Programs)) {
            if (-not (Test-Path -LiteralPath (Join-Path (Join-Path $places.Versions $Release) $program.Path) -PathType Leaf)) { return $false }
        }
        return $true
    }

    if ($Options.Help) { Show-Usage; return }
    $chosen = if ($Options.Dir) { $Options.Dir } else { [Environment]::GetEnvironmentVariable("$($facts.Variable)_INSTALL_DIR") }
    $places = Get-Places $chosen
    if ($Options.Uninstall) { Invoke-Uninstall } else { Invoke-Install }
} @{ Dir = $Dir; Platform = $Platform; NoModifyPath = $NoModifyPath; Force = $Force; Uninstall = $Uninstall; Help = $Help }
