    # Where an installation lies, and what install and uninstall have in common. Set before: facts.

    function Stop-Script($Message, $Hint) {
        throw "$Message`n  $Hint"
    }

    function Get-Places($Chosen) {
        $root = $Chosen
        if (-not $root) {
            if (-not $env:LOCALAPPDATA) {
                Stop-Script 'LOCALAPPDATA is not set: nobody says where your programs are' "set it, or `$env:$($facts.Variable)_INSTALL_DIR to the folder to install into"
            }
            $root = Join-Path $env:LOCALAPPDATA "Programs\$($facts.Name)"
        }
        $root = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($root).TrimEnd('\')
        @{
            Home     = $root
            Versions = Join-Path $root 'versions'
            Current  = Join-Path $root 'current'
            Lock     = Join-Path $root '.lock'
            AppsKey  = "HKCU:\Software\Microsoft\Windows\CurrentVersion\Uninstall\Slipway.$($facts.Name)"
        }
    }

    function Test-IsOurs {
        (Test-Path -LiteralPath $places.Versions) -or (Test-Path -LiteralPath (Join-Path $places.Home 'uninstall.ps1'))
    }

    # The system lets go of it when this process ends, however it ends.
    function Lock-Home {
        try { New-Item -ItemType Directory -Path $places.Home -Force | Out-Null }
        catch { Stop-Script "cannot make the folder '$($places.Home)': $($_.Exception.Message)" 'choose another one with -Dir DIR' }
        for ($second = 0; ; $second++) {
            try { return [IO.File]::Open($places.Lock, [IO.FileMode]::OpenOrCreate, [IO.FileAccess]::ReadWrite, [IO.FileShare]::None) }
            catch [UnauthorizedAccessException] { Stop-Script "cannot write into '$($places.Home)'" 'choose another folder with -Dir DIR' }
            catch [IO.IOException] {
                if ($second -eq 0) { Write-Host "waiting for another installation of $($facts.Name) to end" }
                if ($second -ge 60) { Stop-Script "another installation of $($facts.Name) is running" 'wait for it, and run this again' }
            }
            Start-Sleep -Seconds 1
        }
    }

    # Of the link alone, never of what it leads to.
    function Remove-Junction($Link) {
        if (-not (Test-Path -LiteralPath $Link)) { return }
        $item = Get-Item -LiteralPath $Link -Force
        if (-not ($item.Attributes -band [IO.FileAttributes]::ReparsePoint)) {
            Stop-Script "'$Link' is a folder, and not from this installer" 'move it away'
        }
        [IO.Directory]::Delete($Link)
    }

    function Get-CurrentRelease {
        if (-not (Test-Path -LiteralPath $places.Current)) { return $null }
        $target = @((Get-Item -LiteralPath $places.Current -Force).Target)[0]
        if ($target) { return (Split-Path -Leaf $target) }
        return $null
    }

    function Get-Programs {
        foreach ($package in $facts.Packages) { $package.Programs }
    }

    # What goes into PATH: folders below `current`, which stay the same from version to version.
    function Get-ProgramFolders {
        @(Get-Programs) | ForEach-Object { Split-Path -Parent (Join-Path $places.Current $_.Path) } | Select-Object -Unique
    }

    # As it is stored: what stands in it as %NAME% stays so, and so does its kind.
    function Get-UserPath {
        $key = [Microsoft.Win32.Registry]::CurrentUser.OpenSubKey('Environment')
        if (-not $key) { return @() }
        try { ([string]$key.GetValue('Path', '', [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)).Split(';') | Where-Object { $_ } }
        finally { $key.Dispose() }
    }

    function Set-UserPath($Entries) {
        $key = [Microsoft.Win32.Registry]::CurrentUser.CreateSubKey('Environment')
        try {
            $kind = [Microsoft.Win32.RegistryValueKind]::ExpandString
            if ($key.GetValueNames() -contains 'Path') { $kind = $key.GetValueKind('Path') }
            $key.SetValue('Path', ($Entries -join ';'), $kind)
        }
        finally { $key.Dispose() }
        # Setting any variable this way tells the windows that are open; setx would cut a long PATH off.
        [Environment]::SetEnvironmentVariable('SLIPWAY_PATH_CHANGED', '1', 'User')
        [Environment]::SetEnvironmentVariable('SLIPWAY_PATH_CHANGED', $null, 'User')
    }

    function Invoke-Uninstall {
        if (-not (Test-Path -LiteralPath $places.Home)) {
            Write-Host "$($facts.Title) is not installed in '$($places.Home)': there is nothing to remove"
            return
        }
        if (-not (Test-IsOurs)) {
            Stop-Script "'$($places.Home)' is not an installation of $($facts.Name)" 'use -Dir with the folder that it was installed into'
        }
        $lock = Lock-Home
        try {
            $kept = @(Get-UserPath | Where-Object { -not $_.StartsWith("$($places.Current)\", [StringComparison]::OrdinalIgnoreCase) })
            if ($kept.Count -ne @(Get-UserPath).Count) { Set-UserPath $kept }
            Remove-Junction $places.Current
            try { Get-ChildItem -LiteralPath $places.Home -Force | Where-Object { '.lock', 'uninstall.ps1' -notcontains $_.Name } | Remove-Item -Recurse -Force }
            catch { Stop-Script "not everything in '$($places.Home)' could be removed: $($_.Exception.Message)" 'end the programs that use it, and run this again' }
        }
        finally { $lock.Dispose() }
        if (Test-Path -LiteralPath $places.AppsKey) { Remove-Item -LiteralPath $places.AppsKey -Recurse }
        Remove-Item -LiteralPath $places.Home -Recurse -Force
        Write-Host "removed $($facts.Title) from '$($places.Home)'; settings and data that the programs made themselves stay"
    }
